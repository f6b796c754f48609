"""A report as a value: what it says, in which order, and what it was made from.

Cells are plain: text, whole numbers, ISO dates as text; a column says how its cells are to be read.
So a report is canonical JSON, and equal reports have equal digests.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from inventory.canonical import digest
from inventory.model import Frozen

WIDE = 60
"""Characters across, in the size of a table, of A4 upright."""

type Cell = str | int | None

ColumnKind = Literal["text", "number", "money", "ratio", "date", "mark"]


class Column(Frozen):
    """`kind` of its cells: text; number; money (whole yuan); ratio (parts of ten thousand, 6667 is
    66.67 %); date (ISO); mark (a short sign, centred). `width` in Chinese characters; columns with
    the same `group` have one title above theirs."""

    title: str
    kind: ColumnKind = "text"
    width: int = Field(default=8, ge=2, le=60)
    group: str = ""


class Table(Frozen):
    """`unit`: what stands at its upper right, such as 单位：元. `total` is the last row. `empty`: what
    is said where it has no row."""

    block: Literal["table"] = "table"
    title: str
    columns: tuple[Column, ...] = Field(min_length=1)
    rows: tuple[tuple[Cell, ...], ...] = ()
    total: tuple[Cell, ...] | None = None
    unit: str = ""
    notes: tuple[str, ...] = ()
    empty: str = "无"

    @property
    def width(self) -> int:
        """In Chinese characters."""
        return sum(column.width for column in self.columns)

    @property
    def wide(self) -> bool:
        """Whether a sheet of A4 upright doesn't hold it."""
        return self.width > WIDE


class Text(Frozen):
    """A paragraph."""

    block: Literal["text"] = "text"
    text: str


class Blank(Frozen):
    """A place that a person fills in by hand: nothing there is known to us."""

    block: Literal["blank"] = "blank"
    label: str
    lines: int = Field(default=2, ge=1, le=12)


Block = Annotated[Table | Text | Blank, Field(discriminator="block")]


class Section(Frozen):
    """A heading, which has its number in it already (一、), and what stands below."""

    heading: str = ""
    blocks: tuple[Block, ...] = ()


class Line(Frozen):
    """A label with its value, as 填报单位：…; "" is left to be filled in."""

    label: str
    value: str = ""


class Source(Frozen):
    """What a report was made from. `estate` is the digest of the inventory, `as_of` when that stood
    so, ISO; `policy` and `entry` whose words ask for it."""

    policy: str
    entry: str = ""
    number: str
    clause: str = ""
    quote: tuple[str, ...] = ()
    estate: str
    as_of: str = ""
    look: str = ""


class Report(Frozen):
    """`layout`: form (a table with head and foot), letter (报告、方案、通报) or briefing (简报, with a red
    head). `scope`: "" the whole place, county:NAME or organisation:CODE. `draft`: the cut-off day
    has not come, so its figures are not final."""

    format: Literal[1] = 1
    form: str
    numbers: tuple[str, ...]
    layout: Literal["form", "letter", "briefing"]
    landscape: bool = False
    title: str
    subtitle: str = ""
    place: str
    period: str
    scope: str = ""
    issuer: str = ""  # 填报单位: who hands it in
    addressee: str = ""  # 报送单位
    made_on: date
    cut_off: date
    draft: bool = False
    head: tuple[Line, ...] = ()
    sections: tuple[Section, ...] = ()
    annexes: tuple[Section, ...] = ()  # 附件, each on pages of its own
    foot: tuple[Line, ...] = ()
    copies: tuple[Line, ...] = ()  # of a briefing: 报, 送
    seal: bool = False  # ends with the issuer's name, the day and a place for its seal
    masthead: str = ""  # of a briefing: its name
    issue: int | None = None  # 第 N 期
    source: Source

    @property
    def digest(self) -> str:
        """SHA-256 of the whole."""
        return digest(self)

    def tables(self) -> tuple[Table, ...]:
        every = (*self.sections, *self.annexes)
        return tuple(b for s in every for b in s.blocks if isinstance(b, Table))
