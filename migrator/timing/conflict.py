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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from migrator.graph import joined
from migrator.groups import Tie
from migrator.means import CityMeans
from migrator.schedule.bounds import Clash, limits
from migrator.schedule.cpsat import Ask, Model, Verdict
from migrator.timetable import Bond, MoveGroup
from migrator.timing.demands import About, Demand, demands_of, job_without, moves, without
from migrator.timing.jobs import Job
from migrator.timing.lots import Task, is_narrow, lot_of
from migrator.timing.mapping import pilots_of, project_of
from migrator.timing.nights import Calendar
from migrator.timing.walking import Walk
from migrator.windows import Window, common

MOST_ASKED = 300
"""Questions to the model for one smaller set, after which the one that was found stays."""
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
    return len(told) > 1 or apart or not common([Window.parse(job.window) for job in part])


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


def filtered[T](items: list[T], kept: Callable[[Sequence[T]], bool]) -> list[T]:
    """What is left of things that can't be kept together when all is taken away that has no part in
    it, the first first; each that is left has."""
    chunk = max(1, len(items) // 2)
    while True:
        at = 0
        while at < len(items):
            rest = items[:at] + items[at + chunk :]
            if kept(rest):
                at += chunk
            else:
                items = rest
        if chunk == 1:
            return items
        chunk = max(1, chunk // 2)


def smaller[T](
    first: Sequence[T], items: Sequence[T], kept: Callable[[Sequence[T]], bool]
) -> tuple[list[T], bool]:
    """A smallest set that can't be kept, and whether that is proved. Each set that is kept is grown
    until nothing can be added: what is outside of it has to be hit by all that can't."""
    outside: list[frozenset[int]] = []
    asked = 0
    while asked < MOST_ASKED:
        hit = hitting(outside, len(first) - 1)
        if hit is None:
            return list(first), True
        asked += 1
        if not kept([items[n] for n in sorted(hit)]):
            return [items[n] for n in sorted(hit)], True
        inside = set(hit)
        for n in range(len(items) - 1, -1, -1):
            asked += 1
            if n not in inside and kept([items[i] for i in sorted({*inside, n})]):
                inside.add(n)
        outside.append(frozenset(range(len(items))) - inside)
    return list(first), False


def hitting(sets: Sequence[frozenset[int]], most: int) -> frozenset[int] | None:
    """A smallest set that has something of each of these; None where it is larger than `most`."""
    for size in range(most + 1):
        if (found := _hit(sets, size, frozenset())) is not None:
            return found
    return None


def _hit(sets: Sequence[frozenset[int]], size: int, held: frozenset[int]) -> frozenset[int] | None:
    open_ = [one for one in sets if not one & held]
    if not open_:
        return held
    if size == 0:
        return None
    least = sorted(open_, key=len)[0]
    for n in sorted(least, reverse=True):
        if (found := _hit(open_, size - 1, held | {n})) is not None:
            return found
    return None


def contradictions(task: Task, deadline: float) -> dict[str, str]:
    """Systems that are left out so that the rest can be kept, each with the demands that stand
    against one another. Of a conflict the group is left out that can't wait and on which the fewest
    hang. `deadline`: of time.monotonic(), after which no further one is looked for."""
    jobs = {job.code: job for lot in task.lots for job in lot.jobs}
    bonds = [b for lot in task.lots for b in chained(lot.group.bonds or (), lot.group.systems)]
    demanded = Demanded(task.calendar, jobs, tuple(bonds), task.needs)
    codes, found = limited(task), dict[str, str]()
    hang = Counter(task.of[tie.needs].number for tie in task.needs)
    narrow = {lot.number for lot in task.lots if is_narrow(lot, task)}
    while conflict := demanded.conflict(codes):
        going = [one.systems[0] for one in conflict.demands if one.about is About.MOVES]
        lot = min(
            (task.of[code] for code in going),
            key=lambda one: (one.number not in narrow, hang[one.number], -one.number),
        )
        names = "、".join(lot.group.systems)
        why = f"暂不排 {names} / left out: {names}；{conflict.words}"
        found |= dict.fromkeys(lot.group.systems, why)
        codes = [code for code in codes if code not in found]
        if time.monotonic() > deadline:
            break
    return found


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
    return tuple(Bond(one=a, other=b, why=why) for a, b in pairwise(systems))
