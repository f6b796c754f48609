"""What stands in for a code or a name that a row does not tell, and what a row lacks."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inventory.ledger.fields import CODE_NAMES, ENTRANCE, REQUIRED
from inventory.ledger.record import derived_code
from inventory.model import Code

_CODE: TypeAdapter[str] = TypeAdapter(Code)


def name_it(kind: str, values: dict[str, Any], refused: set[str]) -> str:
    """Stand-ins: a line without a name has its code's, a host's name is its code, and what has
    only a name, or a number that can't be a code, gets a derived one; a link or a service without any
    is called by its ends, or by its host and port. That of a service comes from
    its host (objects.py). Returns that number."""
    if kind == "dependencies":
        return ""
    number = ""
    if kind in CODE_NAMES and "name" not in values and "code" in values:
        values["name"] = values["code"]
    if "name" not in values and "name" not in refused and (ends := _between(kind, values)):
        values["name"] = ends
    if "code" in values:
        try:
            _CODE.validate_python(values["code"])
        except ValidationError:
            number = str(values["code"])
            values["code"] = derived_code(kind, number)
        return number
    if "code" in refused or "name" not in values or kind == "services":
        return ""
    name = values["name"]
    values["code"] = derived_code(kind, re.sub(r"\s+", " ", name))
    if kind == "hosts":
        try:
            values["code"] = _CODE.validate_python(name)
        except ValidationError:
            return ""
    return ""


def _between(kind: str, values: Mapping[str, Any]) -> str:
    """What a service or a link is called by what it stands on or between, "" where that isn't told."""
    if kind == "services" and "host" in values and "port" in values:
        return f"{values['host']} {values['port']}/{values.get('protocol', 'tcp')}"
    if kind == "links" and "a_node" in values and "z_node" in values:
        return f"{values['a_node']}—{values['z_node']}"
    return ""


def absent(kind: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield from (field for field in REQUIRED[kind] if field not in values)
    given = [field for field in ENTRANCE if field in values]
    if given:
        yield from (field for field in ENTRANCE if field not in values)
