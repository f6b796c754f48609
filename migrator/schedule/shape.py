"""A project as flat arrays, the form in which it can be counted through quickly."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from migrator.schedule.kernel import (
    APART,
    DURATION,
    END,
    LATE,
    LENGTH,
    MOVED,
    NEEDS,
    PLACE,
    TAKES,
    Ints,
    Shape,
)
from migrator.schedule.project import Project, Window


class Arc(NamedTuple):
    """begin(after) >= begin(before) + gap."""

    before: int
    after: int
    gap: int


def arcs(project: Project) -> list[Arc]:
    """The lags as differences between beginnings; of several between the same two the strongest."""
    strongest: dict[tuple[int, int], int] = {}
    for lag in project.lags:
        before, after = project.index[lag.before], project.index[lag.after]
        duration = project.activities[before].duration
        both = [(before, after, duration + lag.least)]
        if lag.most is not None:
            both.append((after, before, -duration - lag.most))
        for one, other, gap in both:
            strongest[one, other] = max(gap, strongest.get((one, other), gap))
    return [Arc(*ends, gap) for ends, gap in sorted(strongest.items())]


def openings(project: Project) -> list[list[Window]]:
    """Where each activity may begin, its release, pin, windows and the horizon taken together."""
    found: list[list[Window]] = []
    for one in project.activities:
        low, high = one.release, project.horizon - one.duration
        if one.pin is not None:
            low, high = max(low, one.pin), min(high, one.pin)
        pieces = sorted(one.windows or (Window(low, high),), key=lambda window: window.first)
        merged: list[Window] = []
        for piece in pieces:
            first, last = max(piece.first, low), min(piece.last, high)
            if merged and first <= merged[-1].last + 1:
                merged[-1] = Window(merged[-1].first, max(last, merged[-1].last))
            elif first <= last:
                merged.append(Window(first, last))
        found.append(merged)
    return found


def circle(project: Project) -> tuple[int, ...] | None:
    """Activities each of which must come after the one before it, round in a circle, or None."""
    return _walk(project)[1]


def forward(project: Project) -> list[int]:
    """The activities in an order along the lags that keep one after another."""
    return _walk(project)[0]


def _walk(project: Project) -> tuple[list[int], tuple[int, ...] | None]:
    """Activities in an order along the arcs with a gap >= 0 (Kahn 1962), and a circle if there is."""
    count = len(project.activities)
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for arc in arcs(project):
        if arc.gap >= 0 and arc.before != arc.after:
            after[arc.before].append(arc.after)
            waiting[arc.after] += 1
    order = [x for x in range(count) if not waiting[x]]
    for x in order:
        for y in after[x]:
            waiting[y] -= 1
            if not waiting[y]:
                order.append(y)
    if len(order) == count:
        return order, None
    return [*order, *(x for x in range(count) if waiting[x])], _round(after, waiting)


def _round(after: list[list[int]], waiting: list[int]) -> tuple[int, ...]:
    back: dict[int, int] = {}
    for x, following in enumerate(after):
        for y in following:
            if waiting[x] and waiting[y]:
                back[y] = x
    path = [next(x for x, left in enumerate(waiting) if left and x in back)]
    while back[path[-1]] not in path:
        path.append(back[path[-1]])
    return tuple(reversed(path[path.index(back[path[-1]]) :]))


def _table(rows: Iterable[tuple[int, ...]], width: int) -> Ints:
    found = list(rows)
    return np.array(found, np.int64).reshape(len(found), width)


def shape_of(project: Project) -> Shape:
    """Raises nothing: a circle of arcs gives an order in which some of them lead backward."""
    count = len(project.activities)
    into: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    out: list[list[tuple[int, int]]] = [[] for _ in range(count)]
    for before, after, gap in arcs(project):
        into[after].append((before, gap))
        out[before].append((after, gap))
    opened = [[(one.first, one.last) for one in row] for row in openings(project)]
    needs, takes = _amounts(project)
    capacity = _capacity(project)
    words, guard, packed = _packed(capacity, needs)
    lists = (needs, takes, into, out, opened, packed)
    place = np.argsort(np.array(_walk(project)[0], np.int64))
    acts = np.zeros((count, END + 1), np.int64)
    rows: list[tuple[int, int]] = []
    for x, one in enumerate(project.activities):
        acts[x, DURATION], acts[x, PLACE] = one.duration, place[x]
        for column, kind in enumerate(lists, start=NEEDS):
            acts[x, column] = len(rows)
            rows += kind[x]
        acts[x, END] = len(rows)
    pieces = (
        (number, end - 1, value)
        for number, store in enumerate(project.stores)
        for _, end, value in store.capacity.pieces(project.horizon + 1)
    )
    held, terms = _table(pieces, 3), _table(_terms(project), 5)
    return Shape(acts, _table(rows, 2), capacity, words, guard, held, terms)


def left(shape: Shape, starts: Iterable[tuple[int, int]]) -> Ints:
    """Renewable × slot: what activities that begin there leave, less than 0 where it is too little."""
    free = shape.capacity.copy()
    for x, start in starts:
        end = start + shape.acts[x, DURATION]
        for renewable, amount in shape.rows[shape.acts[x, NEEDS] : shape.acts[x, TAKES]]:
            free[renewable, start:end] -= amount
    return free


def _capacity(project: Project) -> Ints:
    capacity = np.zeros((len(project.renewables), project.horizon), np.int64)
    for number, renewable in enumerate(project.renewables):
        for first, end, value in renewable.capacity.pieces(project.horizon):
            capacity[number, first:end] = value
    return capacity


def _packed(
    capacity: Ints, needs: list[list[tuple[int, int]]]
) -> tuple[Ints, int, list[list[tuple[int, int]]]]:
    """Capacities side by side in words of 63 bits, the guard of a word, and what each activity takes
    of which word. A lane has room for the largest number that is told of any renewable."""
    largest = max((amount for row in needs for _, amount in row), default=0)
    width = max(largest, int(capacity.max(initial=0))).bit_length() + 1
    lanes = max(1, 63 // width)
    guard = sum(1 << (width * lane + width - 1) for lane in range(lanes))
    words = np.full((-(-len(capacity) // lanes), capacity.shape[1]), guard, np.int64)
    for number, row in enumerate(capacity):
        words[number // lanes] += row << (number % lanes * width)
    packed = []
    for row in needs:
        amounts: dict[int, int] = {}
        for number, amount in row:
            word, lane = divmod(number, lanes)
            amounts[word] = amounts.get(word, 0) + (amount << (lane * width))
        packed.append(sorted(amounts.items()))
    return words, guard, packed


def _amounts(project: Project) -> tuple[list[list[tuple[int, int]]], list[list[tuple[int, int]]]]:
    renewable = {one.code: place for place, one in enumerate(project.renewables)}
    store = {one.code: place for place, one in enumerate(project.stores)}
    return (
        [
            [(renewable[code], amount) for code, amount in one.needs if amount and one.duration]
            for one in project.activities
        ],
        [
            [(store[code], amount) for code, amount in one.takes if amount]
            for one in project.activities
        ],
    )


def _terms(project: Project) -> Iterator[tuple[int, int, int, int, int]]:
    index, stages = project.index, tuple(enumerate(project.stages))
    yield from ((LENGTH, k, stage.floor, stage.base, stage.length) for k, stage in stages)
    for k, stage in stages:
        yield from ((LATE, k, index[one.activity], one.due, one.weight) for one in stage.late)
        yield from ((APART, k, index[one.one], index[one.other], one.weight) for one in stage.apart)
        yield from ((MOVED, k, index[one.activity], one.start, one.weight) for one in stage.moved)
