"""What the ledgers tell, by names: the objects of `qianyun inventory check --json`.

Field names and units are the model's; a line's own number is its `cid`, and where a host stands is
its `room`. References are full names, whether or not the row they name was accepted: what a
department wrote is what it wrote. Every field is there, None where nobody told it. Pure.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache, cached_property
from typing import Any, overload

from inventory.ledger.fields import CONTACTS, FIELDS, OTHERWISE, WITH_CONTACTS
from inventory.ledger.lists import needed
from inventory.ledger.names import Names
from inventory.ledger.objects import LOOKED_UP, Built
from inventory.ledger.organisations import Organisations
from inventory.ledger.record import Record
from inventory.model import Estate

type Told = dict[str, Any]

RENAMED: Mapping[tuple[str, str], str] = {("lines", "code"): "cid", ("hosts", "place"): "room"}
# several values: none told is an empty list
_LISTS = {
    "aliases",
    "application_systems",
    "contacts",
    "coverage",
    "data_resources",
    "data_trees",
    "database_products",
    "databases",
    "depends_on",
    "joint_applicants",
    "ports",
    "program_trees",
    "services",
    "shared_with",
}
_NUMBERS = {"area_m2", "power_kw"}  # decimals, as JSON has them
_PLAIN = (str, int, bool, type(None))
_UNTOLD = {"secrecy": "unknown"}


def as_told(built: Built) -> dict[str, "Objects"]:
    """Every collection, and in it the objects in the order in which they were told."""
    every = _Everyone(built.records, built.refused, built.organisations)
    records: dict[str, list[Record]] = {kind: [] for kind in Estate.model_fields}
    for record in built.records:
        records[record.kind].append(record)
    return {kind: Objects(told, every) for kind, told in records.items()}


class Objects(Sequence[Told]):
    """Objects as they were told, each made when it is asked for: all of a large ledger at once
    would take more memory than the ledger."""

    def __init__(self, records: Sequence[Record], every: "_Everyone") -> None:
        self._records, self._every = records, every

    def __len__(self) -> int:
        return len(self._records)

    @overload
    def __getitem__(self, index: int) -> Told: ...
    @overload
    def __getitem__(self, index: slice) -> list[Told]: ...
    def __getitem__(self, index: int | slice) -> Told | list[Told]:
        if isinstance(index, slice):
            return [_object(record, self._every) for record in self._records[index]]
        return _object(self._records[index], self._every)


class _Everyone:
    """Full names, those in refused rows too."""

    def __init__(
        self, alive: Sequence[Record], refused: Sequence[Record], organisations: Organisations
    ) -> None:
        self.organisations = organisations
        self._told = alive, refused

    @cached_property
    def alive(self) -> Names:
        return Names(self._told[0], Estate(), self.organisations)

    @cached_property
    def refused(self) -> Names:
        return Names(self._told[1], Estate(), self.organisations)

    def name(self, kinds: tuple[str, ...], written: str) -> str:
        if kinds == ("organisations",):
            return self.organisations.full(written)
        told = self.alive.name_of(kinds, written) or self.refused.name_of(kinds, written)
        return told or written


@cache
def _blank(kind: str) -> tuple[Told, tuple[str, ...]]:
    """An object of which nothing is told, and which of its fields are lists."""
    fields = [f for f in FIELDS[kind] if f not in OTHERWISE]
    fields += [CONTACTS] if kind in WITH_CONTACTS else []
    blank = {RENAMED.get((kind, f), f): _UNTOLD.get(f) for f in fields}
    return blank, tuple(RENAMED.get((kind, f), f) for f in fields if f in _LISTS)


def _object(record: Record, every: _Everyone) -> Told:
    kind = record.kind
    looked_up = LOOKED_UP.get(kind, {})
    blank, lists = _blank(kind)
    told = blank.copy()
    for name in lists:
        told[name] = []
    for name, written in record.values.items():
        value = written
        if name == "code":
            value = (record.number or record.code) if "code" in record.told else None
        elif name == "depends_on":
            value = _needed(record, every)
        elif name in looked_up:
            value = _referred(value, looked_up[name], every)
        elif name == "name" and kind == "organisations":
            value = every.organisations.full(value)
        told[RENAMED.get((kind, name), name)] = _plain(name, value)
    if kind == "lines" and "name" not in record.told:
        told["name"] = None
    return told


def _needed(record: Record, every: _Everyone) -> list[str]:
    told = needed(record.values.get("depends_on", ()), record.told, every.alive)
    return [every.name(("systems",), name) for name in told]


def _referred(value: Any, kinds: tuple[str, ...], every: _Everyone) -> Any:
    if isinstance(value, tuple):
        return tuple(every.name(kinds, written) for written in value)
    return every.name(kinds, value)


def _plain(name: str, value: Any) -> Any:
    """As JSON has it."""
    if type(value) in _PLAIN and name not in _NUMBERS:
        return value
    if name in _NUMBERS:
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else float(number)
    if isinstance(value, tuple | list):
        return [_plain("", part) for part in value]
    if isinstance(value, bool | int | str | dict):
        return value
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return str(value)
