"""What it would take to keep a day that the plan misses: the least of each kind under which its late groups
are in time together, and what stands in the way of those that have no night.

Of one kind at a time the late groups are put anew, one after another as they come, each before its day,
while all others stay where they are: what is told has a place for all that it names.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from inventory.halves import together
from migrator.timing.arranging import Arranged
from migrator.timing.helping import (
    MBPS,
    WIDEST,
    Help,
    Helping,
    advice,
    more,
    smallest,
    takes_of_lot,
)
from migrator.timing.jobs import Job, Measures, bases_of
from migrator.timing.lots import Lot, Task
from migrator.timing.mapping import PILOTS, capacity_of, due_slot
from migrator.timing.why import Reasons, told

MOST_LATE = 40
"""Groups of a day that are put anew: of more it would take as long as the plan itself."""
NAMED = 6
FOR_EVER = sys.maxsize


@dataclass
class Keeping:
    """Asked day by day of what was arranged."""

    arranged: Arranged
    known: Measures
    jobs: Mapping[str, Job]

    def __post_init__(self) -> None:
        self.refused = self.arranged.refused

    @cached_property
    def task(self) -> Task:
        assert self.arranged.task is not None
        return self.arranged.task

    @cached_property
    def rates(self) -> dict[str, int]:
        return {one.code: one.rate_kbps for one in bases_of(self.jobs.values(), self.known)}

    @cached_property
    def _slots(self) -> dict[str, int]:
        return dict(self.arranged.slots or {})

    @cached_property
    def _helping(self) -> Helping:
        return Helping(Reasons(self.task, self._slots), self.rates)

    def takes(self, whom: Iterable[str], day: date) -> tuple[str, ...]:
        """Line by line, in both languages; none where nothing of it is told."""
        codes = sorted(whom)
        due = due_slot(day, self.task.city)
        untold = [code for code in codes if code not in self.jobs]
        late = self.late(codes, due)
        if late and due <= self.task.calendar.today:
            first = self.task.city.plan.night(self.task.calendar.today)
            over = f"{day} 早于可排的首夜 {first}，改什么都不及 / {day} is before {first}, the first night"
            return (f"{over} left: nothing brings it back", *_untold(untold))
        return (
            *self._late(late, due),
            *self._without([code for code in codes if code in self.refused], day),
            *_untold(untold),
        )

    def late(self, whom: Iterable[str], due: int) -> list[Lot]:
        """The groups of these that are not before that slot, in the order of their nights."""
        lots = {lot.number: lot for code in whom if (lot := self.task.of.get(code))}
        late = (lot for lot in lots.values() if self._slots[lot.cut] >= due)
        return sorted(late, key=lambda lot: (self._slots[lot.cut], lot.number))[:MOST_LATE]

    def ways(self, lots: Sequence[Lot], due: int) -> list[tuple[Help, frozenset[int]]]:
        """Changes with the late groups that each has in time, those with most of them first."""
        each = (self._least(what, users, due) for what, users in self._kinds(lots).items())
        found = [one for one in each if one]
        return sorted(found, key=lambda one: (-len(one[1]), one[0].what))

    def _late(self, lots: Sequence[Lot], due: int) -> Iterator[str]:
        helped: set[int] = set()
        for help_, numbers in self.ways(lots, due):
            helped |= numbers
            names = _names([j.code for lot in lots if lot.number in numbers for j in lot.jobs])
            part = f"{len(numbers)}/{len(lots)}"
            yield together(
                advice(help_),
                f"{names} 可按期（迟的 {part} 组） / {names} in time ({part} late groups)",
            )
        for lot in lots:
            if lot.number in helped:
                continue
            names = _names([job.code for job in lot.jobs])
            if helps := self._helping.of(lot, due):  # a night, or what it needs
                yield together(*(advice(one) for one in helps), f"{names} 可按期 / {names} in time")
            elif way := self._in_the_way(lot, due):
                yield together(f"{names} 单独一项不够 / {names}: no single change is enough", *way)

    def _kinds(self, lots: Sequence[Lot]) -> dict[str, list[Lot]]:
        """What may be given more of → the late groups that use it."""
        found: dict[str, list[Lot]] = {}
        for lot in lots:
            kinds = [code for code, _ in lot.crews]
            kinds += [copy.road for copy in lot.copies if copy.road in self.rates]
            kinds += takes_of_lot(lot)
            if lot.number not in self._helping.reasons.pilots and PILOTS in self._slots:
                kinds.append(PILOTS)
            for kind in dict.fromkeys(kinds):
                found.setdefault(kind, []).append(lot)
        return found

    def _least(
        self, what: str, lots: Sequence[Lot], due: int
    ) -> tuple[Help, frozenset[int]] | None:
        """The least of it under which as many of these are in time as by any amount of it."""
        low, high, now = 1, self._most(what, lots), None
        if what in self.rates:
            now = -(-self.rates[what] // MBPS)
            low, high = now + 1, now * WIDEST
        best = self._placed(what, high, lots, due) if high >= low else {}
        if not best:
            return None
        many = len(best)
        amount = smallest(low, high, lambda n: len(self._placed(what, n, lots, due)) >= many)
        assert amount is not None
        placed = self._placed(what, amount, lots, due)
        night = self.task.city.plan.night
        begins = [at for new in placed.values() for code, at in new.items() if "copy" in code]
        by = night(min(begins)) if what.startswith("cloud") else None
        plain = {"night": night(due), "days": 0, "copy_from": night(0), "copy_nights": 1}
        told = Help.model_validate(plain | {"what": what, "amount": amount, "now": now, "by": by})
        return told, frozenset(placed)

    def _most(self, what: str, lots: Sequence[Lot]) -> int:
        if what == PILOTS:
            return self.task.city.pilots.days
        if what.startswith("crew"):
            return sum(dict(lot.crews)[what] for lot in lots)
        return sum(takes_of_lot(lot).get(what, 0) for lot in lots)

    def _placed(
        self, what: str, amount: int, lots: Sequence[Lot], due: int
    ) -> dict[int, dict[str, int]]:
        """The groups that find a night before their day, one after another, under that change: their
        slots. All is as before afterwards."""
        load, before = self._helping.load, dict(self._slots)
        done, there = dict[int, dict[str, int]](), dict[int, Lot]()
        with self._changed(what, amount, lots[0]):
            fits = what not in self.rates or self._wider(what, amount, there)
            for lot in lots if fits else ():
                other = there.setdefault(lot.number, lot)
                load.put(other, self._slots, -1)
                slot = self._helping.possible(other, due)
                if slot is not None:
                    rows = self._helping.latest(other)
                    new = {lot.copy(at): int(row[slot]) for at, row in enumerate(rows)}
                    done[lot.number] = new | {lot.cut: slot}
                    self._slots.update(done[lot.number])
                load.put(other, self._slots)
            for other in there.values():
                load.put(other, self._slots, -1)
            self._slots.update(before)
            for number in there:
                load.put(self._helping.reasons.lots[number], before)
        return done

    def _wider(self, road: str, mbps: int, there: dict[int, Lot]) -> bool:
        """All that is copied over a line as it would be over a wider one, each on its own night: whether
        that goes. `there`: takes the groups as they stand then."""
        load, slots = self._helping.load, self._slots
        users = [lot for lot in self.task.lots if any(copy.road == road for copy in lot.copies)]
        for lot in users:
            load.put(lot, slots, -1)
        fits = True
        for lot in sorted(users, key=lambda one: (-slots[one.cut], one.number)):
            other = self._helping.widened(lot, road, mbps)[0]
            starts = [int(row[slots[lot.cut]]) for row in self._helping.latest(other)]
            if min(starts) < 0:
                fits, other = False, lot
            else:
                slots.update((lot.copy(at), start) for at, start in enumerate(starts))
            there[lot.number] = other
            load.put(other, slots)
        return fits

    @contextmanager
    def _changed(self, what: str, amount: int, lot: Lot) -> Iterator[None]:
        """So much more of it; `lot` is one that uses it."""
        load = self._helping.load
        if what == PILOTS:
            self._helping.sooner = amount
            yield
            self._helping.sooner = 0
            return
        extra = self._helping.widened(lot, what, amount)[1] if what in self.rates else amount
        with more(load.room[what] if what in load.room else load.left[what], extra):
            yield

    def _in_the_way(self, lot: Lot, due: int) -> list[str]:
        """What stands against it on the night before its day on which least does."""
        masks = {what: mask[:due] for what, mask in self._helping.reasons.against(lot, 0).items()}
        if not masks:
            return ["期限之前没有一夜 / no night is before that day"]
        count = sum(mask.astype(int) for mask in masks.values())
        night = int(count.argmin())  # type: ignore[union-attr]
        return [told(what) for what, mask in masks.items() if mask[night]]

    def _without(self, codes: Sequence[str], day: date) -> Iterator[str]:
        """Of systems without a night: the machines that they lack; of others that they have a reason."""
        short, others = Counter[str](), list[str]()
        lacking: dict[str, list[str]] = {}
        for code in codes:
            takes = dict(self.jobs[code].takes)
            wanted = [what for what in sorted(takes) if takes[what] > self._left(what, FOR_EVER)]
            if wanted:
                short.update(takes)
                lacking.setdefault(wanted[0], []).append(code)
            else:
                others.append(code)
        for what in sorted(lacking):
            if (amount := short[what] - self._left(what, due_slot(day, self.task.city))) > 0:
                several = sorted(code for at in lacking.values() for code in at)
                yield self._delivered(what, amount, several, day)
        if others:
            names = _names(others)
            yield (
                f"{names} 没有夜晚，理由见去向（{len(others)} 个） / {names} have no night, each for its "
                f"own reason ({len(others)})"
            )

    def _left(self, what: str, due: int) -> int:
        """Of what is delivered by then, what the groups that have a night leave."""
        steps = capacity_of(what, self.task.calendar).steps
        there = max((value for slot, value in steps if slot <= max(0, due)), default=0)
        return there - sum(takes_of_lot(lot).get(what, 0) for lot in self.task.lots)

    def _delivered(self, what: str, amount: int, codes: Sequence[str], day: date) -> str:
        zh, en = ("核", "cores") if what.endswith("cores") else ("GiB", "GiB")
        name, names, n = what.removeprefix("cloud:"), _names(codes), len(codes)
        return (
            f"{name} 在 {day} 前还须多交付 {amount} {zh}，容下没有夜晚的 {names}（{n} 个） / "
            f"{name}: {amount} {en} more before {day}, for {names} that have no night ({n})"
        )


def _untold(codes: Sequence[str]) -> Iterator[str]:
    if codes:
        names, n = _names(codes), len(codes)
        yield f"{names} 不迁移或资料不全（{n} 个） / {names} do not move, or facts are missing ({n})"


def _names(codes: Sequence[str]) -> str:
    shown = "、".join(codes[:NAMED])
    return f"{shown} …" if len(codes) > NAMED else shown
