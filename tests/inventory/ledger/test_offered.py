"""The words of a choice that messages show are those of the template's drop-downs."""

from pathlib import Path

from openpyxl import Workbook

from inventory.ledger import read_ledgers
from inventory.ledger.cells import Refused
from inventory.ledger.fields import FIELDS
from inventory.ledger.offered import with_offered
from inventory.ledger.spelling import default_words
from inventory.ledger_write.columns import Column, Shape, columns

WORDS = default_words()


def _shown(column: Column) -> str:
    try:
        FIELDS[column.kind][column.field]("¤¤", "", WORDS)
    except Refused as refusal:
        told = with_offered(refusal, column.kind, column.field, WORDS).expected
        return told.partition(" / ")[0].removeprefix("其中之一：")
    raise AssertionError(column)


def test_a_message_shows_what_the_template_offers() -> None:
    asked = [c for kind in FIELDS for c in columns(kind, WORDS) if c.shape is Shape.CHOICE]
    assert len(asked) > 50
    wrong = {(c.kind, c.field): _shown(c) for c in asked if _shown(c) != "、".join(c.choices)}
    assert not wrong
    (usage,) = (c for c in asked if (c.kind, c.field) == ("lines", "usage"))
    assert _shown(usage) == "在用、闲置"


def test_the_message_of_a_cell_and_of_a_label(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append(["线路编号", "运营商", "线路类型"])
    page.append(["A-1", "电信", "胡写"])
    page = book.create_sheet("专线二")
    page.append(["运营商：电信", "", "线路类型：乱写"])
    page.append(["线路编号", "使用单位", "带宽"])
    page.append(["A-2", "云州市审计局", "100M"])
    book.save(tmp_path / "a.xlsx")
    problems = read_ledgers([tmp_path / "a.xlsx"]).problems
    offered = "应为其中之一：内部专网、外网线路、互联网专线、业务专网、政务内网线路 / "
    assert [p.raw for p in problems if p.code == "not_in_choices" and offered in p.message] == [
        "胡写",
        "乱写",
    ]


def test_a_sector_s_private_network_is_a_type_of_line() -> None:
    told = ("公安专网", "公安网", "视频监控专网", "医保专网线路")
    assert {FIELDS["lines"]["type"](cell, "", WORDS) for cell in told} == {"private_business"}
