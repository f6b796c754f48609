"""Where the table is in a sheet: which kind of object, which column is which field.

Departments put titles above and notes below; a header may take two rows (a group above, its
columns below). The header row is the one whose cells the words know best.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inventory.ledger.fields import CONTACTS, WITH_CONTACTS
from inventory.ledger.sheets import Sheet
from inventory.ledger.values import Cell, raw_text
from inventory.ledger.words import ContactHeader, KindWords, Words, squeeze

SEARCHED_ROWS = 15
_NAMING = {"dependencies": {"system"}}  # one of which a table of the kind has, else name or code
_NEEDED = {"services": {"host"}}  # what it has besides: systems have names of services too
_UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]$")


@dataclass(frozen=True, slots=True)
class Column:
    """`index` from 0; `title` is the header as read, `unit` what it says in brackets; `contact`
    is told where `field` is that of contacts, for which there may be several columns."""

    index: int
    title: str
    field: str | None
    unit: str = ""
    contact: ContactHeader | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A table found in a sheet; `first_row` is the index in `sheet.rows` of the first data row."""

    sheet: Sheet
    kind: str
    columns: tuple[Column, ...]
    first_row: int

    @property
    def unknown(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.field is None)


def find_table(sheet: Sheet, words: Words) -> Table | None:
    """The table of a sheet, or None when no row looks like a header that we know."""
    best: tuple[float, Table] | None = None
    for at in range(min(SEARCHED_ROWS, len(sheet.rows))):
        above = " ".join(squeeze(raw_text(c)) for row in sheet.rows[:at] for c in row)
        for kind, known in words.kinds.items():
            titles, first_row = _titles(sheet.rows, at, known, words)
            columns = tuple(_columns(titles, kind, words))
            # people are told in tables of every kind: they speak neither for one nor against it
            telling = [c for c in columns if _base(c.title) not in words.contacts]
            fields = {c.field for c in telling if c.field}
            named = fields & _NAMING.get(kind, {"name", "code"})
            if len(fields) < 2 or not named or not fields >= _NEEDED.get(kind, set()):
                continue
            hint = 1.5 * _says(squeeze(sheet.name), known, words) + 0.5 * _says(above, known, words)
            # headers that the words don't know speak against a kind, a bit
            score = len(fields) + hint - 0.4 * sum(c.field is None for c in telling)
            if best is None or score > best[0]:
                best = (score, Table(sheet, kind, columns, first_row))
    return best[1] if best else None


def data_rows(table: Table, words: Words) -> Iterator[tuple[int, tuple[Cell, ...], str]]:
    """(1-based row, cells, why it is passed over or "") for every row that is not empty."""
    for index in range(table.first_row, len(table.sheet.rows)):
        cells = table.sheet.rows[index]
        told = [squeeze(raw_text(c)) for c in cells]
        filled = [t for t in told if t]
        if not filled:
            continue
        yield index + 1, cells, _passed_over(filled, words)


def _passed_over(filled: Sequence[str], words: Words) -> str:
    if filled[0] in words.totals or filled[0].rstrip(":") in words.totals:
        return "合计行 / totals row"
    signed = any(filled[0].startswith(f"{word}:") for word in words.notes)
    if signed or (len(filled) <= 2 and filled[0].startswith(words.notes)):
        return "说明行 / note row"
    return ""


def _says(text: str, known: KindWords, words: Words) -> bool:
    """Whether a name speaks of the kind; 服务器 is no 服务."""
    for other in words.kinds.values():
        for word in other.sheets:
            if word not in known.sheets and any(own in word for own in known.sheets):
                text = text.replace(word, " ")
    return any(word in text for word in known.sheets)


def _titles(
    rows: Sequence[Sequence[Cell]], at: int, known: KindWords, words: Words
) -> tuple[list[str], int]:
    """Header texts by column, and the index of the first data row."""
    top = [raw_text(c).strip() for c in rows[at]]
    if at + 1 >= len(rows):
        return top, at + 1
    below = [raw_text(c).strip() for c in rows[at + 1]]
    below += [""] * (len(top) - len(below))
    # a second header row has known headers where the first has a group or nothing, and no data
    # in the columns that the first names (a header merged over both rows is told twice)
    pairs = list(zip(top, below, strict=False))
    added = [_second(t, b, known, words) for t, b in pairs]
    data = [
        b
        for (t, b), second in zip(pairs, added, strict=True)
        if b and b != t and not second and _known(t, known, words)
    ]
    if not any(added) or data:
        return top, at + 1
    return [second or b or t for (t, b), second in zip(pairs, added, strict=True)], at + 2


def _second(top: str, below: str, known: KindWords, words: Words) -> str:
    """The header that a cell of a second header row makes with the one above it, or ""."""
    if not below or below == top:
        return ""
    if _base(top) in words.contacts:  # 联系人 over 姓名 and 电话; 联系方式 over 联系人 and 电话
        if squeeze(top + below) in words.contacts:
            return top + below
        return below if _base(below) in words.contacts else ""
    told = _field(below, known)[0] or _base(below) in words.contacts
    return below if told and not _field(top, known)[0] else ""


def _columns(titles: Sequence[str], kind: str, words: Words) -> Iterator[Column]:
    known = words.kinds[kind]
    taken: set[str] = set()
    by_nobody = False  # the person of the column before is who wrote the sheet
    for index, title in enumerate(titles):
        field, unit = _field(title, known)
        contact = None if field else words.contacts.get(_base(title))
        if contact:
            by_nobody = contact.role == "" or (contact.role is None and by_nobody)
            if by_nobody:
                continue
            if kind in WITH_CONTACTS:
                yield Column(index, title, CONTACTS, unit, contact)
                continue
        if not title or _base(title) in words.quiet_headers:
            continue
        if field in taken:
            field = None  # a second column for the same field is reported, not merged
        if field:
            taken.add(field)
        yield Column(index, title, field, unit)


def _known(title: str, known: KindWords, words: Words) -> bool:
    base = _base(title)
    return bool(_field(title, known)[0]) or base in words.quiet_headers or base in words.contacts


def _base(title: str) -> str:
    return _UNIT.sub("", squeeze(title).strip("*:"))


def _field(title: str, known: KindWords) -> tuple[str | None, str]:
    whole = squeeze(title).strip("*:")
    if field := known.headers.get(whole):
        return field, ""
    unit = _UNIT.search(whole)
    return known.headers.get(_base(title)), unit[1] if unit else ""
