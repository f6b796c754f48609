"""Windows: the local hours in which a cutover may begin, e.g. 22:00-06:00 (over midnight)."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = 24 * 60
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Window:
    """`start` inclusive, `end` exclusive, minutes of the local day; `end` may lie past midnight."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Window":
        """From HH:MM-HH:MM; ValueError with what was read. Equal ends mean the whole day."""
        begin, _, end = text.partition("-")
        try:
            first, last = time.fromisoformat(begin), time.fromisoformat(end)
        except ValueError as error:
            raise ValueError(f"window: read {text!r}, expected HH:MM-HH:MM") from error
        start = first.hour * 60 + first.minute
        length = (last.hour * 60 + last.minute - start) % _DAY or _DAY
        return cls(start, start + length)

    def minutes(self) -> set[int]:
        return {minute % _DAY for minute in range(self.start, self.end)}

    def holds(self, moment: datetime, timezone: str) -> bool:
        """Whether `moment` (aware) lies in the window by the clock of `timezone`."""
        local = moment.astimezone(ZoneInfo(timezone))
        return local.hour * 60 + local.minute in self.minutes()

    def wait(self, moment: datetime, timezone: str) -> timedelta:
        """How long from `moment` until the window opens; zero inside it.

        Looked up minute by minute, so that hours which a change of the clocks leaves out or gives
        twice need no rule of their own. A window that a spring night leaves out opens a day later.
        """
        zone, inside = ZoneInfo(timezone), self.minutes()
        now = moment.astimezone(UTC)
        at = now.replace(second=0, microsecond=0)
        while (local := at.astimezone(zone)).hour * 60 + local.minute not in inside:
            at += _MINUTE
        return max(at - now, timedelta(0))


def one_night(windows: list[Window], night: Window) -> bool:
    """Whether one night serves them all: each window has a minute in it, or all share one, be it by
    day. They need not meet: a crew goes from one cutover to the next."""
    dark = night.minutes()
    return all(dark & one.minutes() for one in set(windows)) or common(windows)


def common(windows: list[Window]) -> bool:
    """Whether one night's crew can serve them all: some minute lies in every window."""
    if len(several := set(windows)) < 2:
        return True  # a window is never empty
    shared = set(range(_DAY))
    for window in several:
        shared &= window.minutes()
    return bool(shared)
