"""Files that nobody should send, made for real."""

import io
import struct
import zipfile
from collections.abc import Mapping

from openpyxl import Workbook

from inventory.ledger_files.compound import MAGIC

_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
SHEET = "xl/worksheets/sheet1.xml"


def packed(parts: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


def xlsx_parts() -> dict[str, bytes]:
    """The parts of a good workbook with one room."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = "机房"
    for row in (["机房编号", "机房名称"], ["R-1", "甲机房"]):
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def xlsx(more: Mapping[str, bytes] | None = None) -> bytes:
    """A good workbook with parts added or replaced."""
    return packed({**xlsx_parts(), **(more or {})})


def sheet_xml(rows: bytes, behind: bytes = b"", before: bytes = b"") -> bytes:
    return (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        + before + b"<sheetData>" + rows + b"</sheetData>" + behind + b"</worksheet>"
    )  # fmt: skip


def ods(table: str, *, before: str = "", more: Mapping[str, bytes] | None = None) -> bytes:
    spaces = " ".join(
        f'xmlns:{name}="{_OASIS}:{name}:1.0"'
        for name in ("office", "table", "text", "draw", "script")
    )
    content = (
        f'<office:document-content {spaces} xmlns:calcext="urn:org:documentfoundation:names:'
        'experimental:calc:xmlns:calcext:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"><office:body>'
        f'<office:spreadsheet>{before}<table:table table:name="机房">{table}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = f'<m:manifest xmlns:m="{_OASIS}:manifest:1.0"/>'.encode()
    parts = {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "content.xml": content.encode(),
        "META-INF/manifest.xml": manifest,
    }
    return packed({**parts, **(more or {})})


def compound(streams: Mapping[str, bytes]) -> bytes:
    """An OLE2 file with these streams, each padded to 4096 bytes or more (so none is "mini")."""
    sectors: list[bytes] = []
    fat: list[int] = []
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0)]
    for name, data in streams.items():
        size = max(4096, len(data))
        count = -(-size // 512)
        entries.append(_entry(name, 2, len(sectors), size))
        fat += [len(sectors) + i + 1 for i in range(count - 1)] + [0xFFFFFFFE]
        padded = data.ljust(count * 512, b"\0")
        sectors += [padded[i : i + 512] for i in range(0, len(padded), 512)]
    folder = b"".join(entries).ljust(-(-len(entries) // 4) * 512, b"\0")
    first = len(sectors)
    count = len(folder) // 512
    fat += [first + i + 1 for i in range(count - 1)] + [0xFFFFFFFE]
    sectors += [folder[i : i + 512] for i in range(0, len(folder), 512)]
    at = len(sectors)
    fat.append(0xFFFFFFFD)
    table = struct.pack(f"<{len(fat)}I", *fat).ljust(512, b"\xff")
    assert len(table) == 512, "one sector of FAT is enough for tests"
    head = MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    head += struct.pack("<IIIIIIII", 1, first, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<109I", at, *[0xFFFFFFFF] * 108)
    return head + b"".join(sectors) + table


def _entry(name: str, kind: int, first: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    head = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, *[0xFFFFFFFF] * 3)
    return head.ljust(116, b"\0") + struct.pack("<III", first, size, 0)


def record(kind: int, body: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def xls(*more: bytes, sort: int = 0, cells: bytes = b"") -> bytes:
    """A workbook stream of BIFF8 with one sheet: records `more` in its globals."""
    begin = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    name = b"S"
    middle = b"".join(more)
    start = len(begin) + len(middle) + 4 + 8 + len(name) + 4
    sheet = record(0x0085, struct.pack("<IBBBB", start, 0, sort, len(name), 0) + name)
    page = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    stream = begin + middle + sheet + record(0x000A) + page + cells + record(0x000A)
    return compound({"Workbook": stream})
