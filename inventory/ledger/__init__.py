"""Ledgers: the spreadsheets that departments send.

    report = read_ledgers([Path("澜江市台账.xlsx")])
    report.estate, report.problems

Files become sheets (sheets.py), sheets tables (headers.py), rows records (records.py, fields.py,
values.py), records an estate (objects.py, names.py, organisations.py). What departments write is
data in words.toml.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from inventory.errors import LedgerError
from inventory.ledger.headers import Table, find_table
from inventory.ledger.objects import build
from inventory.ledger.records import Rows, read_table
from inventory.ledger.report import Ignored, LedgerReport, Problem
from inventory.ledger.sheets import Sheet, read_sheets
from inventory.ledger.words import Words, default_words
from inventory.model import Estate

__all__ = ["Ignored", "LedgerReport", "Problem", "Progress", "read_ledgers", "read_rows"]

_EMPTY = Estate()

type Progress = Callable[[int, int, str], None]
"""Called with the rows done, the rows in all, and the file's name."""


def read_ledgers(
    paths: Sequence[Path],
    *,
    known: Estate = _EMPTY,
    words: Words | None = None,
    progress: Progress | None = None,
) -> LedgerReport:
    """Read ledgers into one estate; every refused row is a Problem, good rows go on.

    `known`: the estate so far, to which rows may refer (it is not part of the result).
    Raises LedgerError when a file can't be read at all or holds no table that we know.
    """
    words = words or default_words()
    rows, ignored = read_rows(paths, words, progress)
    records = [record for part in rows for record in part.records]
    refused = [record for part in rows for record in part.refused]
    built = build(records, refused, known, words)
    ignored += [entry for part in rows for entry in part.ignored]
    problems = [problem for part in rows for problem in part.problems]
    problems += built.problems
    counts = {kind: len(objects) for kind, objects in built.estate.collections()}
    refused_rows = {(p.file, p.sheet, p.row) for p in problems if p.refuses}
    counts |= {
        "rows": len(records) + len(refused),
        "refused": len(refused_rows),
        "problems": len(problems),
    }
    return LedgerReport(
        estate=built.estate,
        problems=tuple(sorted(problems, key=lambda p: (p.file, p.sheet, p.row))),
        ignored=(*ignored, *built.ignored),
        counts=counts,
    )


def read_rows(
    paths: Sequence[Path], words: Words, progress: Progress | None = None
) -> tuple[list[Rows], list[Ignored]]:
    """The rows of every table in the files, references still names, and the sheets passed over."""
    rows: list[Rows] = []
    ignored: list[Ignored] = []
    for path in paths:
        tables, passed = _tables(read_sheets(path), words)
        if not tables:
            raise LedgerError(
                f"台账中没有可识别的表，请对照模板检查表头 / ledger has no table that is known, "
                f"compare its headers with the template: {path}"
            )
        tick = _ticks(path, tables, progress)
        rows += [read_table(table, words, tick) for table in tables]
        ignored += passed
    return rows, ignored


def _ticks(
    path: Path, tables: Sequence[Table], progress: Progress | None
) -> Callable[[], None] | None:
    """What is called for each row of a file's tables."""
    if progress is None:
        return None
    total = sum(len(table.sheet.rows) - table.first_row for table in tables)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, total, path.name)

    progress(0, total, path.name)
    return tick


def _tables(sheets: Sequence[Sheet], words: Words) -> tuple[list[Table], list[Ignored]]:
    tables: list[Table] = []
    ignored: list[Ignored] = []
    for sheet in sheets:
        table = None if sheet.hidden else find_table(sheet, words)
        if table:
            tables.append(table)
            continue
        if sheet.hidden:
            reason = "隐藏的工作表 / hidden sheet"
        elif not any(any(row) for row in sheet.rows):
            reason = "空工作表 / empty sheet"
        else:
            reason = "没有可识别的表头 / no header that is known"
        ignored.append(Ignored(file=sheet.file, sheet=sheet.name, reason=reason))
    return tables, ignored
