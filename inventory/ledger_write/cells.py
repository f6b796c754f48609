"""A value of the model → a cell that the reader's own parser takes for that very value."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from inventory.ledger import literal
from inventory.ledger.words import Words, squeeze
from inventory.ledger_write.columns import Column
from inventory.ledger_write.reader import Cell, Refused, says_more
from inventory.model import Database

_DIGITS = 15  # of a number, as a spreadsheet keeps them
# what a file format or a spreadsheet program would change: only a literal carries it
_CHANGED = re.compile(r"\r|_x[0-9A-Fa-f]{4}_|[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def cell(value: Any, column: Column, words: Words) -> tuple[Cell, bool]:
    """(the cell, whether it reads back as `value`). What no spelling of the reader can tell is
    written as people would read it."""
    wanted = _plain(value)
    plainest: Cell = ""
    for number, candidate in enumerate(_candidates(wanted, column)):
        plainest = plainest if number else candidate
        if (isinstance(candidate, str) and _CHANGED.search(candidate)) or says_more(
            candidate, words
        ):
            continue
        try:
            if _same(column.reads(candidate, words), wanted):
                return candidate, True
        except Refused:
            pass
    return (_visible(plainest) if isinstance(plainest, str) else plainest), False


def _plain(value: Any) -> Any:
    """The value as the parsers give it."""
    if isinstance(value, Database):
        plain = {"version": value.version, "cluster": value.cluster, "port": value.port}
        return plain if value.engine == "postgresql" else {**plain, "engine": value.engine}
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value


def _same(read: Any, wanted: Any) -> bool:
    if isinstance(read, bool) or isinstance(wanted, bool):
        return read is wanted
    if wanted in (None, ()):
        return read in (None, ())
    return bool(read == wanted)


def _candidates(value: Any, column: Column) -> Iterator[Cell]:
    if value is None or value == ():
        if not column.blank_is_no:
            yield ""
        yield from (spelling for spelling, meaning in column.options if meaning is None)
    elif column.options:
        found = [s for s, meaning in column.options if s and _same(meaning, value)]
        yield from [c for c in column.choices if squeeze(c) in found] or [str(value)]
        yield from found
    elif isinstance(value, date):
        yield value
        yield value.isoformat()
    elif isinstance(value, int) or column.scale != 1 or column.unit:
        yield from _numbers(value, column)
    elif isinstance(value, tuple):
        yield from _lists(value)
    else:
        yield str(value)
        yield literal.write(str(value))


def _numbers(value: Any, column: Column) -> Iterator[Cell]:
    """A number where it keeps all its digits, else as text."""
    try:
        told = Decimal(str(value)) / column.scale
    except ArithmeticError:
        yield str(value)
        return
    written = format(told.normalize(), "f")
    if len(told.normalize().as_tuple().digits) <= _DIGITS and abs(told) < 10**_DIGITS:
        yield int(told) if told == told.to_integral_value() else float(written)
    yield written


def _lists(values: tuple[Any, ...]) -> Iterator[Cell]:
    parts = [_part(v) for v in values]
    joined = "、".join(parts)
    yield joined
    yield literal.write(joined)  # a single word that would say "nothing"
    yield "、".join(literal.write(part) for part in parts)


def _part(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value.get('engine', 'postgresql')} {value['version']}/{value['cluster']}:{value['port']}"
    return str(value)


def _visible(text: str) -> str:
    """`text` with nothing lost and nothing that a file could not hold."""
    hidden = any(unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n" for c in text)
    return literal.write(text) if hidden or _CHANGED.search(text) else text
