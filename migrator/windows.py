"""Windows: the local hours in which a cutover may begin, e.g. 22:00-06:00 (over midnight)."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = 24 * 60


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
        """How long from `moment` until the window opens; zero inside it."""
        if self.holds(moment, timezone):
            return timedelta(0)
        local = moment.astimezone(ZoneInfo(timezone))
        opening = local.replace(
            hour=self.start // 60, minute=self.start % 60, second=0, microsecond=0
        )
        if opening <= local:
            opening += timedelta(days=1)
        return opening.astimezone(moment.tzinfo) - moment


def common(windows: list[Window]) -> bool:
    """Whether one night's crew can serve them all: some minute lies in every window."""
    shared = set(range(_DAY))
    for window in windows:
        shared &= window.minutes()
    return bool(shared)
