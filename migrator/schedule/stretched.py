"""What no schedule can have less of between the ends of pairs: a bound on `Apart` terms.

Two things keep ends apart. Along the lags, the longest path from one to the other. And where many
pairs lead over one activity, a gate (what all wait for, or what many need), those behind it can't all
come at once: they share a renewable, of which so much is there in any stretch of so many slots, each
comes after what it needs, and at best the heaviest such sets are served first (Sidney 1975).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from migrator.schedule.closure import Hull
from migrator.schedule.kernel import Ints
from migrator.schedule.project import Apart, Project, Stage, Steps, Window
from migrator.schedule.shape import Arc, arcs, forward, openings
from migrator.schedule.stored import row_of, usable

FEW = 8
"""So many pairs at least make a gate worth looking at."""
NONE = -(1 << 40)
"""No path."""


@dataclass(frozen=True)
class _Pair:
    """`first`, `last`: activities, in the order that paths tell; `least`: slots between their ends."""

    first: int
    last: int
    weight: int
    least: int


def least_apart(project: Project, stage: Stage, *, quick: bool = False) -> int:
    """A sum that no schedule can undercut. Each pair counts once: at one gate, or by its own path.
    `quick`: those behind a gate come without what they need first; less, and without minimum cuts."""
    if not stage.apart:
        return 0
    paths = _Paths(project, stage.apart)
    pairs = [pair for one in stage.apart if (pair := paths.pair(one))]
    behind = {gate: paths.led(pairs, at) for at, gate in enumerate(paths.gates)}
    total, left = 0, set(range(len(pairs)))
    opened = openings(project)
    for at, gate in sorted(enumerate(paths.gates), key=lambda one: (-len(behind[one[1]]), one)):
        mine = [pairs[n] for n in sorted(behind[gate] & left)]
        if len(mine) < FEW:
            continue
        more = _over(mine, at, paths, opened, quick)
        if more > sum(pair.weight * pair.least for pair in mine):
            total += more
            left -= behind[gate]
    return total + sum(pairs[n].weight * pairs[n].least for n in left)


class _Paths:
    """Longest paths along the lags: slots from the beginning of one to that of another at least.
    Limits (arcs back) are left out, which only makes bounds weaker. `to`, `since`: [gate, activity],
    to each gate and from it."""

    def __init__(self, project: Project, apart: Iterable[Apart]) -> None:
        self.project = project
        self.after: dict[int, list[Arc]] = defaultdict(list)
        into: dict[int, list[Arc]] = defaultdict(list)
        for arc in arcs(project):
            if arc.gap >= 0:
                self.after[arc.before].append(arc)
                into[arc.after].append(Arc(arc.after, arc.before, arc.gap))
        self.before = {x: tuple(arc.after for arc in row) for x, row in into.items()}
        ends: dict[int, int] = defaultdict(int)
        for code in (code for pair in apart for code in (pair.one, pair.other)):
            ends[project.index[code]] += 1
        hubs = {x for x, many in ends.items() if many >= FEW}
        hubs |= {x for x, row in self.after.items() if len(row) >= FEW}
        self.gates = sorted(hubs)
        order = forward(project)
        self.since = self._longest(order, self.after)
        self.to = self._longest(order[::-1], into)
        self._near: dict[int, dict[int, int]] = {}

    def _longest(self, order: list[int], along: Mapping[int, list[Arc]]) -> Ints:
        far = np.full((len(order), len(self.gates)), NONE, np.int64)
        far[self.gates, np.arange(len(self.gates))] = 0
        for x in order:
            for arc in along.get(x, ()):
                np.maximum(far[arc.after], far[x] + arc.gap, out=far[arc.after])
        return far.T

    def pair(self, one: Apart) -> _Pair | None:
        """None for ends that no lags order."""
        a, b = self.project.index[one.one], self.project.index[one.other]
        for first, last in ((a, b), (b, a)):
            far = self._between(first, last)
            if far >= 0:
                durations = [self.project.activities[x].duration for x in (first, last)]
                return _Pair(first, last, one.weight, max(0, far + durations[1] - durations[0]))
        return None

    def _between(self, first: int, last: int) -> int:
        """Over a gate, or past all of them."""
        if first not in self._near:
            self._near[first] = self._past(first)
        over = (self.to[:, first] + self.since[:, last]).max(initial=NONE)
        return max(int(over), self._near[first].get(last, NONE))

    def _past(self, first: int) -> dict[int, int]:
        gates, far, todo = set(self.gates), {first: 0}, [first]
        while todo:
            x = todo.pop()
            for arc in self.after.get(x, ()):
                if far[x] + arc.gap > far.get(arc.after, NONE):
                    far[arc.after] = far[x] + arc.gap
                    if arc.after not in gates:
                        todo.append(arc.after)
        return far

    def led(self, pairs: list[_Pair], gate: int) -> set[int]:
        """The pairs between whose ends the lags put a gate (or that begin with it)."""
        first = np.array([pair.first for pair in pairs], np.int64)
        last = np.array([pair.last for pair in pairs], np.int64)
        there = (self.to[gate, first] >= 0) & (self.since[gate, last] >= 0)
        return set(np.flatnonzero(there & (last != self.gates[gate])).tolist())


def _over(
    pairs: Iterable[_Pair],
    gate: int,
    paths: _Paths,
    opened: list[list[Window]],
    quick: bool,
) -> int:
    """The least sum of pairs that lead over a gate: from their first end to the gate along the lags,
    and from there to those behind, that share what is scarcest to them."""
    project, to, since = paths.project, paths.to[gate], paths.since[gate]
    fixed, weights = 0, dict[int, int]()
    for pair in pairs:
        one, other = project.activities[pair.first], project.activities[pair.last]
        fixed += pair.weight * (int(to[pair.first]) - one.duration + other.duration)
        weights[pair.last] = weights.get(pair.last, 0) + pair.weight
    best = sum(weight * int(since[x]) for x, weight in weights.items())
    behind = _with_needs(weights, since, paths)
    first = min(int(since[x]) for x in behind)
    whole = first * sum(weights.values())
    for code, work in _works(behind, project).items():
        mine = {x: weight for x, weight in weights.items() if x in work}
        if 2 * sum(mine.values()) < sum(weights.values()):
            continue  # a crew of a few says little of all
        row = row_of(_capacity(project)[code], project.horizon)
        row *= usable(list(work), project, opened)
        if sum(work.values()) <= row.max(initial=0):
            continue
        hull = Hull(mine, work, {} if quick else paths.before)
        ready = {x: int(since[x]) - first for x in mine}
        longest = max(project.activities[x].duration for x in work)
        best = max(best, whole + _waited(hull, mine, ready, _widest(row.tobytes())[longest:]))
    return fixed + best


def _with_needs(weights: Iterable[int], since: Ints, paths: _Paths) -> list[int]:
    """These and all before them that the lags put behind the gate too."""
    found = set(weights)
    todo = list(found)
    while todo:
        for y in paths.before.get(todo.pop(), ()):
            if since[y] > 0 and y not in found:
                found.add(y)
                todo.append(y)
    return sorted(found)


def _works(users: Iterable[int], project: Project) -> dict[str, dict[int, int]]:
    """Amount × slots of each, for the renewables that many of them need."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for x in users:
        one = project.activities[x]
        for code, amount in one.needs:
            if amount and one.duration:
                found[code][x] = amount * one.duration
    return {code: work for code, work in sorted(found.items()) if len(work) >= FEW}


def _capacity(project: Project) -> dict[str, Steps]:
    return {one.code: one.capacity for one in project.renewables}


@lru_cache(maxsize=64)
def _widest(amounts: bytes) -> list[int]:
    """The most that is there in any stretch of 0, 1, 2 … slots; `amounts`: an Ints, slot by slot."""
    whole = np.concatenate(([0], np.cumsum(np.frombuffer(amounts, np.int64))))
    return [int((whole[n:] - whole[: len(whole) - n]).max()) for n in range(len(whole))]


def _waited(
    hull: Hull, weights: Mapping[int, int], ready: Mapping[int, int], most: list[int]
) -> int:
    """Σ weight × slots until each begins: what weighs is waiting, slot by slot. `most`: the work that
    can be done by the end of what begins within so many slots; `ready`: no earlier."""
    begun: dict[int, int] = defaultdict(int)
    for x, weight in weights.items():
        begun[ready[x]] += weight
    total = can = 0
    for slot, work in enumerate(most):
        can += begun.get(slot, 0)
        waits = hull.whole - min(can, hull.most(work))
        if not waits:
            break
        total += waits
    return total
