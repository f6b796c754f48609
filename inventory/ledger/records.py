"""Rows → records: every cell parsed, references still names."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inventory.ledger.contacts import Post, posts_of, read_contacts
from inventory.ledger.fields import CODE_NAMES, CONTACTS, ENTRANCE, FIELDS, REQUIRED
from inventory.ledger.headers import Column, Table, data_rows
from inventory.ledger.report import Code as ProblemCode
from inventory.ledger.report import Ignored, Problem
from inventory.ledger.unread import without_faults
from inventory.ledger.values import Cell, Refused, raw_text
from inventory.ledger.words import Words
from inventory.model import Code, Provenance
from inventory.text import printable

_PLACES = set(Provenance.model_fields)
_CODE: TypeAdapter[str] = TypeAdapter(Code)


@dataclass(frozen=True, slots=True)
class Told:
    """Where a field was told: the header's text and the cell's raw text."""

    column: str
    raw: str


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted row. `values` by ledger field; references are what people wrote."""

    kind: str
    file: str
    sheet: str
    row: int
    values: Mapping[str, Any]
    told: Mapping[str, Told]

    @property
    def code(self) -> str:
        return str(self.values.get("code", ""))

    @property
    def name(self) -> str:
        return str(self.values.get("name", ""))

    @property
    def place(self) -> str:
        return f"{self.file} {self.sheet} 第 {self.row} 行"

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        return tuple(
            # of our own making, hundreds of thousands of them: unchecked, and with one set between
            # them, they take half the room
            Provenance.model_construct(
                _PLACES,
                field=field,
                source=self.file,
                sheet=self.sheet,
                row=self.row,
                column=told.column,
                raw=told.raw,
            )
            for field, told in self.told.items()
        )

    def problem(
        self, field: str, code: ProblemCode, message: str, *, refuses: bool = True
    ) -> Problem:
        told = self.told.get(field, Told("", ""))
        return Problem(
            file=self.file,
            sheet=self.sheet,
            row=self.row,
            column=told.column,
            raw=told.raw,
            code=code,
            message=message,
            refuses=refuses,
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table holds. `refused`: records of refused rows, kept so that what refers to them
    can say why."""

    records: tuple[Record, ...]
    refused: tuple[Record, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[Ignored, ...]


def read_table(table: Table, words: Words, tick: Callable[[], None] | None = None) -> Rows:
    """Parse every row of a table; `tick` is called for each that is not empty."""
    sheet = table.sheet
    records: list[Record] = []
    refused: list[Record] = []
    problems = [_unknown_header(table, column) for column in table.unknown]
    ignored: list[Ignored] = []
    posts = posts_of(table.columns, words)
    for row, cells, why in data_rows(table, words):
        if tick:
            tick()
        if why:
            ignored.append(Ignored(file=sheet.file, sheet=sheet.name, row=row, reason=why))
            continue
        record, found = _record(table, row, cells, words)
        if posts:
            readable, unread = without_faults(table, row, cells, posts)
            problems += unread
            record, unread = _with_contacts(record, posts, readable, words)
            problems += unread
        problems += found
        (refused if found else records).append(record)
    return Rows(tuple(records), tuple(refused), tuple(problems), tuple(ignored))


def derived_code(kind: str, name: str) -> str:
    """A stable ASCII code for an object that has only a name."""
    return f"{kind[0]}-{hashlib.sha256((kind + name).encode()).hexdigest()[:8]}"


def service_code(host: str, protocol: str, port: int) -> str:
    """The code of a service of which none is told, by what makes it one; readable if it can be."""
    code = f"{host}-{protocol}-{port}"
    try:
        return _CODE.validate_python(code)
    except ValidationError:
        return derived_code("services", code)


def _record(
    table: Table, row: int, cells: tuple[Cell, ...], words: Words
) -> tuple[Record, list[Problem]]:
    values: dict[str, Any] = {}
    told: dict[str, Told] = {}
    faults: list[tuple[str, Refused]] = []
    for column in table.columns:
        if column.field is None or column.contact:
            continue
        cell = cells[column.index] if column.index < len(cells) else ""
        told[column.field] = Told(column.title, raw_text(cell).strip())
        if unread := table.sheet.faults.get((row - 1, column.index)):
            faults.append((column.field, Refused("formula_error", unread.expected)))
            continue
        try:
            value = FIELDS[table.kind][column.field](cell, column.unit, words)
        except Refused as refusal:
            faults.append((column.field, refusal))
            continue
        if value is not None and value != ():
            values[column.field] = value
    refused = {field for field, _ in faults}
    _name_it(table.kind, values, refused)
    faults += [(field, _missing()) for field in _absent(table.kind, values) if field not in refused]
    record = Record(table.kind, table.sheet.file, table.sheet.name, row, values, told)
    return record, [_problem(record, table, field, refusal) for field, refusal in faults]


def _with_contacts(
    record: Record, posts: tuple[Post, ...], cells: tuple[Cell, ...], words: Words
) -> tuple[Record, list[Problem]]:
    """The row with its people; a cell of them that can't be read is told and costs nothing else."""
    found = read_contacts(posts, cells, words)
    columns, raws = zip(*found.told, strict=True)
    told = {**record.told, CONTACTS: Told("、".join(columns), " | ".join(filter(None, raws)))}
    values = {**record.values, **({CONTACTS: found.contacts} if found.contacts else {})}
    problems = [
        Problem(
            file=record.file,
            sheet=record.sheet,
            row=record.row,
            column=column.title,
            raw=raw,
            code=refusal.code,
            message=_read_expected(raw, refusal),
            refuses=False,
        )
        for column, raw, refusal in found.faults
    ]
    return replace(record, values=values, told=told), problems


def _problem(record: Record, table: Table, field: str, refusal: Refused) -> Problem:
    problem = record.problem(field, refusal.code, _message(record, field, refusal))
    if problem.column:
        return problem
    # the whole column is missing: the row's first column is where to look
    return problem.model_copy(update={"column": table.columns[0].title})


def _message(record: Record, field: str, refusal: Refused) -> str:
    if refusal.code == "missing":
        zh, _, en = refusal.expected.partition(" / ")
        return f"缺少 {field}，{zh} / {field} is missing: {en}"
    return _read_expected(record.told[field].raw if field in record.told else "", refusal)


def _read_expected(raw: str, refusal: Refused) -> str:
    zh, _, en = refusal.expected.partition(" / ")
    shown = printable(raw)
    return f"读到“{shown}”，应为{zh} / read “{shown}”, expected {en}"


def _missing() -> Refused:
    return Refused("missing", "请补充 / fill it in")


def _name_it(kind: str, values: dict[str, Any], refused: set[str]) -> None:
    """Stand-ins: a line without a name has its code's, a host's name is its code, and what has
    only a name gets a derived code. That of a service comes from its host (objects.py)."""
    if kind == "dependencies":
        return
    if kind in CODE_NAMES and "name" not in values and "code" in values:
        values["name"] = values["code"]
    if "code" in values or "code" in refused or "name" not in values or kind == "services":
        return
    name = values["name"]
    values["code"] = derived_code(kind, re.sub(r"\s+", " ", name))
    if kind == "hosts":
        try:
            values["code"] = _CODE.validate_python(name)
        except ValidationError:
            return


def _absent(kind: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield from (field for field in REQUIRED[kind] if field not in values)
    given = [field for field in ENTRANCE if field in values]
    if given:
        yield from (field for field in ENTRANCE if field not in values)


def _unknown_header(table: Table, column: Column) -> Problem:
    shown = printable(column.title)
    return Problem(
        file=table.sheet.file,
        sheet=table.sheet.name,
        row=table.first_row,
        column=column.title,
        raw=column.title,
        code="unknown_header",
        message=(
            f"不认识的表头“{shown}”，该列未导入，请改用模板中的表头 / unknown header “{shown}”, "
            "its column was not read: use a header of the template"
        ),
        refuses=False,
    )
