"""Parts of screens that every command uses. Data becomes `Text`: never markup, never control
characters."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

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


def local(at: str | None, zone: str, *, date: bool = True) -> str:
    """A stored UTC time on the city's clock, to the second; empty for none."""
    if not at:
        return ""
    moment = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
    return moment.strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M:%S")


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Seconds from `start` to `end`; None where one is missing."""
    if not start or not end:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()


def took(seconds: float | None) -> str:
    """A duration in at most six characters: 0.8s, 42.0s, 12m03s, 5h20m."""
    if seconds is None:
        return ""
    if seconds < 100:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 100:
        return f"{minutes}m{rest:02}s"
    return f"{minutes // 60}h{minutes % 60:02}m"
