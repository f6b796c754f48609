"""Whose money is on hold: which amount, by which clause, on which facts (requirements F-24).

The documents speak of money as a consequence; this list names the objects that it falls on. Finance
decides; nothing is stopped here.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain
from typing import Any, Literal

from inventory.model import Estate, Frozen
from inventory.policies.assess import facts_of
from inventory.policies.assessment import Assessment, Timed, Verdict
from inventory.policies.conditions import Condition, declared_in, inner
from inventory.policies.facts import Facts
from inventory.policies.fields import reader
from inventory.policies.index import Index
from inventory.policies.measures import Share
from inventory.policies.pack import Consequence, Entry, Pack, Rule, Target
from inventory.policies.records import Records
from inventory.policies.rules import owner_of
from inventory.secrecy import is_classified, shown_name

type Kind = Literal["hold", "phase_out"]


class Evidence(Frozen):
    """One fact that the hold rests on; `value` "" where it is not told, `source` where it was read.
    `declared:V-22` is whether something is on record under that entry; `run:started`, `run:due` and
    `run:ended` are the days of a clock that was not kept, its paper the source."""

    field: str
    value: str
    source: str = ""


class Hold(Frozen):
    """Money of one object. `amount` in yuan of the field `amount_field`, None where it is not told:
    then nobody may take it for nothing."""

    policy: str
    entry: str
    consequence: str
    kind: Kind
    title: str
    title_en: str
    clause: str
    quote: tuple[str, ...]
    consequence_clause: str
    set: str
    code: str
    name: str
    organisation: str | None = None
    organisation_name: str | None = None
    amount_field: str | None = None
    amount: int | None = None
    by: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


def holds(
    pack: Pack,
    estate: Estate,
    assessment: Assessment,
    records: Records,
    baseline: tuple[date, Estate] | None = None,
) -> tuple[Hold, ...]:
    """Every hold that an assessment leads to, by organisation and object; the other arguments are
    those that it was made from."""
    index = Index(records, pack.id, assessment.day)
    facts = facts_of(pack, estate, index, baseline)
    grounds = {entry.id: _Grounds(pack, entry, facts, index) for _, _, entry in pack.entries()}
    found = [
        hold
        for entry, code, runs in _stopped(assessment)
        for hold in grounds[entry].of(code, runs, assessment.day)
    ]
    return tuple(sorted(found, key=lambda h: (h.organisation or "", h.set, h.code, h.entry)))


def total(found: Iterable[Hold], kind: Kind | None = None) -> tuple[int, int]:
    """(yuan, holds whose amount is not told); an object's amount counts once, however many clauses
    stop it. `kind`: of what is on hold, or of what shrinks, alone."""
    known: dict[tuple[str, str, str | None], int] = {}
    unknown: set[tuple[str, str, str | None]] = set()
    for hold in found:
        if kind not in (None, hold.kind):
            continue
        key = (hold.set, hold.code, hold.amount_field)
        if hold.amount is None:
            unknown.add(key)
        else:
            known[key] = hold.amount
    return sum(known.values()), len(unknown)


def _stopped(assessment: Assessment) -> Iterator[tuple[str, str, tuple[Timed, ...]]]:
    """(entry, code, the times that were not kept) of what is broken, or still open after its day."""
    for violation in assessment.violations:
        if not violation.passes:
            yield violation.entry, violation.code, ()
    for target in assessment.targets:
        if target.overdue:
            yield from ((target.entry, code, ()) for code in target.open)
    runs: dict[tuple[str, str], list[Timed]] = {}
    for timed in assessment.timed:
        if timed.verdict in (Verdict.LATE, Verdict.EARLY):
            runs.setdefault((timed.entry, timed.code), []).append(timed)
    for (entry, code), several in runs.items():
        yield entry, code, tuple(several)


class _Grounds:
    """What one entry stops, and how the facts of its objects are read: worked out once."""

    def __init__(self, pack: Pack, entry: Entry, facts: Facts, index: Index) -> None:
        self.pack, self.entry, self.facts = pack, entry, facts
        self.papers = {(e.code, e.started): e.evidence for e in index.events(entry.id)}
        every = [pack.consequence(named) for named in entry.consequences]
        self.stops = [c for c in every if c.kind in ("hold", "phase_out")]
        asked: list[Condition] = []  # what decides comes before what only says whom it is about
        if isinstance(entry, Rule):
            asked += entry.breach
        if isinstance(entry, Target) and isinstance(entry.measure, Share):
            asked += entry.measure.done
        every_one = (*asked, *entry.where)
        self.asked_for = tuple(dict.fromkeys(declared_in(every_one)))
        paths = dict.fromkeys(_paths(every_one))
        self.readers = [(path, reader(entry.set, path, facts)) for path in paths if entry.set]

    def of(self, code: str, runs: tuple[Timed, ...], day: date) -> Iterator[Hold]:
        of, entry = self.entry.set, self.entry
        stops = [stop for stop in self.stops if not runs or _follows(stop, runs, day)]
        if not stops or of is None or (thing := self.facts.find(of, code)) is None:
            return
        owner = owner_of(of, thing)
        organisation = self.facts.find("organisations", owner)
        ran = chain.from_iterable(map(self._ran, runs))
        evidence = (*ran, *self._evidence(thing))
        for stop in stops:
            yield Hold(
                policy=self.pack.id,
                entry=entry.id,
                consequence=stop.id,
                kind="hold" if stop.kind == "hold" else "phase_out",
                title=stop.title,
                title_en=stop.title_en,
                clause=entry.clause,
                quote=(*entry.quote, *(q for q in stop.quote if q not in entry.quote)),
                consequence_clause=stop.clause,
                set=of,
                code=code,
                name=shown_name(thing),
                organisation=owner,
                organisation_name=organisation.name if organisation else None,
                amount_field=stop.amount,
                amount=getattr(thing, stop.amount, None) if stop.amount else None,
                by=stop.by,
                evidence=evidence,
            )

    def _ran(self, run: Timed) -> Iterator[Evidence]:
        """When it began, by when it had to be done and when it was, by which paper."""
        paper = self.papers.get((run.code, run.started)) if run.started else None
        if run.started is not None:
            yield Evidence(field="run:started", value=str(run.started), source=paper or "")
        yield Evidence(field="run:due", value=_text(run.due))
        yield Evidence(field="run:ended", value=_text(run.done))

    def _evidence(self, thing: Any) -> Iterator[Evidence]:
        sources = {
            p.field: " ".join(str(part) for part in (p.source, p.sheet, p.row or "") if part)
            for p in getattr(thing, "provenance", ())
        }
        for named in self.asked_for:  # whether it is on record, such as the three lists of V-22
            said = self.facts.is_declared(named, thing)
            yield Evidence(field=f"declared:{named}", value=_text(said))
        if is_classified(thing):  # nothing that a person wrote about it leaves: yes and no alone
            answers = ((path, read(thing)) for path, read in self.readers)
            yield from (
                Evidence(field=path, value=_text(answer))
                for path, answer in answers
                if isinstance(answer, bool)
            )
            return
        for path, read in self.readers:
            yield Evidence(field=path, value=_text(read(thing)), source=sources.get(path, ""))


def _follows(stop: Consequence, runs: tuple[Timed, ...], day: date) -> bool:
    """Whether it follows from one of these times on `day`."""
    for run in runs:
        over = stop.next_year and run.due is not None and day.year > run.due.year + 1
        if not over and not (stop.only_open and run.done is not None):
            return True
    return False


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _paths(conditions: Iterable[Condition]) -> Iterator[str]:
    for condition in conditions:
        if condition.field:
            yield condition.field
        yield from _paths(inner(condition))
