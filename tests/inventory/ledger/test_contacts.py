"""People as departments write them: in columns, in one cell, under notes."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.ledger import LedgerReport, read_ledgers
from inventory.ledger.cells import Cell
from inventory.ledger.contacts import posts_of, read_contacts
from inventory.ledger.headers import find_table
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words
from tests.inventory.ledger.books import ORGANISATIONS, Rows, write_book

WORDS = default_words()
SOME = settings(max_examples=80, deadline=None, database=None)
M1, M2 = "13800000001", "13900000002"

type People = list[tuple[str, str, str, str]]  # role, name, phone, e-mail


def _read(headers: str, *cells: Cell) -> tuple[People, list[str]]:
    """The contacts of one row of a room, and the titles of cells that were refused."""
    titles = tuple(headers.split("|"))
    sheet = Sheet("a.xlsx", "机房", (("机房名称", "机柜数", *titles),))
    table = find_table(sheet, WORDS)
    assert table
    found = read_contacts(posts_of(table.columns, WORDS), ("甲机房", 3, *cells), WORDS)
    people = [(c.role, c.name, c.phone, c.email) for c in found.contacts]
    return people, [column.title for column, _, _ in found.faults]


@pytest.mark.parametrize(
    ("headers", "cells", "expected"),
    [
        ("联系人", ["张三"], ["联系人 张三"]),
        ("联系人", [f"张三 {M1}"], [f"联系人 张三 {M1}"]),
        ("联系人", [f"张三{M1}"], [f"联系人 张三 {M1}"]),
        ("联系人", [f"张三（{M1}）"], [f"联系人 张三 {M1}"]),
        ("联系人", [f"张三，电话：{M1}"], [f"联系人 张三 {M1}"]),
        ("联系人", [f"张三/{M1}"], [f"联系人 张三 {M1}"]),
        ("联系人", [f"{M1} 张三"], [f"联系人 张三 {M1}"]),
        ("联系人", ["张　三 138-0000-0001"], [f"联系人 张三 {M1}"]),
        ("联系人", ["张三(科长) 8012"], ["联系人 张三(科长) 8012"]),
        ("联系人", [f"张三 {M1}；李四 {M2}"], [f"联系人 张三 {M1}", f"联系人 李四 {M2}"]),
        ("联系人", [f"张三 {M1} 李四 {M2}"], [f"联系人 张三 {M1}", f"联系人 李四 {M2}"]),
        ("联系人", [f"张三、李四 {M2}"], ["联系人 张三", f"联系人 李四 {M2}"]),
        ("联系人及电话", [f"张三 {M1}"], [f"联系人 张三 {M1}"]),
        ("联系人|联系电话", ["张三", float(M1)], [f"联系人 张三 {M1}"]),
        ("联系人|联系电话", ["张三", f"{M1}、0999-6283 1234"], [f"联系人 张三 {M1}、0999-62831234"]),
        ("联系人|手机|邮箱", ["张三", M1, "zhang.san@lj.example"],
         [f"联系人 张三 {M1} zhang.san@lj.example"]),
        ("联系人|联系电话", ["张三、李四", f"{M1}；{M2}"],
         [f"联系人 张三 {M1}", f"联系人 李四 {M2}"]),
        ("联系人|办公电话", ["张三、李四", "0999-6283123"],
         ["联系人 张三 0999-6283123", "联系人 李四 0999-6283123"]),
        ("联系人|联系电话|负责人|联系电话", ["张三", M1, "李四", M2],
         [f"联系人 张三 {M1}", f"负责人 李四 {M2}"]),
        ("负责人|联系人|负责人手机", ["李四", "张三", M2], ["联系人 张三", f"负责人 李四 {M2}"]),
        ("联系电话|联系人", [M1, "张三"], [f"联系人 张三 {M1}"]),
        ("机房负责人|运维人员", ["李四", "王五"], ["负责人 李四", "运维 王五"]),
        ("值班电话", ["0999-62831234转801"], ["值班 值班 0999-62831234转801"]),
        ("值班电话|值班人员", ["0999-6283123", "王五"], ["值班 王五 0999-6283123"]),
        ("联系电话", [M1], [f"联系人 联系人 {M1}"]),
        ("联系人|联系电话", ["/", "无"], []),
        ("联系人|联系电话", ["", ""], []),
        ("填报人|联系电话", ["张三", M1], []),
        ("填表人|联系电话|联系人|手机", ["张三", M1, "李四", M2], [f"联系人 李四 {M2}"]),
    ],
)  # fmt: skip
def test_spellings_that_are_understood(
    headers: str, cells: list[Cell], expected: list[str]
) -> None:
    people, faults = _read(headers, *cells)
    assert [" ".join(filter(None, person)) for person in people] == sorted(expected)
    assert not faults


@pytest.mark.parametrize(
    ("headers", "cells", "refused", "kept"),
    [
        ("联系人|联系电话", ["张三、李四、王五", f"{M1}、{M2}"], "联系电话", 3),
        ("联系人|手机", ["张三、李四", M1], "手机", 2),
        ("联系人|联系电话", ["张三", "见附件"], "联系电话", 1),
        ("联系人|邮箱", ["张三", "a@lj.example、b@lj.example"], "邮箱", 1),
        ("联系人|邮箱", ["张三", "张三@"], "邮箱", 1),
        ("联系人", ["12"], "联系人", 0),
        ("联系人", [date(2016, 6, 1)], "联系人", 0),
        ("联系人", [True], "联系人", 0),
        ("联系人", ["张三\u202e"], "联系人", 0),
        ("联系人", ["张" * 101], "联系人", 0),
        ("联系人", ["x" * 100_000], "联系人", 0),
        ("联系电话", ["1" * 21], "联系电话", 0),
    ],
)
def test_what_is_refused_leaves_the_rest(
    headers: str, cells: list[Cell], refused: str, kept: int
) -> None:
    people, faults = _read(headers, *cells)
    assert faults == [refused]
    assert len(people) == kept


def _report(tmp_path: Path, sheets: dict[str, Rows]) -> LedgerReport:
    return read_ledgers([write_book(tmp_path / "台账.xlsx", sheets)])


@pytest.mark.parametrize(
    ("kind", "headers", "row"),
    [
        ("organisations", ["单位编号", "单位名称"], ["O-1", "市交通局"]),
        ("rooms", ["机房编号", "机房名称"], ["R-1", "甲机房"]),
        ("lines", ["线路编号", "带宽"], ["L-1", "100M"]),
    ],
)
def test_which_kinds_have_contacts(
    tmp_path: Path, kind: str, headers: list[str], row: list[str]
) -> None:
    sheets: dict[str, Rows] = {"表": [[*headers, "联系人", "联系电话"], [*row, "张三", M1]]}
    report = _report(tmp_path, sheets)
    assert not report.problems
    (thing,) = getattr(report.estate, kind)
    assert [(c.role, c.name, c.phone) for c in thing.contacts] == [("联系人", "张三", M1)]
    (told,) = [p for p in thing.provenance if p.field == "contacts"]
    assert (told.row, told.column, told.raw) == (2, "联系人、联系电话", f"张三 | {M1}")


def test_a_bad_number_costs_the_row_nothing_else(tmp_path: Path) -> None:
    rows = [["机房编号", "机房名称", "联系人", "联系电话"], ["R-1", "甲机房", "张三", "见附件"]]
    report = _report(tmp_path, {"机房": rows})
    (problem,) = report.problems
    assert (problem.row, problem.column, problem.raw) == (2, "联系电话", "见附件")
    assert (problem.code, problem.refuses) == ("bad_text", False)
    assert [c.name for c in report.estate.rooms[0].contacts] == ["张三"]


@pytest.mark.parametrize("headers", [["设备名称", "IP地址"], ["节点名称", "节点类型"]])
def test_tables_of_other_kinds_are_not_disturbed(tmp_path: Path, headers: list[str]) -> None:
    row = ["n-1", "10.1.2.3" if "IP地址" in headers else "前置机"]
    plain = _report(tmp_path, {"表": [headers, row]})
    with_people = [[*headers, "联系人", "联系电话", "填报人"], [*row, "张三", M1, "李四"]]
    report = _report(tmp_path, {"表": with_people})
    assert not report.problems
    assert report.estate == plain.estate


@pytest.mark.parametrize(
    "footer",
    [
        [f"填表人：张三 联系电话：{M1}"],
        ["填表人：张三", "审核人：李四", f"联系电话：{M1}"],
        ["填表人：", "张三", "联系电话：", M1],
        ["联系人", "张三"],
        ["联系人：张三", f"联系电话：{M1}", "2026年1月"],
    ],
)
def test_a_signature_is_no_row(tmp_path: Path, footer: list[str]) -> None:
    rows: Rows = [
        [f"填表人：张三 联系电话：{M1}"],
        ["机房名称", "机柜数", "建成时间", "联系人", "联系电话"],
        ["甲机房", 3, "", "王五", M2],
        footer,
    ]
    report = _report(tmp_path, {"机房": rows})
    assert not report.problems
    assert [len(room.contacts) for room in report.estate.rooms] == [1]
    assert [entry.row for entry in report.ignored] == [4]


@pytest.mark.parametrize(
    ("over", "titles"), [("联系人", ("姓名", "电话")), ("联系方式", ("联系人", "手机"))]
)
def test_people_under_a_group(tmp_path: Path, over: str, titles: tuple[str, str]) -> None:
    rows: Rows = [
        ["单位编号", "单位名称", over, ""],
        ["", "", *titles],
        ["O-1", "市交通局", "张三", M1],
    ]
    report = _report(tmp_path, {"单位": rows})
    assert not report.problems
    assert [(c.role, c.name, c.phone) for c in report.estate.organisations[0].contacts] == [
        ("联系人", "张三", M1)
    ]


def test_the_same_people_in_another_order_are_the_same(tmp_path: Path) -> None:
    def book(cell: str) -> Rows:
        head, *rows = ORGANISATIONS
        return [[*head, "联系人"], *([*row, cell] for row in rows)]

    sheets = {"单位": book(f"张三 {M1}、李四"), "单位（补）": book(f"李四；张三{M1}")}
    report = _report(tmp_path, sheets)
    assert not report.problems
    assert [i.sheet for i in report.ignored] == ["单位（补）"]


NAMES = st.text(st.sampled_from("张王李赵欧阳诸葛建国小明芳"), min_size=2, max_size=4)
PHONES = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"0[0-9]{2,3}-[0-9]{7,8}", fullmatch=True),
)
PEOPLE = st.lists(st.tuples(NAMES, PHONES), min_size=1, max_size=8)
WAYS = ["{0} {1}", "{0}{1}", "{0}（{1}）", "{0}：{1}", "{0} 电话：{1}", "{0}/{1}", "{0}，{1}"]


@SOME
@given(
    people=PEOPLE, way=st.sampled_from(WAYS), between=st.sampled_from(["、", "；", ";", "\n", "，"])
)
def test_every_way_to_write_people_means_them(
    people: list[tuple[str, str]], way: str, between: str
) -> None:
    expected = sorted({("联系人", name, phone, "") for name, phone in people})
    assert _read("联系人", between.join(way.format(*p) for p in people)) == (expected, [])
    names, phones = (between.join(column) for column in zip(*people, strict=True))
    assert _read("联系人|联系电话", names, phones) == (expected, [])


@SOME
@given(
    first=st.one_of(st.text(max_size=40), st.floats(), st.booleans(), st.dates(), st.none()),
    second=st.text(st.sampled_from("张三 0138-()（）转,、;/@.ab\n"), max_size=40),
)
def test_any_cells_are_people_or_refused(first: Any, second: str) -> None:
    people, faults = _read("联系人|联系电话|邮箱", first, second, second)
    assert all(name and len(name) <= 100 and len(phone) <= 50 for _, name, phone, _ in people)
    assert set(faults) <= {"联系人", "联系电话", "邮箱"}
