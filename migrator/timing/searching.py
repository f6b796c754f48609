"""The best schedule of a task that is found in time: by the core where it can prove one best, else
by groups that trade nights.

    outcome = searched(task, deadline)
"""

import time
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from migrator.planning.means import Search
from migrator.schedule.bounds import Clash, limits
from migrator.schedule.project import MAKESPAN, Project, Starts
from migrator.schedule.solve import Effort, Outcome, StageResult, judged, solve
from migrator.timing.earlier import earlier
from migrator.timing.following import followed
from migrator.timing.load import Load
from migrator.timing.lots import Task
from migrator.timing.mapping import project_of
from migrator.timing.settling import shaped
from migrator.timing.walking import Walk

SMALL = 60
"""Groups up to which the core searches (it can prove a plan best); more of them trade nights, and
so do those of which a copy may rest in its midst, which the core does not know."""
MOST = 500
"""Groups up to which the core is asked where no first schedule was found."""
REST = 0.1


def searched(task: Task, deadline: float) -> Outcome:
    """The best timetable that is found in time. No plan ends later than the shortest that was found:
    else every dependency could be kept short by putting off all that hangs on it (docs/planning.md)."""
    project, search = project_of(task), task.city.search
    (walk, first), told = _first(task), limits(project)
    small = len(task.lots) <= SMALL and not task.breaks
    if first is None and (len(task.lots) > MOST or task.breaks):
        return Outcome(starts=None, clash=told if isinstance(told, Clash) else None)
    if first is None or isinstance(told, Clash):
        return solve(project, _effort(search, deadline))
    if small:
        found, cut = walk.better(first), False
    else:
        # What is left at the end goes to bounds and to putting copies late, which take about half as
        # long as coming here did, on a machine that is as busy.
        now = time.monotonic()
        came = now - (deadline - search.seconds)
        until = deadline - max((deadline - now) * REST, came / 2)
        shape = shaped(walk, first, told.makespan, search, until)
        found, cut = earlier(walk, walk.better(shape.slots, rounds=1)), shape.cut
    starts = _starts(found, project)
    if small:
        starts, cut = _in_time(project, starts, search, deadline)
    ends = (s + one.duration for s, one in zip(starts, project.activities, strict=True))
    capped = replace(project, horizon=max(ends))
    if small:
        made = _earlier(walk, capped, solve(capped, _effort(search, deadline), starts))
        return replace(made, repeatable=made.repeatable and not cut)
    outcome = judged(capped, starts)
    if outcome is None:
        if task.breaks:  # what the core finds would be no timetable
            return Outcome(starts=None)
        return solve(project, _effort(search, deadline))
    return replace(outcome, repeatable=not cut)


def _first(task: Task) -> tuple[Walk, dict[str, int] | None]:
    """A first schedule, and who makes more of its kind: along the dependencies, or where that misses
    days with all that is due ahead, if fewer are missed so. Trades make nobody later than he was, so what
    is late at first is what is hardest to mend."""
    walk = Walk(task)
    first = walk.first()
    if first is not None and not any(walk.lateness(first)):
        return walk, first
    other = Walk(task, urgent=True)
    ahead = other.first()
    if ahead is None or (first is not None and walk.lateness(first) <= other.lateness(ahead)):
        return walk, first
    return other, ahead


def _in_time(
    project: Project, starts: Starts, search: Search, deadline: float
) -> tuple[Starts, bool]:
    """The shortest of those that miss days least, where these miss any: lateness goes before length.
    And whether the clock ended the search for it."""
    end = dict(zip((one.code for one in project.activities), starts, strict=True))
    stages = tuple(stage for stage in project.stages if stage.late)
    if not any(end[one.activity] >= one.due for stage in stages for one in stage.late):
        return starts, False
    effort = replace(_effort(search, deadline), seconds=max(0.5, (deadline - time.monotonic()) / 2))
    found = solve(replace(project, stages=(*stages, MAKESPAN)), effort, starts)
    return found.starts or starts, not found.repeatable


def _earlier(walk: Walk, project: Project, outcome: Outcome) -> Outcome:
    """The same, with each group on the first night that costs nothing more: no stage asks for that,
    and nobody understands a system that waits for no reason."""
    if outcome.starts is None:
        return outcome
    codes = [one.code for one in project.activities]
    moved = earlier(walk, dict(zip(codes, outcome.starts, strict=True)))
    moved = walk.better(moved, rounds=2)
    again = judged(project, _starts(moved, project), quick=True)
    if again is None:
        return outcome
    stages, no_more = list[StageResult](), True
    for new, old in zip(again.stages, outcome.stages, strict=True):
        # a bound counts for schedules that cost no more in the former stages
        stages.append(replace(new, bound=max(new.bound, old.bound)) if no_more else new)
        no_more = no_more and new.value <= old.value
    return replace(outcome, starts=again.starts, stages=tuple(stages))


def _effort(search: Search, deadline: float) -> Effort:
    return Effort(seconds=max(0.5, deadline - time.monotonic()), work=search.work, seed=search.seed)


def repaired(task: Task) -> tuple[Task, Outcome] | None:
    """A former plan's nights as far as they can be kept: where something finds no night between them,
    what hangs on it gives up its own. None where that does not end soon."""
    for _ in range(TRIES):
        walk = Walk(task)
        walked = _walked(walk, project := project_of(task))
        if walked is not None:
            outcome = judged(project, walked, quick=True)
            return (task, outcome) if outcome else None
        if not (loose := walk.in_the_way()):
            return None
        copies = {
            lot.copy(at) for lot in task.lots if lot.cut in loose for at in range(len(lot.copies))
        }
        pins = {code: at for code, at in task.pins.items() if code not in loose | copies}
        task = replace(task, pins=pins)
    return None


def proved_of(task: Task, outcome: Outcome, free: Task) -> Outcome:
    """The same schedule with what is proved of `free`, which keeps only what is under way: that former
    nights are kept is our choice, and bounds under it are none of the city's."""
    assert outcome.starts is not None
    project = project_of(free)
    codes = (one.code for one in project_of(task).activities)
    slots = dict(zip(codes, outcome.starts, strict=True))
    again = judged(project, _starts(slots, project), quick=True)
    return outcome if again is None else replace(outcome, stages=again.stages)


TRIES = 8


def gaining(task: Task, outcome: Outcome, free: Task, deadline: float) -> tuple[Task, Outcome]:
    """A plan that was kept, with what gains by it on other nights; `free`: the same task with only
    what is under way pinned."""
    assert outcome.starts is not None
    project = project_of(free)
    codes = (one.code for one in project_of(task).activities)
    slots = followed(free, dict(zip(codes, outcome.starts, strict=True)), deadline)
    better = judged(project, _starts(slots, project), quick=True)
    return (free, better) if better else (task, outcome)


def _walked(walk: Walk, project: Project) -> Starts | None:
    """A first schedule along the dependencies, each group on its best night."""
    if (first := walk.first()) is None:
        return None
    return _starts(walk.better(first), project)


def _starts(slots: Mapping[str, int], project: Project) -> Starts:
    return tuple(slots[one.code] for one in project.activities)


def late_copies(task: Task, slots: Mapping[str, int]) -> dict[str, int]:
    """The same cutovers with every copy as late as its road lets it: what is copied early has to be
    kept in step until its night. The last cutover's copies are moved first."""
    later, load = dict(slots), Load.of(task, slots)
    for lot in sorted(task.lots, key=lambda lot: (-slots[lot.cut], lot.number)):
        if lot.copy(0) in task.pins:
            continue
        load.put(lot, later, -1)
        for at, copy in enumerate(lot.copies):
            begins = np.logical_and.reduce(list(load.copying(copy).values()))
            later[lot.copy(at)] = int(load.latest(copy, begins)[later[lot.cut]])
        load.put(lot, later)
    return later
