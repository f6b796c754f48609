"""Crowds: how a population is founded, and how one lane lets crowds breed until its share is used."""

import time
from dataclasses import dataclass, field

import numpy as np

from migrator.schedule.bounds import Limits, limits
from migrator.schedule.kernel import (
    DURATION,
    INTO,
    LATE,
    OPEN,
    OUT,
    PACKED,
    PLACE,
    Crowd,
    Ints,
    Room,
    Shape,
    breed,
    forward,
    found,
    listed,
    measure,
    settle,
    take,
)
from migrator.schedule.project import Activity, Project, Starts
from migrator.schedule.shape import left, shape_of

DISTURBED = 3
"""The chance in 1000 that two neighbours in a child's list change places."""
PATIENCE = 4
"""A crowd that became no better over so many times its size of children is at its end."""

Costs = tuple[int, ...]


@dataclass(frozen=True, order=True)
class Found:
    """A schedule with its cost in every stage; the better one is the smaller one."""

    costs: Costs
    starts: Starts


@dataclass(frozen=True, kw_only=True)
class Share:
    """How long a lane may go on: until `deadline` (time.monotonic), and for at most so many children."""

    deadline: float
    children: int | None = None


@dataclass
class Lane:
    """One after another, crowds are founded and bred until they become no better."""

    shape: Shape
    limits: Limits
    target: Costs
    """Costs that cannot be undercut: who reaches them is done."""
    random: np.random.Generator
    best: Found | None = None
    crowd: Crowd | None = field(default=None)
    stale: int = 0
    halted: bool = False
    """Set from outside: stop at the next look."""

    def __post_init__(self) -> None:
        count = len(self.shape.acts)
        self.room = Room(
            self.shape.words.copy(), self.shape.pieces[:, 2].copy(), np.empty(count, np.int64)
        )
        self.stages = len(self.target)
        self.rules = (np.array(self.limits.tails, np.int64), -due(self.shape, self.limits))

    @property
    def size(self) -> int:
        """Large crowds find more and take longer; a child costs about as much as there are activities."""
        count = max(1, len(self.shape.acts))
        return max(30, min(1000, 24_000 // count, 30 * count))

    def run(self, share: Share) -> bool:
        """Breed until the share is used or the target is reached; tells whether the clock ended it."""
        chunk = max(1, 20_000 // len(self.shape.acts))
        left = share.children
        while not self.done and not self.halted and (left is None or left > 0):
            if time.monotonic() >= share.deadline:
                return True
            if self.crowd is None:
                cut = self._found(share.deadline)
                left = None if left is None else left - self.size
                if cut or self.crowd is None:
                    return cut
                continue
            now = chunk if left is None else min(chunk, left)
            taken = breed(self.crowd, now, DISTURBED, np.array(self.target), self.shape, self.room)
            left = None if left is None else left - now
            self._keep(self.crowd)
            self.stale = 0 if taken else self.stale + now
            if self.stale > PATIENCE * self.size:
                self.crowd = None
        return False

    @property
    def done(self) -> bool:
        return self.best is not None and self.best.costs <= self.target

    def take(self, other: Found) -> None:
        """A schedule from elsewhere joins the crowd in the place of one taken at random."""
        if self.best is None or other < self.best:
            self.best = other
        if self.crowd is not None:
            starts, costs = np.array(other.starts), np.array(other.costs)
            settle(
                self.crowd,
                int(self.random.integers(len(self.crowd.costs))),
                starts,
                costs,
                self.shape,
            )

    def _found(self, deadline: float) -> bool:
        """A crowd from lists by random mixtures of rules; None where nearly no list gives a schedule.
        Tells whether the clock ended it."""
        count, size = len(self.shape.acts), self.size
        seed = np.array([self.random.integers(1, 1 << 62)], np.uint64)
        crowd = Crowd(
            np.zeros((size, count), np.int64),
            np.zeros((size, count), np.int64),
            np.zeros((size, self.stages), np.int64),
            seed,
        )
        at = tried = 0
        while at < size and tried < 3 * size:
            if tried and time.monotonic() >= deadline:
                break
            listed(self.shape, self._priorities(rough=tried > 0), crowd.lists[at])
            tried += 1
            if found(crowd, at, self.shape, self.room):
                self._keep(crowd, at)
                at += 1
        self.stale = 0
        self.crowd = crowd if at == size else None
        return at < size and time.monotonic() >= deadline

    def _priorities(self, *, rough: bool) -> Ints:
        """What is followed by most first, or what is due first, mixed with chance but for the first."""
        rule = self.rules[int(self.random.integers(2)) if rough else 0]
        if not rough:
            return rule * 1000
        spread = (0.1, 0.3, 1.0)[int(self.random.integers(3))] * (rule.max() - rule.min() + 1)
        return ((rule + self.random.random(len(rule)) * spread) * 1000).astype(np.int64)

    def _keep(self, crowd: Crowd, only: int | None = None) -> None:
        row = only
        if row is None:
            row = int(np.lexsort(crowd.costs.T[::-1])[0])
        costs = tuple(int(cost) for cost in crowd.costs[row])
        if self.best is None or costs < self.best.costs:
            self.best = Found(costs, tuple(int(start) for start in crowd.starts[row]))


def due(shape: Shape, limits: Limits) -> Ints:
    """By when each activity should begin so that nothing is late and nothing delays the end."""
    begin = limits.makespan - np.array(limits.tails, np.int64)
    for kind, _, x, slot, weight in shape.terms:
        if kind == LATE and weight:
            begin[x] = min(begin[x], slot - shape.acts[x, DURATION])
    for x in np.argsort(-shape.acts[:, PLACE]):
        for y, gap in shape.rows[shape.acts[x, OUT] : shape.acts[x, OPEN]]:
            if gap >= 0:
                begin[x] = min(begin[x], begin[y] - gap)
    return begin


def costs_of(starts: Starts, shape: Shape, stages: int) -> Costs:
    costs = np.zeros(stages, np.int64)
    measure(np.array(starts, np.int64), shape, costs)
    return tuple(int(cost) for cost in costs)


def holds(starts: Starts, shape: Shape) -> bool:
    """Whether a schedule from elsewhere keeps everything."""
    acts, rows = shape.acts, shape.rows
    if len(starts) != len(acts):
        return False
    room = shape.pieces[:, 2].copy()
    for x, start in enumerate(starts):
        opened = rows[acts[x, OPEN] : acts[x, PACKED]]
        into = rows[acts[x, INTO] : acts[x, OUT]]
        if not any(first <= start <= last for first, last in opened):
            return False
        if any(start < starts[y] + gap for y, gap in into):
            return False
        take(x, start, shape, room)
    return bool((left(shape, enumerate(starts)) >= 0).all() and (room >= 0).all())


def by_rule(shape: Shape, limits: Limits, stages: int) -> Found | None:
    """The serial scheme with the rule of the latest finish, once, with nothing else: the peer that
    every other way has to beat. None where it comes to an activity that has no place left."""
    count = len(shape.acts)
    room = Room(shape.words.copy(), shape.pieces[:, 2].copy(), np.empty(count, np.int64))
    starts = np.empty(count, np.int64)
    order = np.empty(count, np.int64)
    listed(shape, np.array(limits.tails, np.int64), order)
    if not forward(order, shape, room.free, room.room, starts):
        return None
    placed = tuple(int(start) for start in starts)
    return Found(costs_of(placed, shape, stages), placed)


def ready() -> None:
    """Have all machine code compiled, or read from where it was kept: seconds in a process of a new
    installation, a moment after that. Who counts on short searches calls it before."""
    project = Project(activities=(Activity(code="1", duration=1),), horizon=2)
    told = limits(project)
    assert isinstance(told, Limits)
    lane = Lane(shape_of(project), told, (0,), np.random.default_rng(0))
    lane.run(Share(deadline=time.monotonic() + 3600, children=lane.size + 1))
    by_rule(lane.shape, told, 1)
