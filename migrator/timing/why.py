"""What holds a group where it is: for every earlier night, what alone stands against it.

Nights before its own copies could be over are not counted: nothing but a wider line helps there. All
else stays as it is scheduled; a night on which nothing stands against it is free, and it is the
objective (what hangs on it, or on its place) that has it later.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from inventory.frozen import Frozen
from migrator.timing.load import Load, Mask, Slots
from migrator.timing.lots import Lot, Task
from migrator.timing.mapping import PILOTS, pilots_of
from migrator.timing.nights import ALLOWED, CLOSED, CREWLESS, FREEZE, HOLIDAY, OVER, closing

ORDER = "order"
SHUT = (FREEZE, CREWLESS, HOLIDAY, ALLOWED, OVER, CLOSED)
"""What closes nights, as it is told of each."""


class Binding(Frozen):
    """`what`: crew:X, line:X, network:X, cloud:X:…, forbid:N, pilots, order:SYSTEM, or what closes a
    night (`Calendar.closings`);
    `nights`: how many earlier nights it stands against; `gain`: by how many the group could be
    earlier if it alone were out of the way, 0 where something else stands there too. Of a whole plan:
    of how many `groups`, on how many different nights, and the greatest gain of any of them."""

    what: str
    nights: int
    gain: int
    groups: int = 1


@dataclass(frozen=True)
class Why:
    """Of one group: `first`: the slot before which its copies can't be over, were all lines its own;
    `free`: how many of the nights from there on nothing stands against; the rest with the greatest
    gain first."""

    lot: Lot
    slot: int
    first: int
    free: int
    bindings: tuple[Binding, ...]


class Wait(Frozen):
    """A copy that is over in slot `over`, so many nights before its cutover; `what`: roads and
    capacities that leave it no later beginning, as in `Binding`."""

    by: str
    over: int
    nights: int
    what: tuple[str, ...]


class Reasons:
    """Asked group by group of one schedule."""

    def __init__(self, task: Task, slots: Slots) -> None:
        self.task, self.slots = task, slots
        self.load = Load.of(task, slots)
        self.pilots = pilots_of(task)
        self.lots = {lot.number: lot for lot in task.lots}
        self.before: dict[int, dict[int, str]] = {}
        for tie in task.needs:
            first, then = task.of[tie.needs].number, task.of[tie.system].number
            self.before.setdefault(then, {}).setdefault(first, tie.needs)

    def waits(self, lot: Lot) -> Iterator[Wait]:
        """Its copies that are over before the day of its cutover, and what would not let them begin
        later: they are as late as the rest lets them."""
        self.load.put(lot, self.slots, -1)
        cut = self.slots[lot.cut]
        for at, copy in enumerate(lot.copies):
            start = self.slots[lot.copy(at)]
            later = [n for n in range(start + 1, cut) if copy.over(n) <= cut]
            masks = self.load.copying(copy) if cut > copy.over(start) else {}
            what = tuple(code for code, mask in sorted(masks.items()) if not mask[later].all())
            if masks:
                yield Wait(
                    by=copy.road, over=copy.over(start), nights=cut - copy.over(start), what=what
                )
        self.load.put(lot, self.slots)

    def of(self, lot: Lot) -> Why:
        slot = self.slots[lot.cut]
        first = min(slot, max((copy.over(0) for copy in lot.copies), default=0))
        against = self.against(lot, first)
        stands = np.zeros(slot - first, np.int64)
        for mask in against.values():
            stands += mask
        bindings = []
        for what, mask in against.items():
            alone = np.flatnonzero(mask & (stands == 1))
            gain = slot - first - int(alone[0]) if len(alone) else 0
            if mask.any():
                bindings.append(Binding(what=what, nights=int(mask.sum()), gain=gain))
        bindings.sort(key=lambda one: (-one.gain, -one.nights, one.what))
        return Why(lot, slot, first, int((stands == 0).sum()), tuple(bindings))

    def against(self, lot: Lot, first: int) -> dict[str, Mask]:
        """What stands against it, on which of the nights from `first` to its own."""
        self.load.put(lot, self.slots, -1)
        found = {w: ~mask[first : self.slots[lot.cut]] for w, mask in self._possible(lot)}
        self.load.put(lot, self.slots)
        return found

    def _possible(self, lot: Lot) -> Iterator[tuple[str, Mask]]:
        """What has a say, and on which nights it lets the lot be cut over."""
        count = self.task.calendar.count
        nights, load = np.arange(count), self.load
        for what, closed in self.task.calendar.closings(lot.jobs).items():
            yield what, ~np.isin(nights, sorted(closed))
        for code, amount in load.needs(lot):
            yield code, load.left[code] >= amount
        for copy in lot.copies:
            begins = load.copying(copy)
            for code, mask in begins.items():
                yield code, load.latest(copy, mask) >= 0
        for first, system in self.before.get(lot.number, {}).items():
            ready = self.slots[self.lots[first].cut] + 1 + self.task.city.trial
            yield f"{ORDER}:{system}", nights >= ready
        if lot.number not in self.pilots and PILOTS in self.slots:
            yield PILOTS, nights >= self.slots[PILOTS] + self.task.city.pilots.days


def binding_most(reasons: Reasons, most: int = 200) -> tuple[Binding, ...]:
    """What holds the whole plan, of the groups that come last: what costs all of them together most
    nights comes first."""
    last = sorted(reasons.task.lots, key=lambda lot: (-reasons.slots[lot.cut], lot.number))
    gains: dict[str, list[int]] = {}
    nights: dict[str, set[int]] = {}
    for lot in last[:most]:
        why = reasons.of(lot)
        against = reasons.against(lot, why.first)
        for one in why.bindings:
            what = ORDER if one.what.startswith(ORDER) else one.what
            gains.setdefault(what, []).append(one.gain)
            nights.setdefault(what, set()).update(
                why.first + int(n) for n in np.flatnonzero(against[one.what])
            )
    order = sorted(gains, key=lambda what: (-sum(gains[what]), -len(nights[what]), what))
    return tuple(
        Binding(what=w, nights=len(nights[w]), gain=max(gains[w]), groups=len(gains[w]))
        for w in order
    )


def told(what: str, lots: Mapping[str, str] | None = None) -> str:
    """A binding in words, both languages, with what would help."""
    kind, _, rest = what.partition(":")
    if kind in SHUT:
        return closing(what)
    name = (lots or {}).get(rest, rest)
    return {
        "crew": f"班组 {rest} 已满，可加派 / crew {rest} is taken: more people",
        "line": f"线路 {rest} 已满，可扩容或调高份额 / line {rest} is full: more rate or share",
        "network": f"{rest} 外网带宽已满，可扩容 / the network of {rest} is full: more rate",
        "cloud": f"云资源 {rest} 未交付够，可提前交付 / not yet delivered: {rest}, earlier or more",
        "forbid": f"指定不得同晚（第 {rest or 0} 条，自 0 起） / told not to be in one night (entry {rest})",
        PILOTS: "须待试点结束 / pilots come first",
        ORDER: f"须待所依赖的{_named(name)}割接并试运行 / after what it needs{_of(name)}",
    }[kind]


def _of(name: str) -> str:
    return f": {name}" if name else ""


def _named(name: str) -> str:
    return f" {name} " if name else "系统"
