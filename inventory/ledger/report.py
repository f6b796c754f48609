"""What reading ledgers gives: an estate, and everything that was refused or passed over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
    "unreadable_file",
    "outdated",
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
    """A sheet, row or reference that was passed over on purpose, and why; row 0 is the whole
    sheet; `column` and `raw` are of a cell whose field stays open."""

    file: str
    sheet: str
    row: int = 0
    column: str = ""
    raw: str = ""
    reason: str


@dataclass(frozen=True, kw_only=True)
class LedgerReport:
    """`objects`: what the ledgers tell, by names (as_told.py); `estate`: what may enter the estate.
    `counts`: objects told per collection, plus `rows` (told), `refused` (rows) and `problems`."""

    estate: Estate
    objects: Mapping[str, Sequence[dict[str, Any]]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    counts: dict[str, int]

    @property
    def ok(self) -> bool:
        return not self.problems

    def as_json(self) -> dict[str, Any]:
        """What `qianyun inventory check --json` says."""
        return {
            "objects": self.objects,
            "problems": [p.model_dump(mode="json", exclude={"refuses"}) for p in self.problems],
            "ignored": [entry.model_dump(mode="json") for entry in self.ignored],
            "counts": self.counts,
        }
