"""The smallest change of each kind that would let a group be cut over earlier: a line's rate, a share, a
crew, a delivery, a night. Each is proved by planning that group anew under it, while all others stay where
they are: what is told holds beside the plan as it is, change by change, and not for several groups at once.

    helps = Helping(reasons, rates).of(lot)
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from inventory.frozen import Frozen
from migrator.timing.load import Load, Mask, Row
from migrator.timing.lots import Lot, lot_of
from migrator.timing.mapping import PILOTS
from migrator.timing.nights import CLOSED
from migrator.timing.why import ORDER, Reasons

ONE_ITEM = "one_item"
WIDEST = 1024
"""How many times as wide a line is asked for at most."""
MBPS = 1000


class Help(Frozen):
    """`what` as of a binding, or one_item: `amount` of it instead of `now` (Mbit/s, percent), or that much
    more (cutovers a night, cores, GiB) or less (nights that what it needs is cut over earlier, days of
    pilots); at the latest `by` that day. Then it may be cut over on `night`, `days` earlier, its first
    copy from `copy_from` on for `copy_nights`. `closed`: why that night is not open, in both languages."""

    what: str
    amount: int
    night: date
    days: int
    copy_from: date
    copy_nights: int
    now: int | None = None
    by: date | None = None
    closed: str = ""


@dataclass
class Helping:
    """`rates`: what is counted on of each road, in kbit/s."""

    reasons: Reasons
    rates: Mapping[str, int]
    load: Load = field(init=False)
    sooner: int = field(init=False, default=0)
    """Days that pilots are shorter by, for a try."""

    def __post_init__(self) -> None:
        self.load = self.reasons.load
        self.task = self.reasons.task

    def of(self, lot: Lot, before: int | None = None) -> tuple[Help, ...]:
        """What gets it to a night before that slot, without which to one that is earlier than its own and
        than any that stands open to it; the greatest gain first."""
        if {job.code for job in lot.jobs} & {at.system for at in self.task.city.groups.at}:
            return ()  # its night was told
        self.load.put(lot, self.reasons.slots, -1)
        try:
            found = list(self._of(lot, before))
        finally:
            self.load.put(lot, self.reasons.slots)
        return tuple(sorted(found, key=lambda one: (-one.days, one.what)))

    def _of(self, lot: Lot, before: int | None) -> Iterator[Help]:
        high = self.reasons.slots[lot.cut]
        if before is None:
            free = np.flatnonzero(self.mask(lot)[:high])
            high = int(free[0]) if len(free) else high
        else:
            high = min(high, before)
        try_ = _Try(self, lot, high)
        for code, amount in self.load.needs(lot):
            yield from try_.least(code, self.load.left[code], amount)
        for code, amount in takes_of_lot(lot).items():
            yield from try_.least(code, self.load.room[code], amount, delivered=True)
        for road in sorted({copy.road for copy in lot.copies} & self.rates.keys()):
            yield from try_.rate(road, -(-self.rates[road] // MBPS))
        if any(copy.slots > 1 for copy in lot.copies):
            yield from try_.one_item(self.task.city.lines.one_item)
        yield from try_.closed()
        yield from try_.order()

    def mask(self, lot: Lot, *, closed: bool = True, waits: bool = True) -> Mask:
        """The nights on which it can be cut over while all others stay."""
        load = self.load
        mask = load.opened(lot) if closed else np.arange(self.task.calendar.count) >= _today(load)
        for code, amount in load.needs(lot):
            mask &= load.left[code] >= amount
        for row in self.latest(lot):
            mask &= row >= 0
        if waits:
            mask[: max((slot for _, slot in self.ready(lot)), default=0)] = False
        return mask

    def latest(self, lot: Lot) -> list[Row]:
        """For each night of its cutover the slot in which each of its copies would begin."""
        begins = self.load.begins(lot)
        return [self.load.latest(c, mask) for c, mask in zip(lot.copies, begins, strict=True)]

    def ready(self, lot: Lot) -> Iterator[tuple[str, int]]:
        """What it waits for, and the first slot after that."""
        slots, reasons = self.reasons.slots, self.reasons
        for first, system in reasons.before.get(lot.number, {}).items():
            yield f"{ORDER}:{system}", slots[reasons.lots[first].cut] + 1 + self.task.city.trial
        if lot.number not in reasons.pilots and PILOTS in slots:
            yield PILOTS, slots[PILOTS] + self.task.city.pilots.days - self.sooner

    def widened(self, lot: Lot, road: str, mbps: int) -> tuple[Lot, int]:
        """A group over a line of so many Mbit/s, and how much more that line carries in 24 hours."""
        mib = next((job.road.mib for job in lot.jobs if job.road.code == road), 0)
        wide = mib * mbps * MBPS // self.rates[road]
        jobs = [
            replace(job, road=replace(job.road, mib=wide)) if job.road.code == road else job
            for job in lot.jobs
        ]
        return lot_of(lot.number, lot.group, jobs, self.task.calendar), wide - mib

    def possible(self, lot: Lot, high: int, **relaxed: bool) -> int | None:
        """The first such night before `high`."""
        nights = np.flatnonzero(self.mask(lot, **relaxed)[:high])
        return int(nights[0]) if len(nights) else None


@dataclass(frozen=True)
class _Try:
    """One group that holds nothing, to be put before slot `high`."""

    helping: Helping
    lot: Lot
    high: int

    def _help(self, what: str, amount: int, slot: int, lot: Lot | None = None) -> Help:
        lot, night = lot or self.lot, self.helping.task.city.plan.night
        starts = [int(row[slot]) for row in self.helping.latest(lot)]
        return Help(
            what=what,
            amount=amount,
            night=night(slot),
            days=self.helping.reasons.slots[self.lot.cut] - slot,
            copy_from=night(starts[0]),
            copy_nights=lot.copies[0].slots,
        )

    def least(self, code: str, row: Row, most: int, *, delivered: bool = False) -> Iterator[Help]:
        """The least more of a crew or of machines, up to what the group needs in all."""

        def slot(amount: int) -> int | None:
            with more(row, amount):
                return self.helping.possible(self.lot, self.high)

        amount = smallest(1, most, lambda n: slot(n) is not None)
        if amount is None:
            return
        with more(row, amount):
            found = self.helping.possible(self.lot, self.high)
            assert found is not None
            told = self._help(code, amount, found)
            starts = [int(latest[found]) for latest in self.helping.latest(self.lot)]
        if delivered:
            takes = (
                at for at, c in zip(starts, self.lot.copies, strict=True) if code in dict(c.takes)
            )
            told = told.model_copy(update={"by": self.helping.task.city.plan.night(min(takes))})
        yield told

    def rate(self, road: str, now: int) -> Iterator[Help]:
        """The narrowest line, in whole Mbit/s."""
        row = self.helping.load.left[road]

        def slot(mbps: int) -> int | None:
            lot, extra = self.helping.widened(self.lot, road, mbps)
            with more(row, extra):
                return self.helping.possible(lot, self.high)

        mbps = smallest(now + 1, now * WIDEST, lambda n: slot(n) is not None)
        if mbps is None:
            return
        lot, extra = self.helping.widened(self.lot, road, mbps)
        with more(row, extra):
            found = self.helping.possible(lot, self.high)
            assert found is not None
            yield self._help(road, mbps, found, lot).model_copy(update={"now": now})

    def one_item(self, now: int) -> Iterator[Help]:
        """The smallest share of its road for this group alone."""

        def lot(percent: int) -> Lot:
            city = self.helping.task.city
            lines = city.lines.model_copy(update={"one_item": percent})
            calendar = self.helping.task.calendar.within(city.model_copy(update={"lines": lines}))
            return lot_of(self.lot.number, self.lot.group, self.lot.jobs, calendar)

        def slot(percent: int) -> int | None:
            return self.helping.possible(lot(percent), self.high)

        percent = smallest(now + 1, 100, lambda n: slot(n) is not None)
        if percent is not None and (found := slot(percent)) is not None:
            told = self._help(ONE_ITEM, percent, found, lot(percent))
            yield told.model_copy(update={"now": now})

    def closed(self) -> Iterator[Help]:
        """One more night: the first that only its being closed stands against."""
        found = self.helping.possible(self.lot, self.high, closed=False)
        if found is not None and not self.helping.load.opened(self.lot)[found]:
            why = self.helping.task.calendar.closed(self.lot.jobs, found)
            yield self._help(CLOSED, 1, found).model_copy(update={"closed": why})

    def order(self) -> Iterator[Help]:
        """What it waits for alone, as few nights earlier as it takes."""
        ready = sorted(self.helping.ready(self.lot), key=lambda one: -one[1])
        if not ready:
            return
        what, slot = ready[0]
        after = ready[1][1] if len(ready) > 1 else 0
        mask = self.helping.mask(self.lot, waits=False)
        nights = np.flatnonzero(mask[: min(self.high, slot)])
        nights = nights[nights >= after]
        if what == PILOTS:  # no fewer days than none
            nights = nights[nights >= slot - self.helping.task.city.pilots.days]
        if len(nights) and self._may(what, by := slot - int(nights[-1])):
            yield self._help(what, by, int(nights[-1]))

    def _may(self, what: str, by: int) -> bool:
        """Whether what it waits for could be so much earlier at all, were all else its own."""
        if what == PILOTS:
            return True
        task, slots = self.helping.task, self.helping.reasons.slots
        first = task.of[what.partition(":")[2]]
        return slots[first.cut] - by >= max(
            copy.over(_today(self.helping.load)) for copy in first.copies
        )


def takes_of_lot(lot: Lot) -> dict[str, int]:
    found: dict[str, int] = {}
    for copy in lot.copies:
        for code, amount in copy.takes:
            found[code] = found.get(code, 0) + amount
    return found


def _today(load: Load) -> int:
    return load.task.calendar.today


@contextmanager
def more(row: Row, amount: int) -> Iterator[None]:
    row += amount
    try:
        yield
    finally:
        row -= amount


def smallest(low: int, high: int, works: Callable[[int], bool]) -> int | None:
    """The smallest that works, were all above it to; None where the largest does not."""
    if low > high or not works(high):
        return None
    while low < high:
        middle = (low + high) // 2
        if works(middle):
            high = middle
        else:
            low = middle + 1
    return high


def advice(one: Help) -> str:
    """A change in words, both languages."""
    kind, _, rest = one.what.partition(":")
    n, now = one.amount, one.now
    by = one.by or ""
    unit = "核 / cores" if rest.endswith("cores") else "GiB / GiB"
    zh, en = unit.split(" / ")
    return {
        "crew": f"班组 {rest} 每晚增 {n} 次 / crew {rest}: {n} more cutovers a night",
        "line": f"线路 {rest} 由 {now} 提到 {n} Mbit/s / line {rest}: {n} Mbit/s instead of {now}",
        "network": f"{rest} 外网由 {now} 提到 {n} Mbit/s / network of {rest}: {n} Mbit/s instead of {now}",
        ONE_ITEM: f"单项份额由 {now} % 提到 {n} % / share for one item: {n} % instead of {now} %",
        "cloud": f"{rest} 至迟 {by} 多交付 {n} {zh} / {rest}: {n} {en} more by {by}",
        "forbid": f"不再指定不得同晚（第 {rest} 条，自 0 起） / entry {rest} of forbid given up",
        CLOSED: _opened(one),
        PILOTS: f"试点期缩短 {n} 日 / pilots shorter by {n} days",
        ORDER: f"所依赖的 {rest} 提前 {n} 夜 / {rest}, which it needs, {n} nights earlier",
    }[kind]


def _opened(one: Help) -> str:
    zh, _, en = one.closed.partition(" / ")
    return f"开放 {one.night} 夜（{zh}） / the night of {one.night} opened ({en})"
