"""What can't be kept together: a smallest set of demands that no timetable holds, such that without
any one of them there is a timetable.

Systems are taken away first, in halves and then one by one, until each that is left has a part in
it; the same is done with the demands (a deletion filter: Chinneck, Dravnieks 1991). That leaves a set
of which nothing can be taken; a smaller one may be about the same systems, and is looked for by what
every such set has to hit (Reiter 1987; Ignatiev et al. 2015).

Whether demands can be kept together is asked of the constraint model itself, of which a group is what
the bonds that are left hold together. What it can't answer in time counts as kept: a set that is told
is a proved conflict, if not always a smallest one.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from inventory.halves import together
from migrator.planning.graph import joined
from migrator.planning.groups import Tie, is_soft
from migrator.planning.means import CityMeans
from migrator.planning.timetable import Bond, MoveGroup
from migrator.planning.windows import Window, one_night
from migrator.schedule.bounds import Clash, limits
from migrator.schedule.cpsat import Ask, Model, Verdict
from migrator.timing.deleting import Cost, filtered, lightest, smaller
from migrator.timing.demands import About, Demand, demands_of, job_without, moves, without
from migrator.timing.jobs import Job
from migrator.timing.lots import Lot, Task, is_narrow, lot_of
from migrator.timing.mapping import pilots_of, project_of
from migrator.timing.nights import Calendar
from migrator.timing.walking import Walk

SECONDS, WORK = 20.0, 2.0
"""Of one question, on the clock and in CP-SAT's own time: the latter ends it on any machine alike."""
MOST_TOLD = 12


@dataclass(frozen=True)
class Conflict:
    """Demands that no timetable can hold together; `smallest`: none of these systems is smaller."""

    demands: tuple[Demand, ...]
    smallest: bool

    @property
    def systems(self) -> frozenset[str]:
        return frozenset(code for one in self.demands for code in one.systems)

    @property
    def words(self) -> str:
        """In both languages. That a system moves at all is told only where nothing else names it."""
        named = {
            code for one in self.demands if one.about is not About.MOVES for code in one.systems
        }
        told = [d for d in self.demands if d.about is not About.MOVES or not named & {*d.systems}]
        if len(told) == 1:
            return f"此项要求做不到：{told[0].zh} / this can't be kept: {told[0].en}"
        zh = "；".join(_numbered([one.zh for one in told], "等 {} 项"))
        en = "; ".join(_numbered([one.en for one in told], "and {} more"))
        return (
            f"以下要求不能同时成立，去掉任一项此矛盾即解：{zh} / these can't all be kept, and without any "
            f"one of them this conflict is gone: {en}"
        )


def _numbered(lines: Sequence[str], rest: str) -> list[str]:
    found = [f"({n}) {line}" for n, line in enumerate(lines[:MOST_TOLD], start=1)]
    return [*found, rest.format(len(lines) - MOST_TOLD)] if len(lines) > MOST_TOLD else found


type Shelf = dict[tuple[object, ...], Calendar]
"""Calendars by what opens and closes their nights."""


@dataclass
class Demanded:
    """What is asked of the model: `needs` set an order between groups, `bonds` hold one together."""

    calendar: Calendar
    jobs: dict[str, Job]
    bonds: tuple[Bond, ...] = ()
    needs: tuple[Tie, ...] = ()
    shelf: Shelf = field(default_factory=dict)

    def conflict(self, codes: Sequence[str]) -> Conflict | None:
        """A smallest set of demands of these systems; None where they can be kept together, or where
        the model can't tell in time."""
        every = demands_of(
            [self.jobs[code] for code in codes], self.bonds, self.needs, self.calendar.city
        )
        if self._kept(codes, every, every):
            return None
        few = filtered(list(codes), lambda some: self._kept(some, every, every))
        jobs = [self.jobs[code] for code in few]
        every = demands_of(jobs, self.bonds, self.needs, self.calendar.city)
        items = [*every, *(moves(job) for job in jobs)]

        def kept(some: Sequence[Demand]) -> bool:
            going = [str(one.of[0]) for one in some if one.about is About.MOVES]
            return self._kept(going, some, every)

        first = filtered(items, kept)
        found, smallest = smaller(first, items, kept)
        return Conflict(tuple(found), smallest)

    def _kept(self, codes: Sequence[str], some: Sequence[Demand], every: Sequence[Demand]) -> bool:
        """Whether there is a timetable for these systems that holds these demands of all."""
        held = set(some)
        gone = [one for one in every if one not in held]
        calendar = self._calendar([self.jobs[code] for code in codes], gone)
        hours = "00:00-00:00"
        jobs = {code: job_without(self.jobs[code], gone, hours) for code in codes}
        loose = {one.of for one in gone if one.about in (About.BOND, About.ORDER)}
        inside = set(codes)
        bonds = [
            (b.one, b.other)
            for b in self.bonds
            if {b.one, b.other} <= inside and (b.one, b.other) not in loose
        ]
        needs = tuple(
            t
            for t in self.needs
            if {t.system, t.needs} <= inside and (t.system, t.needs) not in loose
        )
        parts = [[jobs[code] for code in part] for part in joined(codes, bonds)]
        if any(_torn(part, calendar.city) for part in parts):
            return False
        lots = tuple(
            lot_of(n, MoveGroup(systems=tuple(job.code for job in part)), part, calendar)
            for n, part in enumerate(parts)
        )
        if any(not lot.windows for lot in lots):
            return False
        return _possible(Task(calendar.city, calendar, lots, needs, needs))

    def _calendar(self, jobs: Sequence[Job], gone: Sequence[Demand]) -> Calendar:
        """Calendars are made once for each set of what is open."""
        now = self.calendar
        city = without(now.city, gone, jobs)
        key = (city.nights, city.crews.nights, city.freezes, city.allowed)
        if key not in self.shelf:
            self.shelf[key] = Calendar(city, now.count, today=now.today, used=now.used)
        return self.shelf[key].within(city)


def _torn(part: Sequence[Job], city: CityMeans) -> bool:
    """Whether what has to be in one night can't, whatever the night."""
    codes = {job.code for job in part}
    told = {at.night for at in city.groups.at if at.system in codes}
    apart = any(len(codes & set(one.systems)) > 1 for one in city.groups.forbid)
    windows = [Window.parse(job.window) for job in part]
    return len(told) > 1 or apart or not one_night(windows, Window.parse(city.nights.hours))


def _possible(task: Task) -> bool:
    """By a schedule that the walk finds, else by what the limits or the solver prove; what neither
    can tell counts as possible."""
    if not task.lots:
        return True
    project = project_of(task)
    if isinstance(limits(project), Clash):
        return False
    if Walk(task).first() is not None:
        return True
    plain = replace(project, stages=project.stages[-1:])
    ask = Ask(stage=0, seconds=SECONDS, work=WORK, optimise=False)
    return Model(plain).ask(ask).verdict is not Verdict.INFEASIBLE


@dataclass(frozen=True)
class Relief:
    """What gives way so that the rest can be kept, and why, in both languages: `left` out, by system;
    rings that fall apart (`split`), by their systems."""

    left: Mapping[str, str] = field(default_factory=dict)
    split: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.left or self.split)


def contradictions(task: Task, deadline: float) -> Relief:
    """Rings that fall apart, where a bond of one has a part in a conflict; without such, the fewest
    systems that are left out so that no conflict is left, each with the demands that stand against one
    another. `deadline`: of time.monotonic(), after which no further one is looked for."""
    jobs = {job.code: job for lot in task.lots for job in lot.jobs}
    bonds = [b for lot in task.lots for b in chained(lot.group.bonds or (), lot.group.systems)]
    demanded = Demanded(task.calendar, jobs, tuple(bonds), task.needs)
    codes, costs = limited(task), _costs(task)
    found: list[tuple[frozenset[int], Conflict]] = []
    gone, split = frozenset[int](), dict[tuple[str, ...], str]()
    while conflict := demanded.conflict([c for c in codes if task.of[c].number not in gone]):
        if torn := _soft(conflict, demanded.bonds):
            rings = {task.of[code].group.systems for code in torn}
            split |= dict.fromkeys(rings, conflict.words)
            inside = {code for ring in rings for code in ring}
            demanded.bonds = tuple(b for b in demanded.bonds if b.firm or b.one not in inside)
        elif split:
            break  # what is left is asked of the groups that there are then
        else:
            found.append((_going(conflict, task), conflict))
            gone = lightest([one for one, _ in found], costs)
        if time.monotonic() > deadline:
            break
    left = [] if split else [lot for lot in task.lots if lot.number in gone]
    why = {
        lot.number: next(conflict.words for going, conflict in found if lot.number in going)
        for lot in left
    }
    # of a ring, what has no part in the conflict stays
    split |= {lot.group.systems: why[lot.number] for lot in left if is_soft(lot.group)}
    if not split:
        return Relief(_left(left, why))
    apart = "整环不能同晚 / not all of the ring in one night"
    return Relief(split={ring: together(apart, words) for ring, words in split.items()})


def _soft(conflict: Conflict, bonds: Sequence[Bond]) -> set[str]:
    """Systems of the bonds in it that may be given up."""
    held = {one.of for one in conflict.demands if one.about is About.BOND}
    return {bond.one for bond in bonds if not bond.firm and (bond.one, bond.other) in held}


def _going(conflict: Conflict, task: Task) -> frozenset[int]:
    """The groups without any one of which it is gone."""
    moving = [one.systems[0] for one in conflict.demands if one.about is About.MOVES]
    return frozenset(task.of[code].number for code in moving)


def _left(lots: Iterable[Lot], why: Mapping[int, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for lot in lots:
        names = "、".join(lot.group.systems)
        told = together(f"暂不排 {names} / left out: {names}", why[lot.number])
        found |= dict.fromkeys(lot.group.systems, told)
    return found


def _costs(task: Task) -> dict[int, Cost]:
    """What leaving a group out costs: its systems; then rather one that can't wait, one on which few
    hang, a later one."""
    hang = Counter(task.of[tie.needs].number for tie in task.needs)
    last = max((lot.number for lot in task.lots), default=0)
    return {
        n: (len(lot.jobs), not is_narrow(lot, task), hang[n], last - n)
        for lot in task.lots
        for n in (lot.number,)
    }


def limited(task: Task) -> list[str]:
    """The systems that can't wait as long as they like, with all that goes before them: only these
    can stand against one another, since all others find a night behind them."""
    open_ = {lot.number for lot in task.lots if is_narrow(lot, task)}
    if open_:
        open_ |= pilots_of(task)
    needs: dict[int, set[int]] = {}
    for tie in task.needs:
        needs.setdefault(task.of[tie.system].number, set()).add(task.of[tie.needs].number)
    todo = list(open_)
    while todo:
        more = needs.get(todo.pop(), set()) - open_
        open_ |= more
        todo += more
    return sorted(job.code for lot in task.lots if lot.number in open_ for job in lot.jobs)


def chained(bonds: Sequence[Bond], systems: Sequence[str]) -> tuple[Bond, ...]:
    """Bonds of a group, or, where none are told of it, that its systems are one."""
    if bonds or len(systems) < 2:
        return tuple(bonds)
    why = "同组 / one group"
    return tuple(Bond(one=a, other=b, why=why, firm=True) for a, b in pairwise(systems))
