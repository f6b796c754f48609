"""A timetable for jobs: what can't be placed told first, the rest scheduled.

found = arrange(jobs, ties, city, dues)
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from migrator.groups import Tie, found
from migrator.means import CityMeans
from migrator.schedule.solve import Outcome
from migrator.timetable import MoveGroup, Timetable
from migrator.timing.again import NOTHING, Former, attempts, with_begun
from migrator.timing.conflict import contradictions
from migrator.timing.fitting import fitting, too_many
from migrator.timing.jobs import Job
from migrator.timing.lots import Due, Task, task_of
from migrator.timing.mapping import codes_of
from migrator.timing.nights import Calendar
from migrator.timing.searching import gaining, late_copies, repaired, searched
from migrator.timing.telling import told
from migrator.timing.walking import Walk

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
    facts = _Facts(groups, jobs, ties, city, dues, former, deadline)
    left: dict[str, str] = {}
    for _ in range(ROUNDS):
        arranged, more = _tried(facts, left)
        if not more:
            break
        left |= more
    return arranged


ROUNDS = 4
"""How often something is left out so that the rest can be kept: what contradicts itself all at once,
then what finds no night."""


@dataclass(frozen=True)
class _Facts:
    groups: Sequence[MoveGroup]
    jobs: Mapping[str, Job]
    ties: Sequence[Tie]
    city: CityMeans
    dues: Mapping[str, tuple[Due, ...]]
    former: Former
    deadline: float

    def task(self, longer: int, left: Mapping[str, str]) -> tuple[Task | None, dict[str, str]]:
        """What is to be scheduled over so many times the plan's nights without what is left out, None
        where that is nothing; and why some are not, by system."""
        span = self.city.plan
        today = span.slot(self.former.today) if self.former.today else 0
        used = self.former.used
        calendar = Calendar(self.city, span.nights * longer, today=today, used=used)
        lots, refused = fitting(self.groups, self.jobs, calendar, self.dues)
        lots = [lot for lot in lots if lot.jobs[0].code not in left]
        refused |= left
        if not lots:
            return None, refused
        nights = self.former.nights
        task = task_of(lots, self.ties, self.city, calendar, dues=self.dues, former=nights)
        return task, refused


def _tried(facts: _Facts, left: Mapping[str, str]) -> tuple[Arranged, dict[str, str]]:
    """A timetable; or none, with what would have to be left out, by system and why."""
    stuck, every = dict[str, str](), dict[str, str]()
    for longer in LONGER:
        task, refused = facts.task(longer, left)
        if task is None:
            return Arranged(None, refused), {}
        for kept in attempts(task, facts.former):
            if found := repaired(kept):
                if facts.former.gains:
                    found = gaining(*found, with_begun(task, facts.former), facts.deadline)
                return _arranged(*found, facts.groups, refused), {}
        walk = Walk(task)
        if walk.first() is None and longer == LONGER[0]:
            far, _ = facts.task(LONGER[-1], left)
            if far and (more := _left_out(far, facts.deadline)):
                return Arranged(None, refused | more), more
        for kept in (with_begun(task, facts.former), task):
            outcome = searched(kept, facts.deadline)
            if outcome.starts is not None:
                return _arranged(kept, outcome, facts.groups, refused), {}
        why = outcome.clash.why if outcome.clash else _TIGHT
        stuck = {code: why for n in walk.stuck for code in walk.lots[n].group.systems}
        every = refused | {job.code: why for lot in task.lots for job in lot.jobs}
    return Arranged(None, every), stuck


def _left_out(task: Task, deadline: float) -> dict[str, str]:
    """What stands against one another, where there is no timetable for all at a glance."""
    return {} if Walk(task).first() is not None else contradictions(task, deadline)


_TIGHT = "各项限制过紧，未找到排期 / too tight: no timetable was found"


def _arranged(
    task: Task, outcome: Outcome, groups: Sequence[MoveGroup], refused: Mapping[str, str]
) -> Arranged:
    assert outcome.starts is not None
    slots = late_copies(task, dict(zip(codes_of(task), outcome.starts, strict=True)))
    return Arranged(told(task, groups, slots, outcome), refused, task, slots, outcome.seconds)
