"""All that writing asks of the reader besides its words and headers, in one place."""

from collections.abc import Callable, Mapping, Sequence

from inventory.ledger.cells import Cell, Parser, Refused
from inventory.ledger.fields import BLANK_IS_NO, FIELDS, OTHERWISE
from inventory.ledger.implied import IMPLIED
from inventory.ledger.names import Names
from inventory.ledger.objects import LOOKED_UP
from inventory.ledger.offered import offered
from inventory.ledger.organisations import Organisations
from inventory.ledger.rows import is_ditto, is_total
from inventory.ledger.words import Words
from inventory.model import Estate

__all__ = [
    "Cell",
    "Finder",
    "Parser",
    "Refused",
    "blank_is_no",
    "finder",
    "is_implied",
    "offered",
    "parsers",
    "references",
    "says_more",
]

type Finder = Callable[[Sequence[str], str], set[str]]
"""(collections, what is written) → the codes that it may mean."""


def parsers(kind: str) -> Mapping[str, Parser]:
    """Ledger field → its parser; without those that tell a field of the model in other units."""
    return {field: parser for field, parser in FIELDS[kind].items() if field not in OTHERWISE}


def blank_is_no(kind: str, field: str) -> bool:
    """Whether a blank in the field's column says no."""
    return field in BLANK_IS_NO[kind]


def says_more(cell: Cell, words: Words) -> bool:
    """Whether the reader takes the cell for a word about its row, not for a value: 〃, 合计."""
    return is_ditto(cell, words) or is_total(cell, words)


def references(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Ledger field → the collections in which what it names is looked up."""
    return LOOKED_UP.get(kind, {})


def is_implied(kind: str, field: str) -> bool:
    """Whether the reader takes those of `kind` that `field` names as told, without a table."""
    return field in IMPLIED.get(kind, ())


def finder(estate: Estate, words: Words) -> Finder:
    """How the reader finds objects of an estate by what a cell says."""
    names = Names((), estate, Organisations.of(estate, words))
    return lambda kinds, written: names.find(tuple(kinds), written)
