"""Stored times and durations as people read them. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

LONGEST = 40
"""Characters that are shown of what should have been a time."""


def local(at: str | None, zone: str, *, date: bool = True) -> str:
    """A stored UTC time on the city's clock, to the second; empty for none. What is no time (in a line
    of a log, say) is shown as it stands."""
    if not at:
        return ""
    try:
        moment = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
    except (ValueError, TypeError, OverflowError):
        return str(at)[:LONGEST]
    return moment.strftime("%Y-%m-%d %H:%M:%S" if date else "%H:%M:%S")


def seconds_between(start: str | None, end: str | None) -> float | None:
    """Seconds from `start` to `end`; None where one is missing, or is no time."""
    if not start or not end:
        return None
    try:
        return (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    except (ValueError, TypeError):
        return None


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
