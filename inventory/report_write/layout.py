"""What all writers share. Pure."""

from datetime import date

from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.phrases import day
from inventory.text import printable

DIGITS = 16  # of the report's digest, printed so that paper can be told apart
RIGHT = ("number", "money")
CENTRED = ("ratio", "date", "mark")


def shown(cell: Cell, column: Column) -> str:
    """A cell as people read it."""
    if cell is None or cell == "":
        return ""
    if isinstance(cell, str):
        return clean(cell)
    if column.kind == "ratio":
        return f"{cell / 100:.1f}%".replace(".0%", "%")
    return f"{cell:,}" if column.kind == "money" else str(cell)


def clean(text: str) -> str:
    """Text that every kind of file may hold: no control characters but line breaks."""
    return "\n".join(printable(line) for line in text.splitlines())


def align(column: Column) -> str:
    """left, right or center."""
    if column.kind in CENTRED or column.title == "序号":
        return "center"
    return "right" if column.kind in RIGHT else "left"


def lies(report: Report) -> bool:
    """Whether all pages are turned: a form with a wide table."""
    return report.layout == "form" and (report.landscape or any(t.wide for t in report.tables()))


def groups(table: Table) -> list[tuple[str, int, int]]:
    """Titles above several columns: (title, first column, how many), 0-based, in order."""
    found: list[tuple[str, int, int]] = []
    for number, column in enumerate(table.columns):
        if not column.group:
            continue
        title, first, count = found[-1] if found else ("", 0, 0)
        if title == column.group and first + count == number:
            found[-1] = (title, first, count + 1)
        else:
            found.append((column.group, number, 1))
    return found


def colophon(report: Report) -> list[str]:
    """What a report was made from, and how it can be told from another."""
    source = report.source
    clause = f"{source.clause}" if source.clause else ""
    as_of = f"，{source.as_of}的台账" if source.as_of else ""
    state = "　草稿，数据未到截止日" if report.draft else ""
    return [
        f"政策依据：{source.number} {clause}　数据截至：{day(report.cut_off)}{as_of}{state}",
        f"台账摘要：{source.estate[:DIGITS]}　报告核验码：{report.digest[:DIGITS]}",
    ]


def as_date(cell: Cell) -> date | None:
    """The day that an ISO text is, None for what is none."""
    try:
        return date.fromisoformat(cell) if isinstance(cell, str) else None
    except ValueError:
        return None
