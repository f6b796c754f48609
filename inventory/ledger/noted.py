"""Values that are not quite what their cell says, and why. Pure.

A value with a note is a number or text like any other; who reads the row tells the note (remarks.py).
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from inventory.ledger.amounts import REMARK
from inventory.ledger.cells import ASIDE, Cell, Partly
from inventory.ledger.words import squeeze

ROUNDED = "四舍五入为整数，请核对 / rounded to a whole number, check it"
LARGE = (
    "按表头的单位是过亿元的金额，请核对是否以元填写 / more than 100 million yuan by the unit of its "
    "header: check that it is not in yuan"
)
ABOUT = "约数，按所写的数读取 / an approximate number, taken as written"
_ABOUT = re.compile("约|近|大概|估|预计|左右|上下")
# of brackets that are part of the sum: 2×(200G+300G), 600GB(×4)
_COUNTED = re.compile(r"^\(|[×x*✕✖∗]\(|\([×x*]")


class Noted:
    """A value with a note: `left`: what of its cell it lacks, "" where that is no part of it."""

    left = ""
    why = ""


class NotedNumber(int, Noted):
    """A whole number with a note."""


class NotedText(str, Noted):
    """Text with a note."""


def noted[T: int | str](cell: Cell, value: T, exact: Decimal | None = None, *, why: str = "") -> T:
    """The value, with a note where it is not `exact`, is told as near the truth, or numbers stand
    in brackets behind it."""
    left = ""
    if exact is not None and exact != Decimal(value):
        why = ROUNDED
    elif isinstance(cell, str) and not why and not cell.isdigit():
        written = squeeze(cell)
        remark = REMARK.search(written)
        if remark and any(c.isdigit() for c in remark[0]) and not _COUNTED.search(written):
            why, left = ASIDE, remark[0]
        elif _ABOUT.search(written):
            why = ABOUT
    if not why:
        return value
    found = NotedText(value) if isinstance(value, str) else NotedNumber(value)
    found.left, found.why = left, why
    return found  # type: ignore[return-value]  # each is one of what it was made of


def notes_of(value: Any) -> Iterator[Partly | Noted]:
    """What is to be said of a value, or of those of a cell that tells several."""
    if isinstance(value, dict):
        yield from (part for part in value.values() if isinstance(part, Partly | Noted))
    elif isinstance(value, Partly | Noted):
        yield value


def unnoted(value: Any) -> Any:
    """The value alone."""
    if isinstance(value, Partly):
        return value.value
    if isinstance(value, NotedNumber):
        return int(value)
    if isinstance(value, NotedText):
        return str(value)
    return {name: unnoted(v) for name, v in value.items()} if isinstance(value, dict) else value
