"""What a fresh reader of the census found passed over without a word."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from inventory.ledger import read_ledgers
from inventory.ledger.addresses import ipv4
from inventory.ledger.cells import Refused
from inventory.ledger.choices import mlps
from inventory.ledger.dates import day
from inventory.ledger.spelling import default_words

WORDS = default_words()


def read(tmp_path: Path, text: str) -> dict[str, list[dict[str, str]]]:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    told = read_ledgers([path]).as_json()
    return {**told["objects"], "problems": told["problems"], "ignored": told["ignored"]}


@pytest.mark.parametrize("header", ["系统名称,所属单位,", "系统名称,所属单位"])
def test_cells_without_a_header_are_told(tmp_path: Path, header: str) -> None:
    told = read(tmp_path, f"{header}\nOA系统,海州市财政局,悬空值\n")
    assert [i["raw"] for i in told["ignored"] if "没有表头" in i["reason"]] == ["悬空值"]


def test_a_name_in_another_width_or_with_a_space_is_the_same_object(tmp_path: Path) -> None:
    rows = "OA系统,海州市财政局,10\nＯＡ系统,海州市财政局,10\nOA 系统,海州市财政局,20\n"
    told = read(tmp_path, f"系统名称,所属单位,建设资金（万元）\n{rows}")
    assert [s["name"] for s in told["systems"]] == ["OA系统"]
    assert [p["code"] for p in told["problems"]] == ["duplicate"]


def test_codes_in_another_case_are_the_same_line(tmp_path: Path) -> None:
    rows = "YZ-001,电信,100M\nyz-001,电信,100M\nＹＺ－００１,电信,200M\n"
    told = read(tmp_path, f"线路编号,运营商,带宽\n{rows}")
    assert len(told["lines"]) == 1
    assert [p["code"] for p in told["problems"]] == ["duplicate"]


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1", "255.255.255.255", "224.0.0.9"])
def test_no_host_has_such_an_address(address: str) -> None:
    with pytest.raises(Refused) as refused:
        ipv4(address, "", WORDS)
    assert refused.value.code == "not_an_ip"


def test_five_digits_that_slipped_are_no_day_of_1955() -> None:
    with pytest.raises(Refused):
        day("20150", "", WORDS)
    assert str(day("42522", "", WORDS)) == "2016-06-01"


@pytest.mark.parametrize(
    ("header", "cell", "left"),
    [
        ("IP地址", "1.2.3.4(映射到10.1.1.1)", "(映射到10.1.1.1)"),
        ("IP地址", "10.1.1.1:80", ":80"),
        ("IP地址", "10.1.1.1/24", "/24"),
        ("内存", "64GB（扩容后128GB）", "(扩容后128gb)"),
        ("内存", "64500M", "64500M"),
        ("建设资金（元）", "1234567.89", "1234567.89"),
        ("建设资金（万元）", "350000", "350000"),
        ("用户数", "约20", "约20"),
        ("等保级别", "未备案（自评二级）", "(自评二级)"),
    ],
)
def test_what_a_value_lacks_of_its_cell_is_told(
    tmp_path: Path, header: str, cell: str, left: str
) -> None:
    told = read(tmp_path, f"系统名称,所属单位,{header}\nOA系统,海州市财政局,{cell}\n")
    assert len(told["systems"]) == 1
    assert [i["raw"] for i in told["ignored"] if i["column"] == header] == [left]
    assert told["problems"] == []


@pytest.mark.parametrize(
    ("header", "cell", "code"),
    [
        ("存储", "2.5", "not_a_quantity"),
        ("CPU核数", "2颗", "not_a_number"),
        ("CPU核数", "3 5", "not_a_number"),
        ("IP地址", "10.1.1.1/2", "not_an_ip"),
        ("带宽", "100MB/s", "not_a_quantity"),
        ("等保级别", "S3A2G2", "not_in_choices"),
        ("系统编号", "1.23457E+17", "bad_text"),
    ],
)
def test_what_may_be_two_things_is_refused(
    tmp_path: Path, header: str, cell: str, code: str
) -> None:
    told = read(tmp_path, f"系统名称,所属单位,{header}\nOA系统,海州市财政局,{cell}\n")
    assert [p["code"] for p in told["problems"]] == [code]


def test_a_level_by_its_grades_is_the_higher() -> None:
    assert [mlps(c, "", WORDS) for c in ("S3A2G3", "三级（S3A3G3）", "s2a3g3")] == [3, 3, 3]


def test_numbers_that_a_workbook_has_cut_or_shows_otherwise(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append(["系统名称", "所属单位", "系统编号", "审批时间"])
    page.append(["甲系统", "海州市财政局", "A-1", 2015.1])
    page.append(["乙系统", "海州市财政局", "A-2", 2015.1])
    page["D3"].number_format = "0.00"
    page.append(["丙系统", "海州市财政局", 112233445566778000, 2015.3])
    book.save(tmp_path / "a.xlsx")
    report = read_ledgers([tmp_path / "a.xlsx"])
    assert [(p.row, p.code, p.raw) for p in report.problems] == [
        (2, "not_a_date", "2015.1"),
        (4, "bad_text", "1.12233445566778E+17"),
    ]
    assert [str(s.approval_date) for s in report.estate.systems] == ["2015-10-01"]


def test_a_short_name_of_two_bureaux_stays_open(tmp_path: Path) -> None:
    names = "单位名称,单位简称\n海州市教育局,教体局\n海州市体育局,教体局\n"
    (tmp_path / "单位.csv").write_text(names, encoding="utf-8")
    rows = "系统名称,所属单位\nOA系统,教体局\n"
    (tmp_path / "系统.csv").write_text(rows, encoding="utf-8")
    report = read_ledgers([tmp_path / "单位.csv", tmp_path / "系统.csv"])
    (problem,) = report.problems
    assert problem.code == "unknown_reference"
    assert "海州市教育局" in problem.message
    assert report.objects["systems"][0]["organisation"] == "教体局"
    assert report.estate.systems[0].organisation is None


def test_a_remark_in_a_line_of_labels_or_in_one_of_several_is_told(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page.append(["运营商：电信", "", "线路类型：业务专网（实为互联网专线）"])
    page.append(["线路编号", "使用单位", "带宽"])
    page.append(["A-1", "海州市审计局", "100M"])
    book.save(tmp_path / "a.xlsx")
    report = read_ledgers([tmp_path / "a.xlsx"])
    assert [(i.row, i.column, i.raw) for i in report.ignored if i.column == "线路类型"] == [
        (1, "线路类型", "(实为互联网专线)")
    ]
    told = read(tmp_path, "系统名称,所属单位,CPU/内存/存储\nOA系统,海州市财政局,8核/16000M/500G\n")
    assert [str(s["memory_gib"]) for s in told["systems"]] == ["16"]
    assert [i["raw"] for i in told["ignored"] if "四舍五入" in i["reason"]]
