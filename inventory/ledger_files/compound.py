"""An OLE2 compound file (MS-CFB): the folder of a document of 1997 to 2003, and its streams."""

import struct

from inventory.ledger_files import limits
from inventory.ledger_files.limits import Refused, broken

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_END = 0xFFFFFFFA  # this and above are no sector but a mark
_NONE = 0xFFFFFFFF
_MAX_ENTRIES = 10_000
_STREAM, _ROOT = 2, 5


class Compound:
    """`names`: of every entry, as written. Raises Refused when the file is damaged."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        if len(data) < 512:
            raise broken("the compound file is cut off")
        (self._shift,) = struct.unpack_from("<H", data, 30)
        if self._shift not in (9, 12):
            raise broken(f"sectors of 2^{self._shift} bytes")
        self._fat = self._table(self._fat_sectors())
        (directory,) = struct.unpack_from("<I", data, 48)
        self._entries: dict[str, tuple[int, int, int]] = {}  # name → type, first sector, bytes
        self._read_directory(self._chain(directory))

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._entries)

    def stream(self, name: str) -> bytes:
        """A stream whole. Raises Refused when it is not there or its sectors go in a circle."""
        if name not in self._entries:
            raise broken(f"no stream {name}")
        _, first, size = self._entries[name]
        (cutoff,) = struct.unpack_from("<I", self._data, 56)
        if size >= cutoff:
            return self._chain(first)[:size]
        _, root, room = next((e for e in self._entries.values() if e[0] == _ROOT), (0, _NONE, 0))
        (mini_first,) = struct.unpack_from("<I", self._data, 60)
        small, table = self._chain(root)[:room], self._numbers(self._chain(mini_first))
        parts: list[bytes] = []
        at = first
        while at < _END:
            if at >= len(table) or len(parts) > len(table):
                raise broken(f"the sectors of {name} lead nowhere")
            parts.append(small[at * 64 : at * 64 + 64])
            at = table[at]
        return b"".join(parts)[:size]

    def _fat_sectors(self) -> list[int]:
        count, first, more = struct.unpack_from("<I20xII", self._data, 44)
        found = list(struct.unpack_from("<109I", self._data, 76))
        at, per = first, (1 << self._shift) // 4
        while at < _END and more:
            numbers = self._numbers(self._sector(at))
            found += numbers[: per - 1]
            at, more = numbers[per - 1], more - 1
            if len(found) > len(self._data):
                raise broken("the table of sectors goes in a circle")
        return [n for n in found if n < _END][:count]

    def _table(self, sectors: list[int]) -> list[int]:
        return self._numbers(b"".join(map(self._sector, sectors)))

    def _numbers(self, raw: bytes) -> list[int]:
        return list(struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))

    def _sector(self, number: int) -> bytes:
        start = (number + 1) << self._shift
        found = self._data[start : start + (1 << self._shift)]
        if not found:
            raise broken("the compound file is cut off")
        return found + bytes((1 << self._shift) - len(found))

    def _chain(self, first: int) -> bytes:
        parts: list[bytes] = []
        at = first
        while at < _END:
            if at >= len(self._fat) or len(parts) > len(self._fat):
                raise broken("its sectors lead nowhere")
            parts.append(self._sector(at))
            at = self._fat[at]
        return b"".join(parts)

    def _read_directory(self, raw: bytes) -> None:
        if len(raw) // 128 > _MAX_ENTRIES:
            raise broken(f"more than {_MAX_ENTRIES} entries")
        for at in range(0, len(raw), 128):
            length, kind = struct.unpack_from("<HB", raw, at + 64)
            if not kind:
                continue
            name = raw[at : at + max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
            first, size = struct.unpack_from("<II", raw, at + 116)
            self._entries.setdefault(name, (kind, first, size))


def check_names(compound: Compound) -> str:
    """The name of the workbook's stream. Raises Refused for what is no plain xls, saying what."""
    names = compound.names
    lowered = {name.lower() for name in names}
    if names & {"EncryptedPackage", "EncryptionInfo"}:
        raise Refused(*limits.PASSWORD)
    if "WordDocument" in names or "PowerPoint Document" in names:
        raise Refused(
            "文件是 Word 或 PowerPoint 文档，请把表格另存为 xlsx",
            "the file is a Word or PowerPoint document, save its table as xlsx",
        )
    if any(name.startswith("_vba_project") or name == "vba" for name in lowered):
        raise Refused(*limits.MACROS)
    if any(
        name.startswith("mbd") or name in ("\x01ole10native", "ctls", "objectpool")
        for name in lowered
    ):
        raise Refused(*limits.OBJECTS)
    for name in ("Workbook", "Book"):
        if name in names:
            return name
    raise broken("复合文档内没有工作簿 / the compound file holds no workbook")
