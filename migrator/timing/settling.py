"""Groups change nights until a timetable is short and what hangs together is close: the task as
arrays for the machine code of `trading.py`, and how long that runs.

    slots = shaped(walk, walk.first(), least, search, deadline).slots
"""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from migrator.planning.means import Search
from migrator.schedule.project import Window
from migrator.timing.load import Load
from migrator.timing.lots import Lot, Task
from migrator.timing.mapping import PILOTS, SEVERITIES
from migrator.timing.trading import STAGES, Aim, Board, Ints, anneal, price
from migrator.timing.walking import Walk

CHUNK = 50_000
"""Moves between two looks at the clock: a fraction of a second."""
EACH = 100_000
"""Moves for one unit of work, where there are groups enough; a group alone gets so many:"""
ALONE = 2_000
SHARE = 0.1
"""Of the moves and the time, for making the plan short."""
LATER = 0.4
BUSY = 1.3
"""A plan that begins so many times the nights before its end that crews need at least has a good
chance to be one."""
TRIES = 4
"""How often it is tried to begin later without ending later."""
SHORTEN, CLOSER = (2.0, 0.2), (30.0, 0.4)
"""How much worse a move may make it (over e), at first and in the end."""


@dataclass(frozen=True)
class Shaped:
    """A schedule, and whether the clock ended the search for it."""

    slots: dict[str, int]
    cut: bool


def shaped(
    walk: Walk, first: dict[str, int], least: int, search: Search, deadline: float
) -> Shaped:
    """From a first schedule to a short one, and from there, no longer than that, to one in which
    what hangs together is close. `least`: no schedule ends earlier (a slot); `deadline`: of
    time.monotonic()."""
    moves = search.work * min(EACH, ALONE * len(walk.lots))
    began = time.monotonic()
    settler = Settler(walk, first, search.seed)
    if settler.end > least:
        until = began + (deadline - began) * SHARE
        aim = Aim(0, least - 1, settler.end)
        settler.run(aim, SHORTEN, round(moves * SHARE), until)
    end, cut = settler.end, settler.cut
    best, costs = settler, settler.costs()
    low, high, floor = 0, end, end - round(BUSY * busy_nights(walk))
    for _ in range(TRIES):
        if time.monotonic() > began + (deadline - began) * LATER:
            cut = True
            break
        later = walk.first(floor=max(0, floor))
        if later is None or (other := Settler(walk, later, search.seed)).end > end:
            high = floor
        else:
            low = floor
            if other.costs() < costs:
                best, costs = other, other.costs()
        floor = (low + high) // 2
    if time.monotonic() > began + (deadline - began) * LATER:
        cut = True
    elif (late := Settler(walk, walk.later(best.told()), search.seed)).costs() < costs:
        best = late
    best.run(Aim(1, 0, end), CLOSER, moves, deadline)
    return Shaped(best.told(), cut or best.cut)


@dataclass
class Settler:
    """One task and one schedule of it, which every run makes better or leaves as it is."""

    walk: Walk
    slots: dict[str, int]
    seed: int = 0
    cut: bool = field(init=False, default=False)
    """Whether the clock ended a run."""

    def __post_init__(self) -> None:
        self.task: Task = self.walk.task
        self.board = _board(self.walk, self.slots)
        self.random = np.array([np.random.default_rng(self.seed).integers(1, 1 << 62)], np.uint64)
        count = self.task.calendar.count
        others = self.board.cut[self.board.pilot == 0]
        self.others = np.bincount(others, minlength=count + 1).astype(np.int64)

    @property
    def end(self) -> int:
        """The slot after the last cutover."""
        return int(self.board.cut.max()) + 1

    def costs(self) -> tuple[int, ...]:
        """Lateness stage by stage, then weighted nights between those that hang together (twice)."""
        cost = np.zeros(STAGES + 1, np.int64)
        for place in range(len(self.board.cut)):
            price(place, self.board, Aim(1, 0, 0), cost)
        return tuple(cost.tolist())

    def run(self, aim: Aim, heat: tuple[float, float], moves: int, deadline: float) -> None:
        """So many moves at most; where the clock would end it earlier, the heat falls faster."""
        done, planned, began = 0, moves, time.monotonic()
        while done < planned:
            now = time.monotonic()
            if now >= deadline:
                self.cut = True
                return
            if done and (may := int((deadline - began) * done / (now - began))) < planned:
                planned, self.cut = max(may, done + 1), True
            chunk = min(CHUNK, planned - done)
            falls = [heat[0] * (heat[1] / heat[0]) ** (n / planned) for n in (done, done + chunk)]
            thousandths = np.array([round(1000 * h) for h in falls], np.int64)
            anneal(self.board, aim, thousandths, chunk, self.others, self.random)
            done += chunk

    def told(self) -> dict[str, int]:
        """The schedule as it stands, by activity."""
        found: dict[str, int] = {}
        for place, lot in enumerate(self.task.lots):
            found[lot.cut] = int(self.board.cut[place])
            for at in range(len(lot.copies)):
                found[lot.copy(at)] = int(self.board.start[self.board.copies_at[place] + at])
        if PILOTS in self.slots:
            first = self.board.pilot == 1
            found[PILOTS] = int(self.board.cut[first].max()) + 1
        return found


def busy_nights(walk: Walk) -> int:
    """How many nights the busiest crew or road works at least."""
    load, wanted = Load.empty(walk.task), dict[str, int]()
    for lot in walk.task.lots:
        for code, amount in load.needs(lot):
            wanted[code] = wanted.get(code, 0) + amount
    return max((-(-n // max(1, int(load.left[c].max()))) for c, n in wanted.items()), default=0)


def _board(walk: Walk, slots: Mapping[str, int]) -> Board:
    task, lots = walk.task, walk.task.lots
    load = Load.of(task, slots)
    free = {code: at for at, code in enumerate(load.left)}
    room = {code: at for at, code in enumerate(load.room)}
    place = {lot.number: at for at, lot in enumerate(lots)}
    copies = [copy for lot in lots for copy in lot.copies]

    def rows(of: Callable[[Lot], Iterable[tuple[int, ...]]], width: int) -> tuple[Ints, Ints]:
        return _rows((of(lot) for lot in lots), width)

    needs = rows(lambda lot: ((free[code], n) for code, n in load.needs(lot)), 2)
    rests = {told: at for at, told in enumerate(dict.fromkeys(copy.pauses for copy in copies))}
    long = rows(
        lambda lot: ((free[c.road], c.slots, c.each, rests[c.pauses]) for c in lot.copies), 4
    )
    takes = _rows((((room[code], n) for code, n in copy.takes) for copy in copies), 2)
    before = rows(lambda lot: ((place[n],) for n in sorted(walk.needs[lot.number])), 1)
    after = rows(lambda lot: ((place[n],) for n in sorted(walk.needed[lot.number])), 1)
    near = rows(lambda lot: ((place[n], w) for n, w in sorted(walk.near(lot.number).items())), 2)
    stage = {name: at for at, name in enumerate(SEVERITIES)}
    dues = rows(
        lambda lot: (
            (stage[name], slot, weight)
            for name, told in walk.late(lot.number).items()
            for slot, weight in told
        ),
        3,
    )
    cut = np.array([slots[lot.cut] for lot in lots], np.int64)
    chain, first = np.full(len(lots), -1, np.int64), np.full(task.calendar.count, -1, np.int64)
    for at, night in enumerate(cut):
        chain[at], first[night] = first[night], at
    days = task.city.pilots.days if walk.pilots else -1
    return Board(
        np.array([walk.opened(lot.number) for lot in lots]),
        np.array(list(load.left.values())),
        np.array(list(load.room.values())).reshape(len(room), task.calendar.count),
        *needs,
        *long,
        *takes,
        before[0][:, 0].copy(),
        before[1],
        after[0][:, 0].copy(),
        after[1],
        *near,
        *dues,
        np.array([lot.number in walk.pilots for lot in lots], np.int64),
        np.array([lot.cut not in task.pins for lot in lots], np.int64),
        np.array([task.calendar.today, 1 + task.city.trial, days], np.int64),
        cut,
        np.array([slots[lot.copy(at)] for lot in lots for at in range(len(lot.copies))], np.int64),
        first,
        chain,
        _resting(rests, task.calendar.count),
    )


def _resting(rests: Collection[tuple[Window, ...]], count: int) -> Ints:
    """A row for each kind of pauses, 1 where a copy rests."""
    rows = [np.zeros(count, np.int64) for _ in rests]
    for row, pauses in zip(rows, rests, strict=True):
        for pause in pauses:
            row[pause.first : pause.last + 1] = 1
    return np.array(rows)


def _rows(tables: Iterable[Iterable[tuple[int, ...]]], width: int) -> tuple[Ints, Ints]:
    """The rows of all, and where those of each begin."""
    found: list[tuple[int, ...]] = []
    begins = [0]
    for table in tables:
        found += table
        begins.append(len(found))
    return np.array(found, np.int64).reshape(len(found), width), np.array(begins, np.int64)
