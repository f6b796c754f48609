"""Empty ledgers for departments to fill in: headers, notes, drop-downs, one example row a sheet.

Everything is asked of the reader (columns.py); examples are data (examples.toml).
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from inventory.ledger.fields import ENTRANCE, WITH_CONTACTS
from inventory.ledger.spelling import default_words
from inventory.ledger.words import Words
from inventory.ledger_write.book import Head, Page, column_letter, write_book
from inventory.ledger_write.columns import Column, Shape, columns, role_titles, sheet_name
from inventory.ledger_write.export import KINDS, number_format
from inventory.ledger_write.notes import note, people_note
from inventory.ledger_write.reader import Cell, Refused, is_implied
from inventory.ledger_write.rows import NUMBER
from inventory.model import Estate
from inventory.secrecy import hidden

MAX_KNOWN = 5_000  # names of a drop-down
_HINT = (
    "灰色为示例行，填报前请删除；红色表头必填；鼠标停在表头上可看填写说明。"
    " / The grey row is an example: delete it. Red headers must be filled in. Point at a header for help."
)
# for a text column without an example, the first that the parser takes
_TRIES: tuple[Cell, ...] = (
    "示例",
    "example",
    "EX-1",
    "/srv/example/x",
    "192.0.2.9",
    "2001:db8::9",
    "22:00-06:00",
    "https://example.org/",
    8080,
    1,
)
_DAY = date(2020, 6, 1)
_OF_ENTRANCE = (*ENTRANCE, "entrance_name", "check_path", "check_content")
# names of systems in a list: the one example can't need itself, the other sheet tells it
_SELF_REFERENCES = {"systems": ("depends_on",)}
_EMPTY = Estate()


def template(
    kinds: Collection[str] = (), *, known: Estate = _EMPTY, words: Words | None = None
) -> bytes:
    """A workbook with a sheet for each of `kinds` (all where none is given) and for those without
    which a row of them can't be. `known`: what references may be picked from.

    Its example rows refer to one another, so that it reads without a problem as it is.
    """
    words = words or default_words()
    wanted = _with_needed(kinds or KINDS, words)
    return write_book(_page(kind, wanted, known, words) for kind in wanted)


def template_files(
    kinds: Collection[str] = (), *, known: Estate = _EMPTY, words: Words | None = None
) -> Iterator[tuple[str, bytes]]:
    """A workbook for each kind, by its file's name: each reads without a problem by itself, and
    all of them together."""
    words = words or default_words()
    for kind in kinds or KINDS:
        yield f"{sheet_name(kind, words)}台账模板.xlsx", template([kind], known=known, words=words)


def _with_needed(kinds: Collection[str], words: Words) -> tuple[str, ...]:
    """`kinds` and those that their required references name, in the estate's order."""
    found = set(kinds)
    while True:
        more = {
            column.refers[0]
            for kind in found
            for column in columns(kind, words)
            if column.required and column.refers
        }
        if more <= found:
            return tuple(kind for kind in KINDS if kind in found)
        found |= more


def _page(kind: str, kinds: Sequence[str], known: Estate, words: Words) -> Page:
    own = columns(kind, words)
    rows = [_example(kind, own, kinds, words)]
    if any(pair in kinds and refers == kind for (pair, _), refers in _OTHERS.items()):
        rows.append(_second(kind, rows[0], own))
    heads = [Head(NUMBER, note="行号，可不填 / the row's number, may be left out")]
    for column, value in zip(own, rows[0], strict=True):
        heads.append(_head(column, value, kinds, known, words))
    people = role_titles(kind, words.some_role, words) if kind in WITH_CONTACTS else {}
    told = _examples()["contacts"]
    heads += [Head(t, "@", people_note(part, told[part])) for part, t in people.items()]
    numbered = [[n, *row, *(told[part] for part in people)] for n, row in enumerate(rows, start=1)]
    name = sheet_name(kind, words)
    return Page(name, f"{name}台账（模板）", heads, numbered, hint=_HINT, example=True)


def _head(column: Column, example: Cell, kinds: Sequence[str], known: Estate, words: Words) -> Head:
    return Head(
        text=column.title,
        format=number_format(column),
        note=note(column, example, words),
        options=column.choices or column.known or _known_names(column, known),
        source=_source(column, kinds, words),
        strict=bool(column.choices),
        required=column.required,
    )


def _known_names(column: Column, known: Estate) -> tuple[str, ...]:
    if column.shape is not Shape.REFERENCE:
        return ()
    away = hidden(known)  # a template goes to other departments
    names = {
        o.name
        for kind in column.refers
        for o in getattr(known, kind)
        if o.code not in (away.hosts if kind == "hosts" else away.systems)
    }
    plain = sorted(n for n in names if n.strip() == n and n.isprintable())
    return tuple(plain) if len(plain) <= MAX_KNOWN else ()


def _source(column: Column, kinds: Sequence[str], words: Words) -> str:
    """Where nothing is known yet: the names that the workbook's own sheet of that kind holds."""
    for kind in column.refers:
        fields = [c.field for c in columns(kind, words)] if kind in kinds else []
        if column.shape is Shape.REFERENCE and "name" in fields:
            letter = column_letter(2 + fields.index("name"))  # behind the running number
            return f"'{sheet_name(kind, words)}'!${letter}$4:${letter}$2003"
    return ""


def _example(kind: str, own: Sequence[Column], kinds: Sequence[str], words: Words) -> list[Cell]:
    told = _examples().get(kind, {})
    cells = {column.field: _cell(column, told, kinds, words) for column in own}
    if any(cells.get(field) == "" for field in ENTRANCE):  # told whole or not at all
        cells |= {field: "" for field in _OF_ENTRANCE if field in cells}
    return list(cells.values())


def _cell(column: Column, told: Mapping[str, Any], kinds: Sequence[str], words: Words) -> Cell:
    if column.refers:
        return _reference(column, kinds)
    if column.field in _SELF_REFERENCES.get(column.kind, ()):
        return ""
    if column.field in told and _takes(column, told[column.field], words):
        return told[column.field]  # type: ignore[no-any-return]
    if column.choices:
        return column.choices[0]
    if column.shape is Shape.DATE:
        return _DAY
    return next((c for c in _TRIES if _takes(column, c, words)), "")


def _reference(column: Column, kinds: Sequence[str]) -> str:
    """The name of the example of the kind that is referred to; where no sheet tells one, only
    those that the reader takes as told."""
    # a line ends at another place than it begins
    for kind in reversed(column.refers) if column.field == "z_end" else column.refers:
        if kind == column.kind:
            return ""  # nothing is a part of itself
        if kind in kinds or is_implied(kind, column.field):
            name = str(_examples()[kind]["name"])
            return name + SECOND if (column.kind, column.field) in _OTHERS else name
    return ""


SECOND = "二"
# what is between two of a kind names its second example → that kind
_OTHERS = {("dependencies", "needs"): "systems", ("links", "z_node"): "nodes"}


def _second(kind: str, first: Sequence[Cell], own: Sequence[Column]) -> list[Cell]:
    """Another one for the first to need or to be linked with: its code and name, little else."""
    told = _examples()[kind]
    values = {"code": f"{told['code'][:-1]}2", "name": told["name"] + SECOND}
    kept = ("organisation", "secrecy")
    return [
        values.get(c.field, value if c.field in kept else "")
        for c, value in zip(own, first, strict=True)
    ]


def _takes(column: Column, cell: Cell, words: Words) -> bool:
    try:
        return column.reads(cell, words) not in (None, ())
    except Refused:
        return False


@cache
def _examples() -> Mapping[str, Mapping[str, Any]]:
    text = files("inventory.ledger_write").joinpath("examples.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
