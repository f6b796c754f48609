"""What became of a row of NetBox: an object of the estate, perhaps without some of its fields, or
nothing; and why. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from inventory.model import Thing
from inventory.netbox.endpoints import Endpoint, Row
from inventory.netbox.natives import native
from inventory.store import LeftOut

SHOWN = 100  # letters of a value that a reason quotes

type Told = tuple[str, str, Any]
"""Collection, field, and its value as NetBox tells it."""
UNCLEAR = "无法理解 / cannot be understood"


@dataclass(frozen=True)
class Held:
    """An object of a collection; `unread`: its fields that NetBox tells in no way we understand."""

    collection: str
    thing: Thing
    unread: tuple[LeftOut, ...] = ()


def unread_field(endpoint: Endpoint, id: int, name: str, told: Told, why: str) -> LeftOut:
    """A field that is left out of an object that is there."""
    collection, field, value = told
    shown = repr(value)[:SHOWN]
    there = f"{native(collection, field)[0]}={shown}"
    why_zh, _, why_en = why.partition(" / ")
    return LeftOut(
        endpoint=endpoint.path.rstrip("/"),
        id=id,
        name=name,
        field=field,
        reason=f"{there} {why_zh}，未采用此字段，请在 NetBox 中更正 / {why_en}: only this field is left "
        "out, correct it in NetBox",
    )


def left_out(endpoint: Endpoint, row: Row, name: str, reason: str) -> LeftOut:
    """The whole object."""
    return LeftOut(endpoint=endpoint.path.rstrip("/"), id=row.id, name=name, reason=reason)


def sole(objects: Iterable[tuple[Endpoint, Row, Held]]) -> Iterator[Held | LeftOut]:
    """Of several objects with one code the first; the others are left out."""
    seen: dict[tuple[str, str], tuple[str, int]] = {}
    for endpoint, row, held in objects:
        here = endpoint.path, row.id
        first = seen.setdefault((held.collection, held.thing.code), here)
        if first == here:
            yield held
        else:
            other = f"{first[0]}{first[1]}"
            reason = f"编号与 {other} 重复 / has the code of {other}"
            yield left_out(endpoint, row, held.thing.name, reason)
