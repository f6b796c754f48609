"""Signs of money in columns whose header says 万元: is ¥1,850 there 1850 yuan, or 1850 万元?

A sign says yuan, unless the column shows that it was only put before every amount: ¥8.8 and ¥620 are
no prices of systems, and where those stand no amount of the column is of ten thousand or more. Pure.
"""

from collections.abc import Iterator
from decimal import Decimal

from inventory.ledger.amounts import amount_of
from inventory.ledger.cells import Cell, Parser
from inventory.ledger.fields import MONEY
from inventory.ledger.table import Column, Table
from inventory.ledger.words import Words, squeeze

_WAN = 10_000
_SMALL, _LARGE = 1000, 10_000  # yuan: less is no price, and more under 万元 would be too much


def without_signs(parser: Parser, table: Table, column: Column, unit: str, words: Words) -> Parser:
    """The parser itself, or where the signs of its column say nothing, one that passes over them."""
    money = words.units["money"]
    of_header = money.get(squeeze(unit).partition("/")[0], Decimal(1))
    if of_header < _WAN or MONEY[table.kind].isdisjoint(column.fields):
        return parser
    signed = list(_signed(table, column, words))
    if not signed or min(signed) >= _SMALL or max(signed) >= _LARGE:
        return parser

    def parse(cell: Cell, unit: str, words: Words) -> object:
        return parser(_unsigned(cell, words), unit, words)

    return parse


def _signed(table: Table, column: Column, words: Words) -> Iterator[Decimal]:
    """The amounts of a column that have a sign, and no unit of their own."""
    for row in table.sheet.rows[table.first_row : table.last_row]:
        cell = row[column.index] if column.index < len(row) else None
        if isinstance(cell, str) and _unsigned(cell, words) != cell:
            amount = amount_of(cell, words)
            if amount is not None and not amount.unit and amount.value:
                yield amount.value


def _unsigned(cell: Cell, words: Words) -> Cell:
    if not isinstance(cell, str):
        return cell
    written = squeeze(cell)
    return next(
        (written.removeprefix(s) for s in words.numbers.currency if written.startswith(s)), cell
    )
