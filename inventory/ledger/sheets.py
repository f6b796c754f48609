"""Files → rows: xlsx, xls, ods through calamine, CSV in UTF-8 or GB18030.

A file from outside is first looked at without being parsed (size, what it unpacks to, how far its
cells reach), so that a bomb costs neither memory nor time.
"""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    load_workbook,
)

from inventory.errors import LedgerError
from inventory.ledger.cells import Cell
from inventory.ledger.hidden import Hidden, Unseen, unseen

MAX_FILE = 64 * 2**20
MAX_UNPACKED = 512 * 2**20
MAX_ROWS = 1_048_576
MAX_COLUMNS = 2_000
MAX_CELLS = 5_000_000
_WORKBOOKS = {".xlsx", ".xlsm", ".xls", ".ods"}
_CELL_REF = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})([0-9]{1,7})"')
_REPEATED = re.compile(rb'number-columns-repeated="([0-9]+)"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet: `rows[0]` is the spreadsheet's row 1; cells merged downwards all hold the
    merged value. `hidden` sheets have no rows. `merges`: (top, left, bottom, right) from 0;
    `unseen`: the rows and columns that are hidden in it; `date1904`: how it counts days."""

    file: str
    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False
    merges: tuple[tuple[int, int, int, int], ...] = ()
    unseen: Hidden = field(default_factory=Hidden)
    date1904: bool = False


def read_sheets(path: Path) -> tuple[Sheet, ...]:
    """All sheets of a file. Raises LedgerError saying what is wrong with the file."""
    try:
        data_size = path.stat().st_size
        if not path.is_file():
            raise LedgerError(f"台账不是文件 / ledger is not a file: {path}")
        if data_size == 0:
            raise LedgerError(f"台账是空文件，请重新取得 / ledger is empty, get it again: {path}")
        if data_size > MAX_FILE:
            raise LedgerError(
                f"台账过大（上限 64 MiB），请拆分 / ledger has {data_size} bytes, at most "
                f"{MAX_FILE} are read, split it: {path}"
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise LedgerError(
            f"台账不存在，请检查路径 / ledger not found, check the path: {path}"
        ) from error
    except OSError as error:
        raise LedgerError(
            f"台账无法读取，请检查权限 / ledger can't be read, check rights: {path}: "
            f"{error.strerror}"
        ) from error
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return (_csv_sheet(path, data),)
    if suffix not in _WORKBOOKS:
        raise LedgerError(
            f"台账格式不认识，应为 xlsx、xls、ods 或 csv / ledger format is not known, "
            f"save it as xlsx, xls, ods or csv: {path}"
        )
    return _workbook_sheets(path, data, suffix)


def _csv_sheet(path: Path, data: bytes) -> Sheet:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise LedgerError(
            f"CSV 编码无法识别，应为 UTF-8 或 GB18030 / CSV is neither UTF-8 nor GB18030: {path}"
        )
    if "\0" in text:
        raise LedgerError(f"CSV 含二进制内容 / CSV holds binary data: {path}")
    try:
        rows = tuple(tuple(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise LedgerError(f"CSV 格式错误 / CSV is broken: {path}: {error}") from error
    if len(rows) > MAX_ROWS or max(map(len, rows), default=0) > MAX_COLUMNS:
        raise LedgerError(f"CSV 行或列过多 / CSV has too many rows or columns: {path}")
    return Sheet(path.name, path.name, rows)


def _workbook_sheets(path: Path, data: bytes, suffix: str) -> tuple[Sheet, ...]:
    if suffix == ".xls":
        if not data.startswith(b"\xd0\xcf\x11\xe0"):
            raise _broken(path, "不是 xls 文件 / not an xls file")
    else:
        _check_archive(path, data)
    try:
        book = load_workbook(io.BytesIO(data))
        known = unseen(data)
        return tuple(_sheet(path, book, i, known) for i in range(len(book.sheet_names)))
    except PasswordError as error:
        raise _encrypted(path) from error
    except (CalamineError, OSError, ValueError) as error:
        raise _broken(path, str(error)) from error
    except BaseException as error:  # a panic inside calamine is not an Exception
        if type(error).__name__ != "PanicException":
            raise
        raise _broken(path, "内部结构错误 / its structure is broken") from error


def _sheet(path: Path, book: CalamineWorkbook, index: int, known: Unseen) -> Sheet:
    meta = book.sheets_metadata[index]
    if meta.typ != SheetTypeEnum.WorkSheet or meta.visible != SheetVisibleEnum.Visible:
        return Sheet(path.name, meta.name, (), hidden=True)
    sheet = book.get_sheet_by_index(index)
    if sheet.total_height > MAX_ROWS or sheet.total_height * sheet.total_width > MAX_CELLS:
        raise LedgerError(
            f"工作表“{meta.name}”过大，请清理空行空列 / sheet {meta.name} is too large, "
            f"remove empty rows and columns: {path}"
        )
    rows = [[_cell(c) for c in row] for row in sheet.to_python(skip_empty_area=False)]
    merges = tuple((*start, *end) for start, end in sheet.merged_cell_ranges or ())
    _fill_merged(rows, merges)
    return Sheet(
        path.name,
        meta.name,
        tuple(tuple(row) for row in rows),
        merges=merges,
        unseen=known.sheets.get(meta.name, Hidden()),
        date1904=known.date1904,
    )


def _cell(value: Any) -> Cell:
    if value is None or isinstance(value, str | float | int | bool | date | datetime):
        return value
    return str(value)  # a time or duration: as text, which every parser can refuse


def _fill_merged(rows: list[list[Cell]], merges: Sequence[tuple[int, int, int, int]]) -> None:
    """Give the first column of a merge the value of its top: owners are merged down."""
    for top, left, bottom, _ in merges:
        for r in range(top + 1, min(bottom + 1, len(rows))):
            rows[r][left] = rows[top][left]


def _check_archive(path: Path, data: bytes) -> None:
    """Refuse what must not reach the parser: encrypted, bombs, macros, external links."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _encrypted(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for part in archive.infolist():
                if part.filename.endswith("vbaProject.bin"):
                    raise LedgerError(
                        f"台账含宏，请另存为不含宏的 xlsx / ledger holds macros, save it as xlsx "
                        f"without them: {path}"
                    )
                if "/externalLinks/" in part.filename:
                    raise LedgerError(
                        f"台账引用外部文件，请断开链接后保存 / ledger links to other files, break "
                        f"the links and save it: {path}"
                    )
            _check_unpacked(path, archive)
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError) as error:
        raise _broken(path, str(error)) from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]
        raise _broken(path, str(error)) from error


def _check_unpacked(path: Path, archive: zipfile.ZipFile) -> None:
    """Unpack for real, piece by piece, and count: sizes stated in an archive may lie."""
    total = 0
    for part in archive.infolist():
        sheet = part.filename.startswith("xl/worksheets/") or part.filename == "content.xml"
        rest, extent = b"", (0, 0)
        with archive.open(part) as stream:
            while piece := stream.read(1 << 20):
                total += len(piece)
                if total > MAX_UNPACKED:
                    raise LedgerError(
                        f"台账解压后超过 512 MiB，拒绝读取 / ledger unpacks to more than "
                        f"{MAX_UNPACKED} bytes and is not read: {path}"
                    )
                if sheet:
                    extent = _grown(extent, rest + piece)
                    _check_extent(path, *extent)
                    rest = piece[-200:]


def _grown(extent: tuple[int, int], xml: bytes) -> tuple[int, int]:
    """(rows, columns) that the cells seen so far span."""
    rows, columns = set(), set()
    for match in _CELL_REF.finditer(xml):
        columns.add(match[1])
        rows.add(match[2])
    tallest = max((int(r) for r in rows), default=0)
    widest = max((_column_number(c) for c in columns), default=0)
    # LibreOffice pads a row of an ods to all 16,384 columns with one repeated empty cell
    repeated = max((int(m[1]) for m in _REPEATED.finditer(xml)), default=0)
    return max(extent[0], tallest), max(extent[1], widest, repeated if repeated > 16_384 else 0)


def _check_extent(path: Path, rows: int, columns: int) -> None:
    """The parser lays out a sheet densely: one cell far out would cost gigabytes."""
    if columns > MAX_COLUMNS or rows * columns > MAX_CELLS:
        raise LedgerError(
            f"工作表有 {rows} 行 {columns} 列，请删除多余的行和列 / a sheet spans {rows} rows and "
            f"{columns} columns, at most {MAX_COLUMNS} columns and {MAX_CELLS} cells are read, "
            f"delete those that are not needed: {path}"
        )


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _encrypted(path: Path) -> LedgerError:
    return LedgerError(
        f"台账已加密或不是 xlsx，请去除密码后另存 / ledger is encrypted or not an xlsx, save it "
        f"without a password: {path}"
    )


def _broken(path: Path, why: str) -> LedgerError:
    return LedgerError(
        f"台账已损坏或格式不符，请重新保存 / ledger is broken or not what its name says, save it "
        f"again: {path}: {why}"
    )
