"""Judges a schedule against its project, from the words of `migrator.schedule.project` alone: no
line of the solver is used here, and slots are walked one by one."""

from collections.abc import Iterator
from itertools import product

from migrator.schedule.project import Activity, Project, Stage, Steps


def value_at(steps: Steps, slot: int) -> int:
    value = 0
    for first, amount in steps.steps:
        if first <= slot:
            value = amount
    return value


def faults(project: Project, starts: tuple[int, ...]) -> list[str]:
    """All that the schedule breaks, in words; nothing where it holds."""
    if len(starts) != len(project.activities):
        return [f"{len(starts)} starts for {len(project.activities)} activities"]
    begin = {one.code: start for one, start in zip(project.activities, starts, strict=True)}
    found: list[str] = []
    for one in project.activities:
        found += alone(project, one, begin[one.code])
    duration = {one.code: one.duration for one in project.activities}
    for lag in project.lags:
        between = begin[lag.after] - (begin[lag.before] + duration[lag.before])
        if between < lag.least or (lag.most is not None and between > lag.most):
            found.append(f"{lag}: {between} slots between them")
    for slot in range(project.horizon + 1):
        for renewable in project.renewables:
            held = sum(
                amount
                for one in project.activities
                for code, amount in one.needs
                if code == renewable.code
                and begin[one.code] <= slot < begin[one.code] + one.duration
            )
            if held and held > value_at(renewable.capacity, slot):
                found.append(f"{renewable.code} in slot {slot}: {held} held")
        for store in project.stores:
            taken = sum(
                amount
                for one in project.activities
                for code, amount in one.takes
                if code == store.code and begin[one.code] <= slot
            )
            if taken > value_at(store.capacity, slot):
                found.append(f"{store.code} in slot {slot}: {taken} taken")
    return found


def alone(project: Project, one: Activity, start: int) -> Iterator[str]:
    if start < one.release or start + one.duration > project.horizon:
        yield f"{one.code} begins in {start}, outside of release and horizon"
    if one.pin is not None and start != one.pin:
        yield f"{one.code} begins in {start}, pinned to {one.pin}"
    if one.windows and not any(window.first <= start <= window.last for window in one.windows):
        yield f"{one.code} begins in {start}, outside of its windows"


def cost(project: Project, stage: Stage, starts: tuple[int, ...]) -> int:
    begin = {one.code: start for one, start in zip(project.activities, starts, strict=True)}
    end = {one.code: begin[one.code] + one.duration for one in project.activities}
    total = stage.base + stage.length * max([stage.floor, *end.values()])
    for late in stage.late:
        if end[late.activity] > late.due:
            total += late.weight * (end[late.activity] - late.due)
    for pair in stage.apart:
        total += pair.weight * abs(end[pair.one] - end[pair.other])
    for moved in stage.moved:
        total += moved.weight * abs(begin[moved.activity] - moved.start)
    return total


def best(project: Project) -> tuple[int, ...] | None:
    """The least costs, stage after stage, of all schedules there are; None where there is none.
    For projects of a few activities and slots."""
    slots = [
        [start for start in range(project.horizon + 1) if not list(alone(project, one, start))]
        for one in project.activities
    ]
    return min(
        (
            tuple(cost(project, stage, starts) for stage in project.stages)
            for starts in product(*slots)
            if not faults(project, starts)
        ),
        default=None,
    )
