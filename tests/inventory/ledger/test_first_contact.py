"""What ledgers of cities that nobody had seen showed: units far from their column, signs without a
meaning, words where numbers belong."""

from pathlib import Path
from typing import Any

import pytest

from inventory.ledger import read_ledgers
from inventory.ledger.cells import Refused
from inventory.ledger.headers import find_table
from inventory.ledger.money import money
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words
from tests.inventory.ledger.books import write_book

WORDS = default_words()
type Rows = list[list[Any]]


def systems(tmp_path: Path, *rows: list[Any]) -> tuple[list[Any], list[tuple[str, str]]]:
    """(the systems, (column, code) of each problem)."""
    told = read_ledgers([write_book(tmp_path / "a.xlsx", {"信息系统": [*rows]})]).as_json()
    return list(told["objects"]["systems"]), [(p["column"], p["code"]) for p in told["problems"]]


@pytest.mark.parametrize("told", ["七八十", "三五百", "一二十万"])
def test_a_range_in_words_is_no_amount(told: str) -> None:
    with pytest.raises(Refused):
        money(told, "万元", WORDS)


@pytest.mark.parametrize(
    "heads",
    [
        [["系统名称", "单位", "经费（万元）", ""], ["", "", "建设", "运维/年"]],
        [["单位：万元"], ["系统名称", "单位", "建设经费", "运维费/年"]],
    ],
)
def test_a_year_beside_the_column_leaves_the_unit_to_its_group_or_sheet(
    tmp_path: Path, heads: Rows
) -> None:
    (one,), problems = systems(tmp_path, *heads, ["甲系统", "云州市民政局", "120", "8.5"])
    assert not problems
    assert (one["construction_funds"], one["om_funds_per_year"]) == (1_200_000, 85_000)


def test_signs_before_all_small_amounts_leave_the_unit_to_the_header(tmp_path: Path) -> None:
    head = ["系统名称", "单位", "建设资金（万元）", "年运维费（万元）"]
    rows = [
        ["甲系统", "云州市民政局", "¥1,850", "¥25,000"],
        ["乙系统", "云州市民政局", "￥8.8", "¥1,200"],
    ]
    (one, other), problems = systems(tmp_path, head, *rows)
    assert not problems
    assert (one["construction_funds"], other["construction_funds"]) == (18_500_000, 88_000)
    assert (one["om_funds_per_year"], other["om_funds_per_year"]) == (25_000, 1_200)


def test_words_where_numbers_belong_are_told_and_cost_their_field(tmp_path: Path) -> None:
    head = ["系统名称", "单位", "用户数", "带宽", "风险评估时间"]
    rows = [
        ["甲系统", "云州市民政局", "好几万", "大带宽", "前年吧"],
        ["乙系统", "云州市民政局", "不详", "未接入", "尚未开展"],
    ]
    found, problems = systems(tmp_path, head, *rows)
    assert [s["name"] for s in found] == ["甲系统", "乙系统"]
    assert {s["users"] for s in found} == {None}
    assert problems == [
        ("用户数", "not_a_number"),
        ("带宽", "not_a_quantity"),
        ("风险评估时间", "not_a_date"),
    ]


def fields_of(kind: str, head: list[str], *rows: list[str]) -> list[str | None]:
    sheet = Sheet("a.xlsx", WORDS.kinds[kind].sheets[0], tuple(map(tuple, [head, *rows])))
    table = find_table(sheet, WORDS)
    assert table is not None
    assert table.kind == kind
    return [c.field for c in table.columns]


@pytest.mark.parametrize(
    ("kind", "name", "header", "cells", "field"),
    [
        ("lines", "线路编号", "在用/空闲", ["在用", "空闲"], "usage"),
        ("rooms", "机房名称", "归并/迁移/保留", ["归并", "保留"], "disposition"),
        ("lines", "线路编号", "甲/乙", ["甲", "乙"], None),
        ("systems", "系统名称", "IPv6", ["双栈", "不支持"], "ipv6_ready"),
        ("systems", "系统名称", "IPv6", ["2409::1", "2409::2"], "ipv6"),
        ("projects", "项目名称", "建设类型", ["扩建", "升级改造"], "content"),
        ("projects", "项目名称", "建设类型", ["续建", "新建"], "kind"),
        ("systems", "系统名称", "不适合上云原因", ["设备老旧", "与专网相连"], "migratable_reason"),
        ("systems", "系统名称", "IPv6", ["不支持", "不支持"], "ipv6_ready"),
        ("systems", "系统名称", "应用说明", ["群众诉求受理", "票据核销"], "function"),
        ("rooms", "机房名称", "撤并安排", ["归并", "保留"], "disposition"),
        ("projects", "项目名称", "获批日期", ["2024年4月1日", "2025.5"], "approval_date"),
        ("resources", "资源名称", "数源系统", ["户政系统", "社保系统"], "system"),
        ("organisations", "单位名称", "网信专职人员（人）", ["3", "5"], "it_posts"),
    ],
)
def test_a_header_no_list_has_is_known_by_its_marks_and_its_cells(
    kind: str, name: str, header: str, cells: list[str], field: str | None
) -> None:
    beside = "简称" if kind == "organisations" else "所属单位"
    rows = [[f"{n}号", "市民政局", cell] for n, cell in enumerate(cells)]
    assert fields_of(kind, [name, beside, header], *rows)[-1] == field


def test_people_are_known_by_how_their_header_ends(tmp_path: Path) -> None:
    head = ["单位名称", "信息化工作分管领导", "数据联络员", "数据联络员手机", "联络员人数"]
    rows = [head, ["云州市民政局", "李建国", "何敏", "13800010001", "2"]]
    told = read_ledgers([write_book(tmp_path / "a.xlsx", {"单位": rows})]).as_json()
    (one,) = told["objects"]["organisations"]
    assert [(c["role"], c["name"], c["phone"]) for c in one["contacts"]] == [
        ("信息化工作分管领导", "李建国", ""),
        ("数据联络员", "何敏", "13800010001"),
    ]
