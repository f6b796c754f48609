"""Where the table is in a sheet: which kind of object, which column is which field.

Departments put titles above and notes below; a header may take two rows (a group above, its
columns below). The header row is the one whose cells the words know best.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from inventory.ledger.sheets import Sheet
from inventory.ledger.values import Cell, raw_text
from inventory.ledger.words import KindWords, Words, squeeze

SEARCHED_ROWS = 15
_UNIT = re.compile(r"[(\[]([^()\[\]]*)[)\]]$")


@dataclass(frozen=True, slots=True)
class Column:
    """`index` from 0; `title` is the header as read, `unit` what it says in brackets."""

    index: int
    title: str
    field: str | None
    unit: str = ""


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
            columns = tuple(_columns(titles, known, words))
            fields = {c.field for c in columns if c.field}
            if len(fields) < 2 or not fields & {"name", "code", "system"}:
                continue
            hint = _hint(sheet.name, above, known)
            # headers that the words don't know speak against a kind, a bit
            score = len(fields) + hint - 0.4 * sum(c.field is None for c in columns)
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
    if len(filled) <= 2 and filled[0].startswith(words.notes):
        return "说明行 / note row"
    return ""


def _hint(name: str, above: str, known: KindWords) -> float:
    in_name = any(word in squeeze(name) for word in known.sheets)
    in_title = any(word in above for word in known.sheets)
    return 1.5 * in_name + 0.5 * in_title


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
    added = [
        i
        for i, (t, b) in enumerate(zip(top, below, strict=False))
        if b and b != t and _field(b, known)[0] and not _field(t, known)[0]
    ]
    data = [
        i
        for i, (t, b) in enumerate(zip(top, below, strict=False))
        if b and b != t and _known(t, known, words) and i not in added
    ]
    if not added or data:
        return top, at + 1
    return [b or t for t, b in zip(top, below, strict=False)], at + 2


def _columns(titles: Sequence[str], known: KindWords, words: Words) -> Iterator[Column]:
    taken: set[str] = set()
    for index, title in enumerate(titles):
        if not title or _base(title) in words.quiet_headers:
            continue
        field, unit = _field(title, known)
        if field in taken:
            field = None  # a second column for the same field is reported, not merged
        if field:
            taken.add(field)
        yield Column(index, title, field, unit)


def _known(title: str, known: KindWords, words: Words) -> bool:
    return bool(_field(title, known)[0]) or _base(title) in words.quiet_headers


def _base(title: str) -> str:
    return _UNIT.sub("", squeeze(title).strip("*:"))


def _field(title: str, known: KindWords) -> tuple[str | None, str]:
    whole = squeeze(title).strip("*:")
    if field := known.headers.get(whole):
        return field, ""
    unit = _UNIT.search(whole)
    return known.headers.get(_base(title)), unit[1] if unit else ""
