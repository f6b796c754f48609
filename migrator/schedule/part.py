"""A part of a project: some activities are free, the others stay where a schedule has them.

What is left of capacities, windows and costs is a project again, small enough for CP-SAT; a schedule
of the part that costs less makes the whole cost less (large neighbourhood search: Shaw 1998).
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from migrator.schedule.kernel import DURATION, INTO, OPEN, OUT, Ints, Shape
from migrator.schedule.project import Moved, Project, Stage, Starts, Steps, Window
from migrator.schedule.shape import left, openings


def part(project: Project, shape: Shape, starts: Starts, free: Iterable[int]) -> Project:
    """The free activities as a project of their own, in the order of the whole one."""
    chosen = sorted(set(free))
    within = set(chosen)
    codes = {project.activities[x].code for x in chosen}
    renewables, room = _left(project, shape, starts, within)
    opened = openings(project)
    activities = []
    for x in chosen:
        low, high = _between(x, shape, starts, within)
        windows = tuple(
            Window(max(one.first, low), min(one.last, high))
            for one in opened[x]
            if max(one.first, low) <= min(one.last, high)
        )
        activities.append(replace(project.activities[x], windows=windows, release=0, pin=None))
    return replace(
        project,
        activities=tuple(activities),
        lags=tuple(lag for lag in project.lags if lag.before in codes and lag.after in codes),
        renewables=tuple(
            replace(one, capacity=_steps(row))
            for one, row in zip(project.renewables, renewables, strict=True)
        ),
        stores=tuple(
            replace(one, capacity=_steps(row))
            for one, row in zip(project.stores, room, strict=True)
        ),
        stages=tuple(_stage(project, stage, starts, within) for stage in project.stages),
    )


def merged(starts: Starts, free: Iterable[int], found: Starts) -> Starts:
    """The schedule of the whole with that of the part in its place."""
    whole = list(starts)
    for x, start in zip(sorted(set(free)), found, strict=True):
        whole[x] = start
    return tuple(whole)


def _between(x: int, shape: Shape, starts: Starts, within: set[int]) -> tuple[int, int]:
    low, high = 0, shape.capacity.shape[1] - int(shape.acts[x, DURATION])
    for other, gap in shape.rows[shape.acts[x, INTO] : shape.acts[x, OUT]].tolist():
        if other not in within:
            low = max(low, starts[other] + gap)
    for other, gap in shape.rows[shape.acts[x, OUT] : shape.acts[x, OPEN]].tolist():
        if other not in within:
            high = min(high, starts[other] - gap)
    return low, high


def _left(
    project: Project, shape: Shape, starts: Starts, within: set[int]
) -> tuple[Ints, list[Ints]]:
    """What those that stay leave of the renewables, and of the stores, slot by slot."""
    stay = [(x, start) for x, start in enumerate(starts) if x not in within]
    taken = {one.code: np.zeros(project.horizon + 1, np.int64) for one in project.stores}
    for x, start in stay:
        for code, amount in project.activities[x].takes:
            taken[code][start:] += amount
    room = []
    for store in project.stores:
        capacity = np.zeros(project.horizon + 1, np.int64)
        for first, end, value in store.capacity.pieces(project.horizon + 1):
            capacity[first:end] = value
        room.append(capacity - taken[store.code])
    return left(shape, stay), room


def _steps(row: Ints) -> Steps:
    """An amount slot by slot as steps. Less than nothing can only be left where a store shrinks
    under what was taken, which no schedule has."""
    changes = [0, *(np.flatnonzero(np.diff(row)) + 1).tolist()]
    return Steps(tuple((slot, int(row[slot])) for slot in changes)) if row.size else Steps.always(0)


def _stage(project: Project, stage: Stage, starts: Starts, within: set[int]) -> Stage:
    """Terms of those that stay are paid already; a pair of which one stays pulls at the other."""
    index, activities = project.index, project.activities

    def end(code: str) -> int:
        return starts[index[code]] + activities[index[code]].duration

    paid = stage.base
    late, apart, moved = [], [], []
    for over in stage.late:
        if index[over.activity] in within:
            late.append(over)
        else:
            paid += over.weight * max(0, end(over.activity) - over.due)
    for pair in stage.apart:
        free = [code for code in (pair.one, pair.other) if index[code] in within]
        if len(free) == 2:
            apart.append(pair)
        elif free:
            fixed = pair.other if free[0] == pair.one else pair.one
            moved.append(
                Moved(free[0], end(fixed) - activities[index[free[0]]].duration, pair.weight)
            )
        else:
            paid += pair.weight * abs(end(pair.one) - end(pair.other))
    for change in stage.moved:
        if index[change.activity] in within:
            moved.append(change)
        else:
            paid += change.weight * abs(starts[index[change.activity]] - change.start)
    last = max((end(one.code) for x, one in enumerate(activities) if x not in within), default=0)
    return replace(
        stage,
        late=tuple(late),
        apart=tuple(apart),
        moved=tuple(moved),
        floor=max(stage.floor, last),
        base=paid,
    )
