"""Blocks of label lines that tell of an object of their own: of the room of which the devices stand
in the rows below. Pure.

机房名称 | 公安局一号机房 |  | 管理单位 | 市公安局
机房面积 | 150㎡         |  | 机柜数量 | 4个
"""

from collections.abc import Iterator, Sequence

from inventory.ledger.fields import CARRIED
from inventory.ledger.forms import Told, form_of
from inventory.ledger.headings import heading_of
from inventory.ledger.table import Pair, Table
from inventory.ledger.words import KindWords, Words

_NO_FACTS = CARRIED | {"name", "code", "aliases"}


def objects_of(table: Table, words: Words) -> Iterator[Table]:
    """What the label lines of a table tell of objects of another kind, each as a table of one row."""
    block: list[Pair] = []
    last = -2
    for at in sorted(table.lines):
        if at > last + 1 and block:
            yield from _object(table, block, words)
            block = []
        block += table.lines[at]
        last = at
    if block:
        yield from _object(table, block, words)


def _object(table: Table, block: Sequence[Pair], words: Words) -> Iterator[Table]:
    """The object that a block names and tells something of; none where it names it alone."""
    best: tuple[int, str, list[Told]] | None = None
    for kind, known in words.kinds.items():
        told = _told(block, known, words)
        fields = {t.label.field for t in told if t.label.field}
        sure = {t.label.field for t in told if not t.label.likely}
        if kind == table.kind or "name" not in sure or not fields - _NO_FACTS:
            continue
        if best is None or len(fields) > best[0]:
            best = len(fields), kind, told
    if best:
        yield form_of(table.sheet, best[1], best[2], table.said)


def _told(block: Sequence[Pair], known: KindWords, words: Words) -> list[Told]:
    told = (
        Told(heading_of(n, p.label, p.row, known, words), p.row, p.column, p.value)
        for n, p in enumerate(block)
    )
    return [t for t in told if t.label.field or t.label.contact]
