"""Cells of people that hold only a formula's failure: told, and read as if nobody were named."""

from collections.abc import Iterable

from inventory.ledger.cells import Cell
from inventory.ledger.contacts import Post
from inventory.ledger.report import Problem
from inventory.ledger.table import Table
from inventory.text import printable


def without_faults(
    table: Table, row: int, cells: tuple[Cell, ...], posts: Iterable[Post]
) -> tuple[tuple[Cell, ...], list[Problem]]:
    """(`cells` with blanks for such ones, a problem for each). `row` as the spreadsheet counts."""
    problems = []
    kept = list(cells)
    for column in (column for post in posts for column in post.columns):
        fault = table.sheet.faults.get((row - 1, column.index))
        if fault is None:
            continue
        zh, _, en = fault.expected.partition(" / ")
        shown = printable(fault.shown)
        kept[column.index] = ""
        problems.append(
            Problem(
                file=table.sheet.file,
                sheet=table.sheet.name,
                row=table.row_of(row, column),
                column=column.title,
                raw=fault.shown,
                code="formula_error",
                message=f"读到“{shown}”，应为{zh} / read “{shown}”, expected {en}",
                refuses=False,
            )
        )
    return tuple(kept), problems
