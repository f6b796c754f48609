"""The sheets of an ods, looked through as text: as spreadsheet_xml.py, for OpenDocument 1.3 part 3.

Cells and rows are told once and repeated by number, so a small file may stand for a large sheet.
"""

import html
import re
from collections.abc import Iterable, Iterator

from inventory.ledger_files import limits
from inventory.ledger_files.archive import Archive
from inventory.ledger_files.facts import Fault, SheetFacts
from inventory.ledger_files.limits import Refused

MAX_PADDING = 16_384  # LibreOffice pads a row with one empty cell repeated up to its last column
_TOKEN = re.compile(
    rb"<table:table(?=[\s>])(?P<table>[^>]*)>|<table:table-row\b(?P<row>[^>]*)>|"
    rb"<table:table-column\b(?P<columns>[^>]*)>|"
    rb"<table:(?:covered-)?table-cell\b(?P<cell>[^>]*)>"
    rb"(?:(?<=/>)|(?P<body>.*?)</table:(?:covered-)?table-cell>)",
    re.S,
)
_COLUMNS = re.compile(rb"""number-columns-repeated\s*=\s*["'](\d{1,9})""")
_ROWS = re.compile(rb"""number-rows-repeated\s*=\s*["'](\d{1,9})""")
_COLUMNS_SPANNED = re.compile(rb"""number-columns-spanned\s*=\s*["'](\d{1,9})""")
_ROWS_SPANNED = re.compile(rb"""number-rows-spanned\s*=\s*["'](\d{1,9})""")
_HIDDEN = re.compile(rb"""table:visibility\s*=\s*["'](?:collapse|filter)["']""")
_FORMULA = re.compile(rb"""table:formula\s*=\s*"([^"]*)\"""")
_LINKS = re.compile(rb"<table:(?:table-source|cell-range-source)\b|'file:/{2,3}[^']*'#")
_DDE = re.compile(rb"<(?:table:dde-link|office:dde-source)\b|=DDE\(", re.I)
_OBJECTS = re.compile(rb"<draw:(?:object-ole|plugin|applet|floating-frame)\b")
_MACROS = re.compile(rb"<script:event-listener\b|<office:script\b")
_TEXT = re.compile(rb"<text:p[^>]*>(.*?)</text:p>", re.S)


def check_content(archive: Archive) -> dict[str, SheetFacts]:
    """What each sheet says, by its name. Raises Refused."""
    archive.check_names()
    if "META-INF/manifest.xml" in archive.parts and b"encryption-data" in archive.read(
        "META-INF/manifest.xml"
    ):
        raise Refused(*limits.PASSWORD)
    for name in archive.parts:
        if name not in ("content.xml", "META-INF/manifest.xml"):
            for _ in archive.pieces(name):
                pass
    return dict(_scan(archive.pieces("content.xml")))


def _scan(pieces: Iterable[bytes]) -> Iterator[tuple[str, SheetFacts]]:
    sheets: list[_Sheet] = []
    cells = 0  # of the sheets before
    for token in _tokens(pieces):
        if token["table"] is not None:
            cells += sheets[-1].cells if sheets else 0
            sheets.append(_Sheet(token["table"]))
        elif sheets:
            sheets[-1].take(token)
        if sheets and (cells + sheets[-1].cells > limits.MAX_CELLS):
            raise limits.too_wide(sheets[-1].facts.rows, sheets[-1].facts.columns)
        if len(sheets) > limits.MAX_SHEETS:
            raise limits.too_wide(0, len(sheets))
    yield from ((sheet.name, sheet.facts) for sheet in sheets)


class _Sheet:
    """One table while it is looked through; rows and columns are counted with their repeats."""

    def __init__(self, attributes: bytes) -> None:
        told = re.search(rb'table:name\s*=\s*"([^"]*)"', attributes)
        self.name = html.unescape(told[1].decode("utf-8", "replace")) if told else ""
        self.facts = SheetFacts()
        self._row, self._height, self._column, self._across = 0, 0, 0, 0

    @property
    def cells(self) -> int:
        return self.facts.rows * self.facts.columns

    def take(self, token: re.Match[bytes]) -> None:
        """A row, a column or a cell. Raises Refused."""
        if token["row"] is not None:
            self._row += self._height
            self._height, self._column = _repeated(_ROWS, token["row"]), 0
            if _HIDDEN.search(token["row"]):
                self.facts.hide_rows(self._row, self._row + self._height - 1)
        elif token["columns"] is not None:
            times = _repeated(_COLUMNS, token["columns"])
            if _HIDDEN.search(token["columns"]):
                self.facts.hide_columns(self._across, self._across + times - 1)
            self._across += times
        else:
            self._cell(token["cell"], token["body"] or b"")

    def _cell(self, attributes: bytes, body: bytes) -> None:
        times = _repeated(_COLUMNS, attributes)
        if times > MAX_PADDING:
            raise limits.too_wide(self._row + 1, times)
        if b"office:value" in attributes or body.strip() or b"table:formula" in attributes:
            self.facts.cell(self._row + self._height - 1, self._column + times - 1)
            if fault := _fault(attributes, body):
                self.facts.fault(Fault(self._row, self._column, *fault))
        if b"-spanned" in attributes:
            self._merge(
                _repeated(_ROWS_SPANNED, attributes), _repeated(_COLUMNS_SPANNED, attributes)
            )
        self._column += times

    def _merge(self, height: int, width: int) -> None:
        if height * width > 1:
            if len(self.facts.spans) >= limits.MAX_MERGES:
                raise Refused(*limits.MERGES)
            bottom, right = self._row + height - 1, self._column + width - 1
            self.facts.spans.append((self._row, self._column, bottom, right))


def _fault(attributes: bytes, body: bytes) -> tuple[str, str] | None:
    said = _TEXT.search(body)
    shown = html.unescape(said[1].decode("utf-8", "replace"))[:200] if said else ""
    if b'calcext:value-type="error"' in attributes:
        return "error", shown or "#ERROR!"
    formula = _FORMULA.search(attributes)
    if formula is None:
        return None
    if b"office:value-type" not in attributes and b"<text:p" not in body:
        return "formula", html.unescape(formula[1].decode("utf-8", "replace"))[:200]
    if shown.startswith(("Err:", "#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NUM!")):
        return "error", shown
    return None


def _tokens(pieces: Iterable[bytes]) -> Iterator[re.Match[bytes]]:
    rest = b""
    for piece in pieces:
        text = rest + piece
        _check(text)
        done = 0
        for match in _TOKEN.finditer(text):
            done = match.end()
            yield match
        begun = re.search(rb"<table:(?:covered-)?table-cell\b", text[done:])
        done = done + begun.start() if begun else max(done, text.rfind(b">") + 1)
        rest = text[done:]
        if len(rest) > limits.MAX_STRING:
            raise Refused(
                "有单元格的文字过长（上限 32767 字），拒绝读取",
                "a cell holds more text than a spreadsheet takes (32,767 characters)",
            )


def _check(text: bytes) -> None:
    for pattern, refusal in (
        (_DDE, limits.DDE),
        (_LINKS, limits.LINKS),
        (_OBJECTS, limits.OBJECTS),
        (_MACROS, limits.MACROS),
    ):
        if pattern.search(text):
            raise Refused(*refusal)


def _repeated(pattern: re.Pattern[bytes], attributes: bytes) -> int:
    told = pattern.search(attributes)
    return max(1, int(told[1])) if told else 1
