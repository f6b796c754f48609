"""Rows → records: every cell parsed, references still names."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date
from typing import Any

from inventory.ledger.addresses import either_ip, ipv4
from inventory.ledger.cells import Cell, Parser, Refused, is_blank, raw_text
from inventory.ledger.choices import if_told
from inventory.ledger.contacts import ContactReader, posts_of
from inventory.ledger.context import Context
from inventory.ledger.dates import DAYS_TO_1904
from inventory.ledger.fields import (
    CONTACTS,
    DAYS,
    FIELDS,
    MONEY,
    OTHERWISE,
    TICKS,
)
from inventory.ledger.noted import ABOUT, notes_of, unnoted
from inventory.ledger.offered import with_offered
from inventory.ledger.organisations import county_of, in_county
from inventory.ledger.record import Record, Told, beside
from inventory.ledger.remarks import (
    First,
    by_resemblance,
    estimates,
    headerless,
    left_of_label,
    left_open,
    left_over,
    missing,
    owners_as_above,
    passed_columns,
    people_aside,
    read_expected,
    row_problem,
    unknown_header,
    unread_label,
)
from inventory.ledger.report import Ignored, Problem
from inventory.ledger.rows import GROUP, LABELS, DataRow, data_rows
from inventory.ledger.several import parser_of
from inventory.ledger.signs import without_signs
from inventory.ledger.stand_ins import absent, name_it
from inventory.ledger.table import Column, Table
from inventory.ledger.titles import nearest_unit
from inventory.ledger.unread import without_faults
from inventory.ledger.words import Words, squeeze

CONTACTS_ASIDE = ("systems", "projects")  # people are told there in passing
_PLAIN = frozenset({str, int, bool, date})  # values that are taken as they are
REMEMBERED = 20_000  # cells of a column that are not parsed again


@dataclass(frozen=True, slots=True)
class Rows:
    """What a table holds. `refused`: records of refused rows, kept so that what refers to them
    can say why; `fields`: those that the table has columns for."""

    kind: str
    records: tuple[Record, ...]
    refused: tuple[Record, ...]
    problems: tuple[Problem, ...]
    ignored: tuple[Ignored, ...]
    titles: tuple[str, ...] = ()
    unread: frozenset[str] = frozenset()  # texts of a table of which the names can't be told


def read_table(table: Table, words: Words, tick: Callable[[], None] | None = None) -> Rows:
    """Parse every row of a table; `tick` is called for each that is not empty."""
    sheet = table.sheet
    records: list[Record] = []
    refused: list[Record] = []
    problems = [unknown_header(table, column) for column in table.unknown]
    ignored = [*passed_columns(table), *by_resemblance(table), *headerless(table)]
    posts = posts_of(table.columns, words)
    reader = _Reader(table, words)
    people = ContactReader(posts, words)
    as_above = 0
    for row in data_rows(table, words):
        if tick:
            tick()
        if row.why:
            if row.why == GROUP:
                reader.context.heading(_first(row.cells))
            elif row.why == LABELS:
                reader.context.labels(table.lines[row.number - 1])
            ignored.append(
                Ignored(
                    file=sheet.file,
                    sheet=sheet.name,
                    row=table.row_of(row.number),
                    reason=row.why + beside(row.number if table.names_row is not None else 0),
                )
            )
            continue
        as_above += row.as_above
        record, found, left = reader.read(row)
        if table.nameless:  # that there are no names is told once, at the header
            found = [p for p in found if p.code != "missing"]
        ignored += left
        if posts:
            readable, unread = without_faults(table, row.number, row.cells, posts)
            problems += unread
            record, unread = _with_contacts(table, record, people, readable)
            if table.kind in CONTACTS_ASIDE:
                ignored += [people_aside(problem) for problem in unread]
            else:
                problems += unread
        problems += found
        (refused if table.nameless or any(p.refuses for p in found) else records).append(record)
    ignored += owners_as_above(table, as_above)
    ignored += (estimates(table, first, n) for first, n in reader.about.values())
    ignored += (left_of_label(table, pair, note) for pair, note in reader.context.left)
    problems += [unread_label(table, pair, refusal) for pair, refusal in reader.context.unread]
    return Rows(
        table.kind,
        tuple(records),
        tuple(refused),
        tuple(problems),
        tuple(ignored),
        (sheet.file, sheet.name, *table.said.titles),
        _texts_of(table) if table.nameless else frozenset(),
    )


def _texts_of(table: Table) -> frozenset[str]:
    rows = table.sheet.rows[table.first_row : table.last_row]
    return frozenset(c.strip() for row in rows for c in row if isinstance(c, str) and c.strip())


class _Column:
    """Reads the cells of one column; what stands in it often is parsed once."""

    def __init__(self, table: Table, column: Column, words: Words) -> None:
        field = column.field or ""
        money = MONEY[table.kind].intersection(column.fields)
        self.column, self.field = column, column.fields[0]
        self.others = column.fields[1:]
        self._row = column.row + 1 if table.form else 0
        self.index, self.into = column.index, OTHERWISE.get(field, field)
        self._unit = nearest_unit((column.unit, table.said.money if money else ""), words)
        self._later = table.sheet.date1904 and field in DAYS[table.kind]
        self._parse = without_signs(_parser(table.kind, column), table, column, self._unit, words)
        self._words, self._kind = words, table.kind
        self.tick = self.field in TICKS[table.kind]
        self.seen: dict[tuple[type, Cell], tuple[Told, Any]] = {}

    def read(self, cell: Cell) -> tuple[Told, Any]:
        """What was told, and the value or the Refused."""
        found = Told(self.column.title, raw_text(cell).strip(), self._row), self._value(cell)
        if len(self.seen) < REMEMBERED:
            self.seen[cell.__class__, cell] = found
        return found

    def _value(self, cell: Cell) -> Any:
        if self._later and isinstance(cell, int | float):
            cell += DAYS_TO_1904
        try:
            return self._parse(cell, self._unit, self._words)
        except Refused as refusal:
            return with_offered(refusal, self._kind, self.field, self._words)


class _Reader:
    """Reads the rows of one table."""

    def __init__(self, table: Table, words: Words) -> None:
        self._table, self._words = table, words
        self._columns = tuple(
            _Column(table, column, words)
            for column in table.columns
            if column.field is not None and column.contact is None
        )
        said = (table.said.organisation, *table.said.titles, table.sheet.name, table.sheet.file)
        self._county = county_of(said)
        self.context = Context(table, words)
        self.about: dict[int, tuple[First, int]] = {}  # column → its estimates

    def read(self, row: DataRow) -> tuple[Record, list[Problem], list[Ignored]]:
        """The record, what is wrong with it, and the cells that were left open."""
        table, cells = self._table, row.cells
        faulty = table.sheet.faults  # of few sheets, and there of few cells
        taken = _Taken()
        values, told = taken.values, taken.told
        width = len(cells)
        for column in self._columns:
            cell = cells[column.index] if column.index < width else ""
            found = column.seen.get((cell.__class__, cell)) or column.read(cell)
            told[column.field], value = found
            if faulty or not (value.__class__ in _PLAIN or (value is None and not column.tick)):
                self._look(row, column, cell, value, taken)
            elif value is not None:  # as nearly all are
                values[column.into] = value
        for said in self.context.said:
            values[said.field], told[said.field] = said.value, said.told
        for field in ("organisation", "approving_department"):
            if self._county and field in values and values[field][0] in "区县旗本我":
                values[field] = in_county(values[field], self._county)
        faults = taken.faults
        refused = {field for field, refusal in faults if not refusal.aside}
        if refused:
            refused |= {o for c in self._columns if c.field in refused for o in c.others}
        number = name_it(table.kind, values, refused)
        faults += [(f, missing()) for f in absent(table.kind, values) if f not in refused]
        record = Record(
            table.kind,
            table.sheet.file,
            table.sheet.name,
            table.row_of(row.number),
            values,
            told,
            number,
            column=row.number if table.names_row is not None else 0,
        )
        problems = [row_problem(record, table, f, refusal) for f, refusal in faults]
        unsaid = {f for f, _ in faults if f in TICKS[table.kind]}
        if unsaid:  # told, but neither yes nor no, where a blank is no
            record = replace(record, told={f: t for f, t in told.items() if f not in unsaid})
        return record, problems, taken.left

    def _look(self, row: DataRow, column: _Column, cell: Cell, value: Any, taken: "_Taken") -> None:
        """Take a value that is more than one of text, number or day."""
        table, told = self._table, taken.told[column.field]
        for other in column.others:
            taken.told[other] = told
        for note in notes_of(value):
            if note.why == ABOUT:  # of a column of estimates one word is enough
                first, n = self.about.get(column.index, ((row, column.column, told.raw), 0))
                self.about[column.index] = first, n + 1
            else:
                what = note.left or told.raw
                taken.left.append(left_over(table, row, column.column, what, note.why))
        value = unnoted(value)
        if unread := table.sheet.faults.get((row.number - 1, column.index)):
            taken.faults.append((column.field, Refused("formula_error", unread.expected)))
        elif not isinstance(value, Refused):
            if column.tick and value is None and not is_blank(cell, self._words):
                del taken.told[column.field]  # said to be unknown, where a blank is no
            _take(taken.values, column.into, value)
        elif value.open_:
            if column.tick:
                del taken.told[column.field]  # where a blank is no, this is none
            taken.left.append(left_open(table, row, column.column, told.raw))
        else:
            taken.faults.append((column.field, value))


@dataclass(slots=True)
class _Taken:
    """What the cells of a row tell so far."""

    values: dict[str, Any] = dataclass_field(default_factory=dict)
    told: dict[str, Told] = dataclass_field(default_factory=dict)
    left: list[Ignored] = dataclass_field(default_factory=list)
    faults: list[tuple[str, Refused]] = dataclass_field(default_factory=list)


def _first(cells: tuple[Cell, ...]) -> str:
    return raw_text(next((c for c in cells if c not in (None, "")), ""))


def _parser(kind: str, column: Column) -> Parser:
    """That of the field; a column IP地址 may hold addresses of both families."""
    title = squeeze(column.title)
    if column.field == "ipv4" and ("4" not in title or "6" in title):
        return either_ip if FIELDS[kind]["ipv4"] is ipv4 else if_told(either_ip)
    return parser_of(kind, column.field or "")


def _take(values: dict[str, Any], field: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(value, dict):  # one cell, several fields
        for name, part in value.items():
            if part is not None:
                values.setdefault(name, part)
    elif value != ():
        values[field] = value


def _with_contacts(
    table: Table, record: Record, people: ContactReader, cells: tuple[Cell, ...]
) -> tuple[Record, list[Problem]]:
    """The row with its people; a cell of them that can't be read is told and costs nothing else."""
    found = people.read(cells)
    columns, raws = zip(*found.told, strict=True)
    told = {**record.told, CONTACTS: Told("、".join(columns), " | ".join(filter(None, raws)))}
    values = {**record.values, **({CONTACTS: found.contacts} if found.contacts else {})}
    problems = [
        Problem(
            file=record.file,
            sheet=record.sheet,
            row=table.row_of(record.row, column),
            column=column.title,
            raw=raw,
            code=refusal.code,
            message=read_expected(raw, refusal),
            refuses=False,
        )
        for column, raw, refusal in found.faults
    ]
    return replace(record, values=values, told=told), problems
