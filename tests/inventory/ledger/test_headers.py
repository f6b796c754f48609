import pytest

from inventory.ledger.headers import find_table
from inventory.ledger.rows import data_rows
from inventory.ledger.sheets import Sheet
from inventory.ledger.spelling import default_words

WORDS = default_words()


def _sheet(*rows: tuple[str, ...], name: str = "表") -> Sheet:
    return Sheet("a.xlsx", name, rows)


@pytest.mark.parametrize("kind", WORDS.kinds)
def test_every_kind_is_known_by_its_own_headers(kind: str) -> None:
    fields: dict[str, str] = {}
    for header, field in WORDS.kinds[kind].headers.items():
        fields.setdefault(field, header)
    table = find_table(_sheet(("标题",), tuple(fields.values())), WORDS)
    assert table
    assert table.kind == kind
    assert [c.field for c in table.columns] == list(fields)


def test_titles_above_and_notes_below() -> None:
    sheet = _sheet(
        ("云州市部门数据机房情况表", "", ""),
        ("（盖章）", "", ""),
        ("序号", "机房名称", "单位"),
        ("1", "甲机房", "甲局"),
        ("", "", ""),
        ("合 计", "1", ""),
        ("填表说明：如实填写", "", ""),
    )
    table = find_table(sheet, WORDS)
    assert table
    assert [(row.number, row.why) for row in data_rows(table, WORDS)] == [
        (4, ""),
        (6, "合计行 / totals row"),
        (7, "说明行 / note row"),
    ]


def test_a_header_of_two_rows_and_units_in_brackets() -> None:
    sheet = _sheet(
        ("系统名称", "建设资金（万元）", "资源情况", "", "所属单位"),
        ("", "", "CPU(核)", "内存\n（GB）", ""),
        ("甲系统", "12", "4", "8", "甲局"),
    )
    table = find_table(sheet, WORDS)
    assert table
    assert table.first_row == 2
    assert [(c.field, c.unit) for c in table.columns] == [
        ("name", ""),
        ("construction_funds", "万元"),
        ("cpu_cores", "核"),
        ("memory_gib", "gb"),
        ("organisation", ""),
    ]


def test_the_first_data_row_is_no_second_header() -> None:
    sheet = _sheet(("系统名称", "数据库", "程序目录"), ("服务", "", ""), ("甲", "", ""))
    table = find_table(sheet, WORDS)
    assert table
    assert table.first_row == 1


def test_unknown_and_repeated_headers_are_told() -> None:
    table = find_table(_sheet(("机房名称", "单位", "风水", "部门", "备注")), WORDS)
    assert table
    assert [c.title for c in table.unknown] == ["风水", "部门"]


@pytest.mark.parametrize(
    ("name", "headers", "kind"),
    [
        ("服务器", ("服务名称", "设备名称", "端口", "所属系统", "IP地址", "机房"), "hosts"),
        ("服务", ("服务名称", "设备名称", "端口", "所属系统", "IP地址", "机房"), "services"),
        ("表", ("系统名称", "单位", "服务名", "端口"), "systems"),
        ("机房", ("机房名称", "园区", "地址", "区县"), "rooms"),
        ("园区", ("园区名称", "地址", "区县", "联系人"), "sites"),
        ("线路", ("线路编号", "A端", "Z端"), "lines"),
        ("链路", ("链路编号", "A端", "Z端"), "links"),
        ("单位", ("单位名称", "简称", "负责人", "运维人员", "邮箱"), "organisations"),
    ],
)
def test_tables_that_look_alike(name: str, headers: tuple[str, ...], kind: str) -> None:
    table = find_table(_sheet(headers, name=name), WORDS)
    assert table
    assert table.kind == kind


def test_a_letter_is_no_table() -> None:
    assert find_table(_sheet(("各位领导：",), ("机房名称见附件",)), WORDS) is None
