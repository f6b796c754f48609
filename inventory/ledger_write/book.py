"""Pages → a workbook. Text from people is typed as text: nothing becomes a formula."""

import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter as column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties

from inventory.errors import LedgerError
from inventory.ledger_write.reader import Cell

MAX_TEXT = 32_767  # characters of a cell; openpyxl would cut what is longer, and say nothing
_NARROW, _WIDE = 8, 44  # of a column, in digits
_INLINE = 255  # characters of a list that stands in the rule itself
_BLANK_ROWS = 2_000  # below the table, that have its formats and lists
_TYPED = tuple("=+-@#＝＋－＠")  # text that a spreadsheet program might take for something else
_FONT = "等线"
_LINE = Side(style="thin", color="BFBFBF")
_GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_HEAD = PatternFill("solid", start_color="1F4E78")
_MUST = PatternFill("solid", start_color="C00000")  # a column that a row can't do without
_EXAMPLE = PatternFill("solid", start_color="F2F2F2")
OPTIONS = "选项"
__all__ = ["Head", "Page", "column_letter", "write_book"]


@dataclass(frozen=True, slots=True)
class Head:
    """A column: `format` of its cells, the note at its header, and what may be picked in it:
    `options` as they stand, or those of `source`, a range such as 机房!$C$4:$C$2003."""

    text: str
    format: str = "General"
    note: str = ""
    options: tuple[str, ...] = ()
    source: str = ""
    strict: bool = False  # nothing but the options may be entered
    required: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet: lines of text above, the header, rows."""

    name: str
    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    hint: str = ""
    example: bool = False

    @property
    def first_row(self) -> int:
        """The 1-based row below the header."""
        return 4 if self.hint else 3


def write_book(pages: Iterable[Page]) -> bytes:
    """An xlsx. Raises LedgerError when a text is longer than a cell may hold."""
    pages = tuple(pages)
    for page in pages:  # before anything is begun
        _check_lengths(page)
    book = Workbook(write_only=True)
    lists = _Lists()
    for page in pages:
        _write_page(book, page, lists)
    lists.write(book)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


class _Lists:
    """The hidden sheet of lists that are too long for a rule."""

    def __init__(self) -> None:
        self._columns: dict[tuple[str, ...], int] = {}

    def source(self, options: tuple[str, ...]) -> str:
        """The formula for a list of options."""
        inline = ",".join(options)
        if len(inline) <= _INLINE and not any(
            set(o) & set(',"\n') or o != o.strip() for o in options
        ):
            return f'"{inline}"'
        column = column_letter(self._columns.setdefault(options, len(self._columns) + 1))
        return f"'{OPTIONS}'!${column}$1:${column}${len(options)}"

    def write(self, book: Workbook) -> None:
        if not self._columns:
            return
        sheet = book.create_sheet(OPTIONS)
        sheet.sheet_state = "hidden"
        for row in range(max(map(len, self._columns))):
            sheet.append(
                [_cell(sheet, o[row], "@") if row < len(o) else None for o in self._columns]
            )


def _write_page(book: Workbook, page: Page, lists: _Lists) -> None:
    sheet: Any = book.create_sheet(page.name)
    sheet.freeze_panes = f"A{page.first_row}"
    sheet.page_setup.orientation = "landscape"  # printed as wide as the table, its header repeated
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{page.first_row - 1}:{page.first_row - 1}"
    for number, head in enumerate(page.heads, start=1):
        dimension = sheet.column_dimensions[column_letter(number)]
        dimension.width = _width(head, [row[number - 1] for row in page.rows[:200]])
        dimension.number_format = head.format
    for text, font in (
        (page.title, Font(name=_FONT, bold=True, size=14)),
        (page.hint, Font(name=_FONT, color="7F7F7F")),
    ):
        if text:
            line = _cell(sheet, text)
            line.font = font
            sheet.append([line])
    sheet.append([_header(sheet, head) for head in page.heads])
    for row in page.rows:
        sheet.append(
            [_body(sheet, page, head, value) for head, value in zip(page.heads, row, strict=True)]
        )
    last = page.first_row + len(page.rows) + _BLANK_ROWS
    for number, head in enumerate(page.heads, start=1):
        source = lists.source(head.options) if head.options else head.source
        if source:
            letter = column_letter(number)
            rule = _rule(source, strict=head.strict)
            rule.add(f"{letter}{page.first_row}:{letter}{last}")
            sheet.data_validations.append(rule)


def _rule(source: str, *, strict: bool) -> DataValidation:
    rule = DataValidation(type="list", formula1=source, allow_blank=True)
    rule.showErrorMessage = strict
    rule.errorStyle = "warning"  # the reader knows more spellings than the list shows
    rule.errorTitle = "不在选项中 / not in the list"
    rule.error = "请从下拉列表中选择 / pick one of the list"
    return rule


def _header(sheet: Any, head: Head) -> Any:
    cell = _cell(sheet, head.text)
    cell.font = Font(name=_FONT, bold=True, color="FFFFFF")
    cell.fill = _MUST if head.required else _HEAD
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.border = _GRID
    if head.note:
        cell.comment = Comment(head.note, "Qianyun 迁云", width=320, height=30 + 18 * _lines(head))
    return cell


def _lines(head: Head) -> int:
    return sum(1 + _columns(line) // 44 for line in head.note.splitlines())


def _body(sheet: Any, page: Page, head: Head, value: Cell) -> Any:
    plain = isinstance(value, str) and not value.startswith(_TYPED)
    if not page.example and (value in ("", None) or (plain and head.format != "@")):
        return value or None  # quicker than a cell with a style
    cell = _cell(sheet, value, head.format)
    if page.example:
        cell.fill, cell.border = _EXAMPLE, _GRID
    return cell


def _check_lengths(page: Page) -> None:
    for row in page.rows:
        for head, value in zip(page.heads, row, strict=True):
            # a letter beyond the first 65,536 counts as two
            if isinstance(value, str) and len(value) > MAX_TEXT // 2:
                _check_length(page, head, value)


def _check_length(page: Page, head: Head, value: str) -> None:
    if len(value.encode("utf-16-le", "surrogatepass")) // 2 > MAX_TEXT:
        raise LedgerError(
            f"{page.name}“{head.text}”有 {len(value)} 字，xlsx 单元格最多 {MAX_TEXT} 字，请导出为 CSV 或 "
            f"JSON / a text of {page.name}, {head.text} has {len(value)} characters, a cell of xlsx "
            f"takes {MAX_TEXT}: export as CSV or JSON"
        )


def _cell(sheet: Any, value: Cell, number_format: str = "General") -> Any:
    cell: Any = WriteOnlyCell(sheet)
    cell.value = None if value == "" else value
    if isinstance(value, str) and value:
        cell.data_type = "s"  # not "f" for =1+1, nor "e" for #N/A
        if value.startswith(_TYPED):
            cell.quotePrefix = True  # it stays text when somebody edits the cell
    if number_format == "General" and isinstance(value, date):
        number_format = "yyyy-mm-dd"
    if number_format != "General":
        cell.number_format = number_format
    return cell


def _width(head: Head, values: Sequence[Cell]) -> int:
    lines = [line for v in (head.text, *values) for line in str(v or "").splitlines()]
    return min(_WIDE, max([_NARROW, *(_columns(line) + 2 for line in lines)]))


def _columns(text: str) -> int:
    """How wide a text is, in digits: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
