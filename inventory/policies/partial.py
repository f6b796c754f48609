"""Mistakes in what is whole of a pack that is not: a file's author sees all of them in one round, not the
next ones once the first are mended."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from inventory.errors import PackFault
from inventory.policies.faults import dotted
from inventory.policies.pack import Pack
from inventory.policies.places import Place
from inventory.policies.review import review

_HEAD: Mapping[str, Any] = {
    **dict.fromkeys(("title", "title_en", "number", "place"), "—"),
    "id": "x",
    "level": "city",
    "validity": {"signed": date.min, "effective_from": date.min, "source": "signed"},
}
"""What every pack must have, for one of which that part is broken: never kept, only looked at."""

_ENTRY: Mapping[str, Any] = {
    **dict.fromkeys(("title", "title_en", "clause", "quote", "words", "note", "note_en"), "—"),
    "set": "systems",
    "measure": {"kind": "declared"},
    "breach": [{"field": "code", "known": True}],
    "kind": "notice",
    "every": "month",
    "due": 0,
    "about": "running",
    "first_due": date.max,
    "number": 0,
    "leave": [{"title": "—", "title_en": "—", "needs": [{"field": "code", "known": True}]}],
    "name": "—",
}
"""The same of an entry."""

_HANGS_ON: Mapping[str, tuple[str, ...]] = {
    "set": ("where", "breach", "measure", "starts", "ends", "enter", "leave"),
    "quote": (
        "wording", "severity", "threshold", "deadline", "words", "measure", "exception_words", "goal",
    ),
    "measure": ("set", "threshold"),
    "wording": ("severity", "threshold"),
    "severity": ("wording", "threshold"),
    "words": ("working_days", "months"),
    "every": ("month",),
}  # fmt: skip
"""Which keys can't be judged while another is broken."""


def faults_of_the_rest(
    raw: Mapping[str, Any],
    lists: Sequence[str],
    error: ValidationError,
    path: Path,
    places: Mapping[Place, int],
) -> list[PackFault]:
    """What is still wrong beside what a model has refused: what is broken is left out, or something
    stands in for it."""
    bad = [detail["loc"] for detail in error.errors(include_url=False)]
    made, numbers, unsure = _mended(raw, lists, bad)
    try:
        rest = Pack.model_validate(made)
    except ValidationError as again:  # an entry that can't be mended is left out whole
        worse = [d["loc"] for d in again.errors(include_url=False)]
        broken = {(at[0], numbers[str(at[0])][int(at[1])]) for at in worse if _in_list(at, numbers)}
        made, numbers, unsure = _mended(raw, lists, bad, broken)
        try:
            rest = Pack.model_validate(made)
        except ValidationError:
            return []
    # to name what has mistakes of its own is no mistake
    known = {str(name) for kind in lists for e in _tables(raw.get(kind)) for name in _names(e)}
    found = review(rest, path, places, numbers)
    return [f for f in found if f.read not in known and not _hangs(f.at, unsure)]


def _in_list(at: Place, numbers: Mapping[str, Sequence[int]]) -> bool:
    return len(at) > 1 and str(at[0]) in numbers and isinstance(at[1], int)


def _mended(
    raw: Mapping[str, Any],
    lists: Sequence[str],
    bad: Sequence[Place],
    broken: set[tuple[Any, int]] | None = None,
) -> tuple[dict[str, Any], dict[str, list[int]], set[str]]:
    """The pack with something in the place of what is wrong, which entries it kept, and the paths
    of which nothing can be said."""
    made: dict[str, Any] = dict(raw)
    numbers: dict[str, list[int]] = {}
    unsure: set[str] = set()
    for kind in lists:
        if not isinstance(raw.get(kind, []), list):
            continue
        made[kind], numbers[kind] = [], []
        for number, entry in enumerate(_tables(raw.get(kind))):
            keys = {str(at[2]) for at in bad if at[:2] == (kind, number) and len(at) > 2}
            whole = any(at[:2] == (kind, number) and len(at) == 2 for at in bad)
            if whole or (kind, number) in (broken or set()):
                continue
            stand_ins = {key: _ENTRY[key] for key in keys if key in _ENTRY}
            if "id" in keys:
                stand_ins["id"] = f"x{number}"
            made[kind].append({k: v for k, v in entry.items() if k not in keys} | stand_ins)
            numbers[kind].append(number)
            for key in keys:
                unsure |= {dotted((kind, number, k)) for k in (key, *_HANGS_ON.get(key, ()))}
            if keys:
                unsure.add(dotted((kind, number)))  # what is said of it as a whole
    heads = {str(at[0]) for at in bad if at and str(at[0]) not in numbers}
    made = {key: value for key, value in made.items() if key not in heads}
    return made | {k: v for k, v in _HEAD.items() if k not in made}, numbers, unsure | heads


def _hangs(at: str, unsure: set[str]) -> bool:
    """Whether a path is one of those, or below one; an entry's own counts alone."""
    if at in unsure:
        return True
    return any(at.startswith((f"{one}.", f"{one}[")) for one in unsure if not one.endswith("]"))


def _names(entry: Mapping[str, Any]) -> Iterator[Any]:
    also = entry.get("also")
    every = (entry.get("id"), entry.get("name"), *(also if isinstance(also, list) else ()))
    return (name for name in every if name)


def _tables(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
