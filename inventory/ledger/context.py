"""What the rows of a table owe to what stands above them: lines of labels (系统名称：户政系统), headings
of groups (一、市教育局; 二、中国移动), the title, the names of sheet and file. Pure.

A heading holds until the next of its level, a label until it stands again, and with it goes what
was said below it: under 机房名称：B no system of room A is meant any more.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from inventory.ledger.cells import Cell, Partly, Refused, raw_text
from inventory.ledger.choices import by_part
from inventory.ledger.fields import CARRIED, FIELDS
from inventory.ledger.headings import heading_of
from inventory.ledger.noted import Noted, notes_of, unnoted
from inventory.ledger.offered import with_offered
from inventory.ledger.record import Told
from inventory.ledger.table import Pair, Table
from inventory.ledger.words import Words, squeeze

_LEVELS = (
    re.compile(r"第[一二三四五六七八九十]+[部分章节]{1,2}|[一二三四五六七八九十]{1,3}[、.]"),
    re.compile(r"\([一二三四五六七八九十]{1,3}\)[、.]?"),
    re.compile(r"\d{1,2}[、.](?!\d)"),
    re.compile(r"\(\d{1,2}\)"),
)
_COUNTED = re.compile(r"\((?:共?\d+[个套台条]?|合?计.*)\)$|[:：]$|[,、]?共计?\d+[个套台条]$")
_BODY = re.compile(r"[\u4e00-\u9fff]{2,}(?:局|委|办|院|会|中心|厅|政府|部|馆|站|队|处|办公室)$")
_ROOM = re.compile(r"[^,;。]{3,20}机房$")
_PLACE = re.compile(r"(?:[\u4e00-\u9fff]{0,6}?[市县区旗])+?(?=[\u4e00-\u9fff]{2})")
_SENT = re.compile(r"[-_\s]*(?:反馈|报送|上报|填报|报来|提供|反馈表|汇总)?(?:[-_\s].*)?\.\w{3,4}$")
_FRAME = re.compile(r"^[★☆▶►●◆■▲※*#]+|[:：]$")
_NUMBERED = re.compile(r"^\d{1,2}[、.)](?!\d)")
_BRACKETED = re.compile(r"[【\[〖〔](.+)[】\]〗〕]")
_OTHERS = ("其他", "其它", "其他单位", "其它单位")
_LINES = 9  # the level of a line of labels, below all headings


@dataclass(frozen=True, slots=True)
class Said:
    """A field that holds for the rows below; `level` of the heading that said so."""

    field: str
    value: Any
    told: Told
    level: int


class Context:
    """What holds for the row at hand."""

    def __init__(self, table: Table, words: Words) -> None:
        self._table, self._words = table, words
        self._known = words.kinds[table.kind]
        self._open = CARRIED & FIELDS[table.kind].keys() - table.fields
        if table.kind == "lines" and "type" not in table.fields:
            self._open |= {"type"}  # other kinds have types of other things
        self.said: list[Said] = [*self._by_names()]  # the later goes before the earlier
        self.unread: list[tuple[Pair, Refused]] = []
        self.left: list[tuple[Pair, Partly | Noted]] = []  # what a label's value says besides
        for at in sorted(table.lines):
            if at < table.first_row:
                self.labels(table.lines[at])

    def labels(self, pairs: Sequence[Pair]) -> None:
        """A line of labels."""
        said = [one for pair in pairs if (one := self._labelled(pair)) is not None]
        fields = {one.field for one in said}
        again = (n for n, one in enumerate(self.said) if one.field in fields and one.level)
        at = next(again, len(self.said))
        self.said[at:] = said

    def heading(self, written: str) -> None:
        """The text of a row that heads a group."""
        framed = squeeze(written)
        text = _unframed(framed)
        level, bare = next(
            ((n, text[m.end() :]) for n, p in enumerate(_LEVELS, 1) if (m := p.match(text))),
            (0, text),
        )
        bare = _COUNTED.sub("", bare)
        field, value = self._meant(bare)
        level = level or (text != framed or text in _OTHERS)
        if not field and not level:
            return  # （本机房无服务器） is no heading
        level = max(1, level)
        over = (n for n, one in enumerate(self.said) if level <= one.level < _LINES)
        del self.said[next(over, len(self.said)) :]
        if field:
            self.said.append(Said(field, value, Told("", written.strip()), level))

    def _labelled(self, pair: Pair) -> Said | None:
        label = heading_of(0, pair.label, pair.row, self._known, self._words)
        field, raw = label.field, raw_text(pair.value).strip()
        if field not in self._open or label.quiet or squeeze(raw) in self._words.any_unit:
            return None
        value = self._read(field, pair)
        # a fault is told of the row that needs the value, and in the line that tells it
        return (
            None
            if value is None
            else Said(field, value, Told(pair.label, raw, pair.row + 1), _LINES)
        )

    def _read(self, field: str, pair: Pair) -> Any:
        cell, kind = _bare(pair.value, self._words), self._table.kind
        try:
            value = FIELDS[kind][field](cell, "", self._words)
        except Refused as refusal:
            self.unread.append((pair, with_offered(refusal, kind, field, self._words)))
            return None
        self.left += ((pair, note) for note in notes_of(value))
        return unnoted(value)

    def _meant(self, text: str) -> tuple[str, str]:
        """Which field a heading tells, and its value; "" where it names nothing that we know."""
        if "provider" in self._open and (name := provider_in(text, self._words)):
            return "provider", name
        if "type" in self._open and (kind := by_part("line_type", text, self._words)):
            return "type", kind
        place = next((f for f in ("place", "room") if f in self._open), "")
        if place and _ROOM.search(text) and text not in self._words.vocabulary:
            return place, text
        systems = self._words.kinds["systems"].endings
        named = len(text) > 3 and text.endswith(systems) and text not in self._words.vocabulary
        if "system" in self._open and named and not _BODY.fullmatch(text):
            return "system", text
        if "organisation" in self._open and _BODY.fullmatch(text):
            return "organisation", text
        return "", ""

    def _by_names(self) -> Iterator[Said]:
        """What the title and the names of sheet and file say, where no column does."""
        sheet, said = self._table.sheet, self._table.said
        names = (*reversed(said.titles), sheet.name, sheet.file)
        if "provider" in self._open:
            found = (provider_in(text, self._words) for text in names)
            if name := next((name for name in found if name), ""):
                yield Said("provider", name, Told("", name), 0)
        if "type" in self._open:
            told = ((text, by_part("line_type", squeeze(text), self._words)) for text in names)
            text, kind = next(((text, kind) for text, kind in told if kind), ("", None))
            if kind:
                yield Said("type", kind, Told("", text), 0)
        if "organisation" in self._open:
            owner = said.organisation or owner_in(names, self._words)
            if owner:
                yield Said("organisation", owner, Told("", owner), 0)


def provider_in(text: str, words: Words) -> str:
    """The one operator that a title or heading names; "" for none or several."""
    bare = squeeze(text)
    for other in words.not_operators:
        bare = bare.replace(other, " ")
    return by_part("provider", bare, words) or ""


def owner_in(names: Sequence[str], words: Words) -> str:
    """The department whose sheet this is, by a title that begins with its name (市教育局信息系统自查表)
    or by the name of a sheet or file that is its name (市公安局反馈-调查表.csv)."""
    *titles, sheet, file = names
    for name in (sheet, _SENT.sub("", file)):
        bare = re.sub(r"^[\d\s._、-]+", "", squeeze(name))
        if _department(bare, words) == len(bare) and bare:
            return bare
    for title in titles:
        bare = squeeze(title)
        if end := _department(bare, words):
            return bare[:end]
    return ""


def heads(text: str, words: Words) -> bool:
    """Whether a row of one cell heads those below it, even where the names stand: 【商务局】, ★商务局,
    云州市商务局（2台）."""
    if _BRACKETED.fullmatch(text.rstrip(":")):
        return True
    bare = _COUNTED.sub("", _NUMBERED.sub("", _unframed(text)))
    return _department(bare, words) == len(bare) > 0


def _unframed(text: str) -> str:
    """Without what sets a heading off: 【 】, ★, a colon."""
    match = _BRACKETED.fullmatch(text.rstrip(":"))
    return match[1] if match else _FRAME.sub("", _FRAME.sub("", text))


def _department(text: str, words: Words) -> int:
    """How many letters from its beginning are the name of a department that most cities have."""
    place = _PLACE.match(text)
    for begins in {0, place.end() if place else 0}:  # 市教育局, and 市场监管局 too
        for end in range(min(len(text), begins + 16), begins + 1, -1):
            body = text[begins:end]
            known = body in words.bureaux.names or body in words.bureaux.full
            if known and _BODY.fullmatch(body):
                return end
    return 0


def _bare(cell: Cell, words: Words) -> Cell:
    """Without （公章） behind it."""
    if not isinstance(cell, str):
        return cell
    match = re.search(r"[(（]([^()（）]*)[)）]\s*$", cell)
    return cell[: match.start()].strip() if match and squeeze(match[1]) in words.remarks else cell
