"""The screen of availability."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import RenderableType

from api.show.parts import BAD, GOOD, rows, table, text
from api.times import took
from api.words import Words
from probes.watch.availability import Available


def history_screen(
    found: Sequence[Available], written: Path | None, say: Words
) -> Iterator[RenderableType]:
    if not found:
        yield text(say("no_history"))
    else:
        heads = [say(key) for key in ("code", "stretch", "availability", "outages_n", "down_time")]
        for family in (4, 6):
            heads += [say("success_of", family=family), say("delay_of", family=family)]
        made = table(*heads)
        for column in made.columns[2:]:
            column.justify = "right"
        yield rows(made, (_row(one) for one in found))
    if written:
        yield text(say("report_written", path=written))


def _row(one: Available) -> tuple[object, ...]:
    share = one.share
    style = "" if share is None else GOOD if share == 1 else BAD if share < 0.99 else "yellow"
    cells: list[object] = [
        one.code,
        f"{one.first:%Y-%m-%d} … {one.last:%m-%d}",
        text("-" if share is None else f"{share:.4%}", style),
        one.outages or "",
        took(one.down) if one.down else "",
    ]
    by = {family.family: family for family in one.families}
    for number in (4, 6):
        family = by.get(number)
        known = family is not None and family.share is not None
        cells.append(f"{family.share:.3%}" if family and known else "-")
        cells.append(
            "-" if family is None or family.delay is None else f"{family.delay * 1000:.2f}"
        )
    return tuple(cells)
