"""Columns whose headers no list spells out: what their cells speak against, and what they resemble.

Both look at the cells, so that a word which departments use for other things too takes nothing that
its field could not hold; a field taken by resemblance is told (remarks.py).
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from inventory.ledger.cells import Cell, Refused, is_blank, raw_text
from inventory.ledger.dates import day
from inventory.ledger.denied import denied
from inventory.ledger.fields import FIELDS, OTHERWISE, PARTS_OF_SYSTEMS
from inventory.ledger.parsers import PARSERS
from inventory.ledger.several import parser_of
from inventory.ledger.table import Column, Table
from inventory.ledger.titles import nearest_unit
from inventory.ledger.values import name, optional_text, text, text_list
from inventory.ledger.words import Words, squeeze

LOOKED_AT = 200  # rows
LOOKED_UP = 8  # fields that a header resembles most
ENOUGH = 4  # cells that may speak against a header
CLOSE = 0.5  # of a header speaks for the field that it is taken for
CLOSE_ENOUGH = 0.3  # where the cells speak for it too: ENOUGH of them, and nearly all would fit it
CLOSER = 0.65  # where they say nothing: free text takes whatever is written
AHEAD = 0.1  # by which it is ahead of every other that the cells would fit
FITS = 0.7  # of the cells are such as the field has
FEW = 2  # cells that speak for another field of the same headers
SURE = 0.9
_OR = re.compile("[/、或]")
_NOBODYS = "某某甲乙"  # a word that no choice has
_TEXTS = frozenset({name, optional_text, text, text_list})  # which take whatever is written


def tried_columns(table: Table, words: Words) -> Iterator[Column]:
    """The columns, without the fields that their cells speak against: of a header that is known by
    its parts alone, or by a word that departments use for other things too (服务, 数据库), most
    cells must be such as the field has. A header that no list knows is taken for the field it
    resembles, where that is one."""
    taken = set(table.fields)
    for column in table.columns:
        if other := _instead(table, column, taken, words):
            taken.add(other)
            yield replace(column, field=other, likely=True, resembles=True)
        elif column.contact is None and _spoken_against(table, column, words):
            yield replace(column, field=None)
        elif column.field is None and (
            field := _by_choices(table, column, taken, words)
            or _resembled(table, column, taken, words)
        ):
            taken.add(field)
            yield replace(column, field=field, likely=True, resembles=True)
        else:
            yield column
            yield from _also(table, column, taken, words)


def _also(table: Table, column: Column, taken: set[str], words: Words) -> Iterator[Column]:
    """The column once more, as what it tells besides its own field: 服务对象 says whom a system is
    for, and so whether it faces citizens."""
    other = words.kinds[table.kind].also.get(column.field or "")
    if other and other not in taken:
        tried, read = _read(table, column, other, words)
        if tried >= ENOUGH and read >= 0.9 * tried:
            taken.add(other)
            yield replace(column, field=other, likely=True, resembles=True)


def _instead(table: Table, column: Column, taken: set[str], words: Words) -> str | None:
    """The field that shares headers with the column's own, where the cells are such as that has."""
    other = words.kinds[table.kind].instead.get(column.field or "")
    if not other or other in taken:
        return None
    cells = [row[column.index] for row in _rows(table) if column.index < len(row)]
    told = [cell for cell in cells if cell not in (None, "")]
    own, fits = (_holds(table.kind, f, told, words) for f in (column.field or "", other))
    return other if len(told) >= FEW and own < SURE * len(told) <= fits else None


def _holds(kind: str, field: str, cells: Sequence[Cell], words: Words) -> int:
    """How many of the cells tell a value of the field."""
    parse = parser_of(kind, field)
    found = 0
    for cell in cells:
        try:
            found += parse(cell, "", words) is not None
        except Refused:
            continue
    return found


def _rows(table: Table) -> Sequence[Sequence[Cell]]:
    """Those that are looked at."""
    return table.sheet.rows[table.first_row : min(table.last_row, table.first_row + LOOKED_AT)]


def _by_choices(table: Table, column: Column, taken: set[str], words: Words) -> str | None:
    """The one field of choices of which the header is made: 在用/闲置. None of those that another
    column tells, and none that the cells don't fit."""
    told = [part for part in _OR.split(column.stems[0] if column.stems else "") if part]
    if len(told) < 2:
        return None
    fields = [
        field
        for field in FIELDS[table.kind].keys() - taken - OTHERWISE.keys()
        if _of_choices(table.kind, field, told, words)
    ]
    if len(fields) != 1:
        return None
    tried, read = _read(table, column, fields[0], words)
    return fields[0] if read >= FITS * tried else None


def _of_choices(kind: str, field: str, told: Sequence[str], words: Words) -> bool:
    """Whether the field has choices, and each of `told` is one."""
    parse = parser_of(kind, field)
    try:
        parse(_NOBODYS, "", words)
    except Refused as refusal:
        if not refusal.of:
            return False
    else:
        return False
    try:
        return all(parse(part, "", words) is not None for part in told)
    except Refused:
        return False


def _spoken_against(table: Table, column: Column, words: Words) -> bool:
    if column.field is None or not (column.likely or column.field in PARTS_OF_SYSTEMS):
        return False
    tried, read = _read(table, column, column.field, words)
    return tried >= ENOUGH and read < 0.5 * tried


def _resembled(table: Table, column: Column, taken: set[str], words: Words) -> str | None:
    """The one field that the header resembles and the cells fit; None where it is another
    column's, or the header as near to one that is passed over."""
    known = words.kinds[table.kind].resemblance
    ranked = max((known.ranked(stem)[:LOOKED_UP] for stem in column.stems), default=())
    fitting = [
        (close, field)
        for close, field in ranked
        if not field or close >= _close_enough(table, column, field, words)
    ]
    if not fitting or not fitting[0][1]:
        return None
    (best, field), *others = fitting
    rival = max((close for close, _ in others), default=0.0)
    alone = rival <= best - AHEAD and not denied(field, column.title)
    return field if alone and field not in taken | PARTS_OF_SYSTEMS else None


def _close_enough(table: Table, column: Column, field: str, words: Words) -> float:
    """How near a header must be to a field: nearer where its cells say less; past 1 where they are
    not such as the field has."""
    tried, read = _read(table, column, field, words)
    if not tried or read < FITS * tried:
        return math.inf
    if PARSERS[table.kind].get(field) in _TEXTS:
        return CLOSER
    return CLOSE_ENOUGH if tried >= ENOUGH and read >= 0.9 * tried else CLOSE


def _read(table: Table, column: Column, field: str, words: Words) -> tuple[int, int]:
    """How many cells say something, and how many of them are such as the field has."""
    parse = parser_of(table.kind, field)
    free = PARSERS[table.kind].get(field) in _TEXTS
    read = tried = 0
    for row in _rows(table):
        cell = row[column.index] if column.index < len(row) else None
        if is_blank(cell, words) or squeeze(raw_text(cell)) in words.ditto:
            continue
        tried += 1
        try:
            parse(cell, nearest_unit((column.unit, table.said.money), words), words)
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
