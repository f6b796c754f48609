"""The screen of outages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import RenderableType

from api.show.parts import BAD, rows, table, text
from api.words import Words


def outages_screen(found: Sequence[Mapping[str, Any]], say: Words) -> Iterator[RenderableType]:
    if not found:
        yield text(say("no_outages"))
        return
    heads = (
        "seq",
        "code",
        "check",
        "family",
        "began",
        "ended",
        "reason",
        "cause",
        "acknowledged_by",
        "prober",
    )
    made = table(*(say(key) for key in heads))
    yield rows(
        made,
        (
            (
                "" if one["prober"] else one["id"],  # acknowledged where that prober is
                one["code"],
                one["check"],
                f"IPv{one['family']}",
                one["began"],
                one["ended"] or text(say("lasts"), BAD),
                one["reason"],
                one["cause"],
                one["acknowledged_by"],
                one["prober"],
            )
            for one in found
        ),
    )
