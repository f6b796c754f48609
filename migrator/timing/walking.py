"""Schedules made and improved group by group, where what hangs together should stay together.

The scheduling core knows activities and no neighbourhoods; a first schedule that goes along the
dependencies, and steps that move one group to its best night, give it a good place to start from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from migrator.planning.groups import weight_of
from migrator.timing.load import Load, Mask, Row
from migrator.timing.lots import Lot, Task, is_narrow
from migrator.timing.mapping import PILOTS, SEVERITIES, due_slot, pilots_of

HUB = 20
"""Dependents from which on a group is everybody's: to follow them all would tear all else apart."""


@dataclass
class Walk:
    """One task; what is looked up of it once. `stuck`: the groups that the last first schedule had no
    night for, and the first that they could have were nothing behind them pinned. `urgent`: first
    schedules place all that is due before anything that only hangs on it."""

    task: Task
    urgent: bool = False
    stuck: dict[int, int] = field(init=False, default_factory=dict)
    lots: dict[int, Lot] = field(init=False)
    needs: dict[int, set[int]] = field(init=False)
    needed: dict[int, set[int]] = field(init=False)
    pilots: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        self.lots = {lot.number: lot for lot in self.task.lots}
        self.needs = {number: set() for number in self.lots}
        self.needed = {number: set() for number in self.lots}
        for tie in self.task.needs:
            first, then = self.task.of[tie.needs].number, self.task.of[tie.system].number
            self.needs[then].add(first)
            self.needed[first].add(then)
        self.pilots = pilots_of(self.task)
        if len(self.pilots) == len(self.lots):
            self.pilots = frozenset()

    def first(self, back: int | None = None, floor: int = 0) -> dict[str, int] | None:
        """Every group on the first night that takes it, in an order that goes from one to those that
        hang on it; None where one finds no night. Groups that are pinned are where they are. `back`:
        how many nights before the latest so far one may still go: small ones that run ahead take
        what was there for the large ones, and what hangs together is torn."""
        self.stuck = {}
        task, load, slots = self.task, Load.empty(self.task), dict(self.task.pins)
        fixed = [lot for lot in task.lots if lot.cut in slots]
        for lot in fixed:
            for at, (copy, begins) in enumerate(zip(lot.copies, load.begins(lot), strict=True)):
                if lot.copy(at) in slots:
                    continue
                start = int(load.latest(copy, begins)[slots[lot.cut]])
                slots.setdefault(lot.copy(at), start)
                if slots[lot.copy(at)] < 0:
                    return None
            load.put(lot, slots)
        reached = 0
        for number in self._order():
            lot = self.lots[number]
            if PILOTS not in slots and self.pilots and number not in self.pilots:
                cuts = (self.lots[n].cut for n in self.pilots)
                slots[PILOTS] = max((slots[cut] + 1 for cut in cuts if cut in slots), default=0)
            if lot.cut in slots:
                continue
            if self._put(lot, load, slots, max(floor, 0 if back is None else reached - back)):
                reached = max(reached, slots[lot.cut])
            else:
                ahead = {code: at for code, at in slots.items() if code not in self._behind(number)}
                free = np.flatnonzero(self._open(lot, load, ahead, self._copies(lot, load)))
                self.stuck[number] = int(free[0]) if len(free) else self.task.calendar.count
        return None if self.stuck else slots

    def _behind(self, number: int) -> set[str]:
        return {self.lots[n].cut for n in self.needed[number]}

    def in_the_way(self) -> set[str]:
        """The pinned cutovers that leave a stuck group no night before them."""
        found = set()
        for number, night in self.stuck.items():
            for code in self._behind(number) & self.task.pins.keys():
                if self.task.pins[code] < night + 1 + self.task.city.trial:
                    found.add(code)
        return found

    def _put(self, lot: Lot, load: Load, slots: dict[str, int], low: int) -> bool:
        latest = self._copies(lot, load)
        possible = self._open(lot, load, slots, latest)
        possible[: max(0, low)] = False
        nights = np.flatnonzero(possible)
        if not len(nights):
            return False
        self._set(lot, int(nights[0]), latest, slots)
        load.put(lot, slots)
        return True

    def better(self, slots: Mapping[str, int], rounds: int = 6) -> dict[str, int]:
        """Each group, one after another, on the night that costs least while all others stay: no
        stage gets worse for a later one. Until a round finds nothing, or so many are over."""
        found, load = dict(slots), Load.of(self.task, slots)
        last = max(found[lot.cut] for lot in self.task.lots)
        for turn in range(rounds):
            moved = 0
            order = sorted(self.task.lots, key=lambda lot: (found[lot.cut], lot.number))
            for lot in order if turn % 2 else order[::-1]:
                if lot.cut not in self.task.pins:
                    moved += self._move(lot, load, found, last)
            if not moved:
                break
        return found

    def later(self, slots: Mapping[str, int]) -> dict[str, int]:
        """Each group, the last first, on the last night that takes it while all others stay, none
        later than all are over or than its days let it: what waits for one delivery is then close to
        what goes before it."""
        found, load = dict(slots), Load.of(self.task, slots)
        last = max(found[lot.cut] for lot in self.task.lots)
        for lot in sorted(self.task.lots, key=lambda lot: (-found[lot.cut], lot.number)):
            if lot.cut in self.task.pins:
                continue
            if lot.number in self.pilots:
                others = (at.cut for at in self.task.lots if at.number not in self.pilots)
                found[PILOTS] = min(found[cut] for cut in others) - self.task.city.pilots.days
            load.put(lot, found, -1)
            latest = self._copies(lot, load)
            possible = self._open(lot, load, found, latest)
            now = found[lot.cut]
            dues = (slot for told in self._late[lot.number].values() for slot, _ in told)
            high = min((max(now, slot - 1) for slot in dues), default=last)
            nights = np.flatnonzero(possible[: min(last, high) + 1])
            if len(nights) and nights[-1] > now:
                self._set(lot, int(nights[-1]), latest, found)
            load.put(lot, found)
        return found

    def _move(self, lot: Lot, load: Load, found: dict[str, int], last: int) -> bool:
        load.put(lot, found, -1)
        latest = self._copies(lot, load)
        possible = self._open(lot, load, found, latest)
        possible[last + 1 :] = False
        now = found[lot.cut]
        best = now
        for cost in self._costs(lot, found):
            least = cost[possible].min() if best < 0 else cost[possible].min(initial=cost[now])
            possible &= cost == least
            if not possible[now] and possible.any():
                best = -1  # elsewhere is cheaper
                continue
            if not possible.any():
                break
        if best < 0 and possible.any():
            self._set(lot, int(np.flatnonzero(possible)[0]), latest, found)
        load.put(lot, found)
        return found[lot.cut] != now

    def _copies(self, lot: Lot, load: Load) -> list[Row]:
        each = zip(lot.copies, load.begins(lot), strict=True)
        return [load.latest(copy, begins) for copy, begins in each]

    def _open(self, lot: Lot, load: Load, slots: Mapping[str, int], latest: list[Row]) -> Mask:
        """The nights on which it can be cut over while all that has a slot stays."""
        mask = self._windows[lot.number].copy()
        for code, amount in load.needs(lot):
            mask &= load.left[code] >= amount
        for row in latest:
            mask &= row >= 0
        trial, cuts = self.task.city.trial, self.lots
        before = [slots[cuts[n].cut] for n in self.needs[lot.number] if cuts[n].cut in slots]
        behind = [slots[cuts[n].cut] for n in self.needed[lot.number] if cuts[n].cut in slots]
        low = max((at + 1 + trial for at in before), default=0)
        high = min((at - 1 - trial for at in behind), default=len(mask))
        if PILOTS in slots:
            if lot.number in self.pilots:
                high = min(high, slots[PILOTS] - 1)
            else:
                low = max(low, slots[PILOTS] + self.task.city.pilots.days)
        mask[: max(0, low)] = False
        mask[max(0, high + 1) :] = False
        return mask

    def _set(self, lot: Lot, night: int, latest: list[Row], slots: dict[str, int]) -> None:
        slots[lot.cut] = night
        for at, row in enumerate(latest):
            slots[lot.copy(at)] = int(row[night])

    def _costs(self, lot: Lot, slots: Mapping[str, int]) -> Iterator[Row]:
        """What each night costs in the stages, one after another, while all others stay."""
        nights = np.arange(self.task.calendar.count)
        for severity in SEVERITIES:
            if dues := self._late[lot.number].get(severity):
                yield _sum(w * np.maximum(0, nights + 1 - slot) for slot, w in dues)
        if self.task.pins and (former := self.task.former.get(lot.number)) is not None:
            yield np.abs(nights - former)  # a former plan is kept before it is made better
        if near := self._near.get(lot.number):
            yield _sum(w * np.abs(nights - slots[self.lots[n].cut]) for n, w in near.items())
        yield nights

    @cached_property
    def _windows(self) -> dict[int, Mask]:
        city, found = self.task.city, {}
        told = {
            self.task.of[at.system].number: city.plan.slot(at.night)
            for at in city.groups.at
            if at.system in self.task.of
        }
        for lot in self.task.lots:
            mask = np.zeros(self.task.calendar.count, np.bool_)
            for window in lot.windows:
                mask[window.first : window.last + 1] = True
            if lot.number in told:
                mask[: told[lot.number]] = False
                mask[told[lot.number] + 1 :] = False
            found[lot.number] = mask
        return found

    @cached_property
    def _late(self) -> dict[int, dict[str, list[tuple[int, int]]]]:
        found: dict[int, dict[str, list[tuple[int, int]]]] = {n: {} for n in self.lots}
        for lot in self.task.lots:
            for job in lot.jobs:
                for due in self.task.dues.get(job.code, ()):
                    slot = due_slot(due.day, self.task.city)
                    found[lot.number].setdefault(due.severity, []).append((slot, due.weight))
        return found

    @cached_property
    def _near(self) -> dict[int, dict[int, int]]:
        """What hangs on what, in either direction, and how dearly."""
        found: dict[int, dict[int, int]] = {}
        for tie in self.task.ties:
            one, other = self.task.of[tie.system].number, self.task.of[tie.needs].number
            weight = weight_of(tie, self.task.city.groups)
            for a, b in ((one, other), (other, one)):
                found.setdefault(a, {})[b] = found.get(a, {}).get(b, 0) + weight
        return found

    def lateness(self, slots: Mapping[str, int]) -> tuple[int, ...]:
        """What days that are missed cost, by severity."""
        costs = dict.fromkeys(SEVERITIES, 0)
        for number, lot in self.lots.items():
            for severity, dues in self._late[number].items():
                at = slots[lot.cut] + 1
                costs[severity] += sum(w * max(0, at - slot) for slot, w in dues)
        return tuple(costs.values())

    def near(self, number: int) -> Mapping[int, int]:
        """What a group hangs together with, and how dearly."""
        return self._near.get(number, {})

    def late(self, number: int) -> Mapping[str, list[tuple[int, int]]]:
        """Slots by which it is due and what a night after costs, by severity."""
        return self._late[number]

    def opened(self, number: int) -> Mask:
        """The nights on which it may be cut over."""
        return self._windows[number]

    def _order(self) -> list[int]:
        """What can't wait begins, then what is due first; each after what it needs, then at once what
        hangs on it."""
        done: list[int] = []
        seen: set[int] = set()
        for root in sorted(self.lots, key=self._rank):
            todo = [root]
            while todo:
                number = todo[-1]
                if number in seen:
                    todo.pop()
                    continue
                if open_ := sorted(self.needs[number] - seen, key=self._rank, reverse=True):
                    todo += open_
                    continue
                todo.pop()
                seen.add(number)
                done.append(number)
                follows = not (self.urgent and self._late[root])
                if follows and number not in self.pilots and len(self.needed[number]) <= HUB:
                    todo += sorted(self.needed[number] - seen, key=self._rank, reverse=True)
        return done

    def _rank(self, number: int) -> tuple[bool, int, date, int]:
        dues, lot = self.task.dues, self.lots[number]
        days = (due.day for job in lot.jobs for due in dues.get(job.code, ()))
        waits = self.task.calendar.count
        if number in self._narrow:
            waits = int(np.flatnonzero(self._windows[number]).max(initial=-1))
        return (number not in self.pilots, waits, min(days, default=date.max), number)

    @cached_property
    def _narrow(self) -> frozenset[int]:
        return frozenset(n for n, lot in self.lots.items() if is_narrow(lot, self.task))


def _sum(rows: Iterable[Row]) -> Row:
    whole: Row = np.add.reduce(list(rows))
    return whole
