"""All that writing asks of the reader besides its fields and words, in one place."""

from collections.abc import Callable, Iterable, Mapping

from inventory.ledger.names import Names
from inventory.ledger.objects import HARD, IMPLIED, SOFT
from inventory.ledger.values import Cell, Parser, Refused
from inventory.ledger.words import Words
from inventory.model import Estate

__all__ = ["Cell", "Finder", "Parser", "Refused", "finder", "is_implied", "references"]

type Finder = Callable[[Iterable[str], str], set[str]]
"""(collections, what is written) → the codes that it may mean."""


def references(kind: str) -> Mapping[str, tuple[str, ...]]:
    """Ledger field → the collections in which what it names is looked up."""
    return {**HARD.get(kind, {}), **SOFT.get(kind, {})}


def is_implied(kind: str, field: str) -> bool:
    """Whether the reader takes those of `kind` that `field` names as told, without a table."""
    return IMPLIED.get(kind) == field


def finder(estate: Estate, words: Words) -> Finder:
    """How the reader finds objects of an estate by what a cell says."""
    return Names((), estate, words).find
