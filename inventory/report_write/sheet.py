"""A report as a workbook: a sheet a table, ready to print, sign and seal."""

import io
import re
import unicodedata
from collections.abc import Sequence
from copy import copy
from math import ceil
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter as letter
from openpyxl.worksheet.properties import PageSetupProperties

from inventory.errors import ReportError
from inventory.report_write.layout import align, as_date, clean, colophon, groups
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.model import Line as Told

TITLE, HEAD, BODY = "方正小标宋简体", "黑体", "仿宋"
_MAX_TEXT = 32_767
_TYPED = tuple("=+-@#＝＋－＠")
_ESCAPED = re.compile(r"_(x[0-9A-Fa-f]{4}_)")
_FORBIDDEN = re.compile(r"[\[\]:*?/\\']")
_FORMATS = {"money": "#,##0", "ratio": "0.0%", "date": "yyyy-mm-dd"}
_LINE = Side(style="thin", color="000000")
_GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_PAPER = 9  # A4
_PORTRAIT, _LANDSCAPE = 88.0, 130.0  # widths of A4 between its margins, in digits of 10 pt
_POINTS = 14.0  # height of a line


def workbook(report: Report) -> bytes:
    """The file. Raises ReportError where a text is longer than a cell may hold."""
    book = Workbook()
    book.remove(book.worksheets[0])
    book.properties.title = clean(report.title)
    book.properties.creator = "迁云 Qianyun"
    names: set[str] = set()
    for number, table in enumerate(report.tables(), start=1):
        name = _sheet_name(table, report, number, names)
        names.add(name.lower())
        sheet: Any = book.create_sheet(name)
        _Sheet(sheet, report, table).write()
    if not names:
        raise ReportError(
            f"“{report.title}”没有表格，请存为 .docx 或 .html / {report.form} has no table: write it as "
            ".docx or .html"
        )
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _sheet_name(table: Table, report: Report, number: int, taken: set[str]) -> str:
    wanted = _FORBIDDEN.sub("", clean(table.title or report.title))[:28].strip() or f"表{number}"
    return wanted if wanted.lower() not in taken else f"{wanted[:26]}{number}"


class _Sheet:
    """One table with what stands above and below it. `row` is the next one to write, 1-based."""

    def __init__(self, sheet: Any, report: Report, table: Table) -> None:
        self.sheet, self.report, self.table = sheet, report, table
        self.columns = len(table.columns)
        self.wide = report.landscape or table.wide
        page = _LANDSCAPE if self.wide else _PORTRAIT
        scale = page / (2 * max(table.width, 20))
        self.widths = [max(5.0, round(2 * c.width * min(scale, 1.6), 1)) for c in table.columns]
        self.row = 1
        self.looks: dict[tuple[str, bool, str, bool], Any] = {}

    def write(self) -> None:
        for number, size in enumerate(self.widths, start=1):
            self.sheet.column_dimensions[letter(number)].width = size
        self._across(self.report.title, font=Font(name=TITLE, size=20), middle=True, height=36)
        if self.report.subtitle:
            self._across(self.report.subtitle, font=Font(name=BODY, size=11), middle=True)
        if self.report.draft:
            self._across("（草稿：数据未到截止日）", font=Font(name=BODY, size=11), middle=True)
        if self.table.title:
            self._across(self.table.title, font=Font(name=HEAD, size=12), height=22)
        self._apart(self.report.head)
        if self.table.unit:
            self._across(self.table.unit, font=Font(name=BODY, size=9), right=True)
        first = self.row
        self._header()
        for row in self.table.rows:
            self._body(row)
        if not self.table.rows:
            self._across(self.table.empty, font=Font(name=BODY, size=10), middle=True, grid=True)
        if self.table.total:
            self._body(self.table.total, bold=True)
        for number, note in enumerate(self.table.notes, start=1):
            mark = f"注：{note}" if len(self.table.notes) == 1 else f"注{number}：{note}"
            self._across(mark, font=Font(name=BODY, size=9))
        self._apart(self.report.foot, blank=True)
        for line in colophon(self.report):
            self._across(line, font=Font(name=BODY, size=8, color="7F7F7F"))
        self._print(first)

    def _across(
        self,
        text: str,
        *,
        font: Font,
        middle: bool = False,
        right: bool = False,
        grid: bool = False,
        height: float | None = None,
    ) -> None:
        """A line over the whole width."""
        cell = self._put(1, text, font)
        where = "center" if middle else "right" if right else "left"
        cell.alignment = Alignment(horizontal=where, vertical="center", wrap_text=True)
        if grid:
            for number in range(1, self.columns + 1):
                self.sheet.cell(self.row, number).border = _GRID
        if self.columns > 1:
            self.sheet.merge_cells(
                start_row=self.row, start_column=1, end_row=self.row, end_column=self.columns
            )
        room = sum(self.widths) * 10 / float(font.size or 10)
        lines = sum(max(1, ceil(_digits(part) / room)) for part in text.split("\n"))
        least = float(font.size or 10) * 1.5
        self.sheet.row_dimensions[self.row].height = max(height or least, lines * least)
        self.row += 1

    def _apart(self, lines: Sequence[Told], *, blank: bool = False) -> None:
        """Labels side by side: 填报单位（盖章）：…　填报日期：…."""
        if not lines:
            return
        if blank:
            self.sheet.row_dimensions[self.row].height = 8
            self.row += 1
        cuts = self._cuts(len(lines))
        texts = [f"{told.label}：{told.value}" for told in lines]
        font = Font(name=BODY, size=11)
        if not all(self._fits(text, *cut) for text, cut in zip(texts, cuts, strict=True)):
            for text in texts:  # one below the other
                self._across(text, font=font, height=20)
            return
        for text, (first, last) in zip(texts, cuts, strict=True):
            cell = self._put(first, text, font)
            cell.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True)
            if last > first:
                self.sheet.merge_cells(
                    start_row=self.row, start_column=first, end_row=self.row, end_column=last
                )
        self.sheet.row_dimensions[self.row].height = 22
        self.row += 1

    def _fits(self, text: str, first: int, last: int) -> bool:
        """Whether a text of 11 points fits in one line of these columns."""
        return _digits(text) * 11 / 10 <= sum(self.widths[first - 1 : last])

    def _cuts(self, count: int) -> list[tuple[int, int]]:
        """The columns cut into parts of about equal width: (first, last), 1-based."""
        if count > self.columns:
            raise ReportError(
                f"“{self.table.title}”列太少 / too few columns: read {self.columns}, expected {count}"
            )
        ends = [sum(self.widths[:number]) for number in range(1, self.columns + 1)]
        made: list[tuple[int, int]] = []
        first = 1
        for part in range(1, count):
            wanted = ends[-1] * part / count
            # the nearest end that leaves a column for each part that is still to come
            free = range(first, self.columns - (count - part) + 1)
            last = min(free, key=lambda number: abs(ends[number - 1] - wanted))
            made.append((first, last))
            first = last + 1
        return [*made, (first, self.columns)]

    def _header(self) -> None:
        grouped = groups(self.table)
        deep = bool(grouped)
        under = {n for _, first, count in grouped for n in range(first, first + count)}
        for title, first, count in grouped:
            self._head(self.row, first + 1, title)
            if count > 1:
                self.sheet.merge_cells(
                    start_row=self.row,
                    start_column=first + 1,
                    end_row=self.row,
                    end_column=first + count,
                )
        for number, column in enumerate(self.table.columns):
            low = self.row + (deep and number in under)
            self._head(low, number + 1, column.title)
            if deep and number not in under:
                self.sheet.merge_cells(
                    start_row=self.row,
                    start_column=number + 1,
                    end_row=self.row + 1,
                    end_column=number + 1,
                )
        for row in range(self.row, self.row + 1 + deep):
            for number in range(1, self.columns + 1):
                self.sheet.cell(row, number).border = _GRID
        lines = max(
            ceil(_digits(c.title) / max(1.0, w - 1))
            for c, w in zip(self.table.columns, self.widths, strict=True)
        )
        self.sheet.row_dimensions[self.row + deep].height = max(20.0, lines * _POINTS + 4)
        if deep:
            self.sheet.row_dimensions[self.row].height = 20.0
        self.row += 1 + deep

    def _head(self, row: int, column: int, title: str) -> None:
        cell = self._put(column, title, Font(name=HEAD, size=10), row=row)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)

    def _body(self, row: Sequence[Cell], *, bold: bool = False) -> None:
        lines = 1
        for number, (value, column) in enumerate(zip(row, self.table.columns, strict=True)):
            self._value(number + 1, value, column, bold=bold)
            if isinstance(value, str):
                room = max(1.0, self.widths[number] - 1)
                lines = max(lines, sum(ceil(_digits(p) / room) or 1 for p in value.split("\n")))
        self.sheet.row_dimensions[self.row].height = min(409.0, max(18.0, lines * _POINTS + 4))
        self.row += 1

    def _value(self, number: int, value: Cell, column: Column, *, bold: bool) -> None:
        """A cell of the body. Its look is worked out once for all cells that look the same: it takes
        openpyxl longer than all the rest."""
        cell = self.sheet.cell(self.row, number)
        when = as_date(value) if column.kind == "date" else None
        text = clean(value) if isinstance(value, str) and when is None else None
        typed = text is not None and text.startswith(_TYPED)
        if text is not None:
            self._text(cell, text)
        elif column.kind == "ratio" and isinstance(value, int):
            cell.value = value / 10_000
        else:
            cell.value = when or value
        where = "center" if text is not None and column.kind == "number" else align(column)
        shape = "" if text is not None else _FORMATS.get(column.kind, "")
        look = (where, bold, shape, typed)
        if look not in self.looks:
            cell.font = Font(name=BODY, size=10, bold=bold)
            cell.border = _GRID
            cell.alignment = Alignment(horizontal=where, vertical="center", wrap_text=True)
            cell.number_format = shape or "General"
            cell.quotePrefix = typed
            self.looks[look] = copy(cell._style)
        else:
            cell._style = copy(self.looks[look])

    def _text(self, cell: Any, told: str) -> None:
        """Text, and never a formula."""
        if len(told.encode("utf-16-le", "surrogatepass")) // 2 > _MAX_TEXT:
            raise ReportError(
                f"“{told[:20]}…”有 {len(told)} 字，xlsx 单元格最多 {_MAX_TEXT} 字，请存为 .docx 或 .html / "
                f"a text has {len(told)} characters, a cell of xlsx takes {_MAX_TEXT}: write .docx or "
                ".html"
            )
        cell.value = _ESCAPED.sub(r"_x005F_\1", told) or None
        if told:
            cell.data_type = "s"

    def _put(self, column: int, text: str, font: Font, *, row: int | None = None) -> Any:
        """A cell above or below the body."""
        cell = self.sheet.cell(row or self.row, column)
        told = clean(text)
        self._text(cell, told)
        cell.quotePrefix = told.startswith(_TYPED)
        cell.font = font
        return cell

    def _print(self, first: int) -> None:
        sheet = self.sheet
        sheet.page_setup.paperSize = _PAPER
        sheet.page_setup.orientation = "landscape" if self.wide else "portrait"
        sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        deep = bool(groups(self.table))
        sheet.print_title_rows = f"{first}:{first + deep}"
        sheet.print_area = f"A1:{letter(self.columns)}{self.row - 1}"
        sheet.print_options.horizontalCentered = True
        sheet.page_margins.left = sheet.page_margins.right = 0.6
        sheet.page_margins.top, sheet.page_margins.bottom = 0.8, 0.8
        sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
        sheet.oddFooter.center.size = 9
        sheet.freeze_panes = f"A{first + 1 + deep}"
        sheet.sheet_view.showGridLines = False


def _digits(text: str) -> int:
    """How wide a text is, in digits: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)
