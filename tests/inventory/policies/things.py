"""The 208 named things (requirements A): what stands for each in the product, and what shows it."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from inventory.labels import VALUES
from inventory.model import Estate
from inventory.policies.fields import own_fields
from inventory.policies.loader import load
from inventory.policies.pack import Entry
from migrator.planning.plan import StepKind
from probes.table import CHECKS
from tests.inventory.policies.coverage import tests_of
from tests.inventory.policies.rule_cases import CZ, DL, JL, XN, XZ

FILE = Path(__file__).with_name("named_things.txt")
COUNT = 208
PACKS = {"CZ": CZ, "DL": DL, "JL": JL, "XN": XN, "XZ": XZ}
SHOWN = {
    "kind": "tests/inventory/ledger",
    "field": "tests/inventory/ledger",
    "line": "tests/inventory/ledger",
    "node": "tests/inventory/ledger",
    "step": "tests/migrator",
    "probe": "tests/probes",
    "phase": "tests/inventory/policies",
}
"""What shows that an object is kept, a step is done, a check looks."""


class Thing(NamedTuple):
    id: str
    name: str
    stands: tuple[str, ...]
    rest: str


def things() -> list[Thing]:
    lines = FILE.read_text("utf-8").splitlines()
    parts = [[p.strip() for p in line.split("|")] for line in lines if line and line[0] != "#"]
    return [Thing(code, name, tuple(stands.split()), rest) for code, name, stands, rest in parts]


@cache
def entries_of(pack: str) -> dict[str, tuple[str, Entry]]:
    """Id → kind and entry."""
    return {entry.id: (kind, entry) for kind, _, entry in load(pack).entries()}


def unknown(thing: Thing) -> Iterator[str]:
    """What a line names and the product does not have."""
    for word in thing.stands:
        kind, _, named = word.partition(":")
        if kind in PACKS:
            if named not in entries_of(PACKS[kind]):
                yield word
        elif named not in _names(kind, named):
            yield word


def _names(kind: str, named: str) -> set[str]:
    of, _, _ = named.partition(".")
    if kind == "field":
        return {f"{of}.{name}" for name in own_fields(of)} if of in Estate.model_fields else set()
    return _known().get(kind, set())


@cache
def _known() -> dict[str, set[str]]:
    return {
        "kind": set(Estate.model_fields),
        "line": set(VALUES["lines.type"]),
        "node": set(VALUES["nodes.kind"]),
        "step": {step.value for step in StepKind},
        "probe": {str(name) for name in CHECKS},
        "phase": {f"{short}.{p.id}" for short, id in PACKS.items() for p in load(id).phases},
    }


def shown_by(thing: Thing) -> list[str]:
    """Test functions and folders, in order."""
    found: set[str] = set()
    for word in thing.stands:
        kind, _, named = word.partition(":")
        if kind not in PACKS:
            found.add(SHOWN[kind])
            continue
        of, entry = entries_of(PACKS[kind])[named]
        found |= set(tests_of(PACKS[kind], of, entry))
    return sorted(found)


def table() -> str:
    """The table in Markdown."""
    lines = [
        "| Thing | Name | Stands for it | Shown by | Waits, or why not |",
        "|---|---|---|---|---|",
    ]
    for thing in things():
        cells = (
            thing.id,
            thing.name,
            ", ".join(thing.stands) or "–",
            ", ".join(shown_by(thing)) or "–",
            thing.rest,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
