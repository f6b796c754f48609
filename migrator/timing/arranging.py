"""A timetable for jobs: what can't be placed told first, the rest scheduled.

found = arrange(jobs, ties, city, dues)
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as midnight

import numpy as np

from migrator.graph import rings
from migrator.groups import Tie, found
from migrator.means import CityMeans, Search
from migrator.schedule.bounds import Clash, limits
from migrator.schedule.project import Project, Starts
from migrator.schedule.solve import Effort, Outcome, judged, solve
from migrator.timetable import Appointment, MoveGroup, StageTold, Timetable
from migrator.timing.again import NOTHING, Former, attempts, with_begun
from migrator.timing.fitting import fitting, too_many
from migrator.timing.jobs import Job
from migrator.timing.load import Load
from migrator.timing.mapping import Due, Lot, Task, codes_of, project_of
from migrator.timing.nights import Calendar
from migrator.timing.settling import shaped
from migrator.timing.turns import turns
from migrator.timing.walking import Walk
from migrator.windows import Window

LONGER = (1, 2, 4)
"""How many times as far as the plan it is looked when not all fit: what ends after its last night is
told as late, and what it lacks can be seen."""


@dataclass(frozen=True)
class Arranged:
    """`refused`: systems that no timetable can hold, with the reason in both languages. `timetable`
    is None where none is left or none was found; `slots`: when each activity of the task begins."""

    timetable: Timetable | None
    refused: Mapping[str, str]
    task: Task | None = None
    slots: Mapping[str, int] | None = None
    seconds: float = 0.0


def arrange(
    jobs: Mapping[str, Job],
    ties: Sequence[Tie],
    city: CityMeans,
    dues: Mapping[str, tuple[Due, ...]],
    *,
    databases: Mapping[str, Sequence[str]] | None = None,
    former: Former = NOTHING,
) -> Arranged:
    """`dues`: by system. What a former plan began stays as it is, what it only planned keeps its
    night where it can, and the rest goes as near to it as the other stages let it."""
    deadline = time.monotonic() + city.search.seconds
    groups = found(
        jobs,
        ties,
        city.groups,
        databases,
        fits=lambda codes: not too_many([jobs[code] for code in codes], city),
    )
    why, lots = "", list[Lot]()
    for longer in LONGER:
        today = city.plan.slot(former.today) if former.today else 0
        calendar = Calendar(city, city.plan.nights * longer, today=today, used=former.used)
        lots, refused = fitting(groups, jobs, calendar, dues)
        if not lots:
            return Arranged(None, refused)
        task = task_of(lots, ties, city, calendar, dues=dues, former=former.nights)
        for kept in attempts(task, former):
            if found_ := _repaired(kept):
                return _arranged(*found_, groups, refused)
        for kept in (with_begun(task, former), task):
            outcome = _searched(kept, deadline)
            if outcome.starts is not None:
                return _arranged(kept, outcome, groups, refused)
            why = outcome.clash.why if outcome.clash else _TIGHT
    return Arranged(None, refused | {code: why for lot in lots for code in lot.group.systems})


def _walked(walk: Walk, project: Project) -> Starts | None:
    """A first schedule along the dependencies, each group on its best night."""
    if (first := walk.first()) is None:
        return None
    return _starts(walk.better(first), project)


def _starts(slots: Mapping[str, int], project: Project) -> Starts:
    return tuple(slots[one.code] for one in project.activities)


def _arranged(
    task: Task, outcome: Outcome, groups: Sequence[MoveGroup], refused: Mapping[str, str]
) -> Arranged:
    assert outcome.starts is not None
    slots = late_copies(task, dict(zip(codes_of(task), outcome.starts, strict=True)))
    return Arranged(_told(task, groups, slots, outcome), refused, task, slots, outcome.seconds)


SMALL = 60
"""Groups up to which the core searches (it can prove a plan best); more of them trade nights."""
REST = 0.1
_TIGHT = "各项限制过紧，未找到排期 / too tight: no timetable was found"


def _searched(task: Task, deadline: float) -> Outcome:
    """The best timetable that is found in time. No plan ends later than the shortest that was found:
    else every dependency could be kept short by putting off all that hangs on it (docs/planning.md)."""
    project, search = project_of(task), task.city.search
    walk = Walk(task)
    first, told = walk.first(), limits(project)
    small = len(task.lots) <= SMALL
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
        made = shaped(walk, first, told.makespan, search, until)
        found, cut = made.slots, made.cut
    starts = _starts(found, project)
    ends = (s + one.duration for s, one in zip(starts, project.activities, strict=True))
    capped = replace(project, horizon=max(ends))
    if small:
        return solve(capped, _effort(search, deadline), starts)
    outcome = judged(capped, starts)
    if outcome is None:
        return solve(project, _effort(search, deadline))
    return replace(outcome, repeatable=not cut)


def _effort(search: Search, deadline: float) -> Effort:
    return Effort(seconds=max(0.5, deadline - time.monotonic()), work=search.work, seed=search.seed)


def _repaired(task: Task) -> tuple[Task, Outcome] | None:
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


TRIES = 8


def task_of(
    lots: Sequence[Lot],
    ties: Sequence[Tie],
    city: CityMeans,
    calendar: Calendar,
    *,
    dues: Mapping[str, tuple[Due, ...]],
    former: Mapping[str, date],
) -> Task:
    """Ties between lots; those of a ring, which only a split leaves, set no order."""
    number = {job.code: lot.number for lot in lots for job in lot.jobs}
    between = tuple(
        tie
        for tie in ties
        if tie.system in number and tie.needs in number and number[tie.system] != number[tie.needs]
    )
    arcs: dict[str, set[str]] = {str(lot.number): set() for lot in lots}
    for tie in between:
        arcs[str(number[tie.system])].add(str(number[tie.needs]))
    ring = {node: at for at, members in enumerate(rings(arcs)) for node in members}
    needs = tuple(t for t in between if ring[str(number[t.system])] != ring[str(number[t.needs])])
    slots = {
        lot.number: city.plan.slot(former[lot.jobs[0].code])
        for lot in lots
        if lot.jobs[0].code in former
    }
    inside = tuple(
        tie
        for tie in ties
        if tie.system in number
        and number.get(tie.needs) == number[tie.system]
        and tie.needs != tie.system
    )
    return Task(city, calendar, tuple(lots), between, needs, dues, slots, inside=inside)


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


def _told(
    task: Task, groups: Sequence[MoveGroup], slots: Mapping[str, int], outcome: Outcome
) -> Timetable:
    nights = sorted({slots[lot.cut] for lot in task.lots})
    waves = {slot: number for number, slot in enumerate(nights, start=1)}
    needs: dict[str, set[str]] = {}
    for tie in task.needs:
        needs.setdefault(tie.system, set()).add(tie.needs)
    pairs: dict[int, list[tuple[str, str]]] = {}
    for tie in task.inside:
        pairs.setdefault(task.of[tie.system].number, []).append((tie.system, tie.needs))
    turn: dict[str, int] = {}
    for lot in task.lots:
        turn |= turns((job.code for job in lot.jobs), pairs.get(lot.number, ()))
    appointments = [
        _appointment(task, lot, job, slots, place, turn=turn[job.code]).model_copy(
            update={
                "wave": waves[slots[lot.cut]],
                "after": tuple(sorted(needs.get(job.code, ()))),
            }
        )
        for place, lot in enumerate(task.lots)
        for job in lot.jobs
    ]
    return Timetable(
        first=task.city.plan.from_,
        nights=task.city.plan.nights,
        groups=tuple(groups[lot.number] for lot in task.lots),
        appointments=tuple(sorted(appointments, key=lambda one: one.system)),
        stages=tuple(
            StageTold(name=one.name, value=one.value, bound=one.bound) for one in outcome.stages
        ),
        repeatable=outcome.repeatable,
    )


def _appointment(
    task: Task, lot: Lot, job: Job, slots: Mapping[str, int], place: int, *, turn: int
) -> Appointment:
    span = task.city.plan
    slot = slots[lot.cut]
    at = next(n for n, copy in enumerate(lot.copies) if copy.road == job.road.code)
    begins, ends = _hours(job.window, span.night(slot), task.city, turn)
    dues = task.dues.get(job.code, ())
    done = span.night(slot) + timedelta(days=1 + task.city.trial)
    return Appointment(
        system=job.code,
        group=place,
        turn=turn,
        wave=1,
        night=span.night(slot),
        begins=begins,
        ends=ends,
        copy_from=span.night(slots[lot.copy(at)]),
        copy_nights=lot.copies[at].slots,
        copy_mib=job.mib,
        by=job.road.code,
        due=min((due.day for due in dues), default=None),
        late=max((max(0, (done - due.day).days) for due in dues), default=0),
    )


def _hours(window: str, night: date, city: CityMeans, turn: int) -> tuple[str, str]:
    """Local times from and to which a cutover of that night may begin: what begins before the night
    does is of the next day. Later turns begin later, as far as the window lets them."""
    dark, own = Window.parse(city.nights.hours), Window.parse(window)
    if own.end - own.start == 24 * 60:
        own = dark
    day = night if own.start >= dark.start else night + timedelta(days=1)
    first = datetime.combine(day, midnight()) + timedelta(minutes=own.start)
    last = first + timedelta(minutes=own.end - own.start)
    first = min(first + timedelta(minutes=city.nights.turn * (turn - 1)), last)
    return first.isoformat(timespec="minutes"), last.isoformat(timespec="minutes")
