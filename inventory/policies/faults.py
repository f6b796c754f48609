"""Mistakes in a policy's file or in records: which file, which line, what was read, what was
expected."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from inventory.errors import PackFault
from inventory.policies.places import Place

_EXPECTED: Mapping[str, str] = {
    "date_type": "日期，如 2018-12-31 / a date such as 2018-12-31",
    "date_from_datetime_parsing": "日期，如 2018-12-31 / a date such as 2018-12-31",
    "date_parsing": "日期，如 2018-12-31 / a date such as 2018-12-31",
    "string_type": "文字 / text",
    "string_too_short": "非空文字 / text that is not empty",
    "bool_type": "true 或 false / true or false",
    "bool_parsing": "true 或 false / true or false",
    "int_type": "整数 / a whole number",
    "int_parsing": "整数 / a whole number",
    "decimal_type": "数字 / a number",
    "decimal_parsing": "数字 / a number",
    "tuple_type": "列表 […] / a list […]",
    "model_type": "表 {…} / a table {…}",
    "dict_type": "表 {…} / a table {…}",
    "bool_strict": "true 或 false / true or false",
    "finite_number": "数字 / a number",
}


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
    key = str(detail["loc"][-1]) if detail["loc"] else ""
    said = {
        "missing": f"缺少 {key} / {key} is missing",
        "literal_error": f"应为 / expected {context.get('expected', '')}",
        "string_pattern_mismatch": f"应符合 / expected to match {context.get('pattern', '')}",
        "value_error": str(context.get("error", detail["msg"])),
        "less_than_equal": f"应不大于 {context.get('le')} / expected at most {context.get('le')}",
        "less_than": f"应小于 {context.get('lt')} / expected less than {context.get('lt')}",
        "greater_than_equal": f"应不小于 {context.get('ge')} / expected at least {context.get('ge')}",
        "greater_than": f"应大于 {context.get('gt')} / expected more than {context.get('gt')}",
        "too_short": f"至少 {context.get('min_length')} 项 / expected at least "
        f"{context.get('min_length')} of them",
        "string_too_long": f"至多 {context.get('max_length')} 字 / expected at most "
        f"{context.get('max_length')} characters",
    }
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key, _keys(model), n=3)
        hint = f"，相近的有 / near: {'、'.join(near)}" if near else ""
        return f"不认识的键 / no such key: {key}{hint}"
    if kind.startswith("union_tag"):
        return f"kind 应为其一 / kind, expected one of: {context.get('expected_tags', '')}"
    if kind in _EXPECTED:
        return f"应为{_EXPECTED[kind].replace(' / ', ' / expected ', 1)}"
    return said.get(kind, f"值不符合要求 / not what is expected here: {detail['msg']}")


def _keys(model: type[BaseModel]) -> list[str]:
    """Every key that a file of this model may hold, for the nearest to an unknown one."""
    from inventory.policies import conditions, measures, pack, records  # noqa: PLC0415  a circle

    found = set(model.model_fields)
    for module in (conditions, measures, pack, records):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, BaseModel):
                found |= {info.alias or name for name, info in thing.model_fields.items()}
    return sorted(found)
