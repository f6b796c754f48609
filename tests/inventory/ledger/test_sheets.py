import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from inventory.errors import LedgerError
from inventory.ledger import read_ledgers
from inventory.ledger.sheets import read_sheets
from tests.inventory.ledger.books import ROOMS, write_book


def _zip(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return packed.getvalue()


def _with_part(tmp_path: Path, name: str, data: bytes) -> bytes:
    book = write_book(tmp_path / "base.xlsx", {"机房": ROOMS}).read_bytes()
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    return _zip(parts | {name: data})


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
DEEP_CELL = b'<worksheet><sheetData><c r="A1"/><c r="ALL1048576" t="n"/></sheetData></worksheet>'
FAR_CELL = (
    b'<worksheet><sheetData><row r="1"><c r="XFD1" t="n"><v>1</v></c></row></sheetData></worksheet>'
)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("empty.xlsx", b"", "ledger is empty"),
        ("garbage.xlsx", b"hello", "broken or not what its name says"),
        ("truncated.xlsx", _zip({"xl/workbook.xml": b"<workbook/>"})[:60], "broken"),
        ("nothing.xlsx", _zip({"a.txt": b"a"}), "broken"),
        ("encrypted.xlsx", OLE, "broken or not what its name says"),
        ("garbage.xls", b"hello", "broken or not what its name says"),
        ("garbage2.xls", OLE, "broken or not what its name says"),
        ("garbage.ods", b"hello", "broken or not what its name says"),
        ("picture.png", b"hello", "format is not known"),
        ("binary.csv", b"a,b\x00c", "binary data"),
        ("bytes.csv", b"\xff\xfe\xff\xff\x81", "neither UTF-8 nor UTF-16 nor GB18030"),
        ("quotes.csv", '机房名称,单位\n"甲'.encode(), "CSV is broken"),
        ("letter.csv", "各位领导：\n您好".encode(), "no table that is known"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # bytes of a zip hold the time
)
def test_a_file_that_is_no_ledger_says_so(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(LedgerError, match=message) as caught:
        read_ledgers([path])
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="ledger not found"):
        read_ledgers([tmp_path / "no.xlsx"])
    with pytest.raises(LedgerError, match="not a file"):
        read_ledgers([tmp_path])


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("xl/vbaProject.bin", b"x", "holds macros"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "links to other files"),
        ("xl/worksheets/sheet1.xml", DEEP_CELL, "spans 1048576 rows and 1000 columns"),
        ("xl/worksheets/sheet1.xml", FAR_CELL, "spans 1 rows and 16384 columns"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_dangerous_parts_are_refused(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(_with_part(tmp_path, name, data))
    with pytest.raises(LedgerError, match=message):
        read_sheets(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "机房.csv"
    path.write_bytes("机房名称,所属单位\r\n䶮山机房,交通局\r\n".encode(encoding))
    (sheet,) = read_sheets(path)
    assert sheet.rows == (("机房名称", "所属单位"), ("䶮山机房", "交通局"))


def test_cells_keep_their_place_and_merged_owners_are_filled_down(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    page["B3"], page["C3"], page["C4"] = "市交通局", "甲", date(2016, 6, 1)
    page.merge_cells("B3:B4")
    page.merge_cells("C6:D6")
    book.save(tmp_path / "a.xlsx")
    (sheet,) = read_sheets(tmp_path / "a.xlsx")
    assert sheet.rows[:2] == (("", "", ""), ("", "", ""))
    assert sheet.rows[2:4] == (("", "市交通局", "甲"), ("", "市交通局", date(2016, 6, 1)))


def test_hidden_sheets_are_passed_over_and_told(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", {"机房": ROOMS, "旧机房": ROOMS, "空": []})
    book = load_workbook(path)
    book["旧机房"].sheet_state = "hidden"
    book.save(path)
    report = read_ledgers([path])
    assert len(report.estate.rooms) == 1
    assert [(i.sheet, i.row, i.reason) for i in report.ignored] == [
        ("旧机房", 0, "隐藏的工作表 / hidden sheet"),
        ("空", 0, "空工作表 / empty sheet"),
        ("机房", 2, report.ignored[-1].reason),
    ]
    assert "简称" in report.ignored[-1].reason


def test_ods_is_read(tmp_path: Path) -> None:
    def row(*texts: str) -> str:
        cells = (
            f'<table:table-cell office:value-type="string"><text:p>{t}</text:p></table:table-cell>'
            for t in texts
        )
        return f"<table:table-row>{''.join(cells)}</table:table-row>"

    oasis = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{oasis}:office:1.0" '
        f'xmlns:table="{oasis}:table:1.0" xmlns:text="{oasis}:text:1.0"><office:body>'
        '<office:spreadsheet><table:table table:name="机房">'
        f"{row('机房名称', '机柜数')}{row('甲机房', '若干')}{row('乙机房', '３')}"
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    path = tmp_path / "机房.ods"
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    manifest = f'<m:manifest xmlns:m="{oasis}:manifest:1.0"/>'.encode()
    parts = {"mimetype": kind, "content.xml": content.encode(), "META-INF/manifest.xml": manifest}
    path.write_bytes(_zip(parts))
    report = read_ledgers([path])
    assert [(r.name, r.racks) for r in report.estate.rooms] == [("乙机房", 3)]
    assert [(p.sheet, p.row, p.code) for p in report.problems] == [("机房", 2, "not_a_number")]


def test_of_several_files_one_that_cannot_be_read_is_told_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    good, bad = tmp_path / "机房.csv", tmp_path / "坏.csv"
    good.write_text("机房名称,所属单位\n甲机房,交通局\n", "utf-8")
    bad.write_text("各位领导：\n您好\n", "utf-8")
    report = read_ledgers([good, bad])
    assert [room["name"] for room in report.objects["rooms"]] == ["甲机房"]
    told = [(p.file, p.code) for p in report.problems if p.code != "unknown_reference"]
    assert told == [("坏.csv", "unreadable_file")]
    with pytest.raises(LedgerError, match="ledger not found"):
        read_ledgers([good, tmp_path / "no.csv"])
