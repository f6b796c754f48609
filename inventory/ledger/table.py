"""A table that was found in a sheet: which column is which field. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from inventory.ledger.cells import Cell
from inventory.ledger.preamble import Preamble
from inventory.ledger.sheets import Sheet
from inventory.ledger.words import ContactHeader


@dataclass(frozen=True, slots=True)
class Pair:
    """A label outside of headers, and its value: `label` as read, without its colon; `column`: where
    the value stands; both from 0."""

    label: str
    value: Cell
    row: int
    column: int


type Lines = Mapping[int, tuple[Pair, ...]]
"""The lines of labels of a sheet, by row from 0."""


@dataclass(frozen=True, slots=True)
class Column:
    """`index` from 0; `title` is the header as read, in row `row` (from 0), `unit` what it says in
    brackets; `contact` is told where `field` is that of contacts, for which there may be several
    columns."""

    index: int
    title: str
    field: str | None
    unit: str = ""
    contact: ContactHeader | None = None
    row: int = 0
    likely: bool = False  # known by parts of its header alone
    stems: tuple[str, ...] = ()  # the header squeezed, without brackets; with the group above too
    resembles: bool = False  # no list knows the header: it is taken for what it resembles

    @property
    def fields(self) -> tuple[str, ...]:
        """What its cells tell: several, where its header names several."""
        return tuple(self.field.split("+")) if self.field else ()


@dataclass(frozen=True)
class Table:
    """A table found in a sheet; `first_row` is the index in `sheet.rows` of the first data row,
    `last_row` that behind the last. `quiet`: columns that are passed over on purpose; `repeated`:
    rows in which the header stands again;
    `lines`: the lines of labels above it and between its rows (labels.py);
    `nameless`: no column could be told to be that of the names;
    `form`: each column has its own row, in which its value stands too (forms.py);
    `names_row`: that of the names, where objects stand side by side: what are rows here are columns
    of the sheet (transposed.py)."""

    sheet: Sheet
    kind: str
    columns: tuple[Column, ...]
    first_row: int
    last_row: int
    header_row: int = 0
    quiet: tuple[Column, ...] = ()
    said: Preamble = field(default_factory=Preamble)
    repeated: frozenset[int] = frozenset()
    form: bool = False
    nameless: bool = False
    lines: "Lines" = field(default_factory=dict)
    names_row: int | None = None

    @property
    def unknown(self) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.field is None)

    @cached_property
    def fields(self) -> frozenset[str]:
        return frozenset(field for c in self.columns for field in c.fields)

    def row_of(self, number: int, column: Column | None = None) -> int:
        """The sheet's row, from 1, of a cell in the table's row `number`, or of the whole row."""
        if column is not None and self.form:
            return column.row + 1
        return number if self.names_row is None else self.names_row + 1

    def index_of(self, field: str) -> int | None:
        return next((c.index for c in self.columns if field in c.fields), None)
