"""What is told of a row and of its cells: problems, and what was passed over."""

from collections.abc import Iterator

from inventory.labels import field_label
from inventory.ledger.cells import Cell, Partly, Refused, raw_text
from inventory.ledger.noted import ABOUT, Noted
from inventory.ledger.record import Record
from inventory.ledger.report import Ignored, Problem
from inventory.ledger.rows import DataRow
from inventory.ledger.table import Column, Pair, Table
from inventory.text import printable


def row_problem(record: Record, table: Table, field: str, refusal: Refused) -> Problem:
    message = _message(record, field, refusal)
    problem = record.problem(field, refusal.code, message, refuses=not refusal.aside)
    if problem.column:
        return problem
    # the whole column is missing: that of the code, or the row's first, is where to look
    code = next((c for c in table.columns if field == "name" and c.field == "code"), None)
    return problem.model_copy(update={"column": (code or table.columns[0]).title})


def _message(record: Record, field: str, refusal: Refused) -> str:
    if refusal.code == "missing":
        zh, _, en = refusal.expected.partition(" / ")
        return f"缺少{field_label(record.kind, field)}，{zh} / {field} is missing: {en}"
    return read_expected(record.told[field].raw if field in record.told else "", refusal)


def read_expected(raw: str, refusal: Refused) -> str:
    zh, _, en = refusal.expected.partition(" / ")
    shown = printable(raw)
    return f"读到“{shown}”，应为{zh} / read “{shown}”, expected {en}"


def missing() -> Refused:
    return Refused("missing", "请补充 / fill it in")


def unread_label(table: Table, pair: Pair, refusal: Refused) -> Problem:
    raw = raw_text(pair.value)
    return Problem(
        file=table.sheet.file,
        sheet=table.sheet.name,
        row=pair.row + 1,
        column=pair.label,
        raw=raw,
        code=refusal.code,
        message=read_expected(raw, refusal),
        refuses=False,
    )


def left_of_label(table: Table, pair: Pair, note: Partly | Noted) -> Ignored:
    """What a label's value says besides: 等保级别：二级（拟定三级）."""
    return Ignored(
        file=table.sheet.file,
        sheet=table.sheet.name,
        row=pair.row + 1,
        column=pair.label,
        raw=note.left or raw_text(pair.value).strip(),
        reason=note.why,
    )


def unknown_header(table: Table, column: Column) -> Problem:
    shown = printable(column.title)
    return Problem(
        file=table.sheet.file,
        sheet=table.sheet.name,
        row=column.row + 1,
        column=column.title,
        raw=column.title,
        code="unknown_header",
        message=(
            f"不认识的表头“{shown}”，该列未导入，请改用模板中的表头，或在词表中补充 / unknown header "
            f"“{shown}”, its column was not read: use a header of the template, or add it to the "
            "city's words"
        ),
        refuses=False,
    )


def people_aside(problem: Problem) -> Ignored:
    told = problem.model_dump(include={"file", "sheet", "row", "column", "raw"})
    return Ignored(**told, reason="待定：不是可识别的联系人 / left open: no people that are known")


def left_over(table: Table, row: DataRow, column: Column, left: str, why: str) -> Ignored:
    return Ignored(
        file=table.sheet.file,
        sheet=table.sheet.name,
        row=table.row_of(row.number, column),
        column=column.title,
        raw=left,
        reason=why,
    )


type First = tuple[DataRow, Column, str]
"""Where something is told first: row, column, raw text."""


def estimates(table: Table, first: First, times: int) -> Ignored:
    """The cells of a column that are told as near the truth: where the first is, and how many."""
    row, column, raw = first
    many = f"，本列共 {times} 格 / {times} cells of this column" if times > 1 else ""
    zh, _, en = ABOUT.partition(" / ")
    more_zh, _, more_en = many.partition(" / ")
    return left_over(table, row, column, raw, f"{zh}{more_zh} / {en}{more_en and f', {more_en}'}")


def left_open(table: Table, row: DataRow, column: Column, raw: str) -> Ignored:
    return Ignored(
        file=table.sheet.file,
        sheet=table.sheet.name,
        row=table.row_of(row.number, column),
        column=column.title,
        raw=raw,
        reason="待定：不是可识别的值 / left open: no value that is known",
    )


def passed_columns(table: Table) -> Iterator[Ignored]:
    """Columns that are no fact of an object; their numbering 序号 is not worth a word."""
    named = [c.title for c in table.quiet if not c.title.startswith(("序", "No", "no"))]
    if named:
        reason = f"不导入的列 / columns that are not read: {'、'.join(map(printable, named))}"
        yield Ignored(file=table.sheet.file, sheet=table.sheet.name, reason=reason)
    if table.sheet.unseen.columns:
        turned = table.names_row is not None
        said = "隐藏的行 / hidden rows" if turned else "隐藏的列 / hidden columns"
        reason = f"{said}: {len(table.sheet.unseen.columns)}"
        yield Ignored(file=table.sheet.file, sheet=table.sheet.name, reason=reason)


def by_resemblance(table: Table) -> Iterator[Ignored]:
    """The columns whose headers no list knows, and what they were taken for."""
    for column in table.columns:
        if column.resembles and column.field:
            shown = printable(column.title)
            yield Ignored(
                file=table.sheet.file,
                sheet=table.sheet.name,
                row=column.row + 1,
                column=column.title,
                reason=f"词表没有“{shown}”，按相近的表头读作“{field_label(table.kind, column.field)}”，"
                f"请核对 / no list has “{shown}”: taken for {column.field}, which it resembles, check it",
            )


def owners_as_above(table: Table, rows: int) -> Iterator[Ignored]:
    """How many rows leave the owner's cell blank and have that of the rows above."""
    if rows:
        index = table.index_of("organisation")
        title = next((c.title for c in table.columns if c.index == index), "")
        yield Ignored(
            file=table.sheet.file,
            sheet=table.sheet.name,
            column=title,
            reason=f"单位空白的 {rows} 行按上一行的单位读取 / owners left blank in {rows} rows: "
            "taken from the rows above",
        )


def headerless(table: Table) -> Iterator[Ignored]:
    """Columns in which something stands and that have no header: they are told, and not read."""
    sheet = table.sheet
    known = {c.index for c in (*table.columns, *table.quiet)} | sheet.unseen.columns
    rows = sheet.rows[table.first_row : table.last_row]
    width = max(map(len, rows), default=0)
    for index in sorted(set(range(width)) - known) if table.names_row is None else ():
        told = next((r for r in range(len(rows)) if _stands(rows[r], index)), None)
        if told is not None and not table.form:
            raw = raw_text(rows[told][index])
            yield Ignored(
                file=sheet.file,
                sheet=sheet.name,
                row=table.first_row + told + 1,
                raw=raw,
                reason=f"第 {index + 1} 列没有表头，未读取 / column {index + 1} has no header: not read",
            )


def _stands(row: tuple[Cell, ...], index: int) -> bool:
    return index < len(row) and bool(raw_text(row[index]).strip())
