"""Forms: one object a sheet, its fields as pairs of a label and a value to its right. Pure.

江岚市政务信息系统登记表
系统名称   | 学籍核验系统 | 建设单位   | 市教育局
立项时间   | 2021年5月    | 建设投资（万元） | 74.5
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inventory.ledger.cells import Cell, raw_text
from inventory.ledger.headers import Hints, columns_of
from inventory.ledger.headings import Heading, heading_of
from inventory.ledger.preamble import Preamble, preamble
from inventory.ledger.sheets import CellFault, Hidden, Sheet
from inventory.ledger.table import Table
from inventory.ledger.words import KindWords, Words

_SAID = re.compile(r"[:：]\s*\S")  # 填报单位：市教育局 says its value itself
LEAST = 5  # pairs that make a form
LOOKED_AT = 40  # rows that tell a form
LEAST_ROWS = 4  # in so many rows
_NAMING = ("name", "code")


@dataclass(frozen=True, slots=True)
class Told:
    """A label, and its value in that row and column (from 0)."""

    label: Heading
    row: int
    column: int
    value: Cell


def find_forms(sheet: Sheet, words: Words) -> Iterator[Table]:
    """The forms of a sheet from top to bottom, each as a table of one row; none where it holds
    tables of the usual kind."""
    kind = _kind(sheet, words)
    if kind is not None:
        pairs, _ = _pairs(sheet, words.kinds[kind], words, len(sheet.rows))
        for form in _split(pairs):
            said = preamble(sheet.rows[: form[0].row], words)
            yield form_of(sheet, kind, form, said)


def _kind(sheet: Sheet, words: Words) -> str | None:
    """What the forms of a sheet are of, by its first rows: a table may have 20,000 more."""
    hints = Hints(sheet, words)
    found: dict[str, float] = {}
    for kind, known in words.kinds.items():
        pairs, together = _pairs(sheet, known, words, LOOKED_AT)
        if _is_form(pairs, together):
            above = " ".join(_text(cell) for row in sheet.rows[: pairs[0].row] for cell in row)
            found[kind] = len({p.label.field for p in pairs}) + hints.of(known, above=above)
    return max(found, default=None, key=lambda kind: found[kind])


def _pairs(sheet: Sheet, known: KindWords, words: Words, most: int) -> tuple[list[Told], int]:
    """The pairs of the first `most` rows in reading order, and how many labels stood beside another
    label."""
    right_of = {
        (row, column): right
        for top, left, bottom, right in sheet.merges
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }
    pairs: list[Told] = []
    together = 0
    for at, row in enumerate(sheet.rows[:most]):
        column = 0
        while column < len(row):
            label = _label(row, column, at, known, words)
            beside = right_of.get((at, column), column) + 1
            column += 1
            if label is None or beside >= len(row):
                continue
            other = _label(row, beside, at, known, words)
            # 是否涉密 | 涉密: a value may say what a header does, of the same field
            if other is not None and not other.likely and other.field != label.field:
                together += 1
                continue
            pairs.append(Told(label, at, beside, row[beside]))
            column = right_of.get((at, beside), beside) + 1
    return pairs, together


def _label(
    row: Sequence[Cell], column: int, at: int, known: KindWords, words: Words
) -> Heading | None:
    cell = row[column]
    text = cell.strip() if isinstance(cell, str) else ""
    if not text or _SAID.search(text):
        return None
    label = heading_of(column, text, at, known, words)
    return label if label.field or label.contact else None


def _is_form(pairs: Sequence[Told], together: int) -> bool:
    fields = {p.label.field for p in pairs if p.label.field}
    sure = {p.label.field for p in pairs if p.label.field and not p.label.likely}
    rows = {p.row for p in pairs}
    return (
        len(sure) >= LEAST
        and len(rows) >= LEAST_ROWS
        and not fields.isdisjoint(_NAMING)
        and 3 * together <= len(pairs)
    )


def _split(pairs: Sequence[Told]) -> Iterator[list[Told]]:
    """Forms below each other: the next begins where the name stands again."""
    form: list[Told] = []
    told: set[str | None] = set()
    for pair in pairs:
        if pair.label.field in _NAMING and pair.label.field in told:
            yield form
            form, told = [], set()
        form.append(pair)
        told.add(pair.label.field)
    yield form


def form_of(sheet: Sheet, kind: str, form: Sequence[Told], said: Preamble) -> Table:
    """The form as a table of one row, which stands where the form's first pair does."""
    at = form[0].row
    labels = [replace(pair.label, index=number) for number, pair in enumerate(form)]
    rows = (*((),) * at, tuple(pair.value for pair in form))
    faults: dict[tuple[int, int], CellFault] = {
        (at, number): sheet.faults[pair.row, pair.column]
        for number, pair in enumerate(form)
        if (pair.row, pair.column) in sheet.faults
    }
    columns = [column for column, passed in columns_of(labels, kind) if not passed]
    return Table(
        replace(sheet, rows=rows, faults=faults, merges=(), unseen=Hidden()),
        kind,
        tuple(columns),
        first_row=at,
        last_row=at + 1,
        header_row=at,
        said=said,
        form=True,
    )


def _text(cell: Cell) -> str:
    return raw_text(cell) if cell else ""
