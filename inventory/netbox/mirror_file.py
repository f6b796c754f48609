"""The file in which a mirror is kept from one command to the next: only a copy, never needed."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json, to_json

from inventory.netbox.endpoints import ENDPOINTS, Endpoint, Row

FORMAT = 3


@dataclass(frozen=True)
class Kept:
    """Rows by endpoint and id, and the place in the change log that they are of."""

    tables: dict[Endpoint, dict[int, Row]]
    cursor: int
    mark: str
    gaps: dict[int, float]


def read(file: Path, of: str) -> Kept | None:
    """What was kept `of` a NetBox; None when there is nothing that can be trusted."""
    try:
        kept = from_json(file.read_bytes())
        if kept["format"] != FORMAT or kept["of"] != of:
            return None
        by_path = {e.path: e for e in ENDPOINTS}
        tables = {
            by_path[path]: {row[0]: Row(*row) for row in rows}
            for path, rows in kept["tables"].items()
        }
        gaps = {int(n): float(since) for n, since in kept["gaps"].items()}
        found = Kept(tables, int(kept["cursor"]), str(kept["mark"]), gaps)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if {e for e in ENDPOINTS if not e.lazy} <= tables.keys() else None


def write(file: Path, of: str, kept: Kept) -> None:
    """Whole or not at all; a full disk costs the next command a full reading, no more."""
    told = {
        "format": FORMAT,
        "of": of,
        "cursor": kept.cursor,
        "mark": kept.mark,
        "gaps": kept.gaps,
        "tables": {
            e.path: [(r.id, r.code, r.facts, r.at) for r in rows.values()]
            for e, rows in kept.tables.items()
        },
    }
    new: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as made:
            new = Path(made.name)
            made.write(to_json(told))
            made.flush()
            os.fsync(made.fileno())
        new.replace(file)
    except OSError:
        for path in (new, file):
            if path is not None:
                path.unlink(missing_ok=True)
