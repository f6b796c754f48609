"""What a sheet's file says that the parser does not."""

from dataclasses import dataclass, field
from typing import NamedTuple

from inventory.ledger_files import limits
from inventory.ledger_files.limits import check_extent


class Fault(NamedTuple):
    """A cell that shows no value of its own: `text` is the error (#REF!), or the formula that has
    no stored value. `row` and `column` from 0."""

    row: int
    column: int
    kind: str  # "error" or "formula"
    text: str


@dataclass(slots=True)
class SheetFacts:
    """`rows` and `columns`: what the cells span; `more_faults`: those not kept one by one;
    `spans`: the merges of an ods, (top, left, bottom, right) from 0, of which
    the parser tells nothing; `styled`: (row, column, style) of cells of an xlsx that may show other
    digits than they hold, 2015.10 for 2015.1; `hidden_rows`, `hidden_columns`: from 0, those that
    nobody sees."""

    rows: int = 0
    columns: int = 0
    merges: int = 0
    spans: list[tuple[int, int, int, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    more_faults: int = 0
    styled: list[tuple[int, int, int]] = field(default_factory=list)
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    def cell(self, row: int, column: int) -> None:
        """A cell at (row, column), from 0. Raises Refused when it lies too far out."""
        if row >= self.rows or column >= self.columns:
            self.rows = max(self.rows, row + 1)
            self.columns = max(self.columns, column + 1)
            check_extent(self.rows, self.columns)

    def hide_columns(self, first: int, last: int) -> None:
        self.hidden_columns.update(range(first, min(last, limits.MAX_COLUMNS) + 1))

    def hide_rows(self, first: int, last: int) -> None:
        self.hidden_rows.update(range(first, min(last, limits.MAX_ROWS) + 1))

    def fault(self, fault: Fault) -> None:
        if len(self.faults) < limits.MAX_FAULTS:
            self.faults.append(fault)
        else:
            self.more_faults += 1
