"""A city's own words over the shipped ones. Pure.

Lists grow, tables are joined. A table whose keys are things of the product (kinds, fields, choices
and what they mean, sorts of units) takes no new ones: a city can't tell a field that nobody knows,
and a slip of the pen is found.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from inventory.text import printable

# tables in which a city may add keys of its own, by their path; * is any name
_OPEN = (
    ("groups",),
    ("like", "*"),
    ("contacts", "roles"),
    ("bureaux",),
    ("variants",),
    ("units", "*"),
    ("choices", "provider"),
)


def merged(shipped: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Both together; where they disagree, the city's own."""
    found = dict(shipped)
    for key, value in own.items():
        before = found.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            found[key] = merged(before, value)
        elif isinstance(value, list) and isinstance(before, list):
            found[key] = [*before, *value]
        else:
            found[key] = value
    return _given_up(found, own)


def _given_up(found: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A word that the city gives to one meaning is taken from the others of the same table."""
    mine = {word: key for key, words in own.items() if isinstance(words, list) for word in words}
    for key, words in found.items():
        if isinstance(words, list) and any(isinstance(v, list) for v in own.values()):
            found[key] = [word for word in words if mine.get(word, key) == key]
    return found


def unknown_keys(
    shipped: Mapping[str, Any], own: Mapping[str, Any], path: tuple[str, ...] = ()
) -> Iterator[str]:
    """What `own` names that doesn't exist, or is of another sort, in words of both languages."""
    for key, value in own.items():
        here = (*path, key)
        shown = printable(".".join(here))
        if key not in shipped and not _open(path):
            known = "、".join(list(shipped)[:20])
            yield f"{shown}（应为其中之一 / one of: {known}）"
        elif isinstance(value, Mapping) and isinstance(shipped.get(key), Mapping):
            yield from unknown_keys(shipped[key], value, here)
        else:
            expected = shipped[key] if key in shipped else next(iter(shipped.values()), [])
            if not _alike(expected, value):
                yield f"{shown}（应为{_sort(expected)}）"


def _open(path: tuple[str, ...]) -> bool:
    return any(
        len(path) == len(known) and all(k in ("*", p) for k, p in zip(known, path, strict=True))
        for known in _OPEN
    )


def _alike(expected: Any, value: Any) -> bool:
    if isinstance(expected, list):
        return isinstance(value, list) and all(isinstance(word, str) for word in value)
    return isinstance(value, type(expected))


def _sort(expected: Any) -> str:
    if isinstance(expected, list):
        return "文字列表 / a list of texts"
    return "表 / a table" if isinstance(expected, Mapping) else "文字 / a text"
