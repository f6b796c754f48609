"""The screen of silences."""

from collections.abc import Iterator, Sequence

from rich.console import RenderableType

from api.show.parts import rows, table, text
from api.times import local
from api.words import Words
from migrator.engine.alertmanager import Silence


def silences_screen(found: Sequence[Silence], say: Words, zone: str) -> Iterator[RenderableType]:
    """`zone`: of the times that are shown."""
    if not found:
        yield text(say("no_silences"))
        return
    heads = ("silence_whose", "silence_objects", "silence_until", "silence_why")
    yield rows(
        table(*(say(key) for key in heads)),
        (
            (
                text(one.key or one.creator),
                text(", ".join(one.matchers)),
                local(one.until.isoformat(), zone),
                text(one.comment),
            )
            for one in found
        ),
    )
