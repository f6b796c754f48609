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
    strip: Strip | None = None
    title, caption = "", None
    for at, row in enumerate(sheet.rows):
        if at in sheet.unseen.rows:
            continue
        text = narrow(row[label]).strip() if label < len(row) else ""
        filled = sum(c not in (None, "") for c in row[label + 1 :])
        over = _over(sheet, at, label)
        if over or not text or _is_note(text, words) or not (filled or _known(text, words)):
            if strip:
                yield strip
            strip, caption = None, None
            title = text if (over or not filled) and not _LABELLED.search(text) else ""
        elif strip is None and not _known(text, words) and filled > 1:
            caption = at  # 填报项 | 系统一 | 系统二
        elif strip and squeeze(text) == squeeze(raw_text(sheet.rows[strip.rows[0]][label])):
            yield strip
            strip = Strip(at, label, (at,), (title,))
        elif strip:
            strip = replace(strip, rows=(*strip.rows, at), groups=(*strip.groups, title))
        elif filled:
            top = at if caption is None else caption
            strip = Strip(top, label, (at,), (title,), caption)
    if strip:
        yield strip


def _label_column(sheet: Sheet, words: Words) -> int | None:
    """The column with most labels, each of them counted once."""
    best, most = None, LEAST - 1
    for column in range(COLUMNS):
        if column in sheet.unseen.columns:
            continue
        texts = {
            text.strip()
            for row in sheet.rows[:LOOKED_AT]
            if column < len(row) and isinstance(text := row[column], str) and text
        }
        known = sum(_known(text, words) for text in texts)
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


def _over(sheet: Sheet, at: int, label: int) -> bool:
    """Whether a title stands over the labels and the values."""
    row = sheet.rows[at]
    if any(c not in (None, "") for c in row[label + 2 :]):
        return False
    return any(
        top <= at <= bottom and left <= label and right > label + 1
        for top, left, bottom, right in sheet.merges
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
