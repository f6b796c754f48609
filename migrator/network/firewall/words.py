"""A rule of nftables' JSON as a person reads it. Not to be typed: what is sent is the JSON."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

type Json = Any


def words(expressions: Sequence[Json]) -> str:
    return " ".join(_one(one) for one in expressions)


def _one(told: Json) -> str:
    if isinstance(told, list):
        return ",".join(_one(one) for one in told)
    if not isinstance(told, dict):
        return str(told)
    ((name, value),) = [*told.items()][:1]
    if name in _SAID:
        return _SAID[name](value)
    return name if value in (None, {}) else f"{name} {_plain(value)}"


def _plain(value: Json) -> str:
    if isinstance(value, dict):
        return " ".join(_one(one) for one in value.values())
    return _one(value)


def _match(told: Mapping[str, Json]) -> str:
    sign = "" if told["op"] in ("==", "in") else f"{told['op']} "
    return f"{_one(told['left'])} {sign}{_one(told['right'])}"


def _set(told: Sequence[Json]) -> str:
    pairs = (" : ".join(map(_one, one)) if isinstance(one, list) else _one(one) for one in told)
    return "{ " + ", ".join(pairs) + " }"


def _limit(told: Mapping[str, Json]) -> str:
    return f"limit rate {'over ' if told.get('inv') else ''}{told['rate']}/{told['per']}"


_SAID: Mapping[str, Callable[[Json], str]] = {
    "match": _match,
    "payload": lambda told: f"{told.get('protocol', '')} {told.get('field', '')}".strip(),
    "meta": lambda told: str(told["key"]),
    "ct": lambda told: " ".join(["ct", str(told.get("dir", "")), str(told["key"])]),
    "prefix": lambda told: f"{told['addr']}/{told['len']}",
    "range": lambda told: "-".join(_one(one) for one in told),
    "set": _set,
    "elem": lambda told: _one(told["val"]),
    "concat": lambda told: " . ".join(_one(one) for one in told),
    "vmap": lambda told: f"{_one(told['key'])} vmap {_one(told['data'])}",
    "limit": _limit,
    "reject": lambda told: f"reject with {_plain(told)}" if told else "reject",
}
