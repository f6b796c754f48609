"""A timetable that was edited by hand, from the files that `plan timetable` writes: the sheet 时间表
of a workbook, or its JSON."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from api.errors import BadUsage
from api.words.timetable import TIMETABLE_TEXTS
from inventory.ledger.cells import Refused, narrow, raw_text
from inventory.ledger.dates import day
from inventory.ledger.sheets import Sheet, read_sheets
from inventory.ledger.spelling import default_words
from migrator.planning.edited import Edit

SHEETS = TIMETABLE_TEXTS["sheet.timetable"]
_WORDS = {
    "system": "column.code",
    "night": "column.night",
    "begins": "column.begins",
    "ends": "column.ends",
    "copy_from": "column.copy_from",
    "copy_nights": "column.copy_nights",
}
COLUMNS = {head: key for key, word in _WORDS.items() for head in TIMETABLE_TEXTS[word]}
CODES = TIMETABLE_TEXTS["column.code"]


def edits_in(path: Path) -> tuple[Edit, ...]:
    """Raises BadUsage, with the place, for what is no such file; LedgerError for no workbook."""
    if path.suffix.lower() == ".json":
        return _once(path, _of_json(path))
    if path.suffix.lower() != ".xlsx":
        raise BadUsage(
            f"不支持的文件类型 / no such kind of file: read {path.suffix or '—'}, expected .xlsx or .json"
        )
    for sheet in read_sheets(path):
        if sheet.name in SHEETS:
            return _once(path, _of_sheet(sheet))
    zh, en = SHEETS
    raise BadUsage(f"{path} 没有“{zh}”工作表 / has no such sheet: expected {zh} or {en}")


def _once(path: Path, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Each system at most once: of two nights nobody can say which is meant."""
    found: dict[str, Edit] = {}
    for edit in edits:
        if edit.system in found:
            raise BadUsage(
                f"{path}: {edit.system} 出现两次，请只留一行 / stands there twice, leave one row"
            )
        found[edit.system] = edit
    return tuple(found.values())


def _of_json(path: Path) -> Iterator[Edit]:
    try:
        read = json.loads(path.read_text("utf-8"))
        rows = read["appointments"]
        for row in rows:
            told = {key: row[key] for key in COLUMNS.values() if key in row}
            yield _edit(told, f"{path}: {row['system']}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadUsage(
            f"不是时间表的 JSON / no timetable as JSON: {path}: {error}; expected what `qianyun plan "
            "timetable PLAN --json` prints"
        ) from error


def _of_sheet(sheet: Sheet) -> Iterator[Edit]:
    heads: Sequence[Any] | None = None
    for number, row in enumerate(sheet.rows, start=1):
        if heads is None:
            heads = row if set(CODES) & set(row) else None
            continue
        told = {COLUMNS[h]: cell for h, cell in zip(heads, row, strict=False) if h in COLUMNS}
        if code := str(told.get("system") or "").strip():
            yield _edit(
                told | {"system": code}, f"{sheet.file} {sheet.name} 第 {number} 行 / row {number}"
            )
    if heads is None:
        zh, en = CODES
        raise BadUsage(
            f"“{sheet.name}”没有表头“{zh}” / no header {zh} or {en} in that sheet: {sheet.file}"
        )


def _edit(told: dict[str, Any], where: str) -> Edit:
    """A column that the file does not have says nothing; a cell that somebody emptied is told."""
    readers: dict[str, Callable[[Any], Any]] = {
        "night": _day,
        "copy_from": _day,
        "copy_nights": _count,
        "begins": _moment,
        "ends": _moment,
    }
    found: dict[str, Any] = {}
    for key, cell in told.items():
        if key in readers:
            try:
                found[key] = readers[key](cell)
            except Refused as error:
                column, read = " / ".join(TIMETABLE_TEXTS[_WORDS[key]]), raw_text(cell) or "—"
                raise BadUsage(
                    f"{where}: {column}: read {read}, expected {error.expected}"
                ) from error
    return Edit(system=str(told["system"]), **found)


def _day(cell: Any) -> date:
    """As ledgers read days; a month alone is no night."""
    words = default_words()
    found = day(cell, "", words)
    if found is None or (isinstance(cell, str) and _MONTH.fullmatch(narrow(cell))):
        raise Refused("not_a_date", "日期，如 2026年12月30日 / a date such as 2026-12-30")
    return found


def _moment(cell: Any) -> datetime:
    """A day and a time: 2026-12-30 22:00, 2026年12月30日 22:00."""
    if isinstance(cell, datetime):
        return cell
    written = narrow(cell).replace("T", " ")
    if not (match := _CLOCK.search(written)):
        raise Refused("not_a_date", "日期与时间 / a date and a time: 2026-12-30 22:00")
    hour, minute = int(match[1]), int(match[2] or 0)
    if hour > 23 or minute > 59:
        raise Refused("not_a_date", "钟点 00:00 至 23:59 / a time from 00:00 to 23:59")
    at = _day(written[: match.start()].strip())
    return datetime.combine(at, time(hour, minute))


def _count(cell: Any) -> int:
    match = _DAYS.fullmatch(narrow(cell))
    if match is None or int(match[1]) < 1:
        raise Refused("not_a_number", "1 及以上的整数 / a whole number from 1")
    return int(match[1])


_DAYS = re.compile(r"(\d{1,4})\s*(?:个?昼夜|天|日|夜|days?)?")
_MONTH = re.compile(r"\d{4}\s*[-./年]\s*\d{1,2}\s*月?份?")
_CLOCK = re.compile(r"\s*(\d{1,2})\s*[:时点]\s*(?:(\d{1,2})(?::00)?\s*分?)?$")
