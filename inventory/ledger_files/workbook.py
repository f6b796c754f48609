"""Workbooks through calamine: sheets of cells."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from inventory.ledger_files import limits
from inventory.ledger_files.limits import Refused, broken, check_extent

Cell = str | float | int | bool | date | None
_PLAIN = {str, float, int, bool}


@dataclass(frozen=True, slots=True)
class RawSheet:
    """`rows[0]` is row 1; cells merged downwards all hold the merged value; `hidden` ones have no
    rows. `merges`: (top, left, bottom, right) from 0."""

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    hidden: bool = False
    merges: tuple[tuple[int, int, int, int], ...] = ()


def read_workbook(data: bytes) -> Iterator[RawSheet]:
    """Every sheet of an xlsx, xls or ods that was looked through before. Raises Refused."""
    try:
        book = load_workbook(io.BytesIO(data))
        for index in range(len(book.sheet_names)):
            yield _sheet(book, index)
    except PasswordError as error:
        raise Refused(*limits.PASSWORD) from error
    except (CalamineError, OSError, ValueError) as error:
        raise broken(str(error)) from error
    except BaseException as error:  # a panic inside calamine is not an Exception
        if type(error).__name__ != "PanicException":
            raise
        raise broken("内部结构错误 / its structure is broken") from error


def _sheet(book: CalamineWorkbook, index: int) -> RawSheet:
    meta = book.sheets_metadata[index]
    if meta.typ != SheetTypeEnum.WorkSheet or meta.visible != SheetVisibleEnum.Visible:
        return RawSheet(meta.name, hidden=True)
    sheet = book.get_sheet_by_index(index)
    check_extent(sheet.total_height, sheet.total_width)
    rows: list[list[Any]] = [
        [c if type(c) in _PLAIN else _cell(c) for c in row]
        for row in sheet.to_python(skip_empty_area=False)
    ]
    merges = tuple((*start, *end) for start, end in sheet.merged_cell_ranges or ())
    fill_merged(rows, merges)
    return RawSheet(meta.name, rows, merges=merges)


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | float | int | bool | date | datetime):
        return value
    return str(value)  # a time or duration: as text, which every parser can refuse


def fill_merged(rows: list[list[Cell]], merges: Iterable[tuple[int, int, int, int]]) -> None:
    """Give the first column of a merge the value of its top: owners are merged down."""
    filled = 0
    for top, left, bottom, _ in merges:
        last = min(bottom, len(rows) - 1)
        if last <= top or left >= len(rows[top]):
            continue
        filled += last - top
        if filled > limits.MAX_CELLS:  # ranges that lie over one another
            raise broken("合并单元格相互重叠 / merged ranges overlap")
        for r in range(top + 1, last + 1):
            rows[r][left] = rows[top][left]
