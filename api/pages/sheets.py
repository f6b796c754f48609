"""Problems of a ledger in a picture of its sheet: the rows around, the cell that is at fault marked,
each with its coordinate as the spreadsheet calls it (Sheet1!C12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inventory.errors import LedgerError
from inventory.ledger.cells import raw_text
from inventory.ledger.record import letters
from inventory.ledger.report import Problem
from inventory.ledger.sheets import read_sheets

AROUND = 1
"""Rows shown above and below one at fault."""
COLUMNS = 14
"""Columns of a picture at most, around the cells at fault."""
PICTURED = 200
"""Problems that have a place in a picture; the table lists every one."""
HEADERS = 12
"""Rows from the top among which a column's header is looked for."""

type Grid = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Cell:
    """`fault`: its number among the problems, 0 for none."""

    text: str
    fault: int


@dataclass(frozen=True)
class SheetRow:
    number: int
    faulty: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Picture:
    """A part of one sheet. `gap` marks rows that are left out before a row (their numbers tell)."""

    file: str
    sheet: str
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]


@dataclass(frozen=True)
class Told:
    """One problem with its coordinate; `cell` "" where it has no place of its own."""

    number: int
    file: str
    sheet: str
    cell: str
    row: int
    column: str
    raw: str
    message: str
    refuses: bool


def grids_of(files: Sequence[Path]) -> dict[tuple[str, str], Grid]:
    """(file, sheet) → rows of text; a file that can't be read has none."""
    found: dict[tuple[str, str], Grid] = {}
    for file in files:
        try:
            for sheet in read_sheets(file):
                rows = [[raw_text(cell) for cell in row] for row in sheet.rows]
                found[file.name, sheet.name] = rows
        except LedgerError:
            continue
    return found


def told_of(problems: Sequence[Problem], grids: Mapping[tuple[str, str], Grid]) -> tuple[Told, ...]:
    """Every problem with its number (from 1) and coordinate; pure."""
    found = []
    for number, one in enumerate(problems, start=1):
        file = Path(one.file).name
        at = _column(one, grids.get((file, one.sheet), ()))
        row = one.row or ""
        cell = f"{one.sheet}!{letters(at + 1)}{row}" if at is not None and one.row else ""
        found.append(
            Told(
                number=number,
                file=file,
                sheet=one.sheet,
                cell=cell,
                row=one.row,
                column=one.column,
                raw=one.raw,
                message=one.message,
                refuses=one.refuses,
            )
        )
    return tuple(found)


def pictures_of(
    problems: Sequence[Problem], grids: Mapping[tuple[str, str], Grid]
) -> tuple[Picture, ...]:
    """A picture a sheet; pure."""
    at: dict[tuple[str, str], dict[tuple[int, int], int]] = {}
    for number, one in enumerate(problems[:PICTURED], start=1):
        key = Path(one.file).name, one.sheet
        column = _column(one, grids.get(key, ()))
        if one.row and column is not None and key in grids:
            at.setdefault(key, {}).setdefault((one.row - 1, column), number)
    return tuple(_picture(key, grids[key], cells) for key, cells in sorted(at.items()))


def _picture(key: tuple[str, str], grid: Grid, cells: Mapping[tuple[int, int], int]) -> Picture:
    rows = {row for row, _ in cells}
    header = _header_row(grid, min(rows))
    shown = {header} | {r for row in rows for r in range(row - AROUND, row + AROUND + 1)}
    shown = {row for row in shown if 0 <= row < len(grid)}
    wanted = sorted({column for _, column in cells})
    width = max((len(row) for row in grid), default=0)
    first = 0 if wanted[-1] < COLUMNS else max(0, wanted[0] - 2)
    last = min(width, max(first + COLUMNS, min(wanted[-1] + 2, first + 2 * COLUMNS)))
    faulty = {row for row, _ in cells}
    return Picture(
        file=key[0],
        sheet=key[1],
        columns=tuple(letters(c + 1) for c in range(first, last)),
        rows=tuple(
            SheetRow(
                row + 1,
                row in faulty,
                tuple(Cell(_at(grid, row, c), cells.get((row, c), 0)) for c in range(first, last)),
            )
            for row in sorted(shown)
        ),
    )


def _column(one: Problem, grid: Grid) -> int | None:
    """Where the cell stands, from 0: under its header, else where its text is in its row."""
    header = one.column.split("\n")[-1].strip()
    row = grid[one.row - 1] if 0 < one.row <= len(grid) else ()
    under = [
        c
        for line in grid[: max(HEADERS, 0)]
        for c, text in enumerate(line)
        if header and _squeezed(text) == _squeezed(header)
    ]
    by_text = [c for c, text in enumerate(row) if one.raw and text == one.raw]
    both = [c for c in under if c in by_text]
    for found in (both, under, by_text):
        if found:
            return found[0]
    return None


def _header_row(grid: Grid, before: int) -> int:
    """The fullest row above: what the columns are called."""
    above = range(min(before, HEADERS, len(grid)))
    return max(above, key=lambda r: sum(bool(text) for text in grid[r]), default=0)


def _at(grid: Grid, row: int, column: int) -> str:
    return grid[row][column] if column < len(grid[row]) else ""


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()
