"""The screen of alerts that came in."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import RenderableType

from api.show.parts import BAD, BUSY, GOOD, rows, table, text
from api.times import local
from api.words import Words
from migrator.store.alerts import Alert

_STYLES = {"firing": BAD, "unheard": BUSY, "resolved": GOOD}
HEADS = ("state", "alert_name", "code", "severity_of_alert", "alert_began", "alert_told", "summary")


def alerts_screen(
    found: Sequence[Alert], now: datetime, say: Words, zone: str
) -> Iterator[RenderableType]:
    """`zone`: of the times that are shown."""
    if not found:
        yield text(say("no_alerts"))
        return
    yield rows(table(*(say(key) for key in HEADS)), (_row(one, now, say, zone) for one in found))


def _row(one: Alert, now: datetime, say: Words, zone: str) -> tuple[RenderableType, ...]:
    state = "unheard" if one.unheard(now) else one.state
    return (
        text(say(f"alert.{state}"), _STYLES[state]),
        text(one.name or "—"),
        text(one.code),
        text(one.severity),
        local(one.began_at.isoformat(), zone),
        local(one.told_at.isoformat(), zone),
        text(say.half(one.summary)),
    )
