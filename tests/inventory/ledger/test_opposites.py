"""Columns and cells that could be read as their opposite, as a fresh reviewer found them."""

from pathlib import Path
from typing import Any

import pytest

from inventory.ledger import LedgerReport, read_ledgers
from tests.inventory.ledger.books import Rows, write_book


def _read(tmp_path: Path, sheet: str, rows: Rows) -> LedgerReport:
    return read_ledgers([write_book(tmp_path / "台账.xlsx", {sheet: rows})])


def _systems(header: str, *cells: str) -> Rows:
    rows = [[f"系统{n}", "市大数据局", "OA", cell] for n, cell in enumerate(cells)]
    return [["系统名称", "责任单位", "系统功能", header], *rows]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("是否非涉密", "secrecy"),
        ("非涉密系统", "secrecy"),
        ("是否未接入共享平台", "connected"),
        ("未接入共享平台", "connected"),
        ("不面向公众", "citizen_facing"),
        ("是否不具备迁移条件", "migratable"),
    ],
)
def test_a_header_that_denies_is_told_and_not_read(tmp_path: Path, header: str, field: str) -> None:
    report = _read(tmp_path, "信息系统", _systems(header, "是", "否", "√", "否"))
    assert [(p.column, p.code) for p in report.problems if p.code == "unknown_header"] == [
        (header, "unknown_header")
    ]
    nothing = {"secrecy": "unknown"}.get(field)
    assert {getattr(s, field) for s in report.estate.systems} == {nothing}


@pytest.mark.parametrize("header", ["是否涉密", "涉密/非涉密", "有没有涉密信息", "涉不涉密"])
def test_a_header_that_asks_both_ways_is_read(tmp_path: Path, header: str) -> None:
    report = _read(tmp_path, "信息系统", _systems(header, "是", "否"))
    told = {s.name: str(s.secrecy) for s in report.estate.systems}
    assert sorted(told.values()) == ["classified", "none"]


@pytest.mark.parametrize(
    "cell", ["已申请", "已立项", "已列入计划", "已下线", "已停用", "已关闭", "已建待接入"]
)
def test_what_is_done_but_was_not_asked_for_is_no_yes(tmp_path: Path, cell: str) -> None:
    report = _read(tmp_path, "信息系统", _systems("是否接入共享平台", "是", cell))
    assert [(p.raw, p.code) for p in report.problems] == [(cell, "not_in_choices")]


@pytest.mark.parametrize("cell", ["待评估", "部分具备", "已申请"])
def test_a_cell_that_is_neither_yes_nor_no_leaves_its_field_open(tmp_path: Path, cell: str) -> None:
    report = _read(tmp_path, "信息系统", _systems("是否具备迁移条件", "是", "否", cell))
    told = {s.name: s.migratable for s in report.estate.systems}
    assert told == {"系统0": True, "系统1": False, "系统2": None}


@pytest.mark.parametrize(
    "said",
    ["金额：万元", "单位:人民币万元", "（万元）", "单位（万元）", "人民币：万元", "单位：万元"],
)
def test_the_unit_above_a_table_is_read(tmp_path: Path, said: str) -> None:
    rows: list[list[Any]] = [["", "", said], ["系统名称", "责任单位", "建设资金"]]
    report = _read(tmp_path, "信息系统", [*rows, ["OA", "市大数据局", 120]])
    assert [s.construction_funds for s in report.estate.systems] == [1_200_000]


@pytest.mark.parametrize(
    "heading", ["【教育局】", "教育局：", "★教育局", "1.教育局", "教育局（2台）", "云州市教育局"]
)
def test_a_row_that_names_a_department_heads_those_below(tmp_path: Path, heading: str) -> None:
    rows = [["机房名称", "机柜数", "面积"], [heading], ["甲机房", 3, 20], ["乙机房", 4, 30]]
    report = _read(tmp_path, "机房", rows)
    owners = {o.code: o.name for o in report.estate.organisations}
    assert {r.name for r in report.estate.rooms} == {"甲机房", "乙机房"}
    assert {owners[r.organisation or ""] for r in report.estate.rooms} <= {"教育局", "云州市教育局"}


@pytest.mark.parametrize("heading", ["【其他】", "【教育局】"])
def test_a_heading_ends_what_the_one_above_it_said(tmp_path: Path, heading: str) -> None:
    rows = [["机房名称", "机柜数", "面积"], ["云州市商务局"], ["甲机房", 3, 20], [heading]]
    report = _read(tmp_path, "机房", [*rows, ["乙机房", 4, 30]])
    first, second = sorted(report.estate.rooms, key=lambda room: room.name != "甲机房")
    assert first.organisation
    assert second.organisation != first.organisation


@pytest.mark.parametrize("total", ["民政局小计", "2个系统合计", "以上合计", "本单位合计（2个）"])
def test_sums_of_a_part_are_no_object(tmp_path: Path, total: str) -> None:
    rows = [["序号", "系统名称", "责任单位", "CPU核数"], [1, "OA", "民政局", 8], ["", total, "", 8]]
    report = _read(tmp_path, "信息系统", rows)
    assert [s.name for s in report.estate.systems] == ["OA"]
    assert not [p for p in report.problems if p.refuses]


@pytest.mark.parametrize("header", ["建成时间", "系统建成时间", "拟迁移时间"])
def test_when_a_system_was_built_is_not_when_it_went_to_the_cloud(
    tmp_path: Path, header: str
) -> None:
    days = ["2015-06-01", "2016-06-01", "2017-06-01", "2018-06-01"]
    report = _read(tmp_path, "信息系统", _systems(header, *days))
    assert {s.cloud_status_on for s in report.estate.systems} == {None}


def test_the_number_of_a_contact_is_that_of_who_stands_before_it(tmp_path: Path) -> None:
    rows = [
        ["单位名称", "单位简称", "信息共享联络员", "联络员电话", "电子邮箱"],
        ["云州市教育局", "教育局", "李雪", "13800000011", "lx@example.org"],
    ]
    (one,) = _read(tmp_path, "单位", rows).estate.organisations
    assert [(c.name, c.phone, c.email) for c in one.contacts] == [
        ("李雪", "13800000011", "lx@example.org")
    ]


def test_a_machine_is_made_here_or_abroad(tmp_path: Path) -> None:
    cells = ["国产", "进口", "是", "部分国产"]
    rows = [[f"h{n}", f"10.0.0.{n + 1}", cell, "麒麟"] for n, cell in enumerate(cells)]
    heads = ["主机名", "IP地址", "是否国产", "操作系统"]
    report = _read(tmp_path, "服务器", [heads, *rows])
    told = {h.code: h.domestic for h in report.estate.hosts}
    assert told == {"h0": True, "h1": False, "h2": True, "h3": None}


def test_the_sort_of_an_organisation_is_its_level_where_it_says_so(tmp_path: Path) -> None:
    names = ["云州市教育局", "云州市公安局", "云州市民政局", "青山区人民政府"]
    for told, level in (("市级部门", "city"), ("行政机关", None)):
        rows = [[name, name[3:], told] for name in names]
        (tmp_path / told).mkdir()
        report = _read(tmp_path / told, "单位", [["单位名称", "单位简称", "机构性质"], *rows])
        assert {o.level for o in report.estate.organisations} == {level}
        assert not [p for p in report.problems if p.refuses]
