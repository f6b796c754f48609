"""Ledgers for tests, written for real and read back."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook

Rows = Sequence[Sequence[object]]

ORGANISATIONS: Rows = [
    ["单位编号", "单位名称", "单位简称"],
    ["O-1", "澜江市交通运输局", "市交通局"],
]
ROOMS: Rows = [["机房编号", "机房名称", "所属单位"], ["R-1", "交通局机房", "市交通局"]]


def write_book(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """An xlsx of plain sheets; text that begins with = stays text."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        page = book.create_sheet(name)
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row, start=1):
                if value is None or value == "":
                    continue
                cell = page.cell(r, c, value)
                if isinstance(value, str):
                    cell.data_type = "s"
    book.save(path)
    return path
