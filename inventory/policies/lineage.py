"""What became of the objects that a baseline counted: merged, retired, excluded and by whom, gone,
added (requirements G2)."""

from collections.abc import Iterator
from typing import Any

from inventory.policies.assessment import Lineage
from inventory.policies.conditions import Conditions, inner
from inventory.policies.facts import Facts
from inventory.policies.pack import Target
from inventory.secrecy import CLASSIFIED_NAME, is_classified

_REASONS = ("migratable_reason", "eligible_reason", "keep_approved_by")


def successor(of: str, code: str, facts: Facts) -> Any | None:
    """The object that a code stands for today: the last of those that it was merged into. None where
    it is no longer there."""
    merges = facts.merges(of)
    met: set[str] = set()
    found = facts.find(of, code)
    while code in merges and code not in met:
        met.add(code)
        code = merges[code]
        found = facts.find(of, code) or found
    return found


def lineage_of(target: Target, then: frozenset[str], today: set[str], facts: Facts) -> Lineage:
    """`then` are the codes that the baseline counted, `today` those that count today."""
    assert target.set is not None
    merges, retired = facts.merges(target.set), facts.retired(target.set)
    kept = (then & today) - merges.keys() - retired
    lost: dict[str, list[Any]] = {"merged": [], "retired": [], "excluded": [], "gone": []}
    for code in sorted(then - kept):
        thing = facts.find(target.set, code)
        if code in merges:
            lost["merged"].append((code, merges[code]))
        elif code in retired:
            lost["retired"].append(code)
        elif thing is None:
            lost["gone"].append(code)
        else:
            lost["excluded"].append((code, by_whom(thing, target, facts)))
    there = facts.positions(target.set)  # in order already: to sort them is quick
    return Lineage(
        kept=tuple(sorted(code for code in there if code in kept)),
        added=tuple(sorted(today - then)),
        **{name: tuple(found) for name, found in lost.items()},
    )


def by_whom(thing: Any, target: Target, facts: Facts) -> str:
    """What is on record, the reason that was told, and where the fields that decide were told; of a
    classified system only that it is one."""
    if is_classified(thing):
        return CLASSIFIED_NAME
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
