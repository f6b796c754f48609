"""What crews, roads and clouds have left night by night under a schedule, and where a group could go.

Arrays are indexed by slot; a mask says where something is possible.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from migrator.schedule.project import Steps, Window
from migrator.timing.lots import Copy, Lot, Task, rooms_of
from migrator.timing.mapping import capacity_of, crew_size, forbids_of

Row = NDArray[np.int64]
Mask = NDArray[np.bool_]
Slots = Mapping[str, int]
"""Activity → the slot in which it begins."""


@dataclass
class Load:
    """`left`: of crews, roads and what is forbidden together; `room`: of what clouds were delivered,
    after all that was taken by that night."""

    task: Task
    left: dict[str, Row]
    room: dict[str, Row]
    _days: dict[tuple[Window, ...], Row] = field(init=False, default_factory=dict)

    @classmethod
    def empty(cls, task: Task) -> "Load":
        count = task.calendar.count
        rooms = rooms_of(job for lot in task.lots for job in lot.jobs)
        left: dict[str, Row] = {}
        room: dict[str, Row] = {}
        for lot in task.lots:
            for code, _ in lot.crews:
                if code not in left:
                    left[code] = np.full(count, crew_size(code, task.city, rooms), np.int64)
            for code in forbids_of(lot, task.city):
                left.setdefault(code, np.ones(count, np.int64))
            for job in lot.jobs:
                if job.road.code not in left:
                    left[job.road.code] = np.full(count, job.road.mib, np.int64)
                for code, _ in job.takes:
                    if code not in room:
                        room[code] = _row(capacity_of(code, task.calendar), count)
        return cls(task, left, room)

    @classmethod
    def of(cls, task: Task, slots: Slots) -> "Load":
        load = cls.empty(task)
        for lot in task.lots:
            load.put(lot, slots)
        return load

    def put(self, lot: Lot, slots: Slots, sign: int = 1) -> None:
        """Take what a lot needs at its slots; with -1, give it back."""
        cut = slots[lot.cut]
        for code, amount in self.needs(lot):
            self.left[code][cut] -= sign * amount
        for at, copy in enumerate(lot.copies):
            start = slots[lot.copy(at)]
            days = self.days(copy)
            first = int(np.searchsorted(days, start))
            self.left[copy.road][days[first : first + copy.slots]] -= sign * copy.each
            for code, amount in copy.takes:
                self.room[code][start:] -= sign * amount

    def needs(self, lot: Lot) -> Iterator[tuple[str, int]]:
        """What its cutover holds for a night."""
        yield from lot.crews
        yield from ((code, 1) for code in forbids_of(lot, self.task.city))

    def opened(self, lot: Lot) -> Mask:
        mask = np.zeros(self.task.calendar.count, np.bool_)
        for window in lot.windows:
            mask[window.first : window.last + 1] = True
        return mask

    def days(self, copy: Copy) -> Row:
        """The slots in which a copy does not rest."""
        if copy.pauses not in self._days:
            works = np.ones(self.task.calendar.count, np.bool_)
            for pause in copy.pauses:
                works[pause.first : pause.last + 1] = False
            self._days[copy.pauses] = np.flatnonzero(works)
        return self._days[copy.pauses]

    def begins(self, lot: Lot) -> list[Mask]:
        """For each of its copies where it could begin, be the others of the group there already."""
        whole = Counter[str]()
        for copy in lot.copies:
            whole.update(dict(copy.takes))
        found = (self.copying(copy, whole).values() for copy in lot.copies)
        return [np.logical_and.reduce(list(masks)) for masks in found]

    def copying(self, copy: Copy, whole: Mapping[str, int] | None = None) -> dict[str, Mask]:
        """For the road and for each capacity that it takes: where its copy could begin. `whole`: what
        has to be left of each, where that is more."""
        count = self.task.calendar.count
        found: dict[str, Mask] = {}
        fits = np.zeros(count, np.bool_)
        days = self.days(copy)
        if copy.slots <= len(days):
            ahead = sliding_window_view(self.left[copy.road][days], copy.slots).min(axis=1)
            fits[days[: len(ahead)]] = ahead >= copy.each
        fits[: self.task.calendar.today] = False
        found[copy.road] = fits
        for code, amount in copy.takes:
            least = np.minimum.accumulate(self.room[code][::-1])[::-1]
            found[code] = least >= (whole[code] if whole else amount)
        return found

    def latest(self, copy: Copy, begins: Mask) -> Row:
        """For each night of a cutover the last slot in which its copy can begin, -1 for none."""
        days = self.days(copy)
        last = np.maximum.accumulate(np.where(begins[days], days, -1))
        before = np.searchsorted(days, np.arange(len(begins))) - copy.slots  # of its days
        found = np.full(len(begins), -1, np.int64)
        found[before >= 0] = last[before[before >= 0]]
        return found


def _row(capacity: Steps, count: int) -> Row:
    row = np.zeros(count, np.int64)
    for first, end, value in capacity.pieces(count):
        row[first:end] = value
    return row
