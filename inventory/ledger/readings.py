"""Which tables a sheet holds: forms (label, value, label, value), transposed tables or usual ones. Pure.

Words of a table's cells may be labels of a form (自租, 互联网, 涉密) and the other way round. Where a
sheet can be read both ways, that way is taken of which more cells are such as their fields have.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from inventory.ledger.blocks import objects_of
from inventory.ledger.cells import Cell, Refused, is_blank, raw_text
from inventory.ledger.forms import find_forms
from inventory.ledger.headers import find_tables
from inventory.ledger.several import parser_of
from inventory.ledger.sheets import Sheet
from inventory.ledger.table import Column, Table
from inventory.ledger.titles import nearest_unit
from inventory.ledger.transposed import find_transposed
from inventory.ledger.words import Words, squeeze

_NOBODYS = "某某甲乙"  # a word that no choice, number, date or address has
_FREE = 0.5  # what a cell of free text counts, beside one that only its field's form can be
_SEEN = 100  # rows of tables that are weighed


def tables_of(sheet: Sheet, words: Words) -> tuple[Table, ...]:
    """The tables of a sheet from top to bottom; a form is a table of one row."""
    forms = _forms(sheet, words)
    tables = tuple(_with_blocks(find_tables(sheet, words), words))
    if not forms:
        return tables
    # a form's labels are explained by it as well as its values, hence twice; blocks of labels above
    # the rows of tables are forms already
    twice = 1 if any(table.form for table in tables) else 2
    return forms if twice * _worth(forms, words) > _worth(tables, words) else tables


def _forms(sheet: Sheet, words: Words) -> tuple[Table, ...]:
    """What the sheet holds if its labels stand to the left of what they mean: one value each, or
    one for each of several objects side by side."""
    forms = tuple(find_forms(sheet, words))
    turned = tuple(find_transposed(sheet, words))
    if not turned or (forms and _worth(forms, words) >= _worth(turned, words)):
        return forms
    return turned


def _with_blocks(tables: Iterable[Table], words: Words) -> Iterator[Table]:
    """The tables, each behind what the lines of labels in it tell of other objects."""
    told: set[int] = set()
    for table in tables:
        first = {at: pairs for at, pairs in table.lines.items() if at not in told}
        told.update(first)
        yield from objects_of(replace(table, lines=first), words)
        yield table


def _worth(tables: Sequence[Table], words: Words) -> float:
    """How many of the cells in the first rows are what they should be, less those that aren't."""
    found = 0.0
    left = _SEEN
    for table in tables:
        last = min(table.last_row, table.first_row + left)
        left -= last - table.first_row
        for row in table.sheet.rows[table.first_row : last]:
            found += sum(_of_cell(table, c, _cell(row, c.index), words) for c in table.columns)
    return found


def _of_cell(table: Table, column: Column, cell: Cell, words: Words) -> float:
    if is_blank(cell, words):
        return 0
    said = squeeze(raw_text(cell))
    if column.field is None or column.contact:
        return -_FREE if said in words.vocabulary else 0
    try:
        parser_of(table.kind, column.field)(
            cell, nearest_unit((column.unit, table.said.money), words), words
        )
    except Refused:
        return -1
    if _form_of_its_own(table.kind, column.field, words):
        return 1
    return -_FREE if said in words.vocabulary else _FREE


def _form_of_its_own(kind: str, field: str, words: Words) -> bool:
    """Whether not every text can stand in the field."""
    try:
        parser_of(kind, field)(_NOBODYS, "", words)
    except Refused:
        return True
    return False


def _cell(row: Sequence[Cell], index: int) -> Cell:
    return row[index] if index < len(row) else None
