"""What became of the objects that a baseline counted: merged, retired, excluded and by whom, gone,
added (requirements G2)."""

from collections.abc import Iterator
from typing import Any

from inventory.choices import ZombieDecision
from inventory.model import System
from inventory.policies.assessment import Lineage
from inventory.policies.conditions import Conditions, Test, inner
from inventory.policies.facts import Facts
from inventory.policies.pack import Target

_REASONS = ("migratable_reason", "eligible_reason", "keep_approved_by")


def successor(of: str, code: str, facts: Facts) -> Any | None:
    """The object that a code stands for today: the last of those that it was merged into. None where
    it is no longer there."""
    met: set[str] = set()
    found = facts.find(of, code)
    while (into := facts.merged_into(of, code)) and code not in met:
        met.add(code)
        found, code = facts.find(of, into) or found, into
    return found


def lineage_of(target: Target, then: set[str], facts: Facts, counts: Test) -> Lineage:
    """`then` are the codes that the baseline counted; `counts` says whether an object does today."""
    assert target.set is not None
    kept, merged, retired, excluded, gone = [], [], [], [], []
    for code in sorted(then):
        thing = facts.find(target.set, code)
        if into := facts.merged_into(target.set, code):
            merged.append((code, into))
        elif _retired(thing) or facts.fate(target.set, code):
            retired.append(code)
        elif thing is None:
            gone.append(code)
        elif counts(thing):
            kept.append(code)
        else:
            excluded.append((code, _by_whom(thing, target, facts)))
    today = {t.code for t in facts.members(target.set) if counts(t)}
    return Lineage(
        kept=tuple(kept),
        merged=tuple(merged),
        retired=tuple(retired),
        excluded=tuple(excluded),
        gone=tuple(gone),
        added=tuple(sorted(today - then)),
    )


def _retired(thing: Any) -> bool:
    return isinstance(thing, System) and thing.zombie_decision is ZombieDecision.RETIRE


def _by_whom(thing: Any, target: Target, facts: Facts) -> str:
    """What is on record, the reason that was told, and where the fields that decide were told."""
    fields = set(_fields(target.where))
    assert target.set is not None
    record = facts.exclusion(target.id, target.set, thing.code)
    said = [f"{record.by} {record.on} {record.evidence}"] if record else []
    told = [getattr(thing, name, None) for name in _REASONS]
    sources = sorted(
        {
            " ".join(str(part) for part in (p.source, p.sheet, p.row or "") if part)
            for p in getattr(thing, "provenance", ())
            if p.field in fields
        }
    )
    return "；".join([*said, *(str(reason) for reason in told if reason), *sources])


def _fields(conditions: Conditions) -> Iterator[str]:
    for condition in conditions:
        if condition.field:
            yield condition.field.split(".")[0]
        yield from _fields(inner(condition))
