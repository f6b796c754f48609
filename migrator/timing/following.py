"""What a change of means is worth to a plan that is kept: each group goes to another night only where
that makes a stage of the objective better, and no farther than it has to.

    slots = followed(task, slots, deadline)

A search from the beginning would find as good a plan with every system on another night, and nobody
could see in it what the change did.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from migrator.timing.load import Row
from migrator.timing.lots import Lot, Task
from migrator.timing.mapping import SEVERITIES
from migrator.timing.walking import Walk


def followed(task: Task, slots: Mapping[str, int], deadline: float) -> dict[str, int]:
    """From the former nights, one group after another, until none gains; the last nights are emptied
    first, so that a plan gets shorter where it can."""
    walk, found = _Following(task), dict(slots)
    while time.monotonic() < deadline:
        walk.last = max(found[lot.cut] for lot in task.lots)
        better = walk.better(found, rounds=1)
        if better == found:
            break
        found = better
    return found


@dataclass
class _Following(Walk):
    last: int = field(init=False, default=0)

    def _costs(self, lot: Lot, slots: Mapping[str, int]) -> Iterator[Row]:
        """The nights' rank: lateness, then what hangs together, then the plan's end, then the distance
        from the former night; a group that had none goes early."""
        nights, rows = np.arange(self.task.calendar.count), list[Row]()
        for severity in SEVERITIES:
            if dues := self.late(lot.number).get(severity):
                rows.append(_sum(w * np.maximum(0, nights + 1 - slot) for slot, w in dues))
        if near := self.near(lot.number):
            cuts = self.lots
            rows.append(_sum(w * np.abs(nights - slots[cuts[n].cut]) for n, w in near.items()))
        former = self.task.former.get(lot.number)
        rows.append(np.maximum(nights, self.last - 1))
        rows.append(nights if former is None else np.abs(nights - former))
        _, rank = np.unique(np.array(rows), axis=1, return_inverse=True)
        yield np.asarray(rank, np.int64).reshape(-1)


def _sum(rows: Iterable[Row]) -> Row:
    return np.add.reduce(list(rows))  # type: ignore[no-any-return]
