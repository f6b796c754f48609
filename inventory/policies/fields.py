"""Which fields a pack may name, of which type, and how they are read.

A field is one of the model's, one of `derived.py`, or either of these behind a reference:
`organisation.level`.
"""

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, TypeAliasType, Union, get_args, get_origin

from pydantic import BaseModel

from inventory.labels import field_label
from inventory.model import Estate
from inventory.policies.derived import DERIVED
from inventory.policies.facts import Facts
from inventory.references import REFERENCES

_PLAIN = {bool: "bool", int: "number", date: "date", str: "text"}
_HIDDEN = ("provenance", "contacts", "workload", "entrance", "placement")


@dataclass(frozen=True)
class FieldType:
    """`type`: bool, number, date, text, choice (one of `choices`) or list."""

    type: str
    choices: tuple[str, ...] = ()


class UnknownField(LookupError):
    """No such field; `near`: names that are spelt alike."""

    def __init__(self, near: tuple[str, ...]) -> None:
        super().__init__()
        self.near = near


def field_type(of: str, path: str) -> FieldType:
    """The type of a field of set `of`. Raises UnknownField."""
    head, _, rest = path.partition(".")
    if rest:
        kinds = REFERENCES.get(of, {}).get(head, ())
        if head not in own_fields(of) or not kinds:
            raise UnknownField(_near(head, tuple(REFERENCES.get(of, ()))))
        return field_type(kinds[0], rest)
    found = own_fields(of).get(head)
    if found is None:
        raise UnknownField(_near(head, tuple(own_fields(of))))
    return found


@cache
def own_fields(of: str) -> dict[str, FieldType]:
    """The fields of a set's objects: the model's, then the derived."""
    found = dict(_of_model(of)) if of != "counties" else {"code": FieldType("text")}
    return found | {name: FieldType(d.type) for name, d in DERIVED.get(of, {}).items()}


def label(of: str, path: str) -> str:
    """What people call a field, in Chinese: 单位·单位层级."""
    head, _, rest = path.partition(".")
    if derived := DERIVED.get(of, {}).get(head):
        return derived.label
    own = field_label(of, head)
    return f"{own}·{label(REFERENCES[of][head][0], rest)}" if rest else own


def owner_of(of: str, path: str) -> tuple[str, str]:
    """The set and the field that a path ends in."""
    head, _, rest = path.partition(".")
    return owner_of(REFERENCES[of][head][0], rest) if rest else (of, head)


def reads(of: str, path: str) -> frozenset[str]:
    """The sets whose objects a field is told from, beside the object itself."""
    head, _, rest = path.partition(".")
    if rest:
        kinds = REFERENCES[of][head]
        return frozenset(kinds).union(*(reads(kind, rest) for kind in kinds))
    derived = DERIVED.get(of, {}).get(head)
    return frozenset(derived.reads) if derived else frozenset()


def reader(of: str, path: str, facts: Facts) -> Callable[[Any], Any]:
    """How the field is read from an object of set `of`; None where nothing is told."""
    head, _, rest = path.partition(".")
    if rest:
        return _through(of, head, rest, facts)
    if derived := DERIVED.get(of, {}).get(head):
        read = derived.read
        return lambda thing: read(thing, facts)
    if head not in own_fields(of):  # a place may be a room or a cloud, and only rooms have it
        return lambda _: None
    return attrgetter(head)


def _through(of: str, head: str, rest: str, facts: Facts) -> Callable[[Any], Any]:
    kinds = REFERENCES[of][head]
    readers = [(kind, reader(kind, rest, facts)) for kind in kinds]

    def read(thing: Any) -> Any:
        code = getattr(thing, head)
        for kind, inner in readers:
            if (found := facts.find(kind, code)) is not None:
                return inner(found)
        return None

    return read


def _of_model(of: str) -> Iterator[tuple[str, FieldType]]:
    model = _element(Estate.model_fields[of].annotation)
    for name, info in model.model_fields.items():
        if name not in _HIDDEN:
            yield name, _type_of(info.annotation)


def _element(annotation: Any) -> type[BaseModel]:
    found: type[BaseModel] = get_args(annotation)[0]
    return found


def _type_of(annotation: Any) -> FieldType:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return FieldType("choice", tuple(annotation))
    if get_origin(annotation) is tuple:
        return FieldType("list")
    return FieldType(_PLAIN.get(annotation, "text"))


def _bare(annotation: Any) -> Any:
    """Without None and without what checks it."""
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in (Union, UnionType):
            annotation = next(a for a in get_args(annotation) if a is not NoneType)
        else:
            return annotation


def _near(name: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(difflib.get_close_matches(name, names, n=3)) or names[:8]
