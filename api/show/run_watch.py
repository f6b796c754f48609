"""Screens of watching a run: events, pages of its log, its outlook."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType
from rich.text import Text

from api.show.parts import BAD, DIM, GOOD, HEAD, lines, rows, table, text
from api.times import local, took
from api.words import Words
from migrator.runs.eta import Outlook
from migrator.store.events import Event
from migrator.store.logs import LogLine

_BAD = ("failed", "held", "paused", "rolling_back", "rolled_back", "aborted")


def event_line(event: Event, say: Words, zone: str) -> Text:
    """When, which item and step, what, and what was said of it."""
    group, _, state = event.kind.partition(".")
    what = say.known(f"{group}.{state}") if group != "command" else say.known(state)
    style = BAD if state in _BAD else GOOD if state == "done" else ""
    told = [str(event.body[k]) for k in ("by", "reason", "message", "note") if event.body.get(k)]
    head = f"{event.id} {local(event.at, zone, date=False)} {event.system} "
    step = f"{say.known(event.step)} " if event.step else ""
    return Text.assemble(
        text(head, DIM), text(step), text(what, style), " ", lines("; ".join(told))
    )


def page_screen(
    page: Sequence[LogLine], more: int | None, say: Words, zone: str
) -> Iterator[RenderableType]:
    """Lines that have words, and from where the next page goes on."""
    if not page:
        yield text(say("no_lines"))
    for line in page:
        words = Text.from_ansi(line.text.replace("\r", "\n")).plain.strip() or line.task
        head = f"{line.id} {local(line.at, zone, date=False)} {line.system} {say.known(line.step)} "
        yield Text.assemble(text(head, DIM), lines(words or line.event))
    if more is not None:
        yield text(say("more_lines", id=more), DIM)


def eta_screen(found: Outlook, say: Words, zone: str) -> Iterator[RenderableType]:
    if found.ends is None:
        yield text(say("eta_done"), GOOD)
        return
    yield text(say("eta", percent=found.percent, ends=local(found.ends.isoformat(), zone)), HEAD)
    yield rows(
        table(say("system"), say("left")),
        ((code, took(left) if left is not None else "—") for code, left in found.items.items()),
    )
    if found.waits:
        yield text(say("eta_waits", systems=", ".join(found.waits)), BAD)
    yield text(say("eta_note"), DIM)
