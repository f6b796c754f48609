"""Which codes a file of means names, read before anything is known to be right in it, so that a code
that nobody has is told together with every other mistake."""

from collections.abc import Iterator
from typing import Any

type Named = tuple[tuple[str | int, ...], str, str]
"""The place in the file, the kind of object, the code."""


def codes_in(raw: Any) -> Iterator[Named]:
    """Everything that the inventory must hold; what has another form than it should is passed over."""
    for table, key, kind in (
        ("lines", "own", "lines"),
        ("lines", "measured", "lines"),
        ("crews", "rooms", "rooms"),
        ("crews", "clouds", "clouds"),
    ):
        yield from (((table, key, code), kind, code) for code in _table(_table(raw, table), key))
    for n, one in _entries(raw, "deliveries"):
        yield from _one(("deliveries", n, "cloud"), "clouds", one.get("cloud"))
    for key in ("freezes", "allowed", "deadlines"):
        for n, one in _entries(raw, key):
            for kind in ("organisations", "rooms", "systems"):
                yield from _several((key, n, kind), kind, one.get(kind))
    yield from _several(("pilots", "systems"), "systems", _table(raw, "pilots").get("systems"))
    groups = _table(raw, "groups")
    for key in ("pin", "split", "forbid"):
        for n, one in _entries(groups, key):
            yield from _several(("groups", key, n), "systems", one.get("systems"))
    for n, one in _entries(groups, "at"):
        yield from _one(("groups", "at", n), "systems", one.get("system"))


def _table(raw: Any, key: str) -> dict[str, Any]:
    found = raw.get(key) if isinstance(raw, dict) else None
    return found if isinstance(found, dict) else {}


def _entries(raw: Any, key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    found = raw.get(key) if isinstance(raw, dict) else None
    for n, one in enumerate(found if isinstance(found, list | tuple) else ()):
        if isinstance(one, dict):
            yield n, one


def _one(at: tuple[str | int, ...], kind: str, code: Any) -> Iterator[Named]:
    if isinstance(code, str):
        yield at, kind, code


def _several(at: tuple[str | int, ...], kind: str, codes: Any) -> Iterator[Named]:
    for code in codes if isinstance(codes, list | tuple) else ():
        yield from _one(at, kind, code)
