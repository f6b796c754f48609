"""What is scheduled: groups with their copies and crews, and what stands between them.

A slot is 24 hours that begin with a night.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from migrator.planning.graph import rings
from migrator.planning.groups import Tie
from migrator.planning.means import CityMeans
from migrator.planning.timetable import MoveGroup
from migrator.schedule.project import Window
from migrator.timing.jobs import Job
from migrator.timing.nights import Calendar


@dataclass(frozen=True)
class Due:
    """By when a system should be done, how hard the wording is, and what a night costs: the yuan a
    year that hang on it, in units of ten thousand, and one."""

    day: date
    severity: str
    weight: int = 1


@dataclass(frozen=True)
class Copy:
    """One copy of a group over one road. In `pauses` (slots) it rests: of its own `slots`, none is
    there, and it begins in none."""

    road: str
    mib: int
    slots: int
    takes: tuple[tuple[str, int], ...]
    pauses: tuple[Window, ...] = ()

    @property
    def each(self) -> int:
        """MiB in each of its slots."""
        return -(-self.mib // self.slots)

    def over(self, start: int) -> int:
        """The slot after its last where it begins in this one."""
        end = start + self.slots
        for pause in self.pauses:
            if pause.last >= start and pause.first < end:
                end += pause.last - max(pause.first, start) + 1
        return end

    @property
    def breaks(self) -> bool:
        """Whether it may rest in its midst, as no activity of the core can."""
        return self.slots > 1 and bool(self.pauses)


@dataclass(frozen=True)
class Lot:
    """A group as it is scheduled."""

    number: int
    group: MoveGroup
    jobs: tuple[Job, ...]
    copies: tuple[Copy, ...]
    crews: tuple[tuple[str, int], ...]
    windows: tuple[Window, ...]

    @property
    def cut(self) -> str:
        return f"cut:{self.number}"

    def copy(self, at: int) -> str:
        return f"copy:{self.number}:{at}"


@dataclass(frozen=True)
class Task:
    """What is to be scheduled: `ties` between systems of different lots, `needs` those of them that
    set an order, `inside`: those within a lot; `dues` by system; `former`: the slot of each lot's
    cutover before; `pins`: the slots of activities that stay where they are."""

    city: CityMeans
    calendar: Calendar
    lots: tuple[Lot, ...]
    ties: tuple[Tie, ...] = ()
    needs: tuple[Tie, ...] = ()
    dues: Mapping[str, tuple[Due, ...]] = field(default_factory=dict)
    former: Mapping[int, int] = field(default_factory=dict)
    pins: Mapping[str, int] = field(default_factory=dict)
    inside: tuple[Tie, ...] = ()

    @cached_property
    def of(self) -> dict[str, Lot]:
        """The lot of each system."""
        return {job.code: lot for lot in self.lots for job in lot.jobs}

    @cached_property
    def breaks(self) -> bool:
        """Whether any copy may rest in its midst: the project is a relaxation then, and not the task."""
        return any(copy.breaks for lot in self.lots for copy in lot.copies)


def lot_of(number: int, group: MoveGroup, jobs: Sequence[Job], calendar: Calendar) -> Lot:
    """A group with what it takes. `windows` are empty where its systems share no night."""
    city = calendar.city
    loads: dict[str, list[Job]] = {}
    for job in jobs:
        loads.setdefault(job.road.code, []).append(job)
    copies = []
    for road, shared in sorted(loads.items()):
        most = max(1, shared[0].road.mib * city.lines.one_item // 100)
        mib = sum(job.mib for job in shared)
        takes = Counter[str]()
        for job in shared:
            takes.update(dict(job.takes))
        slots, pauses = max(1, -(-mib // most)), calendar.pauses(shared)
        copies.append(Copy(road, mib, slots, tuple(sorted(takes.items())), pauses))
    return Lot(number, group, tuple(jobs), tuple(copies), crews_of(jobs), calendar.windows(jobs))


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


def is_narrow(lot: Lot, task: Task) -> bool:
    """Whether it can't wait as long as it likes: its night is told, or its nights end long before
    the others'."""
    told = {at.system for at in task.city.groups.at}
    if any(job.code in told for job in lot.jobs):
        return True
    return lot.windows[-1].last < task.calendar.count - PAUSE


PAUSE = 60
"""Nights at the end without an open one that are a long freeze or a rule of weekdays, and no limit."""


def rooms_of(jobs: Iterable[Job]) -> frozenset[str]:
    """Places with a room's own crew: what systems leave, and no cloud."""
    several = tuple(jobs)
    rooms = {job.room for job in several if not job.from_cloud}
    return frozenset(rooms - {job.cloud for job in several})


def crews_of(jobs: Sequence[Job]) -> tuple[tuple[str, int], ...]:
    """How often each crew is needed in one night."""
    crews = Counter({"crew:total": len(jobs)})
    for job in jobs:
        crews[f"crew:{job.room}"] += 1
        crews[f"crew:{job.cloud}"] += 1
    return tuple(sorted(crews.items()))
