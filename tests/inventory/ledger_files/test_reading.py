"""What is read from files that are as they should be, and how the child that reads them is kept."""

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook

from inventory.errors import LedgerError
from inventory.ledger import read_ledgers
from inventory.ledger.sheets import Hidden, read_sheets
from inventory.ledger_files import limits, parent
from tests.inventory.ledger_files.files import SHEET, ods, sheet_xml, xlsx

FORMULAS = Path(__file__).parents[2] / "data" / "formulas"


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_a_formula_that_fails_is_told_with_its_cell(suffix: str) -> None:
    """The same workbook, saved by LibreOffice in three formats."""
    report = read_ledgers([FORMULAS / f"机房.{suffix}"])
    told = [(p.row, p.column, p.raw, p.code, p.refuses) for p in report.problems]
    assert told == [
        (3, "机柜数", "#DIV/0!", "formula_error", True),
        (3, "建成时间", "#N/A", "formula_error", True),
        (4, "联系人", "#N/A", "formula_error", False),
        (4, "机柜数", "#N/A", "formula_error", True),
    ]
    rooms = {r.code: (r.name, r.racks, r.created) for r in report.estate.rooms}
    assert rooms == {"R-1": ("甲机房", 5, date(2016, 6, 1)), "R-4": ("丁机房", None, None)}
    assert [i.sheet for i in report.ignored] == ["旧"]
    assert all("公式出错" in p.message and "correct it" in p.message for p in report.problems)


def test_a_formula_without_a_stored_value_is_no_blank(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.title = "机房"
    for row in (["序号", "机房名称", "机柜数"], [1, "甲机房", "=2+3"], [2, "乙机房", 4]):
        page.append(row)
    book.save(tmp_path / "a.xlsx")
    report = read_ledgers([tmp_path / "a.xlsx"])
    (problem,) = report.problems
    assert (problem.row, problem.column, problem.raw) == (2, "机柜数", "=2+3")
    assert problem.code == "formula_error"
    assert "没有保存结果" in problem.message
    assert "has no stored result" in problem.message
    assert [r.name for r in report.estate.rooms] == ["乙机房"]


def test_faults_keep_their_place_without_references(tmp_path: Path) -> None:
    rows = (
        b"<row><c><v>1</v></c><c t='e'><v>#REF!</v></c></row>"
        b'<row r="4"><c r="C4"><f>A1</f></c><c/><c t="str"><f>B1</f><v></v></c>'
        b'<c t="str"><f t="shared" si="0"/><v>x</v></c></row>'
    )
    (tmp_path / "a.xlsx").write_bytes(xlsx({SHEET: sheet_xml(rows)}))
    (sheet,) = read_sheets(tmp_path / "a.xlsx")
    assert {at: fault.shown for at, fault in sheet.faults.items()} == {
        (0, 1): "#REF!",
        (3, 2): "=A1",
    }
    assert sheet.rows[0][1] == "#REF!"


@pytest.mark.parametrize("before", [0, 1_048_500, 1_048_560, 2_097_100])
def test_faults_are_found_wherever_a_stretch_ends(tmp_path: Path, before: int) -> None:
    """Parts are unpacked in pieces of 1 MiB: cells that lie over the edge count once."""
    cells = b"".join(
        b'<row r="%d"><c r="A%d" t="e"><v>#N/A</v></c><c r="B%d"><v>1</v></c></row>' % (r, r, r)
        for r in range(1, 41)
    )
    far = sheet_xml(cells, before=b"<z/>" * (before // 4))
    (tmp_path / "a.xlsx").write_bytes(xlsx({SHEET: far}))
    (sheet,) = read_sheets(tmp_path / "a.xlsx")
    assert sorted(sheet.faults) == [(r, 0) for r in range(40)]


@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods"])
def test_what_nobody_sees_is_known(suffix: str) -> None:
    """The same workbook in three formats: row 3 and column C are hidden, A6:B7 is one cell."""
    (sheet,) = read_sheets(FORMULAS.with_name("hidden") / f"机房.{suffix}")
    assert sheet.unseen == Hidden(frozenset({2}), frozenset({2}))
    assert sheet.merges == ((5, 0, 5, 1),)  # row 6 is empty, and no row of the sheet
    assert [row[0] for row in sheet.rows[:4]] == ["机房编号", "R-1", "R-2", "R-3"]


def test_a_merge_gives_its_value_downwards(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page["A1"], page["C3"] = "市交通局", "甲"
    page.merge_cells("A1:B3")
    page.merge_cells("E1:E3")
    book.save(tmp_path / "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx")
    assert [row[:3] for row in sheet.rows] == [
        ("市交通局", "", ""),
        ("市交通局", "", ""),
        ("市交通局", "", "甲"),
    ]


def test_dates_of_the_calendar_of_1904(tmp_path: Path) -> None:
    book = Workbook()
    book.epoch = datetime(1904, 1, 1)
    page = book.worksheets[0]
    page["A1"] = date(2020, 1, 2)
    book.save(tmp_path / "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx")
    assert sheet.rows == ((date(2020, 1, 2),),)
    assert sheet.date1904


@pytest.mark.parametrize("suffix", ["csv", "txt", "tsv"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gb18030"])
def test_text_separated_by_tabs(tmp_path: Path, suffix: str, encoding: str) -> None:
    """Excel's "Unicode text" is UTF-16 with tabs."""
    path = tmp_path / f"机房.{suffix}"
    path.write_bytes("机房名称\t所属单位\t位置\r\n甲机房\t交通局\t1层,东\r\n".encode(encoding))
    assert read_sheets(path)[0].rows[1] == ("甲机房", "交通局", "1层,东")


def test_an_apostrophe_before_a_formula_is_taken_off(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("'=1+1,''=x,'甲','-5,'+86,'@a,'\n", encoding="utf-8")
    assert read_sheets(path)[0].rows == (("=1+1", "'=x", "'甲'", "-5", "+86", "@a", "'"),)


def test_a_sheet_with_too_many_errors_is_refused_whole(tmp_path: Path) -> None:
    rows = b"".join(b'<row><c t="e"><v>#REF!</v></c></row>' for _ in range(limits.MAX_FAULTS + 1))
    (tmp_path / "a.xlsx").write_bytes(xlsx({SHEET: sheet_xml(rows)}))
    with pytest.raises(LedgerError, match="has 10001 cells with errors"):
        read_sheets(tmp_path / "a.xlsx")


CHILDREN = {
    "killed for its memory": ("import os; os.kill(os.getpid(), 9)", "too much memory or time"),
    "fallen over": ("raise SystemExit(1)", "ledger is broken"),
    "silent": ("pass", "ledger is broken"),
    "ended in the middle": ('print(\'{"sheet": "a", "hidden"\', end="")', "ledger is broken"),
    "never done": ("import signal; signal.pause()", "too much memory or time"),
}


@pytest.mark.parametrize("fate", CHILDREN)
def test_a_child_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fate: str
) -> None:
    code, message = CHILDREN[fate]
    monkeypatch.setattr(parent, "_CHILD", code)
    if fate == "never done":
        monkeypatch.setattr(limits, "MAX_WAIT", 0.2)
    (tmp_path / "a.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(LedgerError, match=message):
        read_sheets(tmp_path / "a.csv")


def test_the_child_has_bounds_and_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the kernel says of it, told through its own answer."""
    code = (
        "import json, os, resource as r, sys; sys.path.insert(0, sys.argv[1])\n"
        "from inventory.ledger_files.child import _bound; _bound()\n"
        "told = [r.getrlimit(x)[0] for x in (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE)]\n"
        'print(json.dumps({"refused": [json.dumps(told), json.dumps(sorted(os.environ))]}))'
    )
    monkeypatch.setattr(parent, "_CHILD", code)
    monkeypatch.setenv("QIANYUN_NETBOX_TOKEN", "secret")
    (tmp_path / "a.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(LedgerError) as caught:
        read_sheets(tmp_path / "a.csv")
    said = str(caught.value)
    assert str([limits.MAX_MEMORY, limits.MAX_SECONDS, limits.MAX_ANSWER]) in said
    assert "QIANYUN" not in said


def test_owners_merged_down_in_an_ods_are_owners_of_each_row(tmp_path: Path) -> None:
    """Of merges in an ods the parser tells nothing."""
    cell = '<table:table-cell office:value-type="string"{}><text:p>{}</text:p></table:table-cell>'
    owner = cell.format(' table:number-rows-spanned="3"', "民政局")
    below = ["<table:covered-table-cell/>" + cell.format("", name) for name in "乙丙"]
    rows = [owner + cell.format("", "甲"), *below]
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    path = tmp_path / "a.ods"
    path.write_bytes(ods(table))
    (sheet,) = read_sheets(path)
    assert [row[:2] for row in sheet.rows] == [("民政局", "甲"), ("民政局", "乙"), ("民政局", "丙")]
    assert sheet.merges == ((0, 0, 2, 0),)


def test_a_range_told_to_reach_to_the_last_cell_costs_no_more_than_the_sheet(
    tmp_path: Path,
) -> None:
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    behind = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    path = tmp_path / "a.xlsx"
    path.write_bytes(xlsx({SHEET: sheet_xml(rows, behind)}))
    (sheet,) = read_sheets(path)
    assert sheet.merges == ((0, 0, 0, 0),)
