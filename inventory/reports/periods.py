"""Which period a report is about, where its figures stop, when it is due, who has handed it in.

All of it comes from the policy's entries: `every`, `due`, `about` of a report; the deadline of a
target that a form answers.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from inventory.errors import ReportError
from inventory.policies.assessment import Assessment
from inventory.policies.calendar import month_end
from inventory.policies.pack import Entry, Pack, Report, Target
from inventory.policies.timed import schedule

FIRST, LAST = 1990, 2100
"""Years that a report may be about: what is outside is a slip of the pen."""

_YEAR = re.compile(r"\d{4}")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Period:
    """`told` is 2018, 2019-03 or a day, as it was given; `last` its last day, where its figures
    stop; `words` 2018年度, 2019年3月."""

    told: str
    first: date
    last: date
    words: str


def period_of(told: str) -> Period:
    """Raises ReportError for what is neither a year, a month nor a day, or of no year that a report
    may be about."""
    found = _read(told)
    if not FIRST <= found.first.year <= LAST:
        raise ReportError(
            f"期间应在 {FIRST} 年至 {LAST} 年之间 / a period: read {told!r}, expected one from {FIRST} "
            f"to {LAST}"
        )
    return found


def _read(told: str) -> Period:
    if _YEAR.fullmatch(told) and told != "0000":
        year = int(told)
        return Period(told, date(year, 1, 1), date(year, 12, 31), f"{year}年度")
    if match := _MONTH.fullmatch(told):
        year, month = int(match[1]), int(match[2])
        if year and year < date.max.year:
            return Period(told, date(year, month, 1), month_end(year, month), f"{year}年{month}月")
    try:
        found = date.fromisoformat(told)
    except ValueError as error:
        raise ReportError(
            f"期间应为 2018、2019-03 或 2019-03-15 / a period: read {told!r}, expected a year, a month "
            "or a day"
        ) from error
    return Period(told, found, found, f"{found.year}年{found.month}月{found.day}日")


def began(period: Period, on: date) -> None:
    """Raises ReportError where something was handed in before the period that it is about."""
    if on < period.first:
        raise ReportError(
            f"{on} 早于所报期间 {period.told} 的第一天 {period.first} / handed in before its period: read "
            f"{on}, expected {period.first} or later"
        )


def entry_for(pack: Pack, form: str) -> Entry | None:
    """The first entry of a policy that is answered by a form; reports before targets."""
    every = [entry for _, _, entry in pack.entries() if entry.form == form]
    return min(every, key=lambda entry: not isinstance(entry, Report), default=None)


def due_for(entry: Entry | None, period: Period) -> date | None:
    """The last day on which a report about the period is in time."""
    if isinstance(entry, Target):
        return entry.deadline
    if isinstance(entry, Report):
        return next((d for p, d in schedule(entry, _later(period.last)) if p == period.told), None)
    return None


def default_period(entry: Entry | None, day: date) -> Period:
    """What is due next: the period of the report that is running; of a form that is asked for once
    or never, the day itself."""
    if isinstance(entry, Report) and (running := _running(entry, day)):
        return period_of(running[0])
    return period_of(day.isoformat())


def fits(entry: Entry | None, period: Period) -> None:
    """Raises ReportError where a report is handed in for other periods than that."""
    if not isinstance(entry, Report):
        return
    wanted, told = (_YEAR, "2018") if entry.every == "year" else (_MONTH, "2019-03")
    if not wanted.fullmatch(period.told):
        raise ReportError(
            f"{entry.id}“{entry.title}”的期间应形如 {told} / the period of {entry.id} ({entry.title_en}): "
            f"read {period.told}, expected one such as {told}"
        )


def issue_of(entry: Entry | None, period: Period) -> int | None:
    """第几期: how many periods since the first, this one with it."""
    if not isinstance(entry, Report):
        return None
    told = [p for p, _ in schedule(entry, _later(period.last))]
    return told.index(period.told) + 1 if period.told in told else None


def is_first(entry: Entry | None, period: Period) -> bool:
    return issue_of(entry, period) == 1


def _running(entry: Report, day: date) -> tuple[str, date] | None:
    """(period, due day) of the report that is due next; None where none ever is by then."""
    return next(reversed(list(schedule(entry, day))), None)


def _later(last: date) -> date:
    """A day by which a report about a period that ends on `last` has come due."""
    return date(last.year + 1, 12, 31)


@dataclass(frozen=True)
class Due:
    """One report that a policy asks for: what it is about, when it is due, who has handed it in.
    `reported` and `missing` are codes of organisations or other objects; `late` those that came
    after the day."""

    policy: str
    entry: str
    form: str | None
    title: str
    title_en: str
    clause: str
    period: str
    cut_off: date
    due: date | None
    reported: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def dues(pack: Pack, assessed: Assessment) -> Iterator[Due]:
    """Every report of a policy in its running period, and every form that was asked for once."""
    for entry in pack.reports:
        if not pack.in_force(assessed.day, entry.clause):
            continue
        if (running := _running(entry, assessed.day)) is None:
            continue
        told, due = running
        runs = [t for t in assessed.timed if t.entry == entry.id and t.period == told]
        done = [t for t in runs if t.done is not None]
        yield replace(
            _due(pack, entry),
            period=told,
            cut_off=period_of(told).last,
            due=due,
            channels=entry.channels,
            reported=tuple(t.code for t in done),
            late=tuple(t.code for t in done if t.done and t.done > due),
            missing=tuple(t.code for t in runs if t.done is None),
        )
    for target in pack.targets:
        if target.form is None or not pack.in_force(assessed.day, target.clause):
            continue
        found = next(t for t in assessed.targets if t.entry == target.id)
        yield replace(
            _due(pack, target),
            cut_off=target.deadline or assessed.day,
            due=target.deadline,
            missing=found.open if target.set == "organisations" else (),
        )


def _due(pack: Pack, entry: Entry) -> Due:
    return Due(
        policy=pack.id,
        entry=entry.id,
        form=entry.form,
        title=entry.title,
        title_en=entry.title_en,
        clause=entry.clause,
        period="",
        cut_off=pack.validity.effective_from,
        due=None,
    )
