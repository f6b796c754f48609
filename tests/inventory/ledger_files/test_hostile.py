"""Files that must be refused, each named after its fault, through the child process as in use."""

import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory.errors import LedgerError
from inventory.ledger.sheets import read_sheets
from tests.inventory.ledger_files.files import (
    SHEET,
    compound,
    ods,
    packed,
    record,
    sheet_xml,
    xls,
    xlsx,
    xlsx_parts,
)

OLE = compound({"x": b""})
RELS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    b'<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    b'relationships/%s" Target="x"/></Relationships>'
)
MACROS = "宏.*/ ledger holds macros"
LINKS = "引用外部文件.*/ ledger links to other files"
OBJECTS = "OLE 对象.*/ ledger holds embedded objects"
DDE = "DDE 链接.*/ ledger holds DDE links"
WIDE = "请删除多余的行和列 / a sheet spans"
BROKEN = "已损坏或格式不符.*/ ledger is broken"
PASSWORD = "已加密.*/ ledger is encrypted"


def _cells(count: int, reference: Callable[[int], str], inner: bytes = b"<v>0</v>") -> bytes:
    return b"".join(
        b'<c r="%s" t="s">%s</c>' % (reference(i).encode(), inner) for i in range(count)
    )


def _letters(number: int) -> str:
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def _lying() -> bytes:
    """8 MiB of zeros that the directory states as 10 bytes."""
    data = bytearray(xlsx({"xl/media/a.bin": bytes(8 * 2**20)}))
    size = struct.pack("<I", 8 * 2**20)
    return bytes(data.replace(size, struct.pack("<I", 10)))


def _merges() -> bytes:
    return b"<mergeCells>" + b'<mergeCell ref="A1:A1048576"/>' * 150_000 + b"</mergeCells>"


def _laughs() -> bytes:
    entities = b'<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)
    )
    return b"<?xml version='1.0'?><!DOCTYPE x [" + entities + b"]>" + sheet_xml(b"")


def _styled() -> bytes:
    row = b"".join(b'<c r="%s1" s="1"/>' % _letters(i).encode() for i in range(1, 16_385))
    return sheet_xml(b'<row r="1">' + row + b"</row>")


def _copied() -> bytes:
    """A string of 32,000 letters that 400,000 cells name: 12 GiB once every cell has its own."""
    strings = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
    strings += b"x" * 32_000 + b"</t></si></sst>"
    rows = b"".join(
        b'<row r="%d">%s</row>' % (r, _cells(4, lambda i, r=r: f"{'ABCD'[i]}{r}"))
        for r in range(1, 100_001)
    )
    parts = xlsx_parts()
    types = parts["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    )
    rels = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rS" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    )
    return packed(
        {
            **parts,
            "[Content_Types].xml": types,
            "xl/_rels/workbook.xml.rels": rels,
            "xl/sharedStrings.xml": strings,
            SHEET: sheet_xml(rows),
        }
    )


FAULTS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    # archives
    "bomb": ("a.xlsx", lambda: xlsx({"xl/media/i.png": bytes(600 * 2**20)}), "解压后超过 512 MiB"),
    "nested bomb": (
        "a.xlsx",
        lambda: packed({"inner.zip": packed({"x": bytes(50 * 2**20)})}),
        "the archive holds no workbook",
    ),
    "entries": (
        "a.xlsx",
        lambda: packed({f"{i}": b"" for i in range(10_001)}, zipfile.ZIP_STORED),
        "has more than 10000 entries",
    ),
    "lying sizes": ("a.xlsx", _lying, BROKEN),
    "two parts of one name": (
        "a.xlsx",
        lambda: xlsx({"xl/a": b"1", "xl/b": b"2"}).replace(b"xl/b", b"xl/a"),
        "two entries have one name",
    ),
    "lzma": ("a.xlsx", lambda: packed(xlsx_parts(), zipfile.ZIP_LZMA), "compression 14"),
    "huge shared string": (
        "a.xlsx",
        lambda: xlsx({"xl/sharedStrings.xml": b"<si><t>" + b"x" * (40 * 2**20) + b"</t></si>"}),
        "more text than Excel takes",
    ),
    "huge cell": (
        "a.xlsx",
        lambda: xlsx(
            {SHEET: sheet_xml(b'<row r="1"><c r="A1" t="inlineStr"><is><t>' + b"x" * (8 * 2**20))}
        ),
        "more text than Excel takes",
    ),
    "copied string": ("a.xlsx", _copied, "too much memory or time"),
    "entities": ("a.xlsx", lambda: xlsx({SHEET: _laughs()}), "DOCTYPE"),
    "entities of ods": (
        "a.ods",
        lambda: ods("", more={"styles.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'}),
        "DOCTYPE",
    ),
    "utf-16": ("a.xlsx", lambda: xlsx({SHEET: sheet_xml(b"").decode().encode("utf-16")}), "UTF-8"),
    # macros, links, objects
    "macros": ("a.xlsm", lambda: xlsx({"xl/vbaProject.bin": OLE}), MACROS),
    "macros by another name": ("a.xlsx", lambda: xlsx({"xl/theme2.bin": OLE}), OBJECTS),
    "macros by their type": (
        "a.xlsx",
        lambda: xlsx({"xl/worksheets/_rels/x.rels": RELS % b"vbaProject"}),
        MACROS,
    ),
    "macro sheet": ("a.xlsx", lambda: xlsx({"xl/macrosheets/sheet1.xml": b"<x/>"}), MACROS),
    "macros of ods": ("a.ods", lambda: ods("", more={"Basic/script-lc.xml": b"<x/>"}), MACROS),
    "script of ods": (
        "a.ods",
        lambda: ods("", before='<script:event-listener script:language="ooo:script"/>'),
        MACROS,
    ),
    "external link": (
        "a.xlsx",
        lambda: xlsx({"xl/externalLinks/externalLink1.xml": b"<x/>"}),
        LINKS,
    ),
    "external link by its type": (
        "a.xlsx",
        lambda: xlsx({"xl/_rels/other.xml.rels": RELS % b"externalLink"}),
        LINKS,
    ),
    "external link of ods": (
        "a.ods",
        lambda: ods('<table:table-source xlink:href="file:///etc/passwd"/>'),
        LINKS,
    ),
    "external formula of ods": (
        "a.ods",
        lambda: ods(
            "<table:table-row><table:table-cell table:formula=\"of:='file:///a.ods'#$A.A1\"/>"
            "</table:table-row>"
        ),
        LINKS,
    ),
    "object": ("a.xlsx", lambda: xlsx({"xl/embeddings/oleObject1.bin": b"x"}), OBJECTS),
    "control": ("a.xlsx", lambda: xlsx({"xl/activeX/activeX1.xml": b"<x/>"}), OBJECTS),
    "object of ods": ("a.ods", lambda: ods("<draw:object-ole/>"), OBJECTS),
    "dde": (
        "a.xlsx",
        lambda: xlsx({SHEET: sheet_xml(b"<row><c><f>cmd|'/c calc'!A1</f><v>1</v></c></row>")}),
        DDE,
    ),
    "dde part": ("a.xlsx", lambda: xlsx({"xl/other.xml": b'<ddeLink ddeService="cmd"/>'}), DDE),
    "dde of ods": ("a.ods", lambda: ods("", before='<office:dde-source office:x=""/>'), DDE),
    # extents
    "far column": (
        "a.xlsx",
        lambda: xlsx({SHEET: sheet_xml(b'<row r="1"><c r="XFD1"/></row>')}),
        WIDE,
    ),
    "styled empty cells": ("a.xlsx", lambda: xlsx({SHEET: _styled()}), WIDE),
    "cells without references": (
        "a.xlsx",
        lambda: xlsx({SHEET: sheet_xml(b"<row>" + b"<c/>" * 1_000_000 + b"</row>")}),
        WIDE,
    ),
    "repeated columns of ods": (
        "a.ods",
        lambda: ods(
            '<table:table-row><table:table-cell table:number-columns-repeated="1000000"/>'
            "</table:table-row>"
        ),
        WIDE,
    ),
    "repeated cells of ods": (
        "a.ods",
        lambda: ods(
            '<table:table-row table:number-rows-repeated="1048576"><table:table-cell '
            'office:value-type="float" office:value="1" table:number-columns-repeated="1000"/>'
            "</table:table-row>"
        ),
        WIDE,
    ),
    "merges": (
        "a.xlsx",
        lambda: xlsx({SHEET: sheet_xml(b"", _merges())}),
        "more than 100000 merged",
    ),
    # what is not what its name says
    "xls named xlsx": ("a.xlsx", lambda: compound({"Workbook": b"x"}), "the file is an xls"),
    "xlsx named xls": ("a.xls", xlsx, "the file is a zip such as xlsx"),
    "xlsx named csv": ("a.csv", xlsx, "the file is a zip such as xlsx"),
    "html named xls": (
        "a.xls",
        lambda: b"\xef\xbb\xbf<html><table><tr><td>\xe7\x94\xb2</td></tr></table></html>",
        "网页（HTML）.*/ the file is an HTML table",
    ),
    "xml of 2003": (
        "a.xls",
        lambda: (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
        ),
        "XML spreadsheet of 2003",
    ),
    "mhtml": (
        "a.xls",
        lambda: b"MIME-Version: 1.0\nContent-Type: multipart/related",
        "web archive",
    ),
    "text named xls": ("a.xls", "机房名称\t机柜\n".encode, "it is text, not xls"),
    "word": ("a.xlsx", lambda: packed({"word/document.xml": b"<x/>"}), "a Word document"),
    "word of 2003": ("a.xls", lambda: compound({"WordDocument": b"x"}), "a Word or PowerPoint"),
    "xlsb": ("a.xlsx", lambda: packed({"xl/workbook.bin": b"x"}), "xlsb"),
    "pdf": ("a.xlsx", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
    "password": ("a.xlsx", lambda: compound({"EncryptedPackage": b"x"}), PASSWORD),
    "password of ods": (
        "a.ods",
        lambda: ods("", more={"META-INF/manifest.xml": b"<m:encryption-data/>"}),
        PASSWORD,
    ),
    "cut off": ("a.xlsx", lambda: xlsx()[:-200], BROKEN),
    "damaged": ("a.xlsx", lambda: xlsx().replace(b"\x78", b"\x79"), BROKEN),
    # xls
    "password of xls": ("a.xls", lambda: xls(record(0x2F, bytes(6))), PASSWORD),
    "macros of xls": ("a.xls", lambda: compound({"Workbook": b"x", "_VBA_PROJECT": b"x"}), MACROS),
    "macro sheet of xls": ("a.xls", lambda: xls(sort=1), MACROS),
    "object of xls": (
        "a.xls",
        lambda: compound({"Workbook": b"", "\x01Ole10Native": b""}),
        OBJECTS,
    ),
    "link of xls": ("a.xls", lambda: xls(record(0x01AE, b"\x01\x00\x05\x00\x00abcde")), LINKS),
    "dde of xls": ("a.xls", lambda: xls(record(0x01AE, b"\x00\x00\x05\x00\x00abcde")), DDE),
    "far cell of xls": (
        "a.xls",
        lambda: xls(cells=record(0x0203, struct.pack("<HHHd", 0, 60_000, 0, 1.0))),
        WIDE,
    ),
    "merges of xls": (
        "a.xls",
        lambda: xls(cells=record(0x00E5, struct.pack("<H", 60_000)) * 2),
        "more than 100000 merged",
    ),
    "circle of xls": (
        "a.xls",
        lambda: compound({"Workbook": b"x"}).replace(struct.pack("<I", 5), struct.pack("<I", 4)),
        BROKEN,
    ),
    # csv
    "binary csv": ("a.csv", lambda: b"a,b\x00c", "CSV holds binary data"),
    "noise": ("a.csv", lambda: bytes(range(128, 256)) * 100, "CSV is neither UTF-8"),
    "line of 60 MiB": ("a.csv", lambda: b"x" * (60 * 2**20), "a line of more than 4194304"),
    "commas of 60 MiB": ("a.csv", lambda: b"," * (60 * 2**20), "a line of more than 4194304"),
    "million columns": ("a.csv", lambda: b"," * 1_000_000, WIDE),
    "million rows": ("a.csv", lambda: b"a\n" * 1_100_000, WIDE),
    "open quote": ("a.csv", lambda: b'a\n"b', "CSV is broken"),
    "too large": ("a.csv", lambda: b"a,b\n" * (17 * 2**20), "at most 67108864 bytes"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_it_is_refused_in_both_languages_and_named(tmp_path: Path, fault: str) -> None:
    name, made, message = FAULTS[fault]
    path = tmp_path / name
    path.write_bytes(made())
    with pytest.raises(LedgerError, match=message) as caught:
        read_sheets(path)
    said = str(caught.value)
    assert said.endswith(str(path))
    assert " / " in said
    assert any("\u4e00" <= c <= "\u9fff" for c in said)


def test_the_good_ones_that_they_are_made_from_are_read(tmp_path: Path) -> None:
    for name, data in (
        ("a.xlsx", xlsx()),
        ("a.ods", ods("")),
        ("a.xls", xls(cells=record(0x0203, struct.pack("<HHHd", 0, 0, 0, 7.0)))),
    ):
        (tmp_path / name).write_bytes(data)
        read_sheets(tmp_path / name)
    assert read_sheets(tmp_path / "a.xls")[0].rows == ((7.0,),)


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xlsx")
    (tmp_path / "loop.xlsx").symlink_to(tmp_path / "loop.xlsx")
    (tmp_path / "folder.xlsx").mkdir()
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name in ("pipe.xlsx", "folder.xlsx", "zero.csv"):
        with pytest.raises(LedgerError, match=r"台账不是文件.* / ledger is not a file"):
            read_sheets(tmp_path / name)
    with pytest.raises(LedgerError, match="can't be read"):
        read_sheets(tmp_path / "loop.xlsx")
    with pytest.raises(LedgerError, match="ledger not found"):
        read_sheets(tmp_path / "none.xlsx")
    with pytest.raises(LedgerError, match="can't be read"):
        read_sheets(Path(f"{tmp_path}/a\0b.xlsx"))
