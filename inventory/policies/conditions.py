"""Conditions on objects, as data: a small fixed vocabulary, no code in packs.

    { field = "type", is = "private_business" }
    { field = "organisation.level", in = ["city", "county"] }
    { field = "keep_review_on", before = "today" }
    { declared = "CZ-10" }                 # on record for this object, its organisation, as a whole
    { any = [ { field = "on_cloud", is = true }, { field = "cloud_status", is = "connected" } ] }

An answer is yes, no or not known: what nobody told is never taken for a no.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Self

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from inventory.model import Frozen
from inventory.policies.facts import Facts
from inventory.policies.fields import FieldType, UnknownField, field_type, reader

type Plain = StrictBool | StrictInt | StrictStr
type Day = date | Literal["today"]
type Test = Callable[[Any], bool | None]

_OPERATORS = {
    "is_": ("bool", "text", "choice", "number"),
    "is_not": ("bool", "text", "choice", "number"),
    "one_of": ("text", "choice"),
    "known": ("bool", "number", "date", "text", "choice", "list"),
    "after": ("date",),
    "before": ("date",),
    "over": ("number",),
    "under": ("number",),
}
_JOINS = ("any_", "all_", "none", "declared")


class Condition(Frozen):
    """One field and one operator, or several conditions joined.

    `after` and `before` are strict, and so are `over` and `under` (R0-7); "today" is the day of the
    assessment.
    """

    field: str | None = None
    is_: Plain | None = Field(default=None, alias="is")
    is_not: Plain | None = Field(default=None, alias="not")
    one_of: tuple[StrictStr, ...] | None = Field(default=None, alias="in")
    known: bool | None = None
    after: Day | None = None
    before: Day | None = None
    over: Decimal | None = None
    under: Decimal | None = None
    any_: "Conditions | None" = Field(default=None, alias="any")
    all_: "Conditions | None" = Field(default=None, alias="all")
    none: "Conditions | None" = None
    declared: str | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        operators = [name for name in _OPERATORS if getattr(self, name) is not None]
        joins = [name for name in _JOINS if getattr(self, name) is not None]
        if self.field is not None and len(operators) == 1 and not joins:
            return self
        if self.field is None and len(joins) == 1 and not operators:
            return self
        raise ValueError(
            "应为 field 加一个运算（is、not、in、known、after、before、over、under），或 any、all、none、"
            "declared 之一 / expected a field with one operator (is, not, in, known, after, before, "
            "over, under), or one of any, all, none, declared"
        )

    @cached_property
    def operator(self) -> str:
        return next(n for n in (*_OPERATORS, *_JOINS) if getattr(self, n) is not None)

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(getattr(self, name) for name in type(self).model_fields))

    def __hash__(self) -> int:
        return self._hash


type Conditions = tuple[Condition, ...]


def faults_of(
    conditions: Conditions, of: str, at: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(where in the pack, what was read and expected) for each condition that can't be asked of
    objects of set `of`."""
    for index, condition in enumerate(conditions):
        place = (*at, index)
        name = condition.operator
        if name == "declared":
            continue
        if condition.field is None:
            yield from faults_of(getattr(condition, name), of, (*place, name.rstrip("_")))
            continue
        try:
            known = field_type(of, condition.field)
        except UnknownField as unknown:
            yield (
                (*place, "field"),
                f"{of} 没有此字段，读到 {condition.field}，相近的有 / no such field of {of}: read "
                f"{condition.field}, near: {'、'.join(unknown.near)}",
            )
            continue
        if fault := _misfit(condition, name, known):
            yield place, fault


def _misfit(condition: Condition, name: str, known: FieldType) -> str:
    if known.type not in _OPERATORS[name]:
        fitting = [n.rstrip("_") for n, types in _OPERATORS.items() if known.type in types]
        return (
            f"{condition.field} 为 {known.type}，不能用此运算，应为 / is a {known.type}, expected one "
            f"of: {'、'.join(fitting)}"
        )
    value = getattr(condition, name)
    values = value if isinstance(value, tuple) else (value,)
    if known.type == "choice" and name in ("is_", "is_not", "one_of"):
        bad = [v for v in values if v not in known.choices]
        if bad:
            return (
                f"{condition.field} 没有此值，读到 {'、'.join(map(str, bad))}，应为 / no such value: "
                f"expected one of {'、'.join(known.choices)}"
            )
    wanted = {"bool": bool, "text": str, "number": int}.get(known.type)
    if name in ("is_", "is_not") and wanted and type(value) is not wanted:
        return (
            f"{condition.field} 为 {known.type}，读到 {value!r} / is a {known.type}, read {value!r}"
        )
    return ""


def declared_in(conditions: Conditions) -> Iterator[str]:
    """The entries whose declarations are asked for."""
    for condition in conditions:
        if condition.declared:
            yield condition.declared
        yield from declared_in(inner(condition))


def inner(condition: Condition) -> Conditions:
    """The conditions that one joins."""
    return condition.any_ or condition.all_ or condition.none or ()


def all_of(conditions: Conditions, of: str, facts: Facts) -> Test:
    """One test for all conditions together, made once and asked of many objects."""
    return _and([_test(condition, of, facts) for condition in conditions])


def _test(condition: Condition, of: str, facts: Facts) -> Test:
    name = condition.operator
    value = getattr(condition, name)
    if name == "declared":
        return lambda thing: facts.is_declared(value, thing)
    if condition.field is None:
        tests = [_test(part, of, facts) for part in value]
        if name == "all_":
            return _and(tests)
        if name == "any_":
            return _or(tests)
        return _not(_or(tests))
    read = reader(of, condition.field, facts)
    if name == "known":
        return lambda thing: (read(thing) not in (None, "", ())) is value
    compare = _comparison(name, facts.day if value == "today" else value)

    def ask(thing: Any) -> bool | None:
        found = read(thing)
        return None if found is None else compare(found)

    return ask


def _comparison(name: str, value: Any) -> Callable[[Any], bool]:
    comparisons: dict[str, Callable[[Any], bool]] = {
        "is_": lambda found: bool(found == value),
        "is_not": lambda found: bool(found != value),
        "one_of": lambda found: found in value,
        "after": lambda found: bool(found > value),
        "before": lambda found: bool(found < value),
        "over": lambda found: bool(found > value),
        "under": lambda found: bool(found < value),
    }
    return comparisons[name]


def _and(tests: Sequence[Test]) -> Test:
    if len(tests) == 1:
        return tests[0]

    def ask(thing: Any) -> bool | None:
        sure = True
        for test in tests:
            answer = test(thing)
            if answer is False:
                return False
            sure = sure and answer is True
        return True if sure else None

    return ask


def _or(tests: Sequence[Test]) -> Test:
    def ask(thing: Any) -> bool | None:
        sure = True
        for test in tests:
            answer = test(thing)
            if answer is True:
                return True
            sure = sure and answer is False
        return False if sure else None

    return ask


def _not(test: Test) -> Test:
    def ask(thing: Any) -> bool | None:
        answer = test(thing)
        return None if answer is None else not answer

    return ask
