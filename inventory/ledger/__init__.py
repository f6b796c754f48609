"""Ledgers: the spreadsheets that departments send.

    report = read_ledgers([Path("澜江市台账.xlsx")])
    report.objects, report.estate, report.problems

Files become sheets (sheets.py), sheets tables (headers.py, headings.py, preamble.py, labels.py,
blocks.py, forms.py, strips.py, transposed.py), rows records (rows.py, context.py, records.py,
fields.py and the parsers: values.py, choices.py, numbers.py, money.py, dates.py, several.py),
records of one object one (unite.py), and these an estate (objects.py, names.py, organisations.py)
and what was told (as_told.py). What departments write is data in spellings/.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from inventory.errors import LedgerError
from inventory.ledger.answers import SHEET as QUESTIONS
from inventory.ledger.answers import Questions, only_answers, sheets_of
from inventory.ledger.as_told import as_told
from inventory.ledger.lost import is_lost
from inventory.ledger.names import name_key
from inventory.ledger.objects import build
from inventory.ledger.organisations import Organisations
from inventory.ledger.readings import tables_of
from inventory.ledger.record import Record
from inventory.ledger.records import Rows, read_table
from inventory.ledger.report import Ignored, LedgerReport, Problem
from inventory.ledger.sheets import Sheet, read_sheets
from inventory.ledger.spelling import default_words
from inventory.ledger.table import Table
from inventory.ledger.unsaid import keep_unsaid
from inventory.ledger.words import Words, squeeze
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
    Of several files one that can't be read, or holds no table that we know, is a Problem too; of
    a single one, and of one that isn't there, it is a LedgerError.
    """
    with _nothing_thrown_away():
        return _read(paths, known, words or default_words(), progress)


@contextmanager
def _nothing_thrown_away() -> Iterator[None]:
    """Nearly all that is made here stays: to look for garbage in it over and over costs a sixth of
    the time."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


def _read(
    paths: Sequence[Path], known: Estate, words: Words, progress: Progress | None
) -> LedgerReport:
    asked: list[Questions] = []
    rows, ignored, unreadable = read_rows(paths, words, progress, asked)
    records = [record for part in rows for record in part.records]
    refused = [record for part in rows for record in part.refused]
    organisations = _organisations(rows, known, words)
    built = build(records, refused, known, organisations, _unread(rows))
    ignored += [entry for part in rows for entry in part.ignored]
    problems = [problem for part in rows for problem in part.problems] + built.problems
    problems += unreadable
    answers = only_answers(built.estate, known, asked)
    problems += answers.problems
    ignored += answers.ignored
    objects = as_told(built)
    return LedgerReport(
        estate=keep_unsaid(answers.estate, known),
        objects=objects,
        problems=tuple(sorted(problems, key=lambda p: (p.file, p.sheet, p.row))),
        ignored=(*ignored, *built.ignored),
        counts=_counts(objects, rows, problems),
    )


def _unread(rows: Sequence[Rows]) -> frozenset[str]:
    """What tables say of which the names can't be told, by name_key."""
    return frozenset(name_key(text) for part in rows for text in part.unread)


def _counts(
    objects: Mapping[str, Sequence[object]], rows: Sequence[Rows], problems: Sequence[Problem]
) -> dict[str, int]:
    counts = {kind: len(told) for kind, told in objects.items()}
    return counts | {
        "rows": sum(len(part.records) + len(part.refused) for part in rows),
        "refused": len({(p.file, p.sheet, p.row) for p in problems if p.refuses}),
        "problems": len(problems),
    }


def _organisations(rows: Sequence[Rows], known: Estate, words: Words) -> Organisations:
    """What spellings of organisations mean in these ledgers."""
    fixed = {s: o.name for o in known.organisations for s in (o.code, o.name, *o.aliases)}
    told: set[str] = set()
    meant: dict[str, set[str]] = {}  # short name → whose it is: 教体局 of two bureaux is nobody's
    for record in (r for part in rows for r in (*part.records, *part.refused)):
        if record.kind == "organisations":
            spelt = (record.number or record.code, record.name, *record.values.get("aliases", ()))
            for spelling in filter(None, spelt):
                if spelling != record.name:
                    meant.setdefault(squeeze(spelling), set()).add(record.name)
                fixed[spelling] = record.name
        told.update(_owners(record))
    names = {squeeze(name) for name in fixed.values()}
    either = {s for s, of in meant.items() if len(of) > 1} - names
    titles = (title for part in rows for title in part.titles)
    return Organisations(fixed, told, titles, words, either)


def _owners(record: Record) -> Iterable[str]:
    for name in ("organisation", "approving_department"):
        if name in record.values:
            yield record.values[name]


def read_rows(
    paths: Sequence[Path],
    words: Words,
    progress: Progress | None = None,
    asked: list[Questions] | None = None,
) -> tuple[list[Rows], list[Ignored], list[Problem]]:
    """The rows of every table in the files, references still names; the sheets passed over; the
    files that can't be read. `asked` gets what questionnaires among them asked."""
    rows: list[Rows] = []
    ignored: list[Ignored] = []
    unreadable: list[Problem] = []
    for path in paths:
        try:
            sheets = read_sheets(path)
            tables, passed, lost = _tables_of(path, sheets, words)
            if asked is not None:
                asked += sheets_of(sheets)
        except LedgerError as error:
            if len(paths) == 1 or not path.exists():
                raise
            unreadable.append(_unreadable(path, error))
            continue
        ignored += passed
        unreadable += lost
        tick = _ticks(path, tables, progress)
        rows += [read_table(table, words, tick) for table in tables]
    return rows, ignored, unreadable


def _tables_of(
    path: Path, sheets: Sequence[Sheet], words: Words
) -> tuple[list[Table], list[Ignored], list[Problem]]:
    """The tables of a file, its sheets without any, and those of them that should have one. Raises
    LedgerError."""
    tables: list[Table] = []
    passed: list[Ignored] = []
    lost: list[Problem] = []
    for sheet in sheets:
        if sheet.name == QUESTIONS and not sheet.hidden:
            continue
        found = () if sheet.hidden else tables_of(sheet, words)
        if not found and is_lost(sheet, words):
            lost.append(_lost(sheet))
        elif not found:
            passed.append(_passed_over(sheet))
        tables += found
    if not tables:
        raise LedgerError(
            f"台账中没有可识别的表，请对照模板检查表头 / ledger has no table that is known, "
            f"compare its headers with the template: {path}"
        )
    return tables, passed, lost


def _unreadable(path: Path, error: LedgerError) -> Problem:
    return Problem(
        file=path.name,
        sheet="",
        row=0,
        column="",
        raw="",
        code="unreadable_file",
        message=str(error),
        refuses=False,
    )


def _ticks(
    path: Path, tables: Sequence[Table], progress: Progress | None
) -> Callable[[], None] | None:
    """What is called for each row of a file's tables."""
    if progress is None:
        return None
    total = sum(table.last_row - table.first_row for table in tables)
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        progress(done, total, path.name)

    progress(0, total, path.name)
    return tick


def _lost(sheet: Sheet) -> Problem:
    return Problem(
        file=sheet.file,
        sheet=sheet.name,
        row=0,
        column="",
        raw=sheet.name,
        code="unknown_header",
        message="工作表有数据而表头无一可识别，整表未导入，请改用模板中的表头，或在词表中补充 / the sheet "
        "has rows but no header that is known, nothing of it was read: use the template's headers, or add "
        "them to the words",
        refuses=False,
    )


def _passed_over(sheet: Sheet) -> Ignored:
    if sheet.hidden:
        reason = "隐藏的工作表 / hidden sheet"
    elif not any(any(row) for row in sheet.rows):
        reason = "空工作表 / empty sheet"
    else:
        reason = "没有可识别的表头 / no header that is known"
    return Ignored(file=sheet.file, sheet=sheet.name, reason=reason)
