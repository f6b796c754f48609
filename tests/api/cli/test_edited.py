"""A timetable that people edited in the workbook: every cell that they may change is read or refused."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from inventory.store_embedded import EmbeddedStore
from tests.api.conftest import Run
from tests.migrator.timing.cities import estate, system

MEANS = """
[plan]
from = 2026-12-01
nights = 60
[lines]
day = 20
night = 80
[crews]
room = 1
[nights]
window = "22:00-06:00"
[search]
seconds = 60
work = 1
"""
NIGHT, FROM, DAYS, BEGINS = "割接日（夜）", "开始复制", "复制昼夜数", "割接开始"

type Judged = Callable[..., Any]


@pytest.fixture
def judged(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Judged:
    """Gives what `plan check` says of the timetable with these cells of S0, which moves on
    2026-12-02 from 22:00."""
    city = estate([system("S0"), system("S1", "R2")])
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: city)
    means, book = tmp_path / "means.toml", tmp_path / "t.xlsx"
    means.write_text(MEANS, encoding="utf-8")
    code = run("plan", "make", "--means", means, "--json").json["code"]
    assert run("plan", "timetable", code, "--to", book).code == 0

    def judge(*more: str, **cells: object) -> Any:
        read = load_workbook(book)
        sheet = read["时间表"]
        heads = {cell.value: cell.column for cell in sheet[2]}
        row = next(n for n in range(3, 9) if sheet.cell(n, heads["编号"]).value == "S0")
        for head, value in cells.items():
            sheet.cell(row, heads[NIGHT if head == "night" else head]).value = value
        read.save(tmp_path / "edited.xlsx")
        return run("plan", "check", code, "--edited", tmp_path / "edited.xlsx", *more)

    return judge


@pytest.mark.parametrize(
    ("head", "value", "told"),
    [
        (DAYS, 0, "1 及以上的整数"),
        (DAYS, -5, "1 及以上的整数"),
        (DAYS, None, "read —"),
        (FROM, None, "read —"),
        (NIGHT, None, "read —"),
        (NIGHT, "明天", "read 明天"),
        (NIGHT, "2026年12月", "read 2026年12月"),
        (BEGINS, "晚上", "read 晚上"),
        (BEGINS, "2026-12-02 25:00", "钟点"),
    ],
)
def test_a_cell_that_says_nothing_is_refused_with_its_place(
    judged: Judged, head: str, value: object, told: str
) -> None:
    done = judged(**{"night" if head == NIGHT else head: value})
    assert done.code == 2
    assert "第 3 行" in done.err
    assert head in done.err
    assert told in done.err


@pytest.mark.parametrize(
    ("cells", "changed", "moved"),
    [
        ({}, 0, 0),
        ({"night": "2026年12月9日"}, 1, 1),
        ({"night": datetime(2026, 12, 9)}, 1, 1),
        ({"night": "2026.12.9", FROM: "2026-12-07", DAYS: "2昼夜"}, 1, 1),
        ({BEGINS: "2026年12月3日 02:30"}, 1, 0),
        ({BEGINS: datetime(2026, 12, 2, 23)}, 1, 0),
    ],
)
def test_what_keeps_every_rule_is_counted(
    judged: Judged, cells: dict[str, object], changed: int, moved: int
) -> None:
    found = judged("--json", **cells)
    assert (found.code, found.json["broken"]) == (0, [])
    assert (found.json["changed"], found.json["moved"]) == (changed, moved)


@pytest.mark.parametrize(
    ("cells", "zh", "en"),
    [
        ({BEGINS: "2026-12-02 14:00"}, "不在窗口 22:00-06:00 内", "outside its window"),
        ({BEGINS: "2026-12-03 22:30"}, "晚于", "later than"),
        ({BEGINS: "2026-12-05 22:00"}, "不在 2026-12-02 夜", "not in the night"),
        ({"night": "2028-12-28"}, "在方案的 60 夜之后", "after the plan's 60 nights"),
    ],
)
def test_what_breaks_a_rule_is_told_with_its_system_in_both_languages(
    judged: Judged,
    monkeypatch: pytest.MonkeyPatch,
    cells: dict[str, object],
    zh: str,
    en: str,
) -> None:
    found = judged("--json", **cells)
    assert found.code == 1
    (told,) = found.json["broken"]
    chinese, _, english = told.partition(" / ")
    assert zh in chinese
    assert en in english
    assert chinese.startswith("S0: ")
    assert english.startswith("S0: ")
    monkeypatch.setenv("QIANYUN_LANG", "en")
    shown = judged(**cells).out
    assert en in " ".join(shown.split())
    assert zh not in shown
