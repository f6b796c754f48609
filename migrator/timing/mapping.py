"""Jobs, groups and means as a project of the scheduling core.

A slot is 24 hours that begin with a night. A group is cut over in one slot, which takes its rooms'
and clouds' crews for that night. Before it, what its systems hold is copied: one activity for each
road that they share, as many slots long as the road's share for one item needs; machines of the
cloud are taken when the copy begins. Deadlines, dependencies and a former plan are stages.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date

from migrator.planning.groups import weight_of
from migrator.planning.means import CityMeans
from migrator.schedule.project import (
    MAKESPAN,
    Activity,
    Apart,
    Lag,
    Late,
    Moved,
    Project,
    Renewable,
    Stage,
    Steps,
    Store,
    Window,
)
from migrator.timing.jobs import CAPACITIES, store_of
from migrator.timing.lots import Lot, Task, rooms_of
from migrator.timing.nights import Calendar

SEVERITIES = ("error", "warning", "declared")
"""Stages of lateness, the hardest wording first."""
PILOTS = "pilots"


def project_of(task: Task) -> Project:
    """The whole as a project; capacities that nothing can exceed are left out.

    A copy that breaks is one activity without its breaks, which any timetable's start of it keeps:
    the project is a relaxation then, of which bounds and contradictions hold and schedules may not.
    Its road carries on in freezes for all, as all that break there ran beside each other before; where
    only some are frozen that is not so, and the copy needs nothing of its road.
    """
    activities = [one for lot in task.lots for one in _activities(lot, task)]
    lags = [lag for lot in task.lots for lag in _own_lags(lot)]
    lags += _before(task)
    piloted, more = _pilots(task)
    activities += piloted
    lags += more
    renewables = [*_crews(task), *_roads(task), *_forbidden(task)]
    whole = Project(
        activities=tuple(activities),
        horizon=task.calendar.count,
        lags=tuple(lags),
        renewables=tuple(renewables),
        stores=tuple(_stores(task)),
        stages=_stages(task),
    )
    return lean(whole)


def codes_of(task: Task) -> list[str]:
    """The activities of its project, in their order."""
    codes = [
        code
        for lot in task.lots
        for code in (*(lot.copy(at) for at in range(len(lot.copies))), lot.cut)
    ]
    return [*codes, *(one.code for one in _pilots(task)[0])]


def capacity_of(cloud_resource: str, calendar: Calendar) -> Steps:
    """What has been delivered of a cloud's capacity by each slot, less what was used before."""
    city = calendar.city
    found: Counter[int] = Counter()
    for one in city.deliveries:
        for name in CAPACITIES:
            amount = getattr(one, name)
            if amount is not None and store_of(one.cloud, one.arch, name) == cloud_resource:
                found[max(0, city.plan.slot(one.on))] += amount
    total = -calendar.used.get(cloud_resource, 0) + found.pop(0, 0)
    steps = [(0, max(0, total))]
    for slot in sorted(found):
        total += found[slot]
        steps.append((slot, max(0, total)))
    return Steps(tuple(steps))


def crew_size(resource: str, city: CityMeans, rooms: Iterable[str]) -> int:
    """Cutovers of one crew in a night; `rooms`: what is a room and no cloud."""
    _, _, code = resource.partition(":")
    if code == "total":
        return city.crews.total
    if code in rooms:
        return city.crews.rooms.get(code, city.crews.room)
    return city.crews.clouds.get(code, city.crews.cloud)


def _activities(lot: Lot, task: Task) -> Iterator[Activity]:
    for at, copy in enumerate(lot.copies):
        yield Activity(
            code=lot.copy(at),
            duration=copy.slots,
            needs=((copy.road, copy.each),) if copy.each and not _alone(lot, at, task) else (),
            takes=copy.takes,
            windows=() if lot.copy(at) in task.pins else _between(copy.pauses, task.calendar.count),
            release=0 if lot.copy(at) in task.pins else task.calendar.today,
            pin=task.pins.get(lot.copy(at)),
        )
    needs = [*lot.crews, *((code, 1) for code in forbids_of(lot, task.city))]
    pinned = {at.system: at.night for at in task.city.groups.at}
    pin = next((task.city.plan.slot(pinned[j.code]) for j in lot.jobs if j.code in pinned), None)
    pin = task.pins.get(lot.cut, pin)
    yield Activity(code=lot.cut, duration=1, needs=tuple(needs), windows=lot.windows, pin=pin)


def _alone(lot: Lot, at: int, task: Task) -> bool:
    """Whether a copy breaks on days on which others are copied, or began where it now would not."""
    copy = lot.copies[at]
    others = copy.pauses != task.calendar.pauses(()) or lot.copy(at) in task.pins
    return copy.breaks and others


def _between(pauses: Sequence[Window], count: int) -> tuple[Window, ...]:
    """The slots beside pauses, as stretches; none told where there are no pauses."""
    if not pauses:
        return ()
    ends = [-1, *(one.last for one in pauses)]
    begins = [*(one.first for one in pauses), count]
    found = tuple(
        Window(end + 1, begin - 1)
        for end, begin in zip(ends, begins, strict=True)
        if begin - end > 1
    )
    return found or (Window(count, count),)  # none at all: after the last one


def _own_lags(lot: Lot) -> Iterator[Lag]:
    for at in range(len(lot.copies)):
        yield Lag(lot.copy(at), lot.cut)


def _before(task: Task) -> Iterator[Lag]:
    """What a system needs is cut over before it, and has stood its trial."""
    lots = task.of
    seen: set[tuple[int, int]] = set()
    for tie in task.needs:
        first, then = lots[tie.needs], lots[tie.system]
        if (first.number, then.number) not in seen:
            seen.add((first.number, then.number))
            yield Lag(first.cut, then.cut, least=task.city.trial)


def pilots_of(task: Task) -> frozenset[int]:
    """The numbers of the lots that go first, with what they need."""
    named = set(task.city.pilots.systems)
    chosen = {
        lot.number for lot in task.lots if any(j.code in named or j.system.pilot for j in lot.jobs)
    }
    lots = task.of
    needs: dict[int, set[int]] = {}
    for tie in task.needs:
        needs.setdefault(lots[tie.system].number, set()).add(lots[tie.needs].number)
    todo = list(chosen)
    while todo:
        for number in needs.get(todo.pop(), set()) - chosen:
            chosen.add(number)
            todo.append(number)
    return frozenset(chosen)


def _pilots(task: Task) -> tuple[list[Activity], list[Lag]]:
    first = pilots_of(task)
    if not first or len(first) == len(task.lots):
        return [], []
    lags = [
        Lag(lot.cut, PILOTS) if lot.number in first else Lag(PILOTS, lot.cut) for lot in task.lots
    ]
    return [Activity(code=PILOTS, duration=task.city.pilots.days)], lags


def _crews(task: Task) -> Iterator[Renewable]:
    rooms = rooms_of(job for lot in task.lots for job in lot.jobs)
    for code in sorted({code for lot in task.lots for code, _ in lot.crews}):
        yield Renewable(code, Steps.always(crew_size(code, task.city, rooms)))


def _roads(task: Task) -> Iterator[Renewable]:
    mib = {job.road.code: job.road.mib for lot in task.lots for job in lot.jobs}
    broken = {copy.road for lot in task.lots for copy in lot.copies if copy.breaks}
    for code in sorted(mib):
        whole = code in broken
        yield Renewable(
            code, Steps.always(mib[code]) if whole else task.calendar.carried(mib[code])
        )


def forbids_of(lot: Lot, city: CityMeans) -> Iterator[str]:
    """The resources that stand for what must not move together with it."""
    codes = {job.code for job in lot.jobs}
    for number, told in enumerate(city.groups.forbid):
        if codes & set(told.systems):
            yield f"forbid:{number}"


def _forbidden(task: Task) -> Iterator[Renewable]:
    """Of systems that must not move in one night, one at a time."""
    for code in sorted({code for lot in task.lots for code in forbids_of(lot, task.city)}):
        yield Renewable(code, Steps.always(1))


def _stores(task: Task) -> Iterator[Store]:
    codes = {code for lot in task.lots for copy in lot.copies for code, _ in copy.takes}
    for code in sorted(codes):
        yield Store(code, capacity_of(code, task.calendar))


def _stages(task: Task) -> tuple[Stage, ...]:
    stages = []
    for severity in SEVERITIES:
        late = tuple(
            Late(lot.cut, slot, weight)
            for lot in task.lots
            for slot, weight in _dues(lot, task, severity)
        )
        if late:
            stages.append(Stage(name=f"late:{severity}", late=late))
    if apart := tuple(_apart(task)):
        stages.append(Stage(name="apart", apart=apart))
    stages.append(MAKESPAN)
    moved = tuple(
        Moved(lot.cut, task.former[lot.number])
        for lot in task.lots
        if lot.number in task.former and lot.cut not in task.pins
    )
    if moved:
        stages.append(Stage(name="moved", moved=moved))
    return tuple(stages)


def due_slot(day: date, city: CityMeans) -> int:
    """The slot by which a cutover has to end: the morning of that day, the trial over."""
    return max(0, city.plan.slot(day) - city.trial)


def _dues(lot: Lot, task: Task, severity: str) -> Iterator[tuple[int, int]]:
    """What is due by one slot counts together."""
    found: Counter[int] = Counter()
    for job in lot.jobs:
        for due in task.dues.get(job.code, ()):
            if due.severity == severity:
                found[due_slot(due.day, task.city)] += due.weight
    yield from sorted(found.items())


def _apart(task: Task) -> Iterator[Apart]:
    lots = task.of
    found: Counter[tuple[int, int]] = Counter()
    for tie in task.ties:
        one, other = sorted((lots[tie.system].number, lots[tie.needs].number))
        found[one, other] += weight_of(tie, task.city.groups)
    for (one, other), weight in sorted(found.items()):
        yield Apart(f"cut:{one}", f"cut:{other}", weight)


def lean(project: Project) -> Project:
    """Without the capacities that all of their takers together do not fill: they bind nobody."""
    wanted: Counter[str] = Counter()
    for one in project.activities:
        wanted.update(dict((*one.needs, *one.takes)))
    tight = {r.code for r in project.renewables if _least(r.capacity) < wanted[r.code]}
    tight |= {s.code for s in project.stores if _least(s.capacity) < wanted[s.code]}
    return replace(
        project,
        activities=tuple(
            replace(
                one,
                needs=tuple(n for n in one.needs if n[0] in tight),
                takes=tuple(n for n in one.takes if n[0] in tight),
            )
            for one in project.activities
        ),
        renewables=tuple(one for one in project.renewables if one.code in tight),
        stores=tuple(one for one in project.stores if one.code in tight),
    )


def _least(capacity: Steps) -> int:
    return min(value for _, value in capacity.steps)
