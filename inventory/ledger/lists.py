"""Several names in one cell: where one ends and the next begins. Pure."""

import re
from collections.abc import Mapping, Sequence

from inventory.ledger.names import Names
from inventory.ledger.record import Told

_AND = re.compile(r"[和与及]|以及|\s+")


def needed(written: Sequence[str], told: Mapping[str, Told], names: Names) -> tuple[str, ...]:
    """The systems that a cell names. One name may hold a separator, and 和 may be one: what is
    known decides, and where nothing is, the cell is read as it was split."""
    cell = told.get("depends_on")
    if cell and len(written) > 1 and _known(cell.raw, names):
        return (cell.raw,)
    found: list[str] = []
    for name in written:
        parts = [part for part in _AND.split(name) if part]
        several = (
            len(parts) > 1 and not _known(name, names) and all(_known(p, names) for p in parts)
        )
        found += parts if several else [name]
    return tuple(dict.fromkeys(found))


def _known(name: str, names: Names) -> bool:
    return len(names.find(("systems",), name)) == 1
