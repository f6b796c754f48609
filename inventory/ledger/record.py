"""One accepted row: what it tells, and where each of it stood."""

import hashlib
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from inventory.ledger.fields import BLANK_IS_NO
from inventory.ledger.report import Code as ProblemCode
from inventory.ledger.report import Problem
from inventory.model import Code, Provenance

_CODE: TypeAdapter[str] = TypeAdapter(Code)


@dataclass(frozen=True, slots=True)
class Told:
    """Where a field was told: the header's text and the cell's raw text."""

    column: str
    raw: str
    row: int = 0  # where it is not the record's, in a form


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted row. `values` by ledger field; references are what people wrote. `number`: the
    code as told, where it can't be a code of the estate."""

    kind: str
    file: str
    sheet: str
    row: int
    values: Mapping[str, Any]
    told: Mapping[str, Told]
    number: str = ""
    more: tuple["Record", ...] = ()  # other rows of the same object, merged into this one
    column: int = 0  # of the sheet, from 1, where objects stand side by side

    @property
    def code(self) -> str:
        return str(self.values.get("code", ""))

    @property
    def name(self) -> str:
        return str(self.values.get("name", ""))

    @property
    def table(self) -> tuple[str, str, str]:
        return self.file, self.sheet, self.kind

    @property
    def place(self) -> str:
        beside = f"{letters(self.column)} 列" if self.column else ""
        return f"{self.file} {self.sheet} 第 {self.row} 行{beside}"

    def provenance(self, of: Container[str] | None = None) -> tuple[Provenance, ...]:
        """Where its fields were told, or those `of` these names."""
        own = tuple(
            Provenance(field, self.file, self.sheet, told.row or self.row, told.column, told.raw)
            for field, told in self.told.items()
            if of is None or field in of
        )
        if not self.more:
            return own
        have = {p.field for p in own if p.raw}
        return own + tuple(
            p for other in self.more for p in other.provenance(of) if p.raw and p.field not in have
        )

    def problem(
        self, field: str, code: ProblemCode, message: str, *, refuses: bool = True
    ) -> Problem:
        told = self.told.get(field, Told("", ""))
        return Problem(
            file=self.file,
            sheet=self.sheet,
            row=told.row or self.row,
            column=told.column,
            raw=told.raw,
            code=code,
            message=message + beside(self.column),
            refuses=refuses,
        )


def letters(column: int) -> str:
    """A column as spreadsheets call it: A for 1, AA for 27."""
    found = ""
    while column:
        column, letter = divmod(column - 1, 26)
        found = chr(ord("A") + letter) + found
    return found


def beside(column: int) -> str:
    """What a message says of the column, from 1, in which an object stands; 0: it has a row."""
    return f"（{letters(column)} 列 / column {letters(column)}）" if column else ""


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


def with_blanks(record: Record) -> Record:
    """The record with what its blank cells say: a column of ticks without one is no."""
    ticks = BLANK_IS_NO[record.kind] & record.told.keys() - record.values.keys()
    said = dict.fromkeys(sorted(ticks), False)
    return replace(record, values={**record.values, **said}) if said else record
