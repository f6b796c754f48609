"""The records of an xls (MS-XLS, BIFF8), looked through before they are parsed: passwords, macro
sheets, links to outside, errors in cells, how far cells reach, merges."""

import struct
from collections.abc import Iterator

from inventory.ledger_files import limits
from inventory.ledger_files.compound import Compound, check_names
from inventory.ledger_files.facts import Fault, SheetFacts
from inventory.ledger_files.limits import Refused

_FORMULA, _BOF, _EOF, _FILEPASS, _SHEET, _SUPBOOK = 0x0006, 0x0809, 0x000A, 0x002F, 0x0085, 0x01AE
_ROW, _COLUMNS, _1904 = 0x0208, 0x007D, 0x0022
_BOOLERR, _MERGES, _MULRK, _MULBLANK = 0x0205, 0x00E5, 0x00BD, 0x00BE
# with one cell at the start: number, label, label of the string table, rk, blank, rich string
_CELLS = {0x0203, 0x0204, 0x00FD, 0x027E, 0x0201, 0x00D6, _FORMULA, _BOOLERR}
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
_WORKSHEET, _MACRO_SHEETS = 0, (1, 6)  # of BoundSheet8.dt


def check_xls(data: bytes) -> tuple[list[SheetFacts], bool]:
    """(what each sheet says, in the workbook's order; whether days count from 1904). Raises
    Refused."""
    compound = Compound(data)
    stream = compound.stream(check_names(compound))
    starts: list[int] = []
    from_1904 = False
    for kind, _, body in _records(stream, 0):
        if kind == _FILEPASS:
            raise Refused(*limits.PASSWORD)
        if kind == _SHEET and len(body) >= 6:
            start, _, sort = struct.unpack_from("<IBB", body)
            if sort in _MACRO_SHEETS:
                raise Refused(*limits.MACROS)
            starts.append(start)
        if kind == _1904:
            from_1904 = body[:1] == b"\x01"
        if kind == _SUPBOOK and len(body) >= 4:
            _check_book(body)
    if len(starts) > limits.MAX_SHEETS:
        raise limits.too_wide(0, len(starts))
    found = [_sheet(stream, start) for start in starts]
    if sum(f.rows * f.columns for f in found) > limits.MAX_CELLS:
        raise limits.too_wide(max(f.rows for f in found), max(f.columns for f in found))
    return found, from_1904


def _check_book(body: bytes) -> None:
    """A SupBook of this workbook itself or of an add-in has a mark for its length (2.5.267)."""
    sheets, length = struct.unpack_from("<HH", body)
    if length in (0x0401, 0x3A01):
        return
    raise Refused(*(limits.LINKS if sheets else limits.DDE))


def _sheet(stream: bytes, start: int) -> SheetFacts:
    facts = SheetFacts()
    for kind, _, body in _records(stream, start):
        if kind in _CELLS and len(body) >= 6:
            row, column = struct.unpack_from("<HH", body)
            facts.cell(row, column)
            error = _error(kind, body)
            if error is not None:
                facts.fault(Fault(row, column, "error", _ERRORS.get(error, "#ERROR!")))
        elif kind in (_MULRK, _MULBLANK) and len(body) >= 6:
            (row,) = struct.unpack_from("<H", body)
            (last,) = struct.unpack_from("<H", body, len(body) - 2)
            facts.cell(row, last)
        elif kind == _ROW and len(body) >= 14 and body[12] & 0x20:  # of no height: 2.4.221
            (row,) = struct.unpack_from("<H", body)
            facts.hide_rows(row, row)
        elif kind == _COLUMNS and len(body) >= 10 and body[8] & 1:  # ColInfo 2.4.53
            facts.hide_columns(*struct.unpack_from("<HH", body))
        elif kind == _MERGES and len(body) >= 2:
            facts.merges += int(struct.unpack_from("<H", body)[0])
            if facts.merges > limits.MAX_MERGES:
                raise Refused(*limits.MERGES)
    return facts


def _error(kind: int, body: bytes) -> int | None:
    """The code of the error that a cell shows: BoolErr 2.4.24, FormulaValue 2.5.133."""
    if kind == _BOOLERR and len(body) >= 8 and body[7]:
        return body[6]
    if kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
        return body[8]
    return None


def _records(stream: bytes, start: int) -> Iterator[tuple[int, int, bytes]]:
    """(type, position, body) of the records of the substream at `start`; charts inside it count
    as its own, which only makes it larger."""
    at, depth = start, 0
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, at, stream[at + 4 : at + 4 + length]
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        at += 4 + length
