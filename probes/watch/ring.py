"""When each target is due: a ring of phases. Pure; the caller says what time it is.

Every target has a phase of its own within the interval, made from its key: starts are spread, two
probers of one list agree, and a restart changes nothing. Due times are `epoch + round · interval +
phase`, never "last time plus interval": nothing drifts, however late a round was.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Ring[T]:
    """Targets of one interval (seconds). `skipped` counts looks that were never begun: a ring that
    is more than a whole interval behind leaves rounds out and says so."""

    interval: float
    epoch: float
    skipped: int = 0
    _phases: list[float] = field(default_factory=list)
    _items: list[T] = field(default_factory=list)
    _round: int = 0
    _next: int = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, items: Iterable[tuple[int, T]], now: float) -> None:
        """All targets anew, each with its key's number (see `number_of`); what is due later than
        `now` stays due at the same moment, what was due before is not done twice."""
        placed = sorted(
            ((number % 1_000_003 / 1_000_003 * self.interval, item) for number, item in items),
            key=lambda pair: pair[0],
        )
        reached = min(self.due, now) if self._items else now
        self._phases = [phase for phase, _ in placed]
        self._items = [item for _, item in placed]
        rounds, within = divmod(reached - self.epoch, self.interval)
        self._round = int(rounds)
        self._next = bisect_right(self._phases, within - 1e-9)
        self._wrap()

    @property
    def due(self) -> float:
        """When the next one is; infinity of an empty ring."""
        if not self._items:
            return float("inf")
        return self.epoch + self._round * self.interval + self._phases[self._next]

    def take(self, now: float, limit: int) -> Iterator[tuple[T, float]]:
        """At most `limit` targets that are due by `now`, each with the moment it was due."""
        if self._items and (behind := int((now - self.due) / self.interval)) > 0:
            self._round += behind
            self.skipped += behind * len(self._items)
        for _ in range(limit):
            due = self.due
            if due > now:
                return
            item = self._items[self._next]
            self._next += 1
            self._wrap()
            yield item, due

    def _wrap(self) -> None:
        if self._next >= len(self._items):
            self._next = 0
            self._round += 1
