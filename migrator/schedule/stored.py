"""How late a project must end because of what is delivered when: before a delivery not all can be
taken, so some begin after it, and what follows them has work to do."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from migrator.schedule.kernel import Ints
from migrator.schedule.project import Project, Steps, Store, Window
from migrator.schedule.shape import Arc


def row_of(capacity: Steps, horizon: int) -> Ints:
    """A capacity slot by slot."""
    row: Ints = np.zeros(horizon, np.int64)
    for first, end, value in capacity.pieces(horizon):
        row[first:end] = value
    return row


def usable(users: Sequence[int], project: Project, opened: Sequence[Sequence[Window]]) -> Ints:
    """1 in the slots in which any of these can be under way."""
    mask: Ints = np.zeros(project.horizon, np.int64)
    for first, end in {
        (one.first, one.last + project.activities[x].duration) for x in users for one in opened[x]
    }:
        mask[first:end] = 1
    return mask


def delivered_end(
    project: Project,
    between: Sequence[Arc],
    tails: Sequence[int],
    opened: Sequence[Sequence[Window]],
) -> int:
    """The earliest slot in which all can be over, as far as stores tell. `tails`: slots from where
    each begins to the end of what follows it."""
    best = 0
    capacities = {one.code: one.capacity for one in project.renewables}
    for store in project.stores:
        amounts = {
            x: amount
            for x, one in enumerate(project.activities)
            for code, amount in one.takes
            if code == store.code and amount
        }
        for code, followers in _followers(amounts, project, between).items():
            row = row_of(capacities[code], project.horizon)
            row *= usable(list(followers.works), project, opened)
            for slot, short in _short(store, sum(amounts.values())):
                if short > followers.free:
                    best = max(best, followers.end(slot, short, row))
        for slot, short in _short(store, sum(amounts.values())):
            best = max(best, slot + _least_tail(amounts, tails, short))
    return best


def _least_tail(amounts: dict[int, int], tails: Sequence[int], short: int) -> int:
    """The longest tail of what takes so much at least, where as short ones as can be do: in any
    choice of them there is one that is no shorter."""
    taken = 0
    for x in sorted(amounts, key=lambda x: tails[x]):
        taken += amounts[x]
        if taken >= short:
            return tails[x]
    return 0


def _short(store: Store, wanted: int) -> list[tuple[int, int]]:
    """For each delivery how much has to be taken from its slot on."""
    steps = store.capacity.steps
    return [
        (slot, wanted - before) for (_, before), (slot, _) in pairwise(steps) if wanted > before
    ][-3:]


class Followers:
    """Work on one renewable that follows what takes of a store: `works` by activity, `amounts` that
    come before each, `free`: what is taken with no such work behind it."""

    def __init__(self, works: dict[int, int], amounts: dict[int, int], free: int, gap: int) -> None:
        self.works, self.amounts, self.free, self.gap = works, amounts, free, gap
        self._order: list[int] = []

    def end(self, slot: int, short: int, row: Ints) -> int:
        """After which slot the least work is done that follows `short` taken from `slot` on."""
        if not self._order:
            # amount by work, the greatest first; whole numbers, exact where work is below 2**30
            self._order = sorted(
                self.works, key=lambda x: ((-self.amounts[x] << 60) // self.works[x], x)
            )
        left, work = short - self.free, 0
        for x in self._order:
            if left <= 0:
                break
            taken = min(left, self.amounts[x])
            work += -(-taken * self.works[x] // self.amounts[x])  # only the last is no whole one
            left -= taken
        first = min(slot + self.gap, len(row))
        done = np.cumsum(row[first:])
        return first + int(np.searchsorted(done, work)) + 1 if work else 0


def _followers(
    amounts: dict[int, int], project: Project, between: Sequence[Arc]
) -> dict[str, Followers]:
    """By renewable. What several follow counts before each of them, which only makes it weaker."""
    before: dict[str, dict[int, int]] = {}
    works: dict[str, dict[int, int]] = {}
    gaps: dict[str, int] = {}
    followed: dict[str, set[int]] = {}
    for arc in between:
        amount, then = amounts.get(arc.before, 0), project.activities[arc.after]
        if not amount or arc.gap < 0 or not then.duration:
            continue
        for code, need in then.needs:
            if need:
                mine = before.setdefault(code, {})
                mine[arc.after] = mine.get(arc.after, 0) + amount
                works.setdefault(code, {})[arc.after] = need * then.duration
                gaps[code] = min(arc.gap, gaps.get(code, arc.gap))
                followed.setdefault(code, set()).add(arc.before)
    whole = sum(amounts.values())
    return {
        code: Followers(
            works[code], mine, whole - sum(amounts[x] for x in followed[code]), gaps[code]
        )
        for code, mine in sorted(before.items())
    }
