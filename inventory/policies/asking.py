"""Conditions asked of a whole set at once: a list of answers in the order of the set's objects.

A set is read field by field, not object by object, and what several entries ask is asked once. The
answers are those of `conditions.all_of`, which asks one object; `refresh` uses it for what changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from operator import attrgetter
from typing import Any

from inventory.model import Estate, System
from inventory.policies.conditions import Condition, Conditions, all_of, inner
from inventory.policies.derived import DERIVED
from inventory.policies.facts import Facts
from inventory.policies.fields import own_fields, reads
from inventory.references import REFERENCES

type Answers = list[bool | None]


def answers_of(conditions: Conditions, of: str, facts: Facts) -> Answers:
    """What all conditions together say of each object of the set; not to be changed by the caller."""
    known = facts.asked
    key = (of, conditions)
    if key not in known:
        if len(conditions) == 1:
            known[key] = _of_one(conditions[0], of, facts)
        else:
            columns = [answers_of((condition,), of, facts) for condition in conditions]
            known[key] = _every(columns) if columns else [True] * len(facts.members(of))
    return known[key]


def meeting(conditions: Conditions, of: str, facts: Facts) -> tuple[Any, ...]:
    """The objects of the set of which the answer is yes."""
    answers = answers_of(conditions, of, facts)
    return tuple(t for t, a in zip(facts.members(of), answers, strict=True) if a)


def values_of(of: str, path: str, facts: Facts) -> list[Any]:
    """A field of each object of the set; None where nothing is told."""
    known = facts.values
    if (of, path) in facts.estate.columns:
        return facts.estate.columns[of, path]
    if own_field(of, path):
        found = facts.estate.columns[of, path] = list(map(attrgetter(path), facts.members(of)))
        return found
    if (of, path) not in known:
        known[of, path] = _values(of, path, facts)
    return known[of, path]


def refresh(facts: Facts, changed: Mapping[str, System]) -> None:
    """Bring what was asked in step with systems that are other ones now: answers that hang on
    systems beside the one asked are forgotten, those of the changed are asked anew."""
    for of, path in tuple(facts.values):
        if of == "systems" or "systems" in reads(of, path):
            del facts.values[of, path]
    at = facts.positions("systems")
    for of, conditions in tuple(facts.asked):
        if "systems" in read_by(of, conditions):
            del facts.asked[of, conditions]
        elif of == "systems":
            ask = all_of(conditions, of, facts)
            for code, system in changed.items():
                facts.asked[of, conditions][at[code]] = ask(system)


@cache
def read_by(of: str, conditions: Conditions) -> frozenset[str]:
    """The sets on whose objects the answers hang, beside the one that is asked."""
    return frozenset[str]().union(*(reads(of, path) for path in paths(conditions)))


def paths(conditions: Iterable[Condition]) -> Iterator[str]:
    """The fields that are read."""
    for condition in conditions:
        if condition.field:
            yield condition.field
        yield from paths(inner(condition))


def _values(of: str, path: str, facts: Facts) -> list[Any]:
    head, _, rest = path.partition(".")
    if rest:
        told: dict[str, Any] = {}
        for kind in reversed(REFERENCES[of][head]):  # the first kind that has the code counts
            if head_of(rest) in own_fields(kind):
                codes = (thing.code for thing in facts.members(kind))
                told.update(zip(codes, values_of(kind, rest, facts), strict=True))
            else:
                told.update(dict.fromkeys(thing.code for thing in facts.members(kind)))
        return [told.get(code) for code in values_of(of, head, facts)]
    members = facts.members(of)
    if derived := DERIVED.get(of, {}).get(head):
        read = derived.read
        return [read(thing, facts) for thing in members]
    return [getattr(thing, head) for thing in members]


@cache
def own_field(of: str, path: str) -> bool:
    """Whether a path is a field of the model's own objects, told from nothing else."""
    return of in Estate.model_fields and "." not in path and path not in DERIVED.get(of, {})


def head_of(path: str) -> str:
    """The first field of a path."""
    return path.partition(".")[0]


def _of_one(condition: Condition, of: str, facts: Facts) -> Answers:
    name = condition.operator
    value = getattr(condition, name)
    if name == "declared":
        return [facts.is_declared(value, thing) for thing in facts.members(of)]
    if condition.field is None:
        columns = [answers_of((part,), of, facts) for part in value]
        if name == "all_":
            return _every(columns)
        either = _some(columns)
        return either if name == "any_" else [None if a is None else not a for a in either]
    found = values_of(of, condition.field, facts)
    if name == "known":
        return [(v not in _NOTHING) is value for v in found]
    return _COMPARED[name](found, facts.day if value == "today" else value)


_NOTHING = (None, "", ())

_COMPARED: Mapping[str, Callable[[list[Any], Any], Answers]] = {
    "is_": lambda found, value: [None if v is None else v == value for v in found],
    "is_not": lambda found, value: [None if v is None else v != value for v in found],
    "one_of": lambda found, value: [None if v is None else v in value for v in found],
    "after": lambda found, value: [None if v is None else v > value for v in found],
    "before": lambda found, value: [None if v is None else v < value for v in found],
    "over": lambda found, value: [None if v is None else v > value for v in found],
    "under": lambda found, value: [None if v is None else v < value for v in found],
}


def _every(columns: list[Answers]) -> Answers:
    """No where one says no, yes where all say yes, else not known."""
    whole = columns[0]
    for other in columns[1:]:
        whole = [
            False if a is False or b is False else (True if a and b else None)
            for a, b in zip(whole, other, strict=True)
        ]
    return list(whole)


def _some(columns: list[Answers]) -> Answers:
    """Yes where one says yes, no where all say no, else not known."""
    whole = columns[0]
    for other in columns[1:]:
        whole = [
            True if a or b else (None if a is None or b is None else False)
            for a, b in zip(whole, other, strict=True)
        ]
    return list(whole)
