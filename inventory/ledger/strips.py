"""Where a sheet has its labels in a column, and which rows of it belong together. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from inventory.ledger.cells import narrow, raw_text
from inventory.ledger.sheets import Sheet
from inventory.ledger.titles import title_of
from inventory.ledger.words import Words, squeeze

LOOKED_AT = 80  # rows that tell which column is that of the labels
COLUMNS = 5  # of which it may be one
LEAST = 4  # labels that it has
LONGEST = 30  # characters of a label
MOST = 5000  # rows of a sheet of such blocks
_LABELLED = re.compile(r":\s*\S")


@dataclass(frozen=True, slots=True)
class Strip:
    """`rows` whose labels stand in column `label`; `top`: the first of them, or the caption;
    `caption`: the row right above that says what the columns are (填报项 | 单位 | 系统一), or None;
    `groups`: the title of the part to which each row belongs. All from 0."""

    top: int
    label: int
    rows: tuple[int, ...]
    groups: tuple[str, ...]
    caption: int | None = None

    def with_(self, below: "Strip") -> "Strip":
        """The strip and one below that goes on with it."""
        return replace(self, rows=(*self.rows, *below.rows), groups=(*self.groups, *below.groups))


def strips_of(sheet: Sheet, words: Words) -> Iterator[Strip]:
    """The strips from top to bottom, cut where a title, an empty row or the first label stands
    again; none where no column is one of labels."""
    label = _label_column(sheet, words)
    if label is None:
        return
    spans = _spans(sheet, label)
    rows: list[int] = []
    groups: list[str] = []
    title, caption = "", None

    def strip() -> Iterator[Strip]:
        if rows:
            top = rows[0] if caption is None else caption
            yield Strip(top, label, tuple(rows), tuple(groups), caption)
        rows.clear()
        groups.clear()

    for at, row in enumerate(sheet.rows):
        if at in sheet.unseen.rows:
            continue
        text = narrow(row[label]).strip() if label < len(row) else ""
        filled = sum(c not in (None, "") for c in row[label + 1 :])
        over = at in spans and filled <= (label + 1 < len(row) and row[label + 1] not in (None, ""))
        if over or not text or _is_note(text, words) or not (filled or _known(text, words)):
            yield from strip()
            caption = None
            title = text if (over or not filled) and not _LABELLED.search(text) else ""
            continue
        if not rows and filled > 1 and not _known(text, words):
            caption = at  # 填报项 | 系统一 | 系统二
            continue
        if not rows and not filled:
            continue
        if rows and squeeze(text) == squeeze(raw_text(sheet.rows[rows[0]][label])):
            yield from strip()
            caption = None
        rows.append(at)
        groups.append(title)
    yield from strip()


def _spans(sheet: Sheet, label: int) -> frozenset[int]:
    """The rows in which a cell is merged over the labels and the values."""
    return frozenset(
        row
        for top, left, bottom, right in sheet.merges
        if left <= label and right > label + 1
        for row in range(top, bottom + 1)
    )


def _label_column(sheet: Sheet, words: Words) -> int | None:
    """The column with most labels of one kind, each of them counted once."""
    best, most = None, LEAST - 1
    if len(sheet.rows) > MOST:
        return None
    for column in range(COLUMNS):
        if column in sheet.unseen.columns:
            continue
        texts = {
            text.strip()
            for row in sheet.rows[:LOOKED_AT]
            if column < len(row) and isinstance(text := row[column], str) and text
        }
        titles = [title_of(text, words) for text in texts if len(text) <= LONGEST]
        titles = [t for t in titles if any(s in words.vocabulary for s in t.spellings)]
        if len(titles) <= most:
            continue
        known = max(len({t.find(k.headers) for t in titles} - {None}) for k in words.kinds.values())
        if known > most:
            best, most = column, known
    return best


def _known(text: str, words: Words) -> bool:
    if not text or len(text) > LONGEST:
        return False
    title = title_of(text, words)
    return any(s in words.vocabulary for s in title.spellings) or any(
        kind.likely(title.base) for kind in words.kinds.values()
    )


def _is_note(text: str, words: Words) -> bool:
    """填表人：×××, 说明：……"""
    label, colon, rest = text.partition(":")
    if colon and rest.strip():
        return True
    return (
        squeeze(label) in words.notes
        and not any(squeeze(label) in k.headers for k in words.kinds.values())
        and squeeze(label) not in words.contacts
    )
