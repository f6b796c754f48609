"""Tables → CSV that reads back the same, and in which no spreadsheet program finds a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date

from inventory.errors import LedgerError
from inventory.ledger_files.limits import MAX_STRING
from inventory.ledger_files.text_table import escape
from inventory.ledger_write.reader import Cell


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with BOM, which Excel needs to see that it is UTF-8. Text stands in quotes, so that
    it stays one cell whatever separator the program expects. Raises LedgerError."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return out.getvalue().encode("utf-8-sig")


def _cell(value: Cell) -> str | int | float:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str):
        return value
    if len(value) >= MAX_STRING:
        raise LedgerError(
            f"一个单元格有 {len(value)} 字，CSV 台账最多 {MAX_STRING} 字，请导出为 JSON / a cell has "
            f"{len(value)} characters, a CSV ledger takes {MAX_STRING}: export as JSON"
        )
    return escape(value)
