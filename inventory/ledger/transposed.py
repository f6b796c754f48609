"""Transposed tables (横表): fields run down, objects stand side by side. Pure.

填报项             | 单位 | 系统一       | 系统二       | 备注
系统名称           |      | 信用信息平台 | 节能审查系统 |
建设投资额         | 万元 | 6.4          | 87           |

Such a block is turned, and is then a table as any other, of which each column knows its row.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from inventory.ledger.cells import Cell, is_blank, raw_text
from inventory.ledger.headers import Hints, columns_of
from inventory.ledger.headings import Heading, heading_of, headings, is_units
from inventory.ledger.likely import tried_columns
from inventory.ledger.preamble import Preamble, preamble
from inventory.ledger.sheets import CellFault, Hidden, Sheet
from inventory.ledger.strips import Strip, strips_of
from inventory.ledger.table import Table
from inventory.ledger.words import KindWords, Words, squeeze

LEAST = 4  # fields that make a block
_NAMING = ("name", "code")
type _Places = Mapping[tuple[int, int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a block would be as one of a kind."""

    kind: str
    fields: frozenset[str]
    score: float


def find_transposed(sheet: Sheet, words: Words) -> Iterator[Table]:
    """The transposed tables of a sheet from top to bottom."""
    said = Preamble()
    after = 0
    for block, meant in _blocks(sheet, words):
        own = preamble(sheet.rows[after : block.top], words)
        said = Preamble(
            own.money or said.money,
            own.organisation or said.organisation,
            own.titles or said.titles,
        )
        after = block.rows[-1] + 1
        table = _turned(sheet, block, meant.kind, said, words)
        if table is not None:
            yield replace(table, columns=tuple(tried_columns(table, words)))


def _blocks(sheet: Sheet, words: Words) -> Iterator[tuple[Strip, _Meant]]:
    """The blocks; a strip that names no object of its own goes on with that above it."""
    hints = Hints(sheet, words)
    block: Strip | None = None
    meant: _Meant | None = None
    for strip in strips_of(sheet, words):
        own = _meant(sheet, strip, hints, words)
        if block is not None and meant is not None:
            if not _begins(sheet, strip, own, meant, words):
                block = block.with_(strip)
                continue
            yield block, meant
        block, meant = (strip, own) if own else (None, None)
    if block is not None and meant is not None:
        yield block, meant


def _begins(sheet: Sheet, strip: Strip, own: _Meant | None, meant: _Meant, words: Words) -> bool:
    """Whether a strip is a block of its own, and no further part of that above it."""
    if own is None:
        return False
    known = words.kinds[meant.kind]
    again = {h.field for h in _labels(sheet, strip, known, words) if h.field}
    return own.kind == meant.kind or len(own.fields) > len(again) or bool(again & {"name"})


def _meant(sheet: Sheet, strip: Strip, hints: Hints, words: Words) -> _Meant | None:
    """The kind of which a strip is a whole block, or None."""
    above = squeeze(" ".join(raw_text(c) for row in sheet.rows[: strip.top][-6:] for c in row if c))
    found: list[_Meant] = []
    for kind, known in words.kinds.items():
        labels = _labels(sheet, strip, known, words)
        sure = {h.field for h in labels if h.field and not h.likely}
        open_ = sum(not (h.field or h.contact or h.quiet) for h in labels)
        if sure.isdisjoint(_NAMING) or len(sure) < LEAST or 2 * open_ > len(labels):
            continue
        score = len(sure) - 0.4 * open_ + hints.of(known, above=above)
        found.append(_Meant(kind, frozenset(filter(None, sure)), score))
    return max(found, default=None, key=lambda meant: meant.score)


def _labels(sheet: Sheet, strip: Strip, known: KindWords, words: Words) -> list[Heading]:
    texts = (raw_text(sheet.rows[row][strip.label]) for row in strip.rows)
    return [heading_of(n, text, strip.rows[n], known, words) for n, text in enumerate(texts)]


def _turned(sheet: Sheet, block: Strip, kind: str, said: Preamble, words: Words) -> Table | None:
    known = words.kinds[kind]
    name = next(
        n
        for n, heading in enumerate(_labels(sheet, block, known, words))
        if heading.field in _NAMING and not heading.likely
    )
    places = _beside(sheet, block)
    units, objects = _columns(sheet, block, block.rows[name], places, words)
    if not objects:
        return None
    head = _head(sheet, block, units, words)
    found = headings(head, 0, len(head.rows), known, words)
    turned = [replace(h, row=block.rows[h.index]) for h in found]
    told = list(columns_of(turned, kind))
    rows: list[tuple[Cell, ...]] = [()] * objects[0]
    faults: dict[tuple[int, int], CellFault] = {}
    for column in range(objects[0], objects[-1] + 1):
        if column not in objects:
            rows.append(())
            continue
        at = [places.get((row, column), (row, column)) for row in block.rows]
        rows.append(tuple(_cell(sheet, *place) for place in at))
        for n, place in enumerate(at):
            if place in sheet.faults:
                faults[column, n] = sheet.faults[place]
    hidden = Hidden(rows=sheet.unseen.columns, columns=sheet.unseen.rows)
    return Table(
        replace(sheet, rows=tuple(rows), faults=faults, merges=(), unseen=hidden),
        kind,
        tuple(column for column, passed in told if not passed),
        first_row=objects[0],
        last_row=len(rows),
        header_row=objects[0],
        quiet=tuple(column for column, passed in told if passed),
        said=said,
        form=True,
        names_row=block.rows[name],
    )


def _head(sheet: Sheet, block: Strip, units: int | None, words: Words) -> Sheet:
    """The block's labels as a header of rows: groups above, units below."""
    groups = [
        tuple(_cell(sheet, row, column) for row in block.rows) for column in range(block.label)
    ]
    groups = [g for g in groups if any(g) and not _numbers(g)]
    if not groups and any(block.groups):
        groups = [block.groups]
    rows = [*groups, tuple(_cell(sheet, row, block.label) for row in block.rows)]
    spans = tuple((at, left, at, right) for at, g in enumerate(groups) for left, right in _runs(g))
    if units is not None:
        told = (_cell(sheet, row, units) for row in block.rows)
        rows.append(tuple(c if is_units([c], words) else "" for c in told))
    return replace(sheet, rows=tuple(rows), merges=spans, faults={}, unseen=Hidden())


def _numbers(cells: Sequence[Cell]) -> bool:
    """Whether labels are numbered in a column of their own."""
    return all(raw_text(c).strip("()（）.、 ").isdigit() for c in cells if c not in (None, ""))


def _runs(cells: Sequence[Cell]) -> Iterator[tuple[int, int]]:
    """From where to where the same text stands."""
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or cells[at] != cells[start]:
            if cells[start]:
                yield start, at - 1
            start = at


def _columns(
    sheet: Sheet, block: Strip, name: int, places: _Places, words: Words
) -> tuple[int | None, list[int]]:
    """The column of units, and those of objects: what stands beside the labels and is neither of
    these two says how to fill them in, or is a remark."""
    width = max(len(sheet.rows[row]) for row in block.rows)
    units: int | None = None
    objects: list[int] = []
    for column in range(block.label + 1, width):
        cells = [_cell(sheet, row, column) for row in block.rows]
        heads = [_cell(sheet, row, column) for row in (block.caption, name) if row is not None]
        filled = sum(not is_blank(c, words) for c in cells)
        fits = sum(is_units([c], words) for c in cells)
        if units is None and not objects and fits and 2 * fits >= filled:
            units = column
        elif any(squeeze(raw_text(c)) in words.asides for c in heads) or (name, column) in places:
            continue
        elif filled and (heads[-1] or 2 * filled >= len(cells)):
            objects.append(column)
    return units, objects


def _beside(sheet: Sheet, block: Strip) -> _Places:
    """Cells that are merged with one to their left, and where that one is."""
    first, last = block.rows[0], block.rows[-1]
    return {
        (row, column): (row, left)
        for top, left, bottom, right in sheet.merges
        if left > block.label and right > left
        for row in range(max(top, first), min(bottom, last) + 1)
        for column in range(left + 1, right + 1)
    }


def _cell(sheet: Sheet, row: int, column: int) -> Cell:
    cells = sheet.rows[row]
    return cells[column] if column < len(cells) else ""
