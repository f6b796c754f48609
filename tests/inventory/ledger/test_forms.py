"""一系统一表: forms of labels and values, as departments print and sign them."""

from collections.abc import Sequence

from inventory.ledger.cells import Cell
from inventory.ledger.forms import find_forms
from inventory.ledger.records import read_table
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words

WORDS = default_words()
FORM: tuple[tuple[Cell, ...], ...] = (
    ("清河市政务信息系统登记表", None, None, None),
    ("填报单位（公章）：市民政局", None, "填报日期：2022年6月15日", None),
    ("系统名称", "婚姻登记系统", "主管部门", "清河市民政局"),
    ("主要功能", "婚姻登记的受理与统计", None, None),
    ("批复时间", "2021 年 5 月 26 日", "建设资金（万元）", 74.5),
    ("是否涉密", "非涉密", "等保级别", "三级"),
    ("CPU核数", 16, "内存", "16G"),
    ("单位意见：", "（盖章）", None, "年   月   日"),
)


def sheet(rows: Sequence[Sequence[Cell]]) -> Sheet:
    return Sheet("登记表.xlsx", "1", tuple(tuple(row) for row in rows))


def test_a_form_is_one_object() -> None:
    (table,) = find_forms(sheet(FORM), WORDS)
    read = read_table(table, WORDS)
    assert (table.kind, read.problems) == ("systems", ())
    (record,) = read.records
    told = {name: str(value) for name, value in record.values.items() if name != "code"}
    assert told == {
        "name": "婚姻登记系统",
        "organisation": "清河市民政局",
        "function": "婚姻登记的受理与统计",
        "approval_date": "2021-05-26",
        "construction_funds": "745000",
        "secrecy": "none",
        "mlps_level": "3",
        "cpu_cores": "16",
        "memory_gib": "16",
    }
    assert {(p.field, p.row, p.column) for p in record.provenance()} >= {
        ("name", 3, "系统名称"),
        ("construction_funds", 5, "建设资金（万元）"),
    }


def test_a_fault_is_told_where_it_stands() -> None:
    wrong = [list(row) for row in FORM]
    wrong[5][3] = "八级"
    (table,) = find_forms(sheet(wrong), WORDS)
    read = read_table(table, WORDS)
    assert [(p.row, p.column, p.raw, p.code) for p in read.problems] == [
        (6, "等保级别", "八级", "not_in_choices")
    ]
    assert read.records == ()


def test_a_value_that_reads_like_its_header_is_a_value() -> None:
    secret = [list(row) for row in FORM]
    secret[5][1] = "涉密"
    (table,) = find_forms(sheet(secret), WORDS)
    (record,) = read_table(table, WORDS).records
    assert record.values["secrecy"] == "classified"


def test_forms_below_each_other() -> None:
    second = [list(row) for row in FORM]
    second[2][1] = "低保核对系统"
    tables = list(find_forms(sheet([*FORM, *second]), WORDS))
    names = [r.name for table in tables for r in read_table(table, WORDS).records]
    assert names == ["婚姻登记系统", "低保核对系统"]


def test_a_table_is_no_form() -> None:
    heads = ("系统名称", "主管部门", "主要功能", "批复时间", "是否涉密", "等保级别")
    row = ("门户", "市民政局", "受理", "2021-05-26", "非涉密", "二级")
    assert list(find_forms(sheet([heads, *[row] * 8]), WORDS)) == []
