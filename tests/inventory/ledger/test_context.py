"""What stands above rows and holds for them: labels, headings, titles, names of sheets and files."""

from pathlib import Path
from typing import Any

import pytest

from inventory.ledger import LedgerReport, read_ledgers
from tests.inventory.ledger.books import Rows, write_book

HOSTS = ["服务器编号", "IP地址", "操作系统", "购置时间"]
LINES = ["线路编号", "使用单位", "线路类型", "带宽（M）"]


def _read(tmp_path: Path, sheets: dict[str, Rows], name: str = "台账.xlsx") -> LedgerReport:
    return read_ledgers([write_book(tmp_path / name, sheets)])


def _told(report: LedgerReport, kind: str, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(o[f] for f in fields) for o in report.objects[kind]]


def test_a_register_by_room_tells_the_rooms_and_where_each_device_stands(tmp_path: Path) -> None:
    rows: Rows = [
        ["平川市机房及设备台账"],
        ["机房名称", "审计局机房", "", "管理单位", "平川市审计局"],
        ["机房面积", "60平", "", "机柜数量", "没数过"],
        HOSTS,
        ["A-01", "10.1.1.1", "CentOS 7", "2019.3"],
        ["小计", "1台"],
        [],
        ["机房名称", "档案馆机房", "", "管理单位", "平川市档案馆"],
        ["机房面积", "30㎡", "", "机柜数量", 2],
        HOSTS,
        ["B-01", "10.1.2.1", "麒麟V10", "2020年5月"],
    ]
    report = _read(tmp_path, {"设备": rows})
    assert _told(report, "rooms", "name", "organisation", "racks") == [
        ("档案馆机房", "平川市档案馆", 2)
    ]
    assert _told(report, "hosts", "name", "room") == [
        ("A-01", "审计局机房"),
        ("B-01", "档案馆机房"),
    ]
    assert [(p.row, p.column, p.code) for p in report.problems] == [(3, "机柜数量", "not_a_number")]


@pytest.mark.parametrize(
    "line",
    [
        ["系统名称：", "{system}", "", "部署机房：", "{room}"],
        ["系统名称：{system}", "", "部署机房：{room}"],
        ["系统名称：{system}  部署机房：{room}"],
        ["系统名称", "{system}", "部署机房", "{room}"],
    ],
)
def test_lines_of_labels_in_every_shape(tmp_path: Path, line: list[str]) -> None:
    told = [("户政系统", "公安局机房"), ("信访系统", "信访局机房")]
    rows: list[list[object]] = [["服务器清单（按系统）"]]
    for number, (system, room) in enumerate(told):
        rows += [
            [cell.format(system=system, room=room) for cell in line],
            *([HOSTS] if number == 0 else []),
            [f"S-{number}", f"10.1.1.{number + 1}", "CentOS 7", "2019.3"],
            ["小计：1台"],
        ]
    report = _read(tmp_path, {"服务器": rows})
    assert not report.problems
    assert _told(report, "hosts", "name", "system", "room") == [
        (f"S-{n}", *of) for n, of in enumerate(told)
    ]
    assert not report.objects["systems"]  # a name alone declares nothing


def test_a_label_ends_what_was_said_below_it(tmp_path: Path) -> None:
    rows: Rows = [
        ["机房：一号机房  系统名称：甲系统"],
        HOSTS,
        ["A-01", "10.1.1.1", "CentOS 7", "2019.3"],
        ["机房：二号机房"],
        ["A-02", "10.1.1.2", "CentOS 7", "2019.3"],
    ]
    report = _read(tmp_path, {"服务器": rows})
    assert _told(report, "hosts", "name", "system", "room") == [
        ("A-01", "甲系统", "一号机房"),
        ("A-02", None, "二号机房"),
    ]


def test_headings_name_the_operator_until_the_next_of_their_level(tmp_path: Path) -> None:
    rows: Rows = [
        ["市直单位专线情况表"],
        LINES,
        ["一、中国移动平川分公司"],
        ["YD-1", "市审计局", "互联网专线", 100],
        ["二、平川联通"],
        ["LT-1", "市审计局", "互联网专线", 100],
        ["三、其他"],
        ["QT-1", "市审计局", "互联网专线", 100],
    ]
    report = _read(tmp_path, {"专线": rows})
    assert not report.problems
    assert _told(report, "lines", "cid", "provider") == [
        ("YD-1", "中国移动"),
        ("LT-1", "中国联通"),
        ("QT-1", None),
    ]


@pytest.mark.parametrize(
    ("file", "sheet", "title", "provider"),
    [
        ("专线.xlsx", "电信", "专线情况", "中国电信"),
        ("专线.xlsx", "表1", "专线租用情况（移动）", "中国移动"),
        ("中国联通平川分公司出账明细.xlsx", "表1", "专线明细", "中国联通"),
        ("专线（移动、联通、广电）.xlsx", "表1", "专线明细", None),
        ("移动办公专线.xlsx", "表1", "专线明细", None),
    ],
)
def test_the_operator_of_a_whole_sheet(
    tmp_path: Path, file: str, sheet: str, title: str, provider: str | None
) -> None:
    rows: Rows = [[title], LINES, ["A-1", "市审计局", "互联网专线", 100]]
    report = _read(tmp_path, {sheet: rows}, file)
    assert _told(report, "lines", "provider") == [(provider,)]


@pytest.mark.parametrize(
    ("file", "sheet", "title"),
    [
        ("台账.xlsx", "表1", "平川市教育局信息系统自查表"),
        ("台账.xlsx", "市教育局", "信息系统自查表"),
        ("平川市教育局反馈-调查表.xlsx", "表1", "信息系统自查表"),
    ],
)
def test_the_department_whose_sheet_it_is(
    tmp_path: Path, file: str, sheet: str, title: str
) -> None:
    systems: Rows = [[title], ["系统名称", "等保级别", "批复时间"], ["学籍系统", "二级", "2019.3"]]
    rooms: Rows = [["机房名称", "所属单位"], ["一号机房", "平川市审计局"]]
    report = _read(tmp_path, {sheet: systems, "机房": rooms}, file)
    assert _told(report, "systems", "name", "organisation") == [("学籍系统", "平川市教育局")]


def test_a_row_of_units_is_the_header_s(tmp_path: Path) -> None:
    rows: Rows = [
        ["序号", "系统名称", "主管单位", "建设资金", "内存", "CPU核数"],
        ["—", "—", "—", "万元", "GB", "核"],
        ["甲", "乙", "丙", 1, 2, 3],
        [1, "学籍系统", "平川市教育局", 12, 64, "2颗×8核"],
    ]
    report = _read(tmp_path, {"信息系统": rows})
    assert not report.problems
    assert _told(report, "systems", "construction_funds", "memory_gib", "cpu_cores") == [
        (120_000, 64, 16)
    ]


def test_one_column_may_tell_several_fields(tmp_path: Path) -> None:
    lines: Rows = [
        ["线路编号", "运营商", "起止地点", "合同起止时间", "是否统一租用"],
        ["A-1", "电信", "审计局机房—市政务中心", "2022年1月1日-12月31日", "是"],
        ["A-2", "移动", "档案馆机房至市政务中心", "自2022.4.1起至2024.3.31止", "否"],
    ]
    rooms: Rows = [
        ["机房名称", "单位", "建成/改造时间", "所在楼宇及楼层"],
        ["审计局机房", "平川市审计局", "2010.5/2018.6", "综合楼3楼"],
        ["档案馆机房", "平川市档案馆", "2012年7月", "档案大厦/B1"],
    ]
    report = _read(tmp_path, {"专线": lines, "机房": rooms})
    assert not report.problems
    assert _told(report, "lines", "a_end", "z_end", "contract_end", "self_leased") == [
        ("审计局机房", "市政务中心", "2022-12-31", False),
        ("档案馆机房", "市政务中心", "2024-03-31", True),
    ]
    assert _told(report, "rooms", "created", "upgraded", "building", "floor") == [
        ("2010-05-01", "2018-06-01", "综合楼", "3楼"),
        ("2012-07-01", None, "档案大厦", "B1"),
    ]
