"""The answer of windows.ps1, taken apart with care: a host may send anything. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from inventory.facts import Why
from probes.census.reading import NotRead

Rows = list[dict[str, Any]]


def document(raw: str, boundary: str) -> Mapping[str, Any]:
    """The JSON between the two marks; nothing where it is cut off or no object."""
    _, _, rest = raw.partition(f"{boundary} begin")
    body, end, _ = rest.partition(f"{boundary} end")
    if not end:
        return {}
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def rows_of(told: Mapping[str, Any], name: str) -> Rows:
    """The rows of one part. Raises NotRead with the host's reason."""
    part = told.get(name)
    if not isinstance(part, dict):
        raise NotRead(Why.CUT_OFF)
    if "why" in part:
        try:
            why = Why(str(part["why"]))
        except ValueError:
            why = Why.FAILED
        raise NotRead(why, str(part.get("said") or ""))
    data = part.get("data")
    listed = data if isinstance(data, list) else [data]  # one row: PowerShell may unwrap it
    return [row for row in listed if isinstance(row, dict)]


def row_of(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The one row of a part. Raises NotRead."""
    found = rows_of(told, name)
    if len(found) != 1:
        raise NotRead(Why.NOT_UNDERSTOOD, name)
    return found[0]


def text_of(row: Mapping[str, Any], key: str) -> str:
    """A text that must be there. Raises NotRead."""
    value = row.get(key)
    if value is None or value == "":
        raise NotRead(Why.NOT_UNDERSTOOD, key)
    return str(value)


def number_of(row: Mapping[str, Any], key: str) -> int:
    """A count that must be there. Raises NotRead."""
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**63:
        raise NotRead(Why.NOT_UNDERSTOOD, f"{key}: {value}")
    return int(value)
