"""A table of a Word document. Rows are copies of one that was laid out once: thousands of them would
otherwise take minutes."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.oxml.ns import qn
from docx.shared import Mm

from inventory.report_write import word_parts as parts
from inventory.report_write.layout import align, groups, shown
from inventory.report_write.word_parts import FANG, HEI, set_up, write
from inventory.reports.model import Cell, Table


def add_table(document: Any, table: Table, across: float) -> None:
    """At the end of the document, as wide as `across` millimetres."""
    grouped = groups(table)
    deep = 1 + bool(grouped)
    made = document.add_table(rows=deep + 1, cols=len(table.columns), style="Table Grid")
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    made.autofit = False
    parts.narrow(made)
    rows = list(made.rows)
    cells = [list(row.cells) for row in rows]
    _widths(made, cells, table, across)
    _heads(table, cells, grouped)
    for row in rows:
        parts.whole(row)
    for row in rows[:deep]:
        parts.repeat(row)
    body = rows[deep]._tr
    if not table.rows:
        merged = cells[deep][0].merge(cells[deep][-1])
        _fill(merged, table.empty, FANG, "center")
        return
    for cell, column in zip(cells[deep], table.columns, strict=True):
        _fill(cell, "　", FANG, align(column))
    made._tbl.remove(body)
    for told in table.rows:
        made._tbl.append(_copied(body, table, told))
    if table.total is not None:
        last = _copied(body, table, table.total)
        for run in last.iter(qn("w:r")):
            run.get_or_add_rPr().get_or_add_b().val = True
        made._tbl.append(last)


def _widths(made: Any, cells: Sequence[Sequence[Any]], table: Table, across: float) -> None:
    sizes = [Mm(column.width * across / table.width) for column in table.columns]
    for column, size in zip(made.columns, sizes, strict=True):
        column.width = size
    for row in cells:
        for cell, size in zip(row, sizes, strict=True):
            cell.width = size


def _copied(row: Any, table: Table, told: Sequence[Cell]) -> Any:
    made = deepcopy(row)
    runs = made.iter(qn("w:r"))
    for run, value, column in zip(runs, told, table.columns, strict=True):
        _put(run, shown(value, column))
    return made


def _put(run: Any, text: str) -> None:
    """Text in the place of the run's. What has no line break goes into the element that is there:
    python-docx makes a new one of every text, which took two thirds of the time of a long table."""
    there = run.find(qn("w:t"))
    if there is None or "\n" in text or "\t" in text:
        run.text = text
        return
    there.text = text
    if text != text.strip():
        there.set(qn("xml:space"), "preserve")


def _heads(
    table: Table, cells: Sequence[Sequence[Any]], grouped: Sequence[tuple[str, int, int]]
) -> None:
    for number, column in enumerate(table.columns):
        if grouped and not column.group:
            _fill(cells[0][number].merge(cells[1][number]), column.title, HEI, "center")
        else:
            _fill(cells[1 if grouped else 0][number], column.title, HEI, "center")
    for title, first, count in grouped:
        _fill(cells[0][first].merge(cells[0][first + count - 1]), title, HEI, "center")


def _fill(cell: Any, text: str, font: str, where: str) -> None:
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
    paragraph = set_up(cell.paragraphs[0], align=where, spacing=13)
    write(paragraph, text, font, 9)
