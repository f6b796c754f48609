"""What reading ledgers gives: an estate, and everything that was refused or passed over."""

from typing import Any, Literal

from inventory.model import Estate, Frozen

Code = Literal[
    "not_a_number",
    "not_a_date",
    "not_a_quantity",
    "not_an_ip",
    "not_in_choices",
    "out_of_range",
    "unknown_reference",
    "duplicate",
    "missing",
    "unknown_header",
    "bad_text",
    "formula_error",
]


class Problem(Frozen):
    """One fault and its place: `row` as the spreadsheet counts (from 1), `column` the header's
    text, `raw` what was read. `refuses`: its row was left out (an unknown header or a line's
    unknown end doesn't cost the row)."""

    file: str
    sheet: str
    row: int
    column: str
    raw: str
    code: Code
    message: str
    refuses: bool = True


class Ignored(Frozen):
    """A sheet or row that was passed over on purpose, and why; row 0 is the whole sheet."""

    file: str
    sheet: str
    row: int = 0
    reason: str


class LedgerReport(Frozen):
    """`counts`: objects read per collection of the estate, plus `rows` (told), `refused` (rows)
    and `problems`."""

    estate: Estate
    problems: tuple[Problem, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    counts: dict[str, int]

    @property
    def ok(self) -> bool:
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, provenance included."""
        return self.model_dump(mode="json", exclude_none=True)
