"""Rings that give way: systems that need each other move in one night as long as that leaves nobody
out and has nobody later than their days. Else a ring falls apart into what is firmly bound, and the
objective keeps its parts as close as it can.

    split = unfit(whole, apart, calendar, dues)
    split |= Sparing(task, of, deadline).rings()
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from migrator.planning.groups import is_soft
from migrator.planning.timetable import MoveGroup
from migrator.schedule.project import Stage
from migrator.schedule.solve import Effort, solve
from migrator.timing.again import Former
from migrator.timing.deleting import filtered
from migrator.timing.fitting import misfits
from migrator.timing.jobs import Job
from migrator.timing.lots import Due, Lot, Task, lot_of
from migrator.timing.mapping import capacity_of, project_of
from migrator.timing.nights import Calendar
from migrator.timing.shortage import Shortage
from migrator.timing.walking import Walk

type Ring = tuple[str, ...]
type Late = tuple[float, ...]
NEVER: Late = (float("inf"),)

TRIED = 6_000
"""Groups × schedules that are tried for rings to give way to days, so that a large city is not
planned many times over."""
MOST_TRIED = 40
SMALL = 60
"""Groups up to which the core tells how late they have to be."""
WORK, SHARE = 1, 0.2
"""Of one such question, in its own time; and of the time that is left."""


def unfit(
    whole: Sequence[MoveGroup],
    apart: Callable[[], Sequence[MoveGroup]],
    jobs: Mapping[str, Job],
    calendar: Calendar,
    dues: Mapping[str, tuple[Due, ...]],
    *,
    former: Former,
) -> dict[Ring, str]:
    """Of rings (`whole`) those that no night takes, or of which the clouds have machines for a part only,
    each with the reason in both languages. `apart`: the groups were all rings split."""
    lacking: dict[str, str] = {}
    if too_few(jobs.values(), calendar):
        lots = _lots(apart(), jobs, calendar)
        able = [lot for lot in lots if not any(misfits(lot, calendar))]
        short = Shortage(able, calendar, dues, former).left
        lacking = {
            j.code: short[lot.number] for lot in lots if lot.number in short for j in lot.jobs
        }
    found: dict[Ring, str] = {}
    for lot in _lots(whole, jobs, calendar):
        ring = lot.group.systems
        if why := next(misfits(lot, calendar), None):
            found[ring] = why.words
        elif without := [code for code in ring if code in lacking]:
            found[ring] = lacking[without[0]]
    return found


def too_few(jobs: Iterable[Job], calendar: Calendar) -> bool:
    """Whether all that is ever delivered of something is less than they take together."""
    wanted = Counter[str]()
    for job in jobs:
        wanted.update(dict(job.takes))
    return any(
        amount > max(value for _, value in capacity_of(code, calendar).steps)
        for code, amount in wanted.items()
    )


def _lots(groups: Sequence[MoveGroup], jobs: Mapping[str, Job], calendar: Calendar) -> list[Lot]:
    return [
        lot_of(number, group, [jobs[code] for code in group.systems], calendar)
        for number, group in enumerate(groups)
    ]


def torn_before(whole: Sequence[MoveGroup], former: Former) -> dict[Ring, str]:
    """The rings that a former plan had in several nights."""
    why = "原方案已分在几晚 / the former plan has it in several nights"
    return {
        group.systems: why
        for group in whole
        if is_soft(group)
        and len({former.nights[code] for code in group.systems if code in former.nights}) > 1
    }


def late(walk: Walk, slots: Mapping[str, int]) -> bool:
    """Whether anything of a schedule is after its day."""
    return any(
        slots[lot.cut] >= slot
        for lot in walk.task.lots
        for dues in walk.late(lot.number).values()
        for slot, _ in dues
    )


@dataclass
class Sparing:
    """Which rings have to fall apart for nobody to be later than need be. `split`: the task with these
    rings split, None where nothing is left of it. `cut`: whether the clock ended it."""

    task: Task
    split: Callable[[Collection[Ring]], Task | None]
    deadline: float
    cut: bool = field(init=False, default=False)

    def rings(self) -> dict[Ring, str]:
        """A smallest set of them, with the reason in both languages."""
        rings = [lot.group.systems for lot in self.task.lots if is_soft(lot.group)]
        if not rings or not any(self.task.dues.values()):
            return {}
        now = self.late(self.task)
        if not any(now):
            return {}
        left = min(MOST_TRIED, TRIED // len(self.task.lots))
        best = self._of(rings)
        if best >= now:
            return {}

        def kept(some: Sequence[Ring]) -> bool:
            nonlocal left
            left -= 1
            return left < 0 or self._of(some) > best

        why = (
            f"整环同晚则迟于期限 {_sum(now)}，拆开为 {_sum(best)}（加权夜数） / in one night, days are "
            f"missed by {_sum(now)}, split by {_sum(best)} (weighted nights)"
        )
        return dict.fromkeys(filtered(rings, kept), why)

    def _of(self, some: Collection[Ring]) -> Late:
        other = self.split(some)
        return self.late(other) if other else NEVER

    def late(self, task: Task) -> Late:
        """How late it has to be, severity by severity, as far as is soon told; NEVER where no schedule
        is found."""
        walk, project = Walk(task), project_of(task)
        first = walk.first()
        stages = tuple(stage for stage in project.stages if stage.late)
        if len(task.lots) <= SMALL and not task.breaks:
            left = max(0.5, (self.deadline - time.monotonic()) * SHARE)
            search = task.city.search
            effort = Effort(seconds=left, work=min(WORK, search.work), seed=search.seed)
            starts = tuple(first[one.code] for one in project.activities) if first else None
            found = solve(replace(project, stages=stages), effort, starts)
            self.cut |= not found.repeatable
            return tuple(one.value for one in found.stages) if found.starts else NEVER
        if first is None:
            return NEVER
        costs = _costs(stages, first)
        return _costs(stages, walk.better(first, rounds=2)) if any(costs) else costs


def _costs(stages: Iterable[Stage], slots: Mapping[str, int]) -> Late:
    return tuple(
        sum(one.weight * max(0, slots[one.activity] + 1 - one.due) for one in stage.late)
        for stage in stages
    )


def _sum(late: Late) -> str:
    return "+".join(f"{part:g}" for part in late) if late != NEVER else "∞"
