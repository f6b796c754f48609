"""The sheets of an xlsx, looked through as text: how far cells reach, which hold an error or a
formula whose value was never stored (the parser gives both as blank), how many merges.

ECMA-376 part 1, 18.3.1.4 (c), 18.3.1.40 (f), 18.3.1.73 (row); 18.18.11: t="e" is an error.
"""

import html
import re
from collections.abc import Iterable, Iterator
from xml.etree import ElementTree  # DTDs and entities were refused before (archive.py)

from inventory.ledger_files import limits
from inventory.ledger_files.archive import Archive
from inventory.ledger_files.facts import Fault, SheetFacts
from inventory.ledger_files.limits import Refused, broken

_TOKEN = re.compile(
    rb"<(?:\w+:)?(?:row\b(?P<row>[^>]*)>|col\b(?P<columns>[^>]*)>|mergeCell\b(?P<merge>)|"
    rb"c\b(?P<cell>[^>]*)>(?:(?<=/>)|(?P<body>.*?)</(?:\w+:)?c>))",
    re.S,
)
_REF = re.compile(rb'<c r="([A-Z]{1,3})([0-9]{1,7})"')
_CELL = re.compile(rb"<c[\s/>]")
_BEGINS = re.compile(rb"<(?:\w+:)?c\b")
# what asks for a look at every cell of a stretch
_REMARKABLE = (b"<f", b't="e"', b"t='e'", b"<mergeCell", b"hidden", b":f", b":c")
_AT = re.compile(rb"""\br\s*=\s*["']([A-Z]{1,3})?([0-9]{1,7})["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")
_ENDS = re.compile(rb"""\b(min|max)\s*=\s*["'](\d{1,7})["']""")
_TYPE = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?v>)", re.S)
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?f>)", re.S)
_TENTH = re.compile(rb"<(?:\w+:)?v>(?:19|20)\d\d\.1</")  # 2015.1, which may show 2015.10
_TWO = re.compile(r"0\.00(?:_ |_\))?(?:;.*)?")
_STYLE = re.compile(rb"""\bs\s*=\s*["'](\d{1,5})["']""")
_DDE = re.compile(rb"[=+@\s-]*[\w.\\/: ]{1,64}\|")  # cmd|'/c calc'!A1
_STRING_END = re.compile(rb"</(?:\w+:)?si>|<(?:\w+:)?si\s*/>")
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_RELATION_STRICT = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def check_parts(archive: Archive) -> dict[str, SheetFacts]:
    """Every part is unpacked once; what each sheet's part says, by its name. Raises Refused."""
    archive.check_names()
    for name in archive.parts:
        if name == "[Content_Types].xml" or name.endswith(".rels"):
            archive.check_types(name)
    found: dict[str, SheetFacts] = {}
    cells = 0
    for name in archive.parts:
        if name == "[Content_Types].xml" or name.endswith(".rels"):
            continue
        pieces = archive.pieces(name)
        if name.lower().startswith("xl/worksheets/") and name.endswith(".xml"):
            found[name] = _scan(pieces)
            cells += found[name].rows * found[name].columns
        elif name.lower() == "xl/sharedstrings.xml":
            _check_strings(pieces)
        else:
            for _ in pieces:
                pass
        if cells > limits.MAX_CELLS or len(found) > limits.MAX_SHEETS:
            raise Refused(
                f"各工作表合计超过 {limits.MAX_CELLS} 个单元格或 {limits.MAX_SHEETS} 张表，请拆分",
                f"more than {limits.MAX_CELLS} cells or {limits.MAX_SHEETS} sheets in all, "
                "split the ledger",
            )
    return found


def book_of(archive: Archive) -> tuple[list[str], bool]:
    """(the part of every sheet in the workbook's order, "" where none is told; whether days count
    from 1904). Raises Refused."""
    try:
        book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314
        rels = archive.parts.get("xl/_rels/workbook.xml.rels")
        told = ElementTree.fromstring(archive.read(rels.filename)) if rels else ()  # noqa: S314
    except ElementTree.ParseError as error:
        raise broken(str(error)) from error
    targets = {r.get("Id", ""): r.get("Target", "") for r in told}
    ids = [
        sheet.get(_RELATION) or sheet.get(_RELATION_STRICT) or ""
        for sheet in book.iter()
        if sheet.tag.endswith("}sheet")
    ]
    parts = [targets.get(i, "") for i in ids]
    told_1904 = [e.get("date1904") for e in book.iter() if e.tag.endswith("}workbookPr")]
    parts = [p.lstrip("/") if p.startswith("/") else f"xl/{p}" for p in parts]
    return parts, any(value in ("1", "true") for value in told_1904)


def two_decimals(archive: Archive) -> frozenset[int]:
    """The styles of cells that show two digits behind the point (ECMA-376 part 1, 18.8.30: 2, or a
    format of the file's own)."""
    if "xl/styles.xml" not in archive.parts:
        return frozenset()
    try:
        told = ElementTree.fromstring(archive.read("xl/styles.xml"))  # noqa: S314
    except ElementTree.ParseError as error:
        raise broken(str(error)) from error
    own = {
        e.get("numFmtId")
        for e in told.iter()
        if e.tag.endswith("}numFmt") and _TWO.fullmatch(e.get("formatCode", ""))
    }
    cells = next((e for e in told.iter() if e.tag.endswith("}cellXfs")), ())
    return frozenset(n for n, x in enumerate(cells) if x.get("numFmtId") in {"2", *own})


def _scan(pieces: Iterable[bytes]) -> SheetFacts:
    facts = SheetFacts()
    at = (-1, -1)  # row and column of the cell before
    for stretch in _stretches(pieces):
        refs = _REF.findall(stretch)
        # most of a ledger is plain cells that say where they are: far quicker than one by one
        told = len(refs) == len(_CELL.findall(stretch))
        if told and not any(mark in stretch for mark in _REMARKABLE) and not _TENTH.search(stretch):
            if refs:
                letters, rows = map(set, zip(*refs, strict=True))
                facts.cell(max(map(int, rows)) - 1, max(map(_number, letters)) - 1)
                at = (int(refs[-1][1]) - 1, _number(refs[-1][0]) - 1)
            continue
        for token in _TOKEN.finditer(stretch):
            at = _look(token, at, facts)
    return facts


def _look(token: re.Match[bytes], before: tuple[int, int], facts: SheetFacts) -> tuple[int, int]:
    """One row, merge or cell; the position that it leaves behind."""
    row, column = before
    if token["row"] is not None:
        told = _AT.search(token["row"])
        row = int(told[2]) - 1 if told else row + 1
        if _HIDDEN.search(token["row"]):
            facts.hide_rows(row, row)
        return row, -1
    if token["columns"] is not None:
        if _HIDDEN.search(token["columns"]):
            ends = {name: int(number) for name, number in _ENDS.findall(token["columns"])}
            facts.hide_columns(ends.get(b"min", 1) - 1, ends.get(b"max", 0) - 1)
        return before
    if token["merge"] is not None:
        facts.merges += 1
        if facts.merges > limits.MAX_MERGES:
            raise Refused(*limits.MERGES)
        return before
    told = _AT.search(token["cell"])
    column = _number(told[1]) - 1 if told and told[1] else column + 1
    row = int(told[2]) - 1 if told and told[1] else max(row, 0)
    facts.cell(row, column)
    if _TENTH.search(token["body"] or b"") and (style := _STYLE.search(token["cell"])):
        facts.styled.append((row, column, int(style[1])))
    if fault := _fault(token["cell"], token["body"] or b""):
        facts.fault(Fault(row, column, *fault))
    return row, column


def _stretches(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The text cut between tags, so that no cell is in two stretches."""
    rest = b""
    for piece in pieces:
        text = rest + piece
        last = _last_cell(text)
        whole = _TOKEN.match(text, last) if last >= 0 else None
        if last < 0 or whole:
            last = max(text.rfind(b"<"), whole.end() if whole else 0)
        yield text[:last]
        rest = text[last:]
        if len(rest) > limits.MAX_STRING:
            raise _too_long()
    yield rest


def _last_cell(text: bytes) -> int:
    """Where the last cell begins, or -1."""
    for since in (max(0, len(text) - 2_000), 0):
        if found := [match.start() for match in _BEGINS.finditer(text, since)]:
            return found[-1]
    return -1


def _fault(attributes: bytes, body: bytes) -> tuple[str, str] | None:
    kind = _TYPE.search(attributes) if b"t" in attributes else None
    error = kind is not None and kind[1] == b"e"
    if not error and b"<f" not in body and b":f" not in body:
        return None
    value = _VALUE.search(body)
    if error:
        return "error", _text(value[1] if value and value[1] else b"#ERROR!")
    formula = _FORMULA.search(body)
    if formula is None:
        return None
    written = formula[1] or b""
    if _DDE.match(written):
        raise Refused(*limits.DDE)
    if value is None or (not value[1] and (kind is None or kind[1] != b"str")):
        return "formula", "=" + _text(written)
    return None


def _check_strings(pieces: Iterable[bytes]) -> None:
    """A long string that many cells name would be copied for each of them."""
    since = 0  # bytes since the last string ended; an end cut in two only counts two as one
    for piece in pieces:
        at = 0
        for end in _STRING_END.finditer(piece):
            if since + end.start() - at > limits.MAX_STRING:
                raise _too_long()
            since, at = 0, end.end()
        since += len(piece) - at
        if since > limits.MAX_STRING + len(piece):
            raise _too_long()


def _too_long() -> Refused:
    return Refused(
        "有单元格的文字过长（Excel 上限 32767 字），拒绝读取",
        "a cell holds more text than Excel takes (32,767 characters) and is not read",
    )


def _text(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace"))[:200]


def _number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
