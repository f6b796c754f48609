"""Clocks that run, and reports that come due."""

from collections.abc import Iterator
from datetime import MAXYEAR, date
from typing import Any

from inventory.errors import CalendarUnknown
from inventory.policies.asking import answers_of, meeting, values_of
from inventory.policies.assessment import Timed, Unjudged, Verdict
from inventory.policies.calendar import month_end, months_after, working_days_after
from inventory.policies.conditions import all_of
from inventory.policies.facts import Facts
from inventory.policies.index import Index
from inventory.policies.pack import Clock, Entry, Pack, Report
from inventory.secrecy import shown_name


def clocks(pack: Pack, clock: Clock, facts: Facts, index: Index) -> Iterator[Timed]:
    """Every run of a clock that began while the clause held: by object, then by start."""
    for code, name, started, ended in _runs(clock, facts, index):
        if started > facts.day or not pack.in_force(started, clock.clause):
            continue
        done = None if ended is None or ended > facts.day else ended
        yield _run(pack, clock, facts.day, code=code, name=name, started=started, ended=done)


def _runs(clock: Clock, facts: Facts, index: Index) -> Iterator[tuple[str, str, date, date | None]]:
    if clock.starts is None or clock.ends is None or clock.set is None:
        concerns = all_of(clock.where, clock.set or "", facts)
        for event in index.events(clock.id):
            thing = facts.find(clock.set, event.code) if clock.set else None
            if thing is not None and clock.set and concerns(thing) is False:
                continue
            yield event.code, shown_name(thing) if thing else event.code, event.started, event.ended
        return
    applies = answers_of(clock.where, clock.set, facts)
    starts, ends = (values_of(clock.set, path, facts) for path in (clock.starts, clock.ends))
    rows = zip(facts.members(clock.set), applies, starts, ends, strict=True)
    for thing, concerned, began, over in rows:
        if began is not None and concerned:
            yield thing.code, shown_name(thing), began, over


def _run(
    pack: Pack, clock: Clock, day: date, *, code: str, name: str, started: date, ended: date | None
) -> Timed:
    base = _base(pack, clock) | {"code": code, "name": name, "started": started, "done": ended}
    try:
        due = (
            working_days_after(started, clock.working_days)
            if clock.working_days
            else months_after(started, clock.months or 0)
        )
    except CalendarUnknown as unknown:
        zh, _, en = str(unknown).partition(" / ")
        return Timed(verdict=Verdict.UNJUDGED, notes=((zh, en),), **base)
    if clock.at_least:
        early = ended is not None and ended < due
        verdict = Verdict.EARLY if early else Verdict.MET if ended else Verdict.PENDING
    elif ended is not None:
        verdict = Verdict.MET if ended <= due else Verdict.LATE
    else:
        verdict = Verdict.PENDING if day <= due else Verdict.LATE
    return Timed(verdict=verdict, due=due, **base)


def reports(pack: Pack, report: Report, facts: Facts, index: Index) -> Iterator[Timed]:
    """Every report that has come due while the document held: by day, then by organisation."""
    if not pack.in_force(facts.day, report.clause):
        return
    members = meeting(report.where, report.set, facts)
    base = _base(pack, report) | {"code": "", "name": ""}
    for due in _due_days(report, facts.day):
        if not pack.in_force(due, report.clause):
            continue
        period = _period(report, due)
        none = Timed(  # what those that handed nothing in have in common is checked once
            verdict=_report_verdict(pack, due, facts.day, late=True, done=None),
            period=period,
            due=due,
            notes=tuple(_missing(report, [])),
            **base,
        )
        for thing in members:
            own: dict[str, object] = {"code": thing.code, "name": shown_name(thing)}
            if handed := index.handed(report.id, thing.code, period):
                done = _handed_on(report, handed)
                late = done is None or done > due
                own["verdict"] = _report_verdict(pack, due, facts.day, late=late, done=done)
                own["done"] = done
                own["notes"] = () if done else tuple(_missing(report, handed))
            yield none.unchecked(own)


def undecided(pack: Pack, entry: Clock | Report, facts: Facts) -> Iterator[Unjudged]:
    """How many objects may have run out of time unseen: of them it is not told whether the clause is
    about them."""
    if entry.set is None or not pack.in_force(facts.day, entry.clause):
        return
    answers = answers_of(entry.where, entry.set, facts)
    if None not in answers:
        return
    begun = [True] * len(answers)
    if isinstance(entry, Clock):
        if entry.starts is None:
            return
        starts = values_of(entry.set, entry.starts, facts)
        begun = [on is not None and pack.in_force(on, entry.clause) for on in starts]
    every = zip(facts.members(entry.set), answers, begun, strict=True)
    if codes := tuple(t.code for t, answer, since in every if answer is None and since):
        yield Unjudged(entry=entry.id, count=len(codes), codes=codes)


def schedule(report: Report, day: date) -> Iterator[tuple[str, date]]:
    """(period, last day to hand it in) from the first that the clause asks for, up to and with the
    one that is running on `day`."""
    for due in _due_days(report, day):
        yield _period(report, due), due


def _report_verdict(pack: Pack, due: date, day: date, *, late: bool, done: date | None) -> Verdict:
    if not late:
        return Verdict.MET
    if done is None and day <= due:
        return Verdict.PENDING
    return Verdict.BORN_LATE if due < pack.validity.effective_from else Verdict.LATE


def _handed_on(report: Report, handed: list[Any]) -> date | None:
    """The day on which it had gone out by every channel that the clause names."""
    if not report.channels:
        return handed[0].on if handed else None
    days = [
        min((h.on for h in handed if channel in h.channels), default=None)
        for channel in report.channels
    ]
    return None if None in days else max(d for d in days if d)


def _missing(report: Report, handed: list[Any]) -> Iterator[tuple[str, str]]:
    sent = {channel for h in handed for channel in h.channels}
    for channel in report.channels:
        if channel not in sent:
            yield f"未经 {channel} 报送", f"not sent by {channel}"


def _due_days(report: Report, day: date) -> Iterator[date]:
    """From the first that the clause asks for, up to and with the one that is running now."""
    year, month = report.first_due.year, report.first_due.month
    while True:
        due = month_end(year, month) if report.due == 0 else date(year, month, report.due)
        if due >= report.first_due:
            yield due
        if due >= day:
            return
        month += _MONTHS[report.every]
        year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
        if year > MAXYEAR:
            return


def _period(report: Report, due: date) -> str:
    if report.every == "year":
        return str(due.year - 1 if report.about == "previous" else due.year)
    if report.about == "running":
        return f"{due:%Y-%m}"
    before = months_after(due.replace(day=1), -_MONTHS[report.every])
    return f"{before:%Y-%m}"


_MONTHS = {"year": 12, "quarter": 3, "month": 1}


def _base(pack: Pack, entry: Entry) -> dict[str, Any]:
    return {
        "policy": pack.id,
        "entry": entry.id,
        "of": entry.of,
        "title": entry.title,
        "title_en": entry.title_en,
        "clause": entry.clause,
        "severity": entry.severity,
        "consequences": entry.consequences,
    }
