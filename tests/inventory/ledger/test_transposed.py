"""横表: fields run down, objects stand side by side."""

from collections.abc import Sequence

from inventory.ledger.cells import Cell
from inventory.ledger.readings import tables_of
from inventory.ledger.records import Rows, read_table
from inventory.ledger.sheets import Hidden, Sheet
from inventory.ledger.spelling import default_words

WORDS = default_words()
SYSTEMS: tuple[tuple[Cell, ...], ...] = (
    ("政务信息系统基本情况表", None, None, None),
    ("填报单位：清河市民政局", None, None, None),
    ("填报项", "系统一", "系统二", "系统三"),
    ("系统名称", "婚姻登记系统", "低保核对系统", "殡葬服务平台"),
    ("立项批复时间", "2011年七月", "2015年10月", "2018-10-01"),
    ("总投资（万元）", 6.4, 87, "39.8"),
    ("是否涉密", "不涉密", "非涉密", "否"),
    ("等保级别", "第二级", "三级", "二级（已备案）"),
    ("CPU（核）", "32核", 20.0, 4),
    ("内存", "48GB", "96G", "16G"),
    ("填表人：张某      联系电话：", None, None, None),
)


def sheet(
    rows: Sequence[Sequence[Cell]],
    merges: Sequence[tuple[int, int, int, int]] = (),
    unseen: Hidden | None = None,
) -> Sheet:
    told = tuple(tuple(row) for row in rows)
    return Sheet("台账.xlsx", "表", told, merges=tuple(merges), unseen=unseen or Hidden())


def read(told: Sheet) -> list[Rows]:
    return [read_table(table, WORDS) for table in tables_of(told, WORDS)]


def values(told: Sheet, *fields: str) -> list[tuple[str, ...]]:
    return [
        tuple(str(record.values.get(field)) for field in ("name", *fields))
        for rows in read(told)
        for record in rows.records
    ]


def test_each_column_is_an_object_and_keeps_its_places() -> None:
    (rows,) = read(sheet(SYSTEMS))
    assert (rows.kind, rows.problems) == ("systems", ())
    first = rows.records[0]
    told = {name: str(value) for name, value in first.values.items() if name != "code"}
    assert told == {
        "name": "婚姻登记系统",
        "organisation": "清河市民政局",
        "approval_date": "2011-07-01",
        "construction_funds": "64000",
        "secrecy": "none",
        "mlps_level": "2",
        "cpu_cores": "32",
        "memory_gib": "48",
    }
    assert [r.name for r in rows.records] == ["婚姻登记系统", "低保核对系统", "殡葬服务平台"]
    assert {(p.field, p.row, p.column, p.raw) for p in rows.records[1].provenance()} >= {
        ("name", 4, "系统名称", "低保核对系统"),
        ("construction_funds", 6, "总投资（万元）", "87"),
    }
    assert rows.records[1].place.endswith("第 4 行C 列")


def test_a_fault_is_told_in_its_row_and_costs_its_column() -> None:
    wrong = [list(row) for row in SYSTEMS]
    wrong[4][2] = "2015年13月"
    (rows,) = read(sheet(wrong))
    assert [(p.row, p.column, p.raw, p.code) for p in rows.problems] == [
        (5, "立项批复时间", "2015年13月", "not_a_date")
    ]
    assert "C 列" in rows.problems[0].message
    assert [r.name for r in rows.records] == ["婚姻登记系统", "殡葬服务平台"]


def test_groups_to_the_left_units_beside_and_remarks_behind() -> None:
    told = (
        ("类别", "指标", "计量单位", "一", "二", "备注"),
        ("基本信息", "1. 系统名称：", "—", "婚姻登记系统", "低保核对系统", ""),
        ("基本信息", "2. 批复时间：", "—", "2016年6月1日", "2017.3", "以批文为准"),
        ("资金", "建设", "万元", 6.4, 87, ""),
        ("资金", "年运维", "万元", 1.5, 2, "含税"),
        ("服务器资源", "CPU", "核", 8, 16, ""),
        ("服务器资源", "内存", "GB", 16, 32, ""),
    )
    merges = [(1, 0, 2, 0), (3, 0, 4, 0), (5, 0, 6, 0)]
    found = values(sheet(told, merges), "construction_funds", "om_funds_per_year", "memory_gib")
    assert found == [
        ("婚姻登记系统", "64000", "15000", "16"),
        ("低保核对系统", "870000", "20000", "32"),
    ]


def test_blocks_below_each_other() -> None:
    second = [list(row) for row in SYSTEMS[2:10]]
    second[1][1:] = ["福利彩票系统", "志愿服务平台", ""]
    for row in second:
        row[3] = ""
    found = values(sheet([*SYSTEMS[:10], *second, SYSTEMS[-1]]))
    assert [name for (name,) in found] == [
        "婚姻登记系统",
        "低保核对系统",
        "殡葬服务平台",
        "福利彩票系统",
        "志愿服务平台",
    ]


def test_blocks_of_two_kinds() -> None:
    rooms = (
        ("", "", "", ""),
        ("机房情况", "", "", ""),
        ("机房名称", "一号机房", "二号机房", ""),
        ("机房面积（㎡）", 80, "120", ""),
        ("机柜数量", 6, 8, ""),
        ("建成时间", "2011年", "2012-05", ""),
        ("年运行经费（万元）", 5, 6, ""),
    )
    found = read(sheet([*SYSTEMS[:10], *rooms]))
    assert [(rows.kind, len(rows.records), len(rows.refused)) for rows in found] == [
        ("systems", 3, 0),
        ("rooms", 1, 1),
    ]
    assert [(p.row, p.column) for p in found[1].problems] == [(16, "建成时间")]


def test_titles_of_parts_hold_no_object() -> None:
    parts = [list(row) for row in SYSTEMS]
    parts.insert(8, ["二、资源情况", None, None, None])
    parts.insert(3, ["一、基本情况", None, None, None])
    found = values(sheet(parts, [(3, 0, 3, 3), (9, 0, 9, 3)]), "cpu_cores")
    assert found == [("婚姻登记系统", "32"), ("低保核对系统", "20"), ("殡葬服务平台", "4")]


def test_hidden_columns_and_rows_are_not_read() -> None:
    hidden = Hidden(rows=frozenset({5}), columns=frozenset({2}))
    (rows,) = read(sheet(SYSTEMS, unseen=hidden))
    assert [r.name for r in rows.records] == ["婚姻登记系统", "殡葬服务平台"]
    assert "construction_funds" not in rows.records[0].values
    assert {entry.reason for entry in rows.ignored} >= {
        "隐藏的行 / hidden rows: 1",
        "隐藏的行 / hidden row（C 列 / column C）",
    }


def test_a_value_merged_over_several_objects_is_that_of_each() -> None:
    merged = [list(row) for row in SYSTEMS]
    merged[7][1:] = ["三级", None, None]
    found = values(sheet(merged, [(7, 1, 7, 3)]), "mlps_level")
    assert [level for _, level in found] == ["3", "3", "3"]


def test_people_and_hosts() -> None:
    told = (
        ("序号", 1, 2),
        ("设备编号", "SB-01", "SB-02"),
        ("操作系统", "银河麒麟V10", "CentOS 7.6"),
        ("IP地址", "10.1.1.1", "10.1.1.300"),
        ("CPU架构", "ARM", "x86"),
        ("所在机房", "一号机房", "一号机房"),
        ("采购时间", "2016年6月", "2017年3月"),
    )
    (rows,) = read(sheet(told))
    assert (rows.kind, [r.code for r in rows.records]) == ("hosts", ["SB-01"])
    assert [(p.row, p.column, p.raw, p.code) for p in rows.problems] == [
        (4, "IP地址", "10.1.1.300", "not_an_ip")
    ]


def test_a_table_of_the_usual_kind_is_not_turned() -> None:
    turned = tuple(zip(*(row for row in SYSTEMS[3:10]), strict=True))
    (rows,) = read(sheet(turned))
    assert (rows.kind, [r.row for r in rows.records]) == ("systems", [2, 3, 4])
