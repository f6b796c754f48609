"""Columns whose headers no list spells out: what their cells speak against, and what they resemble.

Both look at the cells, so that a word which departments use for other things too takes nothing that
its field could not hold; a field taken by resemblance is told (remarks.py).
"""

from collections.abc import Iterator
from dataclasses import replace

from inventory.ledger.cells import Cell, Refused, is_blank, raw_text
from inventory.ledger.dates import day
from inventory.ledger.fields import FIELDS, PARTS_OF_SYSTEMS
from inventory.ledger.several import parser_of
from inventory.ledger.table import Column, Table
from inventory.ledger.values import name, optional_text, text, text_list
from inventory.ledger.words import Words, squeeze

LOOKED_AT = 200  # rows
ENOUGH = 4  # cells that may speak against a header
CLOSE = 0.5  # of a header speaks for the field that it is taken for
AHEAD = 0.1  # by which it is ahead of every other that the cells would fit
FITS = 0.7  # of the cells are such as the field has
_TEXTS = frozenset({name, optional_text, text, text_list})  # which take whatever is written


def tried_columns(table: Table, words: Words) -> Iterator[Column]:
    """The columns, without the fields that their cells speak against: of a header that is known by
    its parts alone, or by a word that departments use for other things too (服务, 数据库), most
    cells must be such as the field has. A header that no list knows is taken for the field it
    resembles, where that is one."""
    taken = set(table.fields)
    for column in table.columns:
        if column.contact is None and _spoken_against(table, column, words):
            yield replace(column, field=None)
        elif column.field is None and (field := _resembled(table, column, taken, words)):
            taken.add(field)
            yield replace(column, field=field, likely=True, resembles=True)
        else:
            yield column


def _spoken_against(table: Table, column: Column, words: Words) -> bool:
    if column.field is None or not (column.likely or column.field in PARTS_OF_SYSTEMS):
        return False
    tried, read = _read(table, column, column.field, words)
    return tried >= ENOUGH and read < 0.5 * tried


def _resembled(table: Table, column: Column, taken: set[str], words: Words) -> str | None:
    """The one field that the header resembles and the cells fit; None where it is another
    column's."""
    known = words.kinds[table.kind].resemblance
    ahead: tuple[float, str] | None = None
    for close, field in max((known.ranked(s)[:8] for s in column.stems), default=()):
        if close < CLOSE - AHEAD or (ahead and close <= ahead[0] - AHEAD):
            break
        if not (field and _fits(table, column, field, words)):
            if not field and close >= CLOSE:
                return None  # as near to a column that is passed over
            continue
        if ahead:
            return None
        if close < CLOSE:
            break
        ahead = close, field
    return ahead[1] if ahead and ahead[1] not in taken | PARTS_OF_SYSTEMS else None


def _fits(table: Table, column: Column, field: str, words: Words) -> bool:
    tried, read = _read(table, column, field, words)
    return bool(tried) and read >= FITS * tried


def _read(table: Table, column: Column, field: str, words: Words) -> tuple[int, int]:
    """How many cells say something, and how many of them are such as the field has."""
    parse = parser_of(table.kind, field)
    free = FIELDS[table.kind].get(field) in _TEXTS
    read = tried = 0
    for row in table.sheet.rows[table.first_row : min(table.last_row, table.first_row + LOOKED_AT)]:
        cell = row[column.index] if column.index < len(row) else None
        if is_blank(cell, words) or squeeze(raw_text(cell)) in words.ditto:
            continue
        tried += 1
        try:
            parse(cell, column.unit or table.said.money, words)
        except Refused:
            continue
        read += not (free and column.field is None and _no_text(cell, words))
    return tried, read


def _no_text(cell: Cell, words: Words) -> bool:
    """Whether a cell is a number or a day, which a field of free text would take too."""
    if not isinstance(cell, str) or not any(c.isalpha() for c in cell):
        return True
    try:
        return day(cell, "", words) is not None
    except Refused:
        return False
