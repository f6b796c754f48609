"""Mistakes in a policy's file or in records: which file, which line, what was read, what was
expected."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inventory.errors import PackFault
from inventory.expected import expected
from inventory.halves import labelled, together
from inventory.policies.places import Place


def line_of(places: Mapping[Place, int], at: Place) -> int:
    """The line of a path, or of the nearest thing around it."""
    while at not in places and at:
        at = at[:-1]
    return places.get(at, 1)


def dotted(at: Place) -> str:
    """A path as people write it: targets[3].deadline; entries are counted from 1."""
    text = ""
    for part in at:
        text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text or "—"


def shown(value: Any) -> str:
    """What was read, short enough for a line."""
    if isinstance(value, dict | list | tuple):
        if isinstance(value, dict):  # its keys say which table it was
            keys = "、".join(map(str, value))
            return f"{{{keys if len(keys) <= 40 else f'{keys[:39]}…'}}}"
        return "[…]"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def of_validation(
    error: ValidationError, model: type[BaseModel], file: Path, places: Mapping[Place, int]
) -> list[PackFault]:
    """A fault for each mistake that the models found."""
    found = []
    details = error.errors(include_url=False)
    for detail in details:
        if detail["type"] == "too_short" and _has_inner(detail, details):
            continue  # pydantic counts the entries that it refused itself
        at = tuple(part for part in detail["loc"] if not _tag(part, detail["loc"], places))
        found.append(
            PackFault(
                file.name, line_of(places, at), dotted(at), _read(detail), _why(detail, model)
            )
        )
    return found


def _has_inner(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    loc = detail["loc"]
    return any(
        len(other["loc"]) > len(loc) and other["loc"][: len(loc)] == loc for other in details
    )


def _tag(part: str | int, loc: tuple[str | int, ...], places: Mapping[Place, int]) -> bool:
    """Whether a part of the path is only the name of a variant that the models tell apart."""
    at = loc[: loc.index(part)]
    known = any(place[: len(at) + 1] == (*at, part) for place in places)
    return (
        isinstance(part, str)
        and not known
        and (part in _VARIANTS or part.startswith(("function-", "constrained-", "tagged-")))
    )


_VARIANTS = {
    "share", "count", "per", "fewer", "declared", "each", "items", "bool", "int", "str", "date",
    "literal['today']",
}  # fmt: skip


def _read(detail: ErrorDetails) -> str:
    return "" if detail["type"] == "missing" else shown(detail["input"])


def _why(detail: ErrorDetails, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(detail["loc"][-1]), _keys(model), n=3)
        return together(
            expected(detail), *([labelled("相近的有 / near", "、".join(near))] if near else [])
        )
    if kind.startswith("union_tag"):
        tags = context.get("expected_tags", "")
        return f"kind 应为其一：{tags} / kind, expected one of: {tags}"
    return expected(detail)


def _keys(model: type[BaseModel]) -> list[str]:
    """Every key that a file of this model may hold, for the nearest to an unknown one."""
    from inventory.policies import conditions, measures, pack, records  # noqa: PLC0415  a circle

    found = set(model.model_fields)
    for module in (conditions, measures, pack, records):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, BaseModel):
                found |= {info.alias or name for name, info in thing.model_fields.items()}
    return sorted(found)
