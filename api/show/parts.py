"""Parts of screens that every command uses. Data becomes `Text`: never markup, never control
characters."""

from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from inventory.text import printable

GOOD, BAD, BUSY, DIM, HEAD = "green", "bold red", "cyan", "bright_black", "bold"


def text(value: object, style: str = "") -> Text:
    """`value` as it may be shown: one line stays one line."""
    return Text(printable("" if value is None else str(value)), style=style)


def lines(value: str, style: str = "") -> Text:
    """A text whose own line breaks are kept."""
    return Text("\n".join(printable(line) for line in value.splitlines()), style=style)


def table(*heads: str, title: str = "") -> Table:
    """An empty table; the last column takes what room is left."""
    made = Table(
        box=box.SIMPLE_HEAD,
        title=text(title, HEAD) if title else None,
        title_justify="left",
        header_style=HEAD,
        pad_edge=False,
    )
    for head in heads:
        made.add_column(text(head), overflow="fold")
    return made


def rows(made: Table, content: Iterable[Iterable[object]]) -> Table:
    """`made` with rows; what is no Text yet becomes one."""
    for row in content:
        made.add_row(*(cell if isinstance(cell, Text) else text(cell) for cell in row))
    return made
