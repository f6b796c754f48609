"""Which columns a kind of object has in a ledger, and what may stand in them.

Nothing is listed here: headers, choices and units come from the words, and what a field takes is
found by asking its parser, so that a new field or spelling is in templates and exports by itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from inventory.labels import field_label
from inventory.ledger.fields import REQUIRED
from inventory.ledger.words import Words, squeeze
from inventory.ledger_write.reader import (
    Cell,
    Parser,
    Refused,
    blank_is_no,
    offered,
    parsers,
    references,
)

_NONSENSE = "¤¤"
_DAY = date(2020, 6, 1)
# header's unit → what the parser makes of 7 in it, and of 7 in another: a count takes any unit
_UNITS: Mapping[str, tuple[object, str, object]] = {
    "元": (7, "万元", 70_000),
    "Mbps": (7_000, "Gbps", 7_000_000),
    "GB": (7, "TB", 7_168),
    "kW": ("7", "MW", "7000"),
    "㎡": ("7", "平方米", "7"),
}
_BRACKETS = re.compile(r"[(（].*[)）]$")
_CASED = re.compile(r"(?<![a-z])(?:app|cpu|ssh|os|id|url|ip(?:v[46])?|[az](?=端))(?![a-z])")


class Shape(Enum):
    """What a cell of a column holds."""

    TEXT = "text"
    LIST = "list"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    REFERENCE = "reference"


@dataclass(frozen=True)
class Column:
    """One field of a kind. `title` is the header, with `unit` in brackets where a number needs
    one; `scale`: the model's number for 1 of that unit; `options`: spelling → what it is read
    as, in order; `refers`: the collections in which a reference is looked up; `expected`: what
    the parser says it takes, in both languages; `known`: words that a column of any text has a
    meaning for. A list may refer too, with each of its words."""

    kind: str
    field: str
    title: str
    shape: Shape
    parser: Parser
    unit: str = ""
    scale: Decimal = Decimal(1)
    options: tuple[tuple[str, Any], ...] = ()
    refers: tuple[str, ...] = ()
    required: bool = False
    blank_is_no: bool = False
    expected: str = ""
    known: tuple[str, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """One spelling of each choice, as messages of the reader show them."""
        return offered(self.kind, self.field, self.options)

    def reads(self, cell: Cell, words: Words) -> Any:
        """What the reader makes of a cell. Raises Refused."""
        return self.parser(cell, self.unit, words)


def sheet_name(kind: str, words: Words) -> str:
    """What a sheet of the kind is called: the word by which the reader knows it."""
    return words.kinds[kind].sheets[0]


_FOUND: dict[tuple[str, int], tuple[Words, tuple[Column, ...]]] = {}


def columns(kind: str, words: Words) -> tuple[Column, ...]:
    """The columns of a kind in the reader's order; a field without a header has none.

    Kept by the words' identity: asking the parsers takes a while, and words never change.
    """
    if (kind, id(words)) not in _FOUND:
        _FOUND[kind, id(words)] = words, _columns(kind, words)
    return _FOUND[kind, id(words)][1]


def _columns(kind: str, words: Words) -> tuple[Column, ...]:
    return tuple(
        _column(kind, field, title, parser, words)
        for field, parser in parsers(kind).items()
        if (title := _title(kind, field, words))
    )


def _title(kind: str, field: str, words: Words) -> str | None:
    """The header of a field: what the product calls it, alone or behind the kind's name, where the
    reader knows that as its header; else the first that it knows."""
    headers = words.kinds[kind].headers
    called = _BRACKETS.sub("", field_label(kind, field))
    titles = (called, sheet_name(kind, words) + called)
    for title in reversed(titles) if field == "name" else titles:  # 名称 alone says of nothing what
        if headers.get(squeeze(title)) == field:
            return title.replace(" ", "")
    first = headers.first_of(field)
    return first and _CASED.sub(lambda match: _upper(match[0]), first)


def role_titles(kind: str, role: str, words: Words) -> dict[str, str]:
    """The headers of the name, phone and e-mail of people of a role; none for an unknown role, or
    where every word for it is a field of the kind (主要负责人 of a project)."""
    found: dict[str, str] = {}
    for header, told in words.contacts.items():
        if told.role == role and header not in words.kinds[kind].headers:
            found.setdefault(told.part, header)
    return found if "name" in found else {}


def _column(kind: str, field: str, title: str, parser: Parser, words: Words) -> Column:
    shape, unit, scale, options = _shape(parser, words)
    refers = references(kind).get(field, ())
    return Column(
        kind=kind,
        field=field,
        title=f"{title}({unit})" if unit else title,
        shape=Shape.REFERENCE if refers and shape is Shape.TEXT else shape,
        parser=parser,
        unit=squeeze(unit),
        scale=scale,
        options=options,
        refers=tuple(refers),
        required=field in REQUIRED[kind],
        blank_is_no=blank_is_no(kind, field),
        expected=_refusal(parser, words)[1],
        known=_known(parser, words) if shape is Shape.TEXT else (),
    )


def _upper(word: str) -> str:
    return f"IP{word[2:]}" if word.startswith("ip") else word.upper()


def _shape(parser: Parser, words: Words) -> tuple[Shape, str, Decimal, tuple[tuple[str, Any], ...]]:
    if _refusal(parser, words)[0] == "not_in_choices":
        return Shape.CHOICE, "", Decimal(1), tuple(_options(parser, words))
    if _read(parser, _DAY, "", words) == _DAY:
        return Shape.DATE, "", Decimal(1), ()
    strict = _read(parser, "a7", "", words) is _REFUSED  # a code may be any word
    for unit, (found, other, more) in _UNITS.items():
        if (
            strict
            and _read(parser, 7.0, unit, words) == found
            and _read(parser, 7.0, other, words) == more
        ):
            return Shape.NUMBER, unit, Decimal(str(found)) / 7, ()
    if _read(parser, 7.0, "", words) == 7 or _read(parser, 2007.0, "", words) == 2007:
        return Shape.NUMBER, "", Decimal(1), ()
    if isinstance(_read(parser, "", "", words), tuple):
        return Shape.LIST, "", Decimal(1), ()
    return Shape.TEXT, "", Decimal(1), ()


def _options(parser: Parser, words: Words) -> Iterator[tuple[str, Any]]:
    """Every spelling of the largest table that the parser takes whole; of tables that it does not
    know no more is tried than their first words."""
    whole: Sequence[str] = ()
    for table in words.choices.values():
        if len(table) > len(whole) and all(
            _read(parser, spelling, "", words) is not _REFUSED for spelling in table
        ):
            whole = tuple(table)
    yield from ((spelling, _read(parser, spelling, "", words)) for spelling in whole)


def _known(parser: Parser, words: Words) -> tuple[str, ...]:
    """What a parser of any text makes of the one table of choices that it knows."""
    for table in words.choices.values():
        if all(
            _read(parser, spelling, "", words) == meaning for spelling, meaning in table.items()
        ):
            return tuple(dict.fromkeys(table.values()))
    return ()


_REFUSED = object()


def _read(parser: Parser, cell: Cell, unit: str, words: Words) -> Any:
    try:
        return parser(cell, unit, words)
    except Refused:
        return _REFUSED


def _refusal(parser: Parser, words: Words) -> tuple[str, str]:
    """(code, expected) of what the parser says to nonsense; ("", "") when it takes it."""
    try:
        parser(_NONSENSE, "", words)
    except Refused as refusal:
        return refusal.code, refusal.expected
    return "", ""
