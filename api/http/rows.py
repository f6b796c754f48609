"""Objects of the inventory as a list shows them: each made into JSON once for each estate, and each
order and each text to look in once; a page of them is then bytes joined.

What a text is looked for in is what the list shows: nobody finds a phone that they were not shown.
"""

import json
import threading
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from api.http.paging import Wanted, check_sort, ordered
from inventory.model import content
from migrator.use_cases.looking import unreachable

SORTS = ("code", "name", "organisation")


class Rows:
    """Objects of a kind of one estate. Safe between threads: who asks while an order is made waits."""

    def __init__(self, kind: str, objects: Sequence[Any]) -> None:
        self._kind = kind
        self._objects = objects
        self._made: dict[int, bytes] = {}
        self._orders: dict[str, list[int]] = {}
        self._told: list[str] | None = None
        self._lock = threading.Lock()

    def page(self, wanted: Wanted, organisation: str | None) -> bytes:
        """A `Page` of them as JSON. Raises Refusal for a field that is not sorted by."""
        check_sort(wanted.sort, SORTS)
        found = self._order(wanted.sort)
        if organisation is not None:
            found = [n for n in found if self._organisations[n] == organisation]
        if wanted.q:
            text = wanted.q.casefold()
            texts = self._texts()
            found = [n for n in found if text in texts[n]]
        shown = found[wanted.offset : wanted.offset + wanted.limit]
        rows = b",".join(map(self._row, shown))
        tail = f'"total":{len(found)},"offset":{wanted.offset},"limit":{wanted.limit}'
        return b'{"items":[' + rows + b"]," + tail.encode() + b"}"

    def _row(self, number: int) -> bytes:
        if number not in self._made:
            told = thing(self._kind, self._objects[number])
            self._made[number] = json.dumps(
                told, ensure_ascii=False, separators=(",", ":")
            ).encode()
        return self._made[number]

    def _order(self, sort: str) -> Sequence[int]:
        """Places in the order of a field; equal ones stay as they stand."""
        if not sort.removeprefix("-"):
            return range(len(self._objects))
        with self._lock:
            if sort not in self._orders:
                name = sort.removeprefix("-")
                keys = [ordered(getattr(one, name, None)) for one in self._objects]
                places = range(len(keys))
                down = sort.startswith("-")
                self._orders[sort] = sorted(places, key=keys.__getitem__, reverse=down)
            return self._orders[sort]

    @cached_property
    def _organisations(self) -> list[str | None]:
        return [getattr(one, "organisation", None) for one in self._objects]

    def _texts(self) -> list[str]:
        """What each is looked for in, small."""
        with self._lock:
            if self._told is None:
                shown = (thing(self._kind, one) for one in self._objects)
                self._told = ["\n".join(_leaves(one)).casefold() for one in shown]
            return self._told


def thing(kind: str, one: Any) -> dict[str, Any]:
    """An object as a list shows it: whom to reach, and not how."""
    return {
        "kind": kind,
        "code": one.code,
        "name": getattr(one, "name", one.code),  # a dependency has none
        "organisation": getattr(one, "organisation", None),
        "facts": unreachable(content(one)),
    }


def _leaves(value: Any) -> Iterator[str]:
    """Every text and figure in a value, without the names of fields."""
    if isinstance(value, dict):
        value = value.values()
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        yield str(value)
        return
    for inner in value:
        yield from _leaves(inner)
