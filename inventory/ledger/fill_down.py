"""Owners that are told once for the rows below: 市教育局, and blank cells under it. Pure.

Cells merged downwards are filled when a sheet is read. Here are those that a clerk merged in one
block and left blank in the next, and what is left of merged cells in a CSV.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from inventory.ledger.cells import Cell, is_blank
from inventory.ledger.table import Table
from inventory.ledger.words import Words

MANY = 0.3  # of the rows of a file that knows no merging are blank there
LEAST = 4  # rows that show it


@dataclass(slots=True)
class FillDown:
    """The owner's column of a table in which a blank cell says what stands above."""

    column: int
    words: Words
    above: Cell = ""

    def filled(self, cells: tuple[Cell, ...]) -> tuple[Cell, ...] | None:
        """The row with the owner of the rows above; None where it tells its own, or none does."""
        own = cells[self.column] if self.column < len(cells) else ""
        if not is_blank(own, self.words):
            self.above = own
        elif own in (None, "") and self.above:
            padded = (*cells, *("",) * (self.column + 1 - len(cells)))
            return (*padded[: self.column], self.above, *padded[self.column + 1 :])
        return None

    def ends(self) -> None:
        """A total or a heading: what is below is another's."""
        self.above = ""


def fill_down(table: Table, words: Words) -> FillDown | None:
    """Where the owner stands before the names, and the table shows that blank means as above."""
    owner, name = table.index_of("organisation"), table.index_of("name")
    if owner is None or name is None or owner > name or table.form:
        return None
    merged = any(
        top >= table.first_row and bottom > top and left <= owner <= right
        for top, left, bottom, right in table.sheet.merges
    )
    return FillDown(owner, words) if merged or _mostly_once(table, owner, name, words) else None


def _mostly_once(table: Table, owner: int, name: int, words: Words) -> bool:
    """Whether each owner stands in the first of several rows, as a CSV keeps merged cells."""
    if table.sheet.merges:
        return False
    told = [not is_blank(cell, words) for cell in _cells(table, owner, name, words)]
    return len(told) >= LEAST and told[0] and told.count(False) >= MANY * len(told)


def _cells(table: Table, owner: int, name: int, words: Words) -> Iterator[Cell]:
    for row in table.sheet.rows[table.first_row : table.last_row]:
        if name < len(row) and not is_blank(row[name], words):
            yield row[owner]
