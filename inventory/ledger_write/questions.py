"""Questions to departments as a ledger: the rows of their systems, what is asked first and in red.

A ledger that tells an object tells it whole, so every column that the inventory holds stands behind
the questions as it is; a sheet of its own keeps what was asked and what was known, so that the answered
file changes what was asked and nothing else (inventory.ledger.answers).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from inventory.ledger.answers import CODE, FIELDS, KNOWN, SHEET, record_rows
from inventory.ledger.spelling import default_words
from inventory.ledger.words import Words
from inventory.ledger_write.book import Head, Page, write_book
from inventory.ledger_write.columns import Column, sheet_name
from inventory.ledger_write.export import number_format
from inventory.ledger_write.notes import note
from inventory.ledger_write.rows import NUMBER, Filled, Writer
from inventory.model import Estate
from inventory.secrecy import is_classified

_FIRST = ("code", "name", "organisation")
_HINT = (
    "红色表头为待答问题，请逐行填写；其余为已有内容，改动不采用。填好后：qianyun inventory apply 本文件"
    " / Red headers are the questions: fill them in, leave the rest as it is."
)


def questionnaire(
    estate: Estate, asked: Mapping[str, Sequence[str]], *, words: Words | None = None
) -> bytes:
    """A workbook with the systems of `asked` (code → fields to tell), a row each.

    Raises KeyError for a system that the estate does not hold, ValueError for a field that no ledger
    has or a classified system, which is never sent about.
    """
    words = words or default_words()
    systems = [estate.system(code) for code in sorted(asked)]
    if secret := [s.code for s in systems if is_classified(s)]:
        raise ValueError(f"classified systems are never asked about: {secret}")
    table = Writer(estate, words).fill("systems", systems)
    fields = {field for told in asked.values() for field in told}
    if unknown := fields - {column.field for column in table.columns}:
        raise ValueError(f"no such field of a ledger of systems: {sorted(unknown)}")
    heads = [Head(title, "@") for title in (CODE, FIELDS, KNOWN)]
    kept = Page(SHEET, f"{SHEET}（请勿改动 / leave as it is）", heads, record_rows(systems, fields))
    return write_book([_page(table, fields, words), kept])


def _page(table: Filled, fields: set[str], words: Words) -> Page:
    name = sheet_name(table.kind, words)
    rank = {field: place for place, field in enumerate(_FIRST)}

    def place(number: int) -> tuple[int, int]:
        field = table.columns[number].field
        return (rank.get(field, len(rank) if field in fields else len(rank) + 1), number)

    order = sorted(range(len(table.columns)), key=place)
    heads = [Head(NUMBER)]
    heads += [_head(table.columns[n], table.columns[n].field in fields, words) for n in order]
    heads += [Head(title, "@") for title in table.people]
    rows = [
        [row[0], *(row[1 + n] for n in order), *row[1 + len(table.columns) :]] for row in table.rows
    ]
    return Page(name, f"{name}台账（待答）", heads, rows, hint=_HINT)


def _head(column: Column, asked: bool, words: Words) -> Head:
    plain = Head(column.title, number_format(column))
    if not asked:
        return plain
    return replace(
        plain,
        note=note(column, "", words),
        options=column.choices or column.known,
        strict=bool(column.choices),
        required=True,
    )
