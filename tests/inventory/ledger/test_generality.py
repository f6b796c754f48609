"""What ledgers of cities never seen may hold: layouts, headers and values by their general class."""

import pytest

from inventory.ledger.cells import Cell, Refused
from inventory.ledger.dates import last_day
from inventory.ledger.fields import FIELDS
from inventory.ledger.money import money
from inventory.ledger.organisations import Organisations, county_of, in_county
from inventory.ledger.readings import tables_of
from inventory.ledger.records import read_table
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words
from inventory.ledger.table import Table
from inventory.ledger.values import text_list

WORDS = default_words()


def tables(*rows: tuple[Cell, ...], name: str = "表") -> tuple[Table, ...]:
    return tables_of(Sheet("a.xlsx", name, rows), WORDS)


def test_a_table_whose_cells_are_words_of_forms_stays_a_table() -> None:
    header = ("专线号", "运营商", "线路类型", "起点", "终点", "合同到期", "自租还是统租", "用法")
    rows = [
        (f"ZX{n}", "电信", "互联网", "甲机房", "乙机房", "2027年4月10日", "自租", "在用")
        for n in range(6)
    ]
    (table,) = tables(header, *rows)
    assert (table.form, table.kind, len(read_table(table, WORDS).records)) == (False, "lines", 6)


def test_the_names_are_found_where_their_header_is_unknown() -> None:
    header = ("喊作", "主管部门", "是否涉密", "等保级别", "内存", "建设内容")
    rows = [(f"{n}号工程平台", "市民政局", "否", "二级", "8G", "台账") for n in "甲乙丙丁"]
    (table,) = tables(header, *rows)
    assert [record.name for record in read_table(table, WORDS).records][:1] == ["甲号工程平台"]


def test_a_table_without_names_is_told_and_its_faults_too() -> None:
    header = ("喊作", "主管部门", "是否涉密", "等保级别", "内存")
    rows = [
        ("同一个", "市民政局", "也许", "二级", "8G"),
        ("同一个", "市民政局", "否", "二级", "8G"),
    ]
    (table,) = tables(header, *rows)
    read = read_table(table, WORDS)
    assert read.records == ()
    assert {(p.code, p.column) for p in read.problems} == {
        ("unknown_header", "喊作"),
        ("not_in_choices", "是否涉密"),
    }


def test_a_small_table_above_a_large_one() -> None:
    rooms = ("机房名称", "所属单位", "面积", "机柜数", "楼层", "建成时间")
    systems = (
        *("系统名称", "责任单位", "主要功能", "是否涉密", "等保级别", "批复时间", "CPU核数"),
        *("内存", "存储", "部署机房", "所属网络", "用户数", "操作系统", "数据库类型"),
    )
    empty = ("",) * len(systems)
    row = ("甲系统", "市民政局", "台账", "否", "二级", "2019-01-02", "8", "8G", "1T", "甲机房")
    found = tables(
        rooms,
        ("甲机房", "市民政局", "20", "3", "2", "2019-01-02"),
        empty,
        systems,
        (*row, "政务外网", "3", "麒麟", "达梦"),
    )
    assert [table.kind for table in found] == ["rooms", "systems"]


def test_a_group_over_one_column_gives_its_unit() -> None:
    rows = (
        ("专线号码", "运营商", "起讫", "", "费用（万元）", "租用方式"),
        ("", "", "起", "讫", "年费", ""),
        ("ZX1", "电信", "甲机房", "乙机房", "9", "自租"),
    )
    merges = ((0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3), (0, 5, 1, 5))
    (table,) = tables_of(Sheet("a.xlsx", "专线", rows, merges=merges), WORDS)
    (record,) = read_table(table, WORDS).records
    assert record.values["rent_per_year"] == 90_000


@pytest.mark.parametrize(
    ("written", "yuan"),
    [
        ("一万五", 15_000),
        ("三万六", 36_000),
        ("八千", 8_000),
        ("1.5万", 15_000),
        ("1万5", 15_000),
        ("3千2", 3_200),
        ("十二", 120_000),
        ("一亿二", 120_000_000),
    ],
)
def test_an_amount_that_tells_its_own_unit(written: str, yuan: int) -> None:
    assert money(written, "万元", WORDS) == yuan


@pytest.mark.parametrize("written", ["三百", "一百二十", "1万2500", "三万多"])
def test_an_amount_that_may_be_two_is_refused(written: str) -> None:
    with pytest.raises(Refused):
        money(written, "万元", WORDS)


@pytest.mark.parametrize(
    ("kind", "field", "written", "value"),
    [
        ("systems", "secrecy", "□是　☑否", "none"),
        ("systems", "secrecy", "■是 □否", "classified"),
        ("systems", "mlps_level", "□二级 ☑三级 □四级", 3),
        ("systems", "memory_gib", "32GB DDR4", 32),
        ("systems", "storage_gib", "系统盘100G+数据盘500G", 600),
        ("systems", "cpu_cores", "双核", 2),
        ("systems", "cpu_cores", "2颗×16核", 32),
        ("systems", "scope_of_use", "仅本科室", "section"),
        ("systems", "network_domain", "互连网", "internet"),
        ("systems", "database_products", "Oracle 11g+Redis", ("Oracle 11g", "Redis")),
        ("rooms", "racks", "3台机柜", 3),
        ("lines", "bandwidth_kbps", "20兆宽带", 20_000),
        ("lines", "level", "区县级", "county"),
        ("hosts", "cpu_arch", "酷睿i7", "x86_64"),
        ("hosts", "cpu_arch", "龙芯3A4000", "mips64"),
    ],
)
def test_a_class_of_values(kind: str, field: str, written: str, value: object) -> None:
    assert FIELDS[kind][field](written, "", WORDS) == value


@pytest.mark.parametrize("written", ["□是 □否", "☑是 ☑否"])
def test_boxes_that_say_nothing_for_sure(written: str) -> None:
    with pytest.raises(Refused):
        FIELDS["systems"]["secrecy"](written, "", WORDS)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2019年二月", "2019-02-01"),
        ("Oct-18", "2018-10-01"),
        ("2018年1月8日 星期一", "2018-01-08"),
        ("2017年3月23日批复", "2017-03-23"),
        ("2022.11.10-2025.11.10", "2025-11-10"),
    ],
)
def test_a_class_of_days(written: str, day: str) -> None:
    assert str(last_day(written, "", WORDS)) == day


def test_what_is_no_choice_is_told_and_costs_its_field_alone() -> None:
    (table,) = tables(("机房名称", "单位", "拟处置意见"), ("甲机房", "民政局", "再议"))
    read = read_table(table, WORDS)
    assert [p.code for p in read.problems] == ["not_in_choices"]
    assert [r.name for r in read.records] == ["甲机房"]


def test_marks_of_a_list() -> None:
    for cell in ("（1）甲系统（2）乙系统", "①甲系统；②乙系统", "1.甲系统 2.乙系统"):
        assert text_list(cell, "", WORDS) == ("甲系统", "乙系统")


def test_organisations_of_the_party_towns_and_counties() -> None:
    told = ("中共磐溪市委宣传部", "磐溪市柳树镇人民政府", "望岳区教育局")
    organisations = Organisations({}, told, (), WORDS)
    assert organisations.full("市委宣传部") == told[0]
    assert organisations.full("柳树镇政府") == organisations.full("柳树镇")
    county = county_of(("望岳区信息系统登记表",))
    assert organisations.full(in_county("区教育局", county)) == told[2]
    assert in_county("区教育局", county_of(("各区信息系统登记表",))) == "区教育局"


@pytest.mark.parametrize("kind", WORDS.kinds)
def test_no_header_is_taken_by_the_parts_of_another_field(kind: str) -> None:
    """Headers that are spelt out, read by their parts alone, are their own field's or none's, but
    for the few that a likeness was always wide enough to take."""
    known = WORDS.kinds[kind]
    found = {h: f for h in known.headers if (f := known.likely(h)) is not None}
    stolen = [h for h, field in found.items() if known.headers[h] != field]
    assert len(stolen) <= 0.04 * len(known.headers)
