"""A cell as it was read, and what every parser of cells needs. Pure."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from inventory.ledger.report import Code
from inventory.ledger.words import Words, squeeze

Cell = str | float | int | bool | date | None
Parser = Callable[[Cell, str, Words], Any]
"""(cell, unit of the header or "", words) → the value in the model's unit, None for "not told".
Raises Refused."""

FIRST = "只取第一个，其余未导入 / the first was taken, these were not"
ASIDE = (
    "括号内或附带的内容未导入，请核对 / what stands in brackets or beside was not taken, check it"
)
LOST_DIGITS = 10**15  # a spreadsheet keeps 15 digits of a number
_STROKES = re.compile(r"[-—–―_/\\.。·…*~+|]+")  # "/", "--", "……": nothing is told


class Refused(Exception):
    """A cell that can't be taken; `expected` says in both languages what could. `open_`: its field
    stays open, and nothing else is lost; `aside`: likewise, but it is a fault and is told; `of`: the
    table of choices that it is none of."""

    def __init__(
        self, code: Code, expected: str, *, open_: bool = False, aside: bool = False, of: str = ""
    ) -> None:
        super().__init__(expected)
        self.code: Code = code
        self.expected = expected
        self.open_ = open_
        self.aside = aside
        self.of = of


@dataclass(frozen=True, slots=True)
class Partly:
    """A cell that tells more than its field holds, or another thing than its value by a hair: the
    value, what was left (all of the cell for ""), and why that is worth a word."""

    value: Any
    left: str
    why: str = FIRST


def raw_text(cell: Cell) -> str:
    """The cell as a person sees it: 3 for 3.0, ISO for dates."""
    if isinstance(cell, str):
        return cell
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, date):
        whole = isinstance(cell, datetime) and cell.time() == datetime.min.time()
        return cell.isoformat()[:10] if whole else cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        # of a longer one the last digits are lost: int() would show others that nobody wrote
        return str(int(cell)) if abs(cell) < LOST_DIGITS else format(cell, ".15G")
    return str(cell)


def is_blank(cell: Cell, words: Words) -> bool:
    """Whether a cell tells nothing: empty, strokes alone, 无, 待定 …"""
    if cell is None or cell == "":
        return True
    if not isinstance(cell, str):
        return False
    written = squeeze(cell).strip("()")
    told = written not in words.blank and written not in words.undecided
    return not told or _STROKES.fullmatch(written) is not None


def narrow(cell: Cell) -> str:
    """Full width → half width, without white space at the ends."""
    return unicodedata.normalize("NFKC", raw_text(cell)).strip()
