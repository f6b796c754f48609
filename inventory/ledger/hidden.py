"""What the parser of workbooks doesn't tell: hidden rows and columns, and the 1904 calendar.

Read from the XML of an xlsx or ods that `sheets.py` has found to be sound. Nothing is known of an
xls but its sheets.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s[^>]*>")
_ATTRIBUTE = re.compile(rb"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
_1904 = re.compile(rb"<(?:\w+:)?workbookPr[^>]*date1904\s*=\s*[\"'](?:1|true)[\"']")
_ON = (b"1", b"true")
MAX_HIDDEN_COLUMNS = 2_000


@dataclass(frozen=True, slots=True)
class Hidden:
    """Rows and columns of a sheet, from 0, that nobody sees."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Unseen:
    """Of a workbook: `sheets` by name; `date1904`: serial numbers count from 1904."""

    sheets: Mapping[str, Hidden]
    date1904: bool = False


def unseen(data: bytes) -> Unseen:
    """What is hidden in an xlsx; nothing where the file is of another form."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
            if "xl/workbook.xml" not in names:
                return Unseen({})
            book = archive.read("xl/workbook.xml")
            parts = dict(_parts(archive, names))
            sheets = {}
            for told in (_attributes(m[0]) for m in _SHEET.finditer(book)):
                part = parts.get(told.get(b"r:id", b""))
                if part in names:
                    sheets[_text(told.get(b"name", b""))] = _hidden(archive.read(part))
            return Unseen(sheets, date1904=bool(_1904.search(book)))
    except (zipfile.BadZipFile, KeyError, ValueError):
        return Unseen({})


def _parts(archive: zipfile.ZipFile, names: set[str]) -> Iterator[tuple[bytes, str]]:
    path = "xl/_rels/workbook.xml.rels"
    if path not in names:
        return
    for match in _RELATION.finditer(archive.read(path)):
        told = _attributes(match[0])
        target = _text(told.get(b"Target", b""))
        yield told.get(b"Id", b""), target.lstrip("/") if target[:1] == "/" else f"xl/{target}"


def _hidden(xml: bytes) -> Hidden:
    rows, columns = set(), set[int]()
    at = 0
    for match in _ROW.finditer(xml):
        told = _attributes(match[0])
        at = int(told[b"r"]) if b"r" in told else at + 1
        if told.get(b"hidden") in _ON:
            rows.add(at - 1)
    for match in _COLUMN.finditer(xml[: xml.find(b"<sheetData")]):
        told = _attributes(match[0])
        if told.get(b"hidden") in _ON:
            last = min(int(told.get(b"max", b"0")), MAX_HIDDEN_COLUMNS)
            columns.update(range(int(told.get(b"min", b"1")) - 1, last))
    return Hidden(frozenset(rows), frozenset(columns))


def _attributes(tag: bytes) -> dict[bytes, bytes]:
    return dict(_ATTRIBUTE.findall(tag))


def _text(value: bytes) -> str:
    text = value.decode("utf-8")
    for escaped, char in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'")):
        text = text.replace(escaped, char)
    return text.replace("&amp;", "&")
