"""Lines of labels: what stands above a table, or between blocks of its rows, in pairs of a label and
its value, and holds for the rows below. Pure.

机房名称 | 公安局一号机房 |  | 管理单位 | 市公安局        a line of a register by room
系统名称： | 户政业务系统 |  | 部署机房： | 公安局机房
单位：市教育局    系统名称：学籍系统                      several in one cell
"""

import re
from collections.abc import Sequence

from inventory.ledger.cells import Cell, narrow
from inventory.ledger.sheets import Sheet
from inventory.ledger.table import Lines, Pair
from inventory.ledger.titles import title_of
from inventory.ledger.words import Words, squeeze

_INLINE = re.compile(r"(?:^|(?<=[\s;,、|]))([^\s:;,、|]{2,16}?)\s*:\s*")
_ENDS = " \t\n;,、|"
_ALONE = re.compile(
    r"(?:名称|单位|部门|机房|运营商)$"
)  # labels that may stand in a line by themselves
_MOST = 24  # filled cells of such a line
_LONG = 60  # characters; what is longer is a sentence


def label_lines(sheet: Sheet, words: Words) -> Lines:
    """The rows of a sheet that are lines of labels."""
    found: dict[int, tuple[Pair, ...]] = {}
    for at, row in enumerate(sheet.rows):
        if _may_be(row, words) and at not in sheet.unseen.rows:
            pairs = _pairs(at, row, words)
            if pairs:
                found[at] = pairs
    return found


def _may_be(row: Sequence[Cell], words: Words) -> bool:
    """Whether a row is worth a closer look: few of a long table are."""
    first = next((c for c in row if c not in (None, "")), None)
    if not isinstance(first, str):
        return False
    return (
        ":" in first
        or "：" in first
        or squeeze(first) in words.vocabulary
        or ("（" in first and squeeze(first.partition("（")[0]) in words.vocabulary)
    )


def _pairs(at: int, row: Sequence[Cell], words: Words) -> tuple[Pair, ...]:
    """The pairs of a row all of whose cells are labels or their values; none of any other."""
    filled = [(c, v) for c, v in enumerate(row) if v is not None and v != ""]
    if len(filled) > _MOST:
        return ()
    pairs: list[Pair] = []
    marked = False  # by colons
    beside = False  # a label right beside another, as in a header
    n = 0
    while n < len(filled):
        column, cell = filled[n]
        n += 1
        text = narrow(cell) if isinstance(cell, str) else ""
        told = _labels_in(text) if len(text) <= _LONG else []
        if not told:
            if not (_known(text, words) or (pairs and _like_label(text, words))):
                return ()
            told = [(text, "")]
        else:
            marked = True
        pairs += [Pair(label, value, at, column) for label, value in told]
        if told[-1][1] or n == len(filled):
            continue
        to, value = filled[n]
        if _is_label(value, words):
            beside = beside or to == column + 1
        else:
            pairs[-1] = Pair(told[-1][0], value, at, to)
            n += 1
    likely = _plausible(pairs, words, marked=marked) and (marked or not beside)
    return tuple(pairs) if likely else ()


def _plausible(pairs: Sequence[Pair], words: Words, *, marked: bool) -> bool:
    valued = sum(pair.value != "" for pair in pairs)
    known = sum(_known(pair.label, words) for pair in pairs)
    if marked:
        return valued > 0 and known > 0
    if len(pairs) == 1:
        return valued == 1 and _ALONE.search(squeeze(pairs[0].label)) is not None
    return 2 * valued >= len(pairs) <= 2 * known  # a header is labels alone


def _labels_in(text: str) -> list[tuple[str, str]]:
    """(label, value) where a text is such: 单位：市教育局  系统名称：; none where it isn't."""
    found = [m for m in _INLINE.finditer(text) if any("\u4e00" <= c <= "\u9fff" for c in m[1])]
    if not found or found[0].start() != 0:
        return []
    ends = [*(m.start() for m in found[1:]), len(text)]
    return [(m[1], text[m.end() : end].strip(_ENDS)) for m, end in zip(found, ends, strict=True)]


def _is_label(cell: Cell, words: Words) -> bool:
    if not isinstance(cell, str):
        return False
    text = narrow(cell)
    return bool(_labels_in(text)) or _known(text, words)


def _like_label(text: str, words: Words) -> bool:
    """Whether a text that no list spells out is a label by its parts."""
    if not text or len(text) > _LONG or any(c.isdigit() for c in text):
        return False
    base = title_of(text, words).base
    return any(known.likely(base) for known in words.kinds.values())


def _known(text: str, words: Words) -> bool:
    if not text or len(text) > _LONG:
        return False
    return any(s in words.vocabulary for s in title_of(text, words).spellings)
