"""Sheets as they come: groups, notes, totals, hidden rows, ditto marks, several tables, repeats."""

from pathlib import Path
from typing import Any

from openpyxl import Workbook

from inventory.ledger import LedgerReport, read_ledgers
from tests.inventory.ledger.books import Rows, write_book


def _read(tmp_path: Path, sheets: dict[str, Rows]) -> LedgerReport:
    return read_ledgers([write_book(tmp_path / "台账.xlsx", sheets)])


def _told(report: LedgerReport, kind: str, *fields: str) -> list[tuple[Any, ...]]:
    return [tuple(o[f] for f in fields) for o in report.objects[kind]]


def test_a_form_of_one_department(tmp_path: Path) -> None:
    """Its name and the unit of its money stand above the table; a classified system has a name."""
    rows: Rows = [
        ["附件1"],
        ["云州市政务信息系统自查表"],
        ["填报单位（盖章）：云州市民政局", "", "", "填报日期：2018年6月1日", "金额单位：万元"],
        ["序号", "系统名称", "涉密情况", "建设投资", "批复日期"],
        [1, 2, 3, 4, 5],
        [1, "婚姻登记系统", "否", 120, "2016.3"],
        [2, "低保核对系统", "否", "35000元", 42522],
        [3, "审计内网系统"],
        [4],
        ["合 计", 3, "", "123.5"],
        ["注：1.涉密系统只填名称"],
        ["填报人：张三", "", "审核人：李四"],
    ]
    report = _read(tmp_path, {"自查表": rows})
    assert not report.problems
    assert _told(report, "systems", "name", "organisation", "construction_funds") == [
        ("婚姻登记系统", "云州市民政局", 1_200_000),
        ("低保核对系统", "云州市民政局", 35_000),
        ("审计内网系统", "云州市民政局", None),
    ]
    assert [o["approval_date"] for o in report.objects["systems"]] == [
        "2016-03-01",
        "2016-06-01",
        None,
    ]
    assert [i.row for i in report.ignored] == [5, 9, 10, 11, 12]


def test_groups_name_their_columns_and_the_unit_of_their_money(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "信息系统"
    for row in (
        ["系统", None, "责任单位", "资金情况（万元）", None, "部署情况", None],
        ["名称", "编号", None, "建设", "年运维", "网络", "机房"],
        ["甲系统", "S-1", "云州市民政局", 12, "3.5", "政务外网", "甲机房"],
        ["乙系统", "S-2", None, 1, None, "互联网", None],
    ):
        page.append(row)
    for area in ("A1:B1", "C1:C2", "D1:E1", "F1:G1", "C3:C4"):
        page.merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    report = read_ledgers([tmp_path / "a.xlsx"])
    assert not report.problems
    fields = ("name", "code", "organisation", "construction_funds", "om_funds_per_year", "room")
    assert _told(report, "systems", *fields) == [
        ("甲系统", "S-1", "云州市民政局", 120_000, 35_000, "甲机房"),
        ("乙系统", "S-2", "云州市民政局", 10_000, None, None),
    ]


def test_hidden_rows_columns_and_sheets_are_ignored_and_said(tmp_path: Path) -> None:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = "机房"
    for row in (["机房名称", "机柜数", "面积"], ["甲机房", 3, 20], ["旧机房", "若干", 30]):
        page.append(row)
    page.row_dimensions[3].hidden = True
    page.column_dimensions["C"].hidden = True
    old = book.create_sheet("2016年旧表")
    old.append(["机房名称", "机柜数"])
    old.append(["更旧的机房", 1])
    old.sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    report = read_ledgers([tmp_path / "a.xlsx"])
    assert _told(report, "rooms", "name", "racks", "area_m2") == [("甲机房", 3, None)]
    assert report.ok
    said = {(i.sheet, i.row, i.reason.partition(" / ")[0]) for i in report.ignored}
    assert {
        ("2016年旧表", 0, "隐藏的工作表"),
        ("机房", 3, "隐藏的行"),
        ("机房", 0, "隐藏的列"),
    } <= said


def test_days_counted_from_1904(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = __import__("datetime").datetime(1904, 1, 1)
    page = book.active
    assert page is not None
    page.title = "机房"
    page.append(["机房名称", "建成时间"])
    page.append(["甲机房", 42522 - 1462])
    book.save(tmp_path / "a.xlsx")
    report = read_ledgers([tmp_path / "a.xlsx"])
    assert _told(report, "rooms", "created") == [("2016-06-01",)]


def test_ditto_groups_of_rows_and_a_header_again(tmp_path: Path) -> None:
    rows: Rows = [
        ["序号", "主管部门", "系统名称", "所在网络"],
        ["一、市直部门"],
        [1, "云州市民政局", "甲系统", "外网"],
        [2, "同上", "乙系统", "〃"],
        ["小计", 2],
        ["序号", "主管部门", "系统名称", "所在网络"],
        [3, "云州市教育局", "丙系统", "互联网"],
    ]
    report = _read(tmp_path, {"信息系统": rows})
    assert not report.problems
    assert _told(report, "systems", "name", "organisation", "network_domain") == [
        ("甲系统", "云州市民政局", "extranet"),
        ("乙系统", "云州市民政局", "extranet"),
        ("丙系统", "云州市教育局", "internet"),
    ]


def test_rows_under_the_name_of_their_department(tmp_path: Path) -> None:
    rows: Rows = [
        ["云州市信息系统清查表"],
        ["序号", "系统名称", "所在网络"],
        ["一、市教育局（2个）"],
        [1, "甲系统", "外网"],
        [2, "乙系统", "外网"],
        ["二、市民政局（1个）"],
        [1, "丙系统", "外网"],
    ]
    report = _read(tmp_path, {"信息系统": rows})
    assert _told(report, "systems", "name", "organisation") == [
        ("甲系统", "云州市教育局"),
        ("乙系统", "云州市教育局"),
        ("丙系统", "云州市民政局"),
    ]


def test_two_tables_in_one_sheet(tmp_path: Path) -> None:
    rows: Rows = [
        ["一、机房"],
        ["机房名称", "机柜数", "面积"],
        ["甲机房", 3, 20],
        [],
        ["二、服务器"],
        ["服务器名称", "所在机房", "操作系统", "IP地址"],
        ["web-01", "甲机房", "麒麟", "10.1.2.3、fd00::1"],
    ]
    report = _read(tmp_path, {"汇总": rows})
    assert not report.problems
    assert _told(report, "rooms", "name", "racks") == [("甲机房", 3)]
    assert _told(report, "hosts", "name", "room", "ipv4", "ipv6") == [
        ("web-01", "甲机房", "10.1.2.3", "fd00::1")
    ]


HEAD = ["系统名称", "所属单位", "CPU核数", "内存"]


def test_late_rows_are_merged_or_a_conflict_that_names_both(tmp_path: Path) -> None:
    first: Rows = [HEAD, ["甲系统", "云州市民政局", 8, ""], ["乙系统", "云州市民政局", 4, "8G"]]
    late: Rows = [HEAD, ["甲系统", "市民政局", "8核", "16G"], ["乙系统", "市民政局", 6, "8GB"]]
    report = _read(tmp_path, {"信息系统": first, "补报": late})
    (problem,) = report.problems
    assert (problem.sheet, problem.row, problem.column, problem.raw, problem.code) == (
        "补报",
        3,
        "系统名称",
        "乙系统",
        "duplicate",
    )
    assert "信息系统 第 3 行" in problem.message
    assert "CPU 核数" in problem.message
    assert _told(report, "systems", "name", "cpu_cores", "memory_gib") == [
        ("甲系统", 8, 16),
        ("乙系统", 4, 8),
    ]
    assert [(i.sheet, i.row) for i in report.ignored] == [("补报", 2)]
    (system, _) = sorted(report.estate.systems, key=lambda s: s.memory_gib or 0, reverse=True)
    assert {p.sheet for p in system.provenance if p.field == "memory_gib" and p.raw} == {"补报"}


def test_two_departments_may_call_their_systems_alike(tmp_path: Path) -> None:
    rows: Rows = [HEAD, ["门户网站", "云州市民政局", 8, ""], ["门户网站", "云州市教育局", 4, ""]]
    report = _read(tmp_path, {"信息系统": rows})
    assert not report.problems
    assert len({s.code for s in report.estate.systems}) == 2


def test_every_object_of_the_census(tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {
        "单位": [
            ["单位名称", "单位简称", "主要负责人", "联系电话", "信息化业务人员编制"],
            ["云州市民政局", "市民政局", "张三", "0999-6210001", 3],
        ],
        "项目": [
            [
                "项目名称",
                "建设单位",
                "总投资（万元）",
                "经费渠道",
                "项目类型",
                "验收时间",
                "审计结果",
            ],
            ["婚姻登记升级", "市民政局", 120, "市级财政资金", "续建", "未验收", "合格"],
        ],
        "信息资源目录": [
            ["信息资源名称", "提供单位", "共享类型", "更新周期", "是否向社会开放"],
            ["婚姻登记信息", "民政局", "有条件共享", "每日", "否"],
        ],
    }
    report = _read(tmp_path, sheets)
    assert not report.problems
    (owner,) = report.estate.organisations
    assert (owner.it_posts, owner.contacts[0].role) == (3, "主要负责人")
    (project,) = report.estate.projects
    assert (project.organisation, project.investment) == (owner.code, 1_200_000)
    assert (project.funding_source, project.kind) == ("municipal_fiscal", "continued")
    assert [(i.column, i.raw) for i in report.ignored] == [("验收时间", "未验收")]
    (resource,) = report.estate.resources
    assert (resource.organisation, resource.share_type) == (owner.code, "conditional")
    assert resource.open is False
    assert resource.update_cycle == "每日"


def test_a_row_of_units_and_lines_signed_in_other_words(tmp_path: Path) -> None:
    rows: Rows = [
        ["云州市水利局信息系统情况统计表"],
        ["部门：云州市水利局（盖章）", "", "", "时间：2018年5月"],
        ["序号", "信息系统", "等保", "CPU", "内存", "存储", "建设", "运维"],
        ["", "", "", "(核)", "(GB)", "(TB)", "（万元）", "（万元/年）"],
        [1, "河长制系统", "Ⅲ", 8, 16, 2, "100", "5"],
        [2, "水文系统", "二", 4, 8, "500G", "1,200,000元", "2000元/月"],
        ["填表单位负责人：王五", "", "", "填表人：赵六", "", "联系电话：123"],
    ]
    report = _read(tmp_path, {"Sheet1": rows})
    assert not report.problems
    fields = ("organisation", "mlps_level", "memory_gib", "storage_gib", "construction_funds")
    assert _told(report, "systems", *fields, "om_funds_per_year") == [
        ("云州市水利局", 3, 16, 2048, 1_000_000, 50_000),
        ("云州市水利局", 2, 8, 500, 1_200_000, 24_000),
    ]


def test_two_ends_under_one_group_without_merged_cells(tmp_path: Path) -> None:
    rows: Rows = [
        ["专线情况"],
        ["电路号码", "运营公司", "起止地点", "", "速率(Mbps)", "月租(元)"],
        ["", "", "起", "止", "", ""],
        ["A001", "云州电信", "水利局机房", "市政务云中心", 100, "2000"],
    ]
    report = _read(tmp_path, {"线路台账": rows})
    assert not report.problems
    assert _told(report, "lines", "cid", "provider", "a_end", "z_end", "rent_per_year") == [
        ("A001", "中国电信", "水利局机房", "市政务云中心", 24_000)
    ]
