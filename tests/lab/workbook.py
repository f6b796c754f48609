"""Rows → a workbook that looks as departments make them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Row = dict[str, Any]  # header → cell
FIRST_ROW = 3  # below title and header


@dataclass(frozen=True)
class SheetRows:
    """One sheet before it is written; `key` is the header by whose value a row is known."""

    name: str
    title: str
    headers: tuple[str, ...]
    key: str
    rows: tuple[Row, ...]

    def row_of(self, key: str) -> int:
        """The 1-based row in the spreadsheet of the last row with this key."""
        return max(FIRST_ROW + i for i, row in enumerate(self.rows) if row[self.key] == key)


def sheet_rows(
    name: str, title: str, key: str, rows: Sequence[Row], headers: tuple[str, ...] = ()
) -> SheetRows:
    """A sheet whose headers are those of its first row, where none are told."""
    return SheetRows(name, title, headers or tuple(rows[0]), key, tuple(rows))


_THIN = Side(style="thin", color="999999")
_BORDER = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD = PatternFill("solid", fgColor="DDEBF7")
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_NOTE = "填表说明：1.请如实填写；2.涉密系统只填名称。"


def write_workbook(path: Path, given: Sequence[SheetRows]) -> None:
    """An xlsx with one sheet each: title, header, rows, totals and a note."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for sheet in given:
        _fill(book.create_sheet(sheet.name), sheet)
    book.save(path)


def _fill(page: Worksheet, sheet: SheetRows) -> None:
    width = len(sheet.headers)
    _text(page.cell(1, 1), sheet.title).font = Font(size=16, bold=True)
    page.merge_cells(start_row=1, start_column=1, end_row=1, end_column=width)
    page.cell(1, 1).alignment = _MIDDLE
    page.row_dimensions[1].height = 30
    for column, header in enumerate(sheet.headers, start=1):
        cell = _text(page.cell(2, column), header)
        cell.font, cell.fill, cell.border, cell.alignment = Font(bold=True), _HEAD, _BORDER, _MIDDLE
        page.column_dimensions[get_column_letter(column)].width = max(12, 2 * len(header) + 4)
    for index, row in enumerate(sheet.rows, start=FIRST_ROW):
        for column, header in enumerate(sheet.headers, start=1):
            cell = _put(page.cell(index, column), row.get(header, ""))
            cell.border, cell.alignment = _BORDER, _MIDDLE
    if sheet.name == "信息系统":
        _merge_owners(page, sheet)
    below = FIRST_ROW + len(sheet.rows) + 1  # one empty row between
    _text(page.cell(below, 1), "合计")
    page.cell(below, 2).value = len(sheet.rows)
    _text(page.cell(below + 1, 1), _NOTE)
    page.merge_cells(
        start_row=below + 1, start_column=1, end_row=below + 1, end_column=max(width, 2)
    )
    page.freeze_panes = "A3"


def _merge_owners(page: Worksheet, sheet: SheetRows) -> None:
    column = sheet.headers.index("所属单位") + 1
    at = FIRST_ROW
    for owner, rows in groupby(sheet.rows, key=lambda r: r.get("所属单位", "")):
        end = at + len(list(rows)) - 1
        if owner and end > at:
            page.merge_cells(start_row=at, start_column=column, end_row=end, end_column=column)
        at = end + 1


def _put(cell: Any, value: object) -> Any:
    if isinstance(value, str):
        return _text(cell, value)
    cell.value = value
    return cell


def _text(cell: Any, value: str) -> Any:
    """Text stays text: what begins with = + - @ never becomes a formula."""
    if value:
        cell.value = value
        cell.data_type = "s"
        cell.quotePrefix = value[0] in "=+-@"
    return cell
