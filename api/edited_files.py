"""A timetable that was edited by hand, from the files that `plan timetable` writes: the sheet 时间表
of a workbook, or its JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from api.errors import BadUsage
from inventory.ledger.sheets import Sheet, read_sheets
from migrator.edited import Edit

SHEET = "时间表"
COLUMNS = {
    "编号": "system",
    "割接日（夜）": "night",
    "开始复制": "copy_from",
    "复制昼夜数": "copy_nights",
}


def edits_in(path: Path) -> tuple[Edit, ...]:
    """Raises BadUsage, with the place, for what is no such file; LedgerError for no workbook."""
    if path.suffix.lower() == ".json":
        return _once(path, _of_json(path))
    if path.suffix.lower() != ".xlsx":
        raise BadUsage(
            f"不支持的文件类型 / no such kind of file: read {path.suffix or '—'}, expected .xlsx or .json"
        )
    for sheet in read_sheets(path):
        if sheet.name == SHEET:
            return _once(path, _of_sheet(sheet))
    raise BadUsage(f"{path} 没有“{SHEET}”工作表 / has no such sheet: expected {SHEET}")


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
            yield _edit({key: row.get(key) for key in COLUMNS.values()}, str(row["system"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadUsage(
            f"不是时间表的 JSON / no timetable as JSON: {path}: {error}; expected what `qianyun plan "
            "timetable PLAN --json` prints"
        ) from error


def _of_sheet(sheet: Sheet) -> Iterator[Edit]:
    heads: Sequence[Any] | None = None
    for number, row in enumerate(sheet.rows, start=1):
        if heads is None:
            heads = row if "编号" in row else None
            continue
        told = {COLUMNS[h]: cell for h, cell in zip(heads, row, strict=False) if h in COLUMNS}
        if code := str(told.get("system") or "").strip():
            yield _edit(
                told | {"system": code}, f"{sheet.file} {SHEET} 第 {number} 行 / row {number}"
            )
    if heads is None:
        raise BadUsage(f"“{SHEET}”没有表头“编号” / no header 编号 in that sheet: {sheet.file}")


def _edit(told: dict[str, Any], where: str) -> Edit:
    nights = told.get("copy_nights")
    try:
        if nights not in (None, "") and int(nights) < 1:
            raise ValueError(
                f"复制昼夜数 {nights}，至少 1 / copied for {nights} days, expected 1 or more"
            )
        return Edit(
            system=str(told["system"]),
            night=_day(told.get("night")),
            copy_from=_day(told.get("copy_from")),
            copy_nights=None if nights in (None, "") else int(nights),
        )
    except (ValueError, TypeError) as error:
        raise BadUsage(
            f"{where}: {error}; 应为日期 YYYY-MM-DD 与整数 / expected dates and a whole number"
        ) from error


def _day(value: object) -> date | None:
    if value in (None, ""):
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value).strip()[:10])
