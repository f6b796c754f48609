"""Whose money is on hold: which amount, by which clause, on which facts (requirements F-24).

The documents speak of money as a consequence; this list names the objects that it falls on. Finance
decides; nothing is stopped here.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from inventory.model import Estate, Frozen
from inventory.policies.assessment import Assessment, Verdict
from inventory.policies.conditions import Condition, inner
from inventory.policies.facts import Facts
from inventory.policies.fields import reader
from inventory.policies.measures import Share
from inventory.policies.pack import Consequence, Entry, Pack, Rule, Target
from inventory.policies.rules import owner_of


class Evidence(Frozen):
    """One fact that the hold rests on; `value` "" where it is not told, `source` where it was read."""

    field: str
    value: str
    source: str = ""


class Hold(Frozen):
    """Money of one object. `amount` in yuan of the field `amount_field`, None where it is not told:
    then nobody may take it for nothing."""

    policy: str
    entry: str
    consequence: str
    kind: Literal["hold", "phase_out"]
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


def holds(pack: Pack, estate: Estate, assessment: Assessment) -> tuple[Hold, ...]:
    """Every hold that an assessment of that pack and estate leads to: by organisation and object."""
    facts = Facts(estate, assessment.day)
    entries = {entry.id: entry for _, _, entry in pack.entries()}
    found = [
        hold
        for entry, code in _stopped(assessment)
        for hold in _of(pack, entries[entry], code, facts)
    ]
    return tuple(sorted(found, key=lambda h: (h.organisation or "", h.set, h.code, h.entry)))


def total(found: Iterable[Hold]) -> tuple[int, int]:
    """(yuan on hold, holds whose amount is not told); an object's amount counts once, however many
    clauses stop it."""
    known: dict[tuple[str, str, str | None], int] = {}
    unknown: set[tuple[str, str, str | None]] = set()
    for hold in found:
        key = (hold.set, hold.code, hold.amount_field)
        if hold.amount is None:
            unknown.add(key)
        else:
            known[key] = hold.amount
    return sum(known.values()), len(unknown)


def _stopped(assessment: Assessment) -> Iterator[tuple[str, str]]:
    """(entry, code) of what is broken, or still open after its day."""
    for violation in assessment.violations:
        if not violation.passes:
            yield violation.entry, violation.code
    for target in assessment.targets:
        if target.overdue:
            yield from ((target.entry, code) for code in target.open)
    seen: set[tuple[str, str]] = set()
    for timed in assessment.timed:
        key = (timed.entry, timed.code)
        if timed.verdict in (Verdict.LATE, Verdict.EARLY) and key not in seen:
            seen.add(key)
            yield key


def _of(pack: Pack, entry: Entry, code: str, facts: Facts) -> Iterator[Hold]:
    of = entry.set
    if of is None or (thing := facts.find(of, code)) is None:
        return
    for named in entry.consequences:
        consequence = pack.consequence(named)
        if consequence.kind not in ("hold", "phase_out"):
            continue
        owner = owner_of(of, thing)
        organisation = facts.find("organisations", owner)
        yield Hold(
            policy=pack.id,
            entry=entry.id,
            consequence=consequence.id,
            kind=consequence.kind,
            title=consequence.title,
            title_en=consequence.title_en,
            clause=entry.clause,
            quote=(*entry.quote, *(q for q in consequence.quote if q not in entry.quote)),
            consequence_clause=consequence.clause,
            set=of,
            code=code,
            name=thing.name,
            organisation=owner,
            organisation_name=organisation.name if organisation else None,
            amount_field=consequence.amount,
            amount=_amount(consequence, thing),
            by=consequence.by,
            evidence=tuple(_evidence(entry, of, thing, facts)),
        )


def _amount(consequence: Consequence, thing: Any) -> int | None:
    return getattr(thing, consequence.amount, None) if consequence.amount else None


def _evidence(entry: Entry, of: str, thing: Any, facts: Facts) -> Iterator[Evidence]:
    sources: Mapping[str, str] = {
        p.field: " ".join(str(part) for part in (p.source, p.sheet, p.row or "") if part)
        for p in getattr(thing, "provenance", ())
    }
    asked: list[Condition] = []  # what decides comes before what only says whom it is about
    if isinstance(entry, Rule):
        asked += entry.breach
    if isinstance(entry, Target) and isinstance(entry.measure, Share):
        asked += entry.measure.done
    asked += entry.where
    for path in dict.fromkeys(_paths(asked)):
        value = reader(of, path, facts)(thing)
        yield Evidence(field=path, value=_text(value), source=sources.get(path, ""))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _paths(conditions: Iterable[Condition]) -> Iterator[str]:
    for condition in conditions:
        if condition.field:
            yield condition.field
        yield from _paths(inner(condition))
