"""The estate as ledgers: workbook or CSV, read back to see that nothing was lost."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from inventory.changes import MODELS
from inventory.ledger import read_ledgers
from inventory.ledger.fields import FIELDS
from inventory.ledger.spelling import default_words
from inventory.ledger.words import Words
from inventory.ledger_write.book import Head, Page, write_book
from inventory.ledger_write.columns import Column, Shape, sheet_name
from inventory.ledger_write.comma import csv_bytes
from inventory.ledger_write.rows import Filled, Inexact, Writer
from inventory.ledger_write.select import part_of
from inventory.ledger_write.writing import write_files
from inventory.model import Estate, content

KINDS = tuple(kind for kind in MODELS if kind in FIELDS)
_FORMATS = {Shape.DATE: "yyyy-mm-dd", Shape.TEXT: "@", Shape.LIST: "@", Shape.REFERENCE: "@"}


@dataclass(frozen=True)
class Exported:
    """`digest`: of the part that was exported, apart from where systems were moved to (no ledger
    tells that). `changed`: (kind, code) of objects that the files don't tell back the same;
    `inexact`: the cells that are why. Both empty: reading the files gives `digest` again."""

    files: tuple[Path, ...]
    counts: dict[str, int]
    digest: str
    changed: tuple[tuple[str, str], ...]
    inexact: tuple[Inexact, ...]


def number_format(column: Column) -> str:
    """How a spreadsheet shows a column's cells; text stays what was typed (007)."""
    return _FORMATS.get(column.shape, "General")


def export(
    estate: Estate,
    to: Path,
    *,
    kinds: Collection[str] = (),
    organisation: str | None = None,
    county: str | None = None,
    replace: bool = False,
    words: Words | None = None,
) -> Exported:
    """Write the estate, or a part of it, as one workbook (`to` ends in .xlsx) or as a folder of
    CSV files, one a kind. Files that are there are kept unless `replace`.

    Raises LedgerError when files are in the way, or a text is too long for a cell; EstateError
    for an unknown organisation or county; OSError.
    """
    words = words or default_words()
    part = part_of(estate, words, kinds=kinds, organisation=organisation, county=county)
    writer = Writer(estate, words)
    tables = [
        writer.fill(kind, objects)
        for kind, objects in part.collections()
        if kind in KINDS and (kind in kinds or not kinds)
    ]
    if to.suffix.lower() == ".xlsx":
        contents = {to: write_book(_page(table, words) for table in tables)}
    else:
        contents = {
            to / f"{sheet_name(t.kind, words)}.csv": csv_bytes([t.header, *t.rows]) for t in tables
        }
    write_files(contents, replace=replace)
    return Exported(
        files=tuple(contents),
        counts={t.kind: len(t.rows) for t in tables},
        digest=comparable(part).digest,
        changed=tuple(_changed(part, estate, tuple(contents), words)),
        inexact=tuple(cell for table in tables for cell in table.inexact),
    )


def comparable(estate: Estate) -> Estate:
    """The estate without what no ledger tells: where our own moves left the systems."""
    systems = tuple(s.model_copy(update={"placement": None}) for s in estate.systems)
    return estate.model_copy(update={"systems": systems})


def _changed(
    part: Estate, estate: Estate, files: tuple[Path, ...], words: Words
) -> Iterator[tuple[str, str]]:
    """Objects that the files, read again, tell otherwise or not at all."""
    if not any(objects for _, objects in part.collections()):
        return
    again = dict(read_ledgers(files, known=estate, words=words).estate.collections())
    for kind, objects in comparable(part).collections():
        found = {o.code: content(o) for o in again[kind]}
        wanted = {o.code: content(o) for o in objects}
        yield from (
            (kind, code)
            for code in sorted(found.keys() | wanted.keys())
            if found.get(code) != wanted.get(code)
        )


def _page(table: Filled, words: Words) -> Page:
    name = sheet_name(table.kind, words)
    heads = [Head(table.header[0])]
    heads += [Head(c.title, number_format(c), required=c.required) for c in table.columns]
    heads += [Head(title, "@") for title in table.people]
    return Page(name, f"{name}台账", heads, table.rows)
