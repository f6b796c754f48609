"""Templates: what a department gets, and that it reads as it is."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from inventory.ledger import read_ledgers
from inventory.ledger.choices import choice
from inventory.ledger.fields import FIELDS, OTHERWISE, REQUIRED
from inventory.ledger.patterns import Spelt
from inventory.ledger.spelling import default_words
from inventory.ledger.words import Words
from inventory.ledger_write.columns import Shape, columns
from inventory.ledger_write.export import KINDS
from inventory.ledger_write.template import template, template_files
from inventory.model import Estate, Host, Organisation, Room, Secrecy, System
from inventory.references import check_references

WORDS = default_words()
HEADER = 3


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "台账模板.xlsx"
    path.write_bytes(template())
    return path


def _pages(path: Path) -> Mapping[str, Worksheet]:
    return {page.title: page for page in load_workbook(path).worksheets}


def test_it_reads_without_a_single_problem(book: Path) -> None:
    report = read_ledgers([book])
    assert report.problems == ()
    assert report.ignored == ()
    check_references(report.estate)
    for kind, objects in report.estate.collections():
        assert len(objects) == (2 if kind in ("nodes", "systems") else 1), kind


def test_every_field_has_an_example_that_is_read(book: Path) -> None:
    """So that a department sees what belongs where; the other table tells what systems need, and
    no example is a part of itself."""
    estate = read_ledgers([book]).estate
    for kind in KINDS:
        obj: Any = getattr(estate, kind)[0]
        told = {p.field for p in obj.provenance if p.raw} | {"depends_on"}
        own = {c.field for c in columns(kind, WORDS) if kind in c.refers}
        assert {c.field for c in columns(kind, WORDS)} - told == own


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_alone_and_all_files_together(tmp_path: Path, kind: str) -> None:
    ((name, data),) = template_files([kind])
    (tmp_path / name).write_bytes(data)
    report = read_ledgers([tmp_path / name])
    assert report.problems == ()
    assert getattr(report.estate, kind)


def test_a_folder_of_templates_reads_as_one(tmp_path: Path) -> None:
    for name, data in template_files():
        (tmp_path / name).write_bytes(data)
    report = read_ledgers(sorted(tmp_path.iterdir()))
    assert report.problems == ()
    assert all(objects for _, objects in report.estate.collections())


def test_headers_are_what_the_product_calls_the_fields_with_units(book: Path) -> None:
    pages = _pages(book)
    lines = [c.value for c in pages["线路"][HEADER]]
    assert lines[:15] == [
        "序号", "线路编号", "线路名称", "运营商", "线路类型", "使用单位", "所属区县", "覆盖层级", "A端",
        "Z端", "带宽(Mbps)", "年租费(元)", "合同到期日", "是否自行租用", "使用情况",
    ]  # fmt: skip
    assert lines[-4:] == ["监控状态", "联系人", "联系人电话", "联系人邮箱"]
    assert [c.value for c in pages["服务器"][HEADER]][7:10] == ["所属系统", "IPv4地址", "IPv6地址"]
    # what the reader would not know by that name stands behind the kind's, or is its first word
    assert [c.value for c in pages["机房"][HEADER]][1:4] == ["机房编号", "机房名称", "单位"]
    assert pages["服务器"][HEADER][4].value == "所在机房"
    for kind in KINDS:
        page = pages[next(s for s in pages if s == WORDS.kinds[kind].sheets[0])]
        for cell, column in zip(page[HEADER][1:], columns(kind, WORDS), strict=False):
            assert cell.value == column.title
            assert WORDS.kinds[kind].headers[column.title.split("(")[0].casefold()] == column.field


def test_every_header_has_a_note_in_both_languages(book: Path) -> None:
    for kind in KINDS:
        page = _pages(book)[WORDS.kinds[kind].sheets[0]]
        assert page.freeze_panes == "A4"
        for cell, column in zip(page[HEADER][1:], columns(kind, WORDS), strict=False):
            assert cell.comment is not None
            assert cell.column is not None
            said = cell.comment.text
            assert "格式：" in said
            assert "Form: " in said
            must = column.field in REQUIRED[kind]
            assert ("必填 / must be filled in" in said) is must
            assert (cell.fill.start_color.rgb == "00C00000") is must
            value = page.cell(HEADER + 1, cell.column).value
            assert ("示例 / example: " in said) is (value is not None)


def test_what_may_be_picked(book: Path) -> None:
    pages = _pages(book)
    rules = {
        (name, page.cell(HEADER, next(iter(rule.sqref.ranges)).min_col).value): rule
        for name, page in pages.items()
        for rule in page.data_validations.dataValidation
    }
    assert rules["信息系统", "涉密情况"].formula1 == '"非涉密,涉密,未知"'
    assert rules["信息系统", "所在网络"].formula1 == '"内网,外网,互联网,业务专网"'
    assert rules["线路", "运营商"].formula1 == '"中国电信,中国移动,中国联通,中国广电,中国铁通"'
    assert not rules["线路", "运营商"].showErrorMessage  # there are more than anybody lists
    # nothing is known yet: names from the workbook's own sheets
    assert rules["机房", "单位"].formula1 == "'单位'!$C$4:$C$2003"
    assert rules["依赖关系", "系统"].formula1 == "'信息系统'!$C$4:$C$2003"
    assert rules["信息系统", "涉密情况"].showErrorMessage
    assert not rules["机房", "单位"].showErrorMessage
    assert str(rules["信息系统", "涉密情况"].sqref).startswith("AE4:AE")


def test_known_names_may_be_picked_and_classified_ones_stay_away(tmp_path: Path) -> None:
    known = Estate(
        organisations=tuple(Organisation(code=f"O-{n}", name=f"第{n}局") for n in range(300)),
        rooms=(Room(code="R-1", name="=1+1"), Room(code="R-2", name="甲,乙")),
        systems=(
            System(code="S-1", name="门户"),
            System(code="S-2", name="密", secrecy=Secrecy.CLASSIFIED),
        ),
        hosts=(Host(code="h-1", name="web"), Host(code="h-2", name="dark", system="S-2")),
    )
    path = tmp_path / "a.xlsx"
    path.write_bytes(template(known=known))
    pages = _pages(path)
    lists = [[c.value for c in column if c.value] for column in pages["选项"].iter_cols()]
    assert pages["选项"].sheet_state == "hidden"
    assert len(lists[0]) == 300
    assert ["=1+1", "甲,乙"] in lists
    assert not [c for row in pages["选项"].iter_rows() for c in row if c.data_type == "f"]
    formulas = {
        rule.formula1 for page in pages.values() for rule in page.data_validations.dataValidation
    }
    assert {'"门户"', '"web"'} <= formulas
    assert not [f for f in formulas if f in ('"密"', '"门户,密"', '"密,门户"') or "dark" in f]
    report = read_ledgers([path], known=known)
    assert report.problems == ()
    assert [(i.sheet, i.reason) for i in report.ignored] == [
        ("选项", "隐藏的工作表 / hidden sheet")
    ]


def test_a_new_field_and_its_words_appear_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the reader learns is in the templates: nothing here lists fields."""
    words = _with(
        WORDS, "rooms", {"power": ["供电方式"]}, {"power_kind": {"市电": "grid", "双路": "two"}}
    )
    monkeypatch.setitem(FIELDS, "rooms", {**FIELDS["rooms"], "power": choice("power_kind")})
    (column,) = [c for c in columns("rooms", words) if c.field == "power"]
    assert (column.title, column.shape, column.choices) == (
        "供电方式",
        Shape.CHOICE,
        ("市电", "双路"),
    )


def _with(
    words: Words, kind: str, headers: dict[str, list[str]], choices: dict[str, dict[str, str]]
) -> Words:
    known = words.kinds[kind]
    kinds = {**words.kinds, kind: replace(known, headers=Spelt(headers, {}))}
    return replace(words, kinds=kinds, choices={**words.choices, **choices})


def test_every_field_of_the_reader_has_a_column() -> None:
    for kind in KINDS:
        fields = [field for field in FIELDS[kind] if field not in OTHERWISE]
        assert [c.field for c in columns(kind, WORDS)] == fields
    # what tells a field in another unit stands in that field's column
    for other, field in OTHERWISE.items():
        assert any({other, field} <= FIELDS[kind].keys() for kind in KINDS)
