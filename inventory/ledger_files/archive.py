"""A zip that came as a ledger: what kind it is, and whether it may reach the parser."""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator

from inventory.ledger_files import limits
from inventory.ledger_files.limits import Refused, broken

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MACRO_PARTS = re.compile(r"vbaproject|vbadata|/macrosheets/|^basic/|^scripts/", re.I)
_OBJECT_PARTS = re.compile(r"^xl/(embeddings|activex)/", re.I)
_OTHERS = {
    "word/document.xml": ("Word 文档", "a Word document"),
    "ppt/presentation.xml": ("PowerPoint 文稿", "a PowerPoint presentation"),
    "xl/workbook.bin": ("二进制工作簿 xlsb", "a binary workbook (xlsb)"),
}
# types of relationships and of content, whatever the parts are called
_MACRO_TYPES = re.compile(
    rb"vbaProject|xlMacrosheet|xlIntlMacrosheet|macrosheet\+xml|vbaData", re.I
)
_OBJECT_TYPES = re.compile(rb"oleObject|activeX|relationships/package\"", re.I)
_LINK_TYPES = re.compile(rb"externalLink", re.I)


class Archive:
    """An archive whose directory was looked through; parts are unpacked piece by piece."""

    def __init__(self, data: bytes) -> None:
        """Raises Refused."""
        if data.count(b"PK\x01\x02") > limits.MAX_PARTS:
            raise Refused(
                f"台账压缩包内文件超过 {limits.MAX_PARTS} 个，拒绝读取",
                f"ledger's archive has more than {limits.MAX_PARTS} entries and is not read",
            )
        self._unpacked = 0
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            struct.error,
        ) as error:
            raise broken(str(error)) from error
        self.parts = {part.filename: part for part in self._zip.infolist()}
        if len(self.parts) != len(self._zip.infolist()):
            raise broken("two entries have one name")

    @property
    def kind(self) -> str:
        """ "xlsx" or "ods"; Refused when it is anything else, saying what."""
        for name, (zh, en) in _OTHERS.items():
            if name in self.parts:
                raise Refused(
                    f"文件是 {zh}，请把表格另存为 xlsx",
                    f"the file is {en}, save its table as xlsx",
                )
        if "xl/workbook.xml" in self.parts:
            return "xlsx"
        if "content.xml" in self.parts:
            return "ods"
        raise broken("压缩包内没有工作簿 / the archive holds no workbook")

    def check_names(self) -> None:
        for name, part in self.parts.items():
            if _MACRO_PARTS.search(name):
                raise Refused(*limits.MACROS)
            if "/externallinks/" in name.lower():
                raise Refused(*limits.LINKS)
            if _OBJECT_PARTS.search(name):
                raise Refused(*limits.OBJECTS)
            if part.flag_bits & 1:
                raise Refused(*limits.PASSWORD)
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise broken(f"{name}: compression {part.compress_type}")

    def pieces(self, name: str) -> Iterator[bytes]:
        """A part, unpacked for real and counted, since sizes that an archive states may lie.
        Raises Refused."""
        part = self.parts[name]
        stated, part.file_size = part.file_size, limits.MAX_UNPACKED + 1
        found, tail = 0, b""
        try:
            with self._zip.open(part) as stream:
                while piece := stream.read(1 << 20):
                    self._count(len(piece))
                    if not found and piece.startswith(_OLE):
                        raise Refused(*limits.OBJECTS)
                    if name.endswith((".xml", ".rels")):
                        _check_markup(tail + piece, first=not found)
                        tail = piece[-200:]
                    found += len(piece)
                    yield piece
        except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error) as error:
            raise broken(f"{name}: {error}") from error
        finally:
            part.file_size = stated
        if found != stated:
            raise broken(f"{name}: {stated} bytes are stated, {found} found")

    def read(self, name: str) -> bytes:
        """A small part whole."""
        return b"".join(self.pieces(name))

    def check_types(self, name: str) -> None:
        """A part that says what other parts are."""
        said = self.read(name)
        if _MACRO_TYPES.search(said):
            raise Refused(*limits.MACROS)
        if _LINK_TYPES.search(said):
            raise Refused(*limits.LINKS)
        if _OBJECT_TYPES.search(said):
            raise Refused(*limits.OBJECTS)

    def _count(self, more: int) -> None:
        self._unpacked += more
        if self._unpacked > limits.MAX_UNPACKED:
            raise Refused(
                f"台账解压后超过 {limits.MAX_UNPACKED >> 20} MiB，拒绝读取",
                f"ledger unpacks to more than {limits.MAX_UNPACKED} bytes and is not read",
            )


def _check_markup(xml: bytes, *, first: bool) -> None:
    """No spreadsheet program writes these; entities are how XML is made to grow."""
    if first and xml.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00<", b"<\x00")):
        raise broken("XML 不是 UTF-8 / XML that is not UTF-8")
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise broken("XML 含 DOCTYPE 或实体定义 / XML with a DOCTYPE or entities")
    low = xml.lower()
    if b"<ddelink" in low or b":ddelink" in low:
        raise Refused(*limits.DDE)
