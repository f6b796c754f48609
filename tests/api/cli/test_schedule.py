"""Timetables through the command line: from a file of means to nights, questions, why and what if."""

import json
import re
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from openpyxl import load_workbook

from api.bootstrap import Qianyun
from api.settings import load
from inventory.model import Estate, System
from inventory.store_embedded import EmbeddedStore
from probes.watch.folder import Folder
from probes.watch.outages import Outages, Turn
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
[[deadlines]]
name = "年底前"
on = 2026-12-04
[[deliveries]]
cloud = "CLOUD"
on = 2026-11-01
cores = 64
"""


@pytest.fixture
def means(tmp_path: Path) -> Path:
    path = tmp_path / "means.toml"
    path.write_text(MEANS, encoding="utf-8")
    return path


@pytest.fixture
def planned_city(run: Run, means: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Five systems of one room, one of them without its size, and a plan of them."""
    city = estate(
        [
            *(system(f"S{n}", name=f"<b>系统,{n}") for n in range(4)),
            system("S9", storage_gib=None),
        ],
        [("S0", "S1")],
    )
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: city)
    monkeypatch.setenv("QIANYUN_TODAY", "2026-11-23")
    done = run("plan", "make", "--means", means, "--json")
    assert done.code == 0, done.err
    return done.json  # type: ignore[no-any-return]


def test_a_plan_has_nights_and_says_what_is_asked(run: Run, planned_city: dict[str, Any]) -> None:
    table = planned_city["plan"]["timetable"]
    nights = sorted(one["night"] for one in table["appointments"])
    assert nights == ["2026-12-02", "2026-12-03", "2026-12-04", "2026-12-05"]
    shown = run("plan", "show", planned_city["code"]).out
    takes = planned_city["plan"]["timetable"]["duties"][0]["takes"]
    assert takes[0].startswith("班组 R1 每晚增 1 次；")
    for told in (
        "时间表",
        "2026-12-02",
        "年底前",
        "守不住",
        "存储",
        "如何才能守住",
        planned_city["digest"],
    ):
        assert told in shown
    assert run("plan", "timetable", planned_city["code"], "--json").json["nights"] == 60


def test_questions_as_a_ledger(
    run: Run, planned_city: dict[str, Any], means: Path, tmp_path: Path
) -> None:
    to = tmp_path / "问题.xlsx"
    done = run("plan", "questions", "--means", means, "--to", to, "--json")
    assert done.code == 1
    assert [(q["system"], q["asks"]) for q in done.json["questions"]] == [("S9", ["storage_gib"])]
    assert load_workbook(to).worksheets[0].max_row == 4
    assert run("plan", "questions", "--means", means, "--to", to).code == 2  # it is there already
    assert run("plan", "questions", "--organisation", "O2").code == 0
    assert run("plan", "questions", "--organisation", "O9").code == 2


def test_files_of_a_timetable(run: Run, planned_city: dict[str, Any], tmp_path: Path) -> None:
    files = [tmp_path / f"t{kind}" for kind in (".xlsx", ".ics", ".svg")]
    argv = [part for path in files for part in ("--to", path)]
    assert run("plan", "timetable", planned_city["code"], *argv).code == 0
    book = load_workbook(BytesIO(files[0].read_bytes()))
    told = ["时间表", "路线图", "期限", "去向", "资源需求", "费用", "资产清单"]
    assert book.sheetnames == told
    assert [cell.value for cell in book["去向"][3]][2:4] == ["迁移", "机房→云"]
    assert "班组 R1 每晚增 1 次" in str(book["期限"][3][6].value)
    asked = [[cell.value for cell in row] for row in book["资源需求"].iter_rows(min_row=3)]
    assert asked == [["2026-12", "政务云 (CLOUD) CPU 核数", 16, 16]]
    assert book["费用"].cell(4, 4).value == "甲局 (O1)"
    assert book["期限"].cell(3, 3).value == "条件文件"
    assert book["时间表"].max_row == 2 + 4
    told = files[1].read_bytes()
    assert all(len(line) <= 75 for line in told.split(b"\r\n"))
    whole = told.replace(b"\r\n ", b"").decode()
    assert whole.count("BEGIN:VEVENT") == 4
    assert "DTSTART:20261202T140000Z" in whole  # 22:00 in Shanghai
    assert "<b>系统\\,0" in whole
    drawing = ElementTree.fromstring(files[2].read_text())
    assert drawing.tag.endswith("svg")
    assert "<b>" not in files[2].read_text()
    assert run("plan", "timetable", planned_city["code"], "--to", tmp_path / "a.doc").code == 2


def test_files_in_english_are_wholly_so(
    run: Run, planned_city: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIANYUN_LANG", "en")
    code, book, days = planned_city["code"], tmp_path / "t.xlsx", tmp_path / "t.ics"
    assert run("plan", "timetable", code, "--to", book, "--to", days).code == 0
    names = re.compile("系统|年底前|甲局|政务云")  # that people gave
    read = load_workbook(book)
    cells = [sheet.title for sheet in read]
    cells += [str(c.value) for s in read for row in s.iter_rows() for c in row if c.value]
    cells.append(days.read_bytes().replace(b"\r\n ", b"").decode())
    for text in cells:
        assert not re.search("[\u4e00-\u9fff]", names.sub("", text)), text
    assert "SUMMARY:Cutover" in cells[-1]
    found = run("plan", "check", code, "--edited", book, "--json")
    assert (found.code, found.json["ok"]) == (0, True)  # it is read as the Chinese one is


def test_nothing_to_move_is_told_in_one_language(
    run: Run, means: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = estate([system("S1", target=None), system("S2", room=None)])
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: city)
    done = run("plan", "make", "--means", means)
    assert done.code == 1
    for part in ("没有可迁移的系统", "不动", "未申报迁移目标", "受阻"):
        assert part in done.out
    assert "blocked" not in done.out
    assert "no target" not in done.out
    monkeypatch.setenv("QIANYUN_LANG", "en")
    assert "no target is declared" in run("plan", "make", "--means", means).out


def test_why_names_what_binds_and_what_if_shows_that_it_helps(
    run: Run, planned_city: dict[str, Any]
) -> None:
    code = planned_city["code"]
    assert run("plan", "why", code, "--json").json["bindings"][0]["what"] == "crew:R1"
    assert run("plan", "why", code, "--json").json["duties"][0]["takes"]
    last = max(planned_city["plan"]["timetable"]["appointments"], key=lambda one: one["night"])
    found = run("plan", "why", code, last["system"], "--json").json
    assert found["night"] == last["night"]
    assert found["bindings"][0]["what"] == "crew:R1"
    assert (
        "crew R1" in run("plan", "why", code, last["system"]).out
        or "班组" in run("plan", "why", code, last["system"]).out
    )
    assert found["roads"][0]["mib"] > 0
    assert found["one_item"] == 100
    assert found["copies"] == [{"by": "line:L-R1", "mib": 102400, "nights": 1}]
    helps = {one["what"]: one for one in found["helps"]}
    assert helps["crew:R1"]["amount"] == 1
    shown = "".join(run("plan", "why", code, last["system"]).out.split())
    for part in ("班组R1每晚增1次", "单项至多占100%：1昼夜", "复制100GiB"):
        assert part in shown
    assert found["verdicts"][0]["way"] == "room-to-cloud"
    assert "每昼夜" in run("plan", "why", code, last["system"]).out
    left = run("plan", "why", code, "S9")
    assert (left.code, "存储" in left.out) == (0, True)  # no night: the answer says why
    assert run("plan", "why", code, "S9", "--json").json["verdicts"][0]["system"] == "S9"
    assert run("plan", "why", code, "S99").code == 2
    changed = run("plan", "what-if", code, "--set", "room.R1=4", "--json").json
    figures = {one["what"]: (one["before"], one["after"]) for one in changed["figures"]}
    assert figures["makespan"][1] < figures["makespan"][0]
    assert changed["today"] == 0
    same = run("plan", "what-if", code, "--set", "search.seed=7", "--json").json
    assert (same["shifts"], same["same"]) == ([], 4)
    assert figures["in_time"] == (2, 4)  # before 2026-12-04; none of the days is kept in full
    assert changed["shifts"]
    assert len(run("plan", "list", "--json").json["plans"]) == 1  # nothing was kept
    nobody = run("plan", "what-if", code, "--set", "crews.room=0", "--json").json["shifts"]
    assert {one["after"] for one in nobody} == {None}
    assert all("每晚 0 次" in one["why"] for one in nobody)
    assert run("plan", "what-if", code).code == 2
    assert run("plan", "what-if", code, "--set", "lines.dya=7").code == 2


def test_again_after_a_plan_and_beside_it(
    run: Run, planned_city: dict[str, Any], means: Path
) -> None:
    again = run(
        "plan", "make", "--means", means, "--after", planned_city["code"], "--today", "2026-12-01",
        "--json",
    )  # fmt: skip
    assert again.code == 0, again.err
    assert run("plan", "compare", planned_city["code"], again.json["code"]).code == 0
    other = run("plan", "make", "--means", means, "--set", "room.R1=2", "--json").json
    differing = run("plan", "compare", planned_city["code"], other["code"], "--json")
    assert differing.code == 1
    assert differing.json["shifts"]


def test_groups_are_shown(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    city: Estate = estate([system("S0"), system("S1")], [("S0", "S1"), ("S1", "S0")])
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: city)
    found = run("plan", "groups", "--json").json
    assert [one["systems"] for one in found["groups"]] == [["S0", "S1"]]
    assert "S0 → S1 → S0" in run("plan", "groups").out


def test_groups_show_the_engineers_word_and_what_contradicts_it(
    run: Run, means: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ring that is forbidden falls apart by itself; what is pinned and forbidden has no night."""
    ring = [("S0", "S1"), ("S1", "S0"), ("S5", "S0"), ("S0", "S5")]
    several = [system(f"S{n}") for n in range(5)]
    city = estate([*several, system("S5", target=None)], ring)
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: city)
    told = """
[[groups.forbid]]
systems = ["S0", "S1"]
reason = "同一厂商"
[[groups.pin]]
systems = ["S2", "S3"]
reason = "同一合同"
[[groups.pin]]
systems = ["S3", "S4"]
reason = "同一入口"
[[groups.forbid]]
systems = ["S2", "S4"]
reason = "不能同停"
[[groups.at]]
system = "S5"
night = 2026-12-09
reason = "到场"
"""
    means.write_text(MEANS.replace("room = 1", "room = 3") + told, encoding="utf-8")
    found = run("plan", "groups", "--means", means, "--json").json
    assert [one["systems"] for one in found["groups"]] == [["S2", "S3", "S4"]]
    assert [(one["systems"], one["price"]) for one in found["split"]] == [(["S0", "S1"], 2)]
    assert [(one["what"], one["systems"]) for one in found["told"]] == [
        ("pin", ["S2", "S3"]),
        ("pin", ["S3", "S4"]),
        ("forbid", ["S0", "S1"]),
        ("forbid", ["S2", "S4"]),
        ("at", []),
    ]
    assert [one["systems"] for one in found["refused"]] == [["S2", "S3", "S4"]]
    shown = "".join(run("plan", "groups", "--means", means).out.split())
    for part in ("不得同晚", "同一厂商", "指定夜晚", "均不迁移", "没有一晚可排", "不能同停"):
        assert part in shown


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (MEANS.replace("day = 20", "day = 200"), 6, "lines.day"),
        (MEANS.replace("room = 1", "rom = 1"), 9, "rom"),
        (MEANS.replace("2026-12-04", '"soon"'), 17, "deadlines[1].on"),
        (MEANS.replace('name = "年底前"', 'name = "年底前"\nrooms = ["R9"]'), 17, "R9"),
        (MEANS.replace("[lines]", "[lines"), 5, "TOML"),
    ],
)
def test_a_mistake_in_the_means_is_told_with_its_line(
    run: Run,
    planned_city: dict[str, Any],
    means: Path,
    text: str,
    line: int,
    told: str,
) -> None:
    means.write_text(text, encoding="utf-8")
    done = run("plan", "make", "--means", means)
    assert done.code == 2
    assert f"means.toml:{line}:" in done.err
    assert told in done.err


def test_a_timetable_that_people_edited_is_judged(
    run: Run, planned_city: dict[str, Any], tmp_path: Path
) -> None:
    code, to = planned_city["code"], tmp_path / "t.xlsx"
    assert run("plan", "timetable", code, "--to", to).code == 0
    assert run("plan", "check", code, "--edited", to, "--json").json["ok"]
    book = load_workbook(to)
    sheet = book["时间表"]
    rows = {sheet.cell(n, 3).value: n for n in range(3, sheet.max_row + 1)}
    # S0 needs S1, and the room's crew takes one a night
    sheet.cell(rows["S0"], 2).value = sheet.cell(rows["S1"], 2).value
    book.save(to)
    done = run("plan", "check", code, "--edited", to)
    assert done.code == 1
    for told in ("S0 依赖 S1", "机房 R1 班组", "至多 1 次", "改动的系统: 1，其中割接夜: 1"):
        assert told in done.out
    sheet.delete_rows(rows["S2"])
    sheet.cell(rows["S1"], 2).value = "下周"
    book.save(to)
    assert run("plan", "check", code, "--edited", to).code == 2

    told = run("plan", "timetable", code, "--json").json
    told["appointments"] = [o for o in told["appointments"] if o["system"] != "S2"]
    edited = tmp_path / "t.json"
    edited.write_text(json.dumps(told), encoding="utf-8")
    found = run("plan", "check", code, "--edited", edited, "--json")
    assert (found.code, found.json["missing"], found.json["broken"]) == (1, ["S2"], [])
    first = told["appointments"][0]
    for wrong in ([first, first], [first | {"copy_nights": 0}], [first | {"copy_nights": -5}]):
        edited.write_text(json.dumps({"appointments": wrong}), encoding="utf-8")
        assert run("plan", "check", code, "--edited", edited).code == 2


def test_check_says_what_stands_against_the_plan_now(
    run: Run, planned_city: dict[str, Any], monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    code, city = planned_city["code"], EmbeddedStore.load(None)  # type: ignore[arg-type]
    assert run("plan", "check", code).code == 0
    folder = Folder(state / "probes")
    folder.outages.parent.mkdir(parents=True, exist_ok=True)
    kept = Outages(folder.outages)
    for line in ("L-R1", "L-R2"):  # nothing of the plan goes over the second
        kept.tell(Turn(line, line, "icmp", 6, down=True, at=1, reason="timeout"))
    kept.close()
    found = run("plan", "check", code, "--json")
    assert (found.code, [d["code"] for d in found.json["down"]]) == (1, ["L-R1"])
    larger = [
        s.model_copy(update={"storage_gib": 900}) if s.code == "S1" else s for s in city.systems
    ]
    now = city.model_copy(update={"systems": tuple(larger)})
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: now)
    assert any(
        "S1" in line and "900" in line
        for line in run("plan", "check", code, "--json").json["broken"]
    )


def test_nights_that_are_over_are_neither_planned_nor_approved(
    run: Run, planned_city: dict[str, Any], means: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, digest = planned_city["code"], planned_city["digest"]
    assert run("plan", "check", code, "--json").code == 0
    monkeypatch.setenv("QIANYUN_TODAY", "2026-12-04")
    checked = run("plan", "check", code, "--json")
    assert (checked.code, len(checked.json["missed"])) == (1, 3)  # that of the 5th can still be
    shown = run("plan", "check", code).out
    assert "夜已过" in shown
    assert "仍然成立" not in shown
    refused = run("--as", "li", "plan", "approve", code, "--digest", digest)
    assert refused.code != 0
    assert "夜已过" in refused.err
    again = run("plan", "make", "--means", means, "--json").json["plan"]["timetable"]
    assert min(one["copy_from"] for one in again["appointments"]) == "2026-12-04"
    assert min(one["night"] for one in again["appointments"]) == "2026-12-05"


def test_facts_of_what_has_a_night_and_no_item_are_told_when_they_change(
    run: Run, planned_city: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, city = planned_city["code"], EmbeddedStore.load(None)  # type: ignore[arg-type]
    assert planned_city["plan"]["waves"] == []  # no system has hosts: only nights
    changed = {
        "S0": {"storage_gib": None, "window": "01:00-04:00"},
        "S1": {"room": "CLOUD"},
        "S2": {"room": "R2"},
        "S3": {"secrecy": "classified", "room": "R2"},
    }
    now = city.model_copy(
        update={
            "systems": tuple(
                System.model_validate(s.model_dump() | changed.get(s.code, {}))
                for s in city.systems
            ),
            "lines": tuple(
                one.model_copy(update={"bandwidth_kbps": 9_000}) if one.code == "L-R2" else one
                for one in city.lines
            ),
        }
    )
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: now)
    found = run("plan", "check", code, "--json")
    assert found.code == 1
    drift = found.json["drift"]
    assert drift["S0"] == [
        "割接窗口：— → 01:00-04:00 / window: — → 01:00-04:00",
        "存储（GiB）：100 → — / storage_gib: 100 → —",
    ]
    assert drift["S1"] == ["已在目标云 / already at its target"]
    assert found.json["there"] == ["S1"]
    assert [line.partition("：")[0] for line in drift["S2"]] == ["部署机房", "线路速率（kbit/s）"]
    assert drift["S3"] == ["涉密系统只作登记 / classified: only a stub is kept"]
    # the room's crew has one night of S1 as it was planned, and a cloud is no room
    assert not [line for line in found.json["broken"] if "CLOUD" in line]
    assert "存储（GiB）：100 → —" in run("plan", "check", code).out
    asked = run("plan", "approve", code, "--as", "li", "--digest", planned_city["digest"])
    assert (asked.code, "事实已变" in asked.err) == (1, True)


def test_what_people_should_know_of_a_timetable_is_shown(
    run: Run, means: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = estate([system("S0", window="09:00-17:00"), system("S1")])
    monkeypatch.setattr(EmbeddedStore, "load", lambda self: city)
    monkeypatch.setenv("QIANYUN_TODAY", "2026-11-23")
    code = run("plan", "make", "--means", means, "--json").json["code"]
    shown = run("plan", "show", code).out
    assert "窗口 09:00-17:00 不全在夜 20:00-08:00 内" in shown
    assert "12-03 09:00" in shown  # of the night 12-02: the morning after
    assert len(run("plan", "why", code, "S0", "--json").json["notes"]) == 1
    assert "窗口 09:00-17:00" in run("plan", "why", code, "S0").out
    assert run("plan", "why", code, "S1", "--json").json["notes"] == []


def test_a_plan_that_breaks_a_constraint_is_not_approved(
    run: Run, planned_city: dict[str, Any]
) -> None:
    """Were the planner wrong, the checker that shares no code with it still stands before the run."""
    plans = Qianyun(load()).truth.plans
    plan = plans.load(planned_city["code"])
    assert plan.timetable is not None
    night = plan.timetable.appointments[-1].night
    together = (one.model_copy(update={"night": night}) for one in plan.timetable.appointments)
    table = plan.timetable.model_copy(update={"appointments": tuple(together)})
    broken = plans.add(plan.model_copy(update={"timetable": table}), "zhang")
    refused = run(
        "plan", "approve", broken.code, "--digest", broken.digest, "--as", "li", "--debug"
    )
    assert refused.code == 1, refused.err
    assert "时间表不成立" in refused.err
    told = run("audit", "list", "--json").json["entries"][-1]
    assert (told["action"], told["detail"]["reason"]) == ("plan.approve.refused", "broken")
