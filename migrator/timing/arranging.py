"""A timetable for jobs: what can't be placed told first, the rest scheduled.

found = arrange(jobs, ties, city, dues)
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from migrator.planning.groups import Tie, found, is_soft, price_of
from migrator.planning.means import CityMeans
from migrator.planning.timetable import MoveGroup, Short, Split, Timetable
from migrator.schedule.solve import Outcome
from migrator.timing.again import NOTHING, Former, attempts, with_begun
from migrator.timing.conflict import Relief, contradictions
from migrator.timing.fitting import Explained, able, fitting
from migrator.timing.jobs import Job
from migrator.timing.lots import Due, Task, task_of
from migrator.timing.mapping import codes_of
from migrator.timing.nights import Calendar
from migrator.timing.parting import Ring, Sparing, late, too_few, torn_before, unfit
from migrator.timing.searching import gaining, late_copies, proved_of, repaired, searched
from migrator.timing.shortage import Shortage
from migrator.timing.telling import told
from migrator.timing.walking import Walk
from migrator.timing.warming import warm

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
    warm()
    deadline = time.monotonic() + city.search.seconds
    facts = _Facts(jobs, ties, city, dues, databases or {}, former, deadline)
    way = _Way(facts.parted({}))
    while True:
        arranged, more = _tried(facts, way)
        if not more or (more.left and way.rounds == ROUNDS):
            return arranged
        way.add(more)
        way.split = facts.parted(way.left) | way.split


@dataclass(frozen=True)
class Grouping:
    """What moves together: groups as they are scheduled, the rings that fall apart, and what no night
    takes, each with its reason in both languages."""

    groups: tuple[MoveGroup, ...]
    split: tuple[Split, ...]
    refused: Mapping[str, str]


def grouped(
    jobs: Mapping[str, Job],
    ties: Sequence[Tie],
    city: CityMeans,
    databases: Mapping[str, Sequence[str]],
) -> Grouping:
    """Before any night is looked for."""
    facts = _Facts(jobs, ties, city, {}, databases, NOTHING, time.monotonic())
    split = facts.parted({})
    groups = facts.groups(split)
    _, refused = fitting(groups, jobs, facts.calendar(1), {}, explained=facts.explained)
    return Grouping(groups, facts.priced(split), refused)


ROUNDS = 4
"""How often something is left out so that the rest can be kept: what contradicts itself all at once,
then what finds no night."""


@dataclass
class _Way:
    """What gave way so far. `spared`: over how many times the plan's nights it was asked which rings
    have anybody late; `cut`: the clock ended that."""

    split: dict[Ring, str]
    left: dict[str, str] = field(default_factory=dict)
    rounds: int = 1
    spared: int = 0
    cut: bool = False

    def add(self, more: Relief) -> None:
        self.left |= more.left
        self.split |= more.split
        self.rounds += bool(more.left)

    def arranged(
        self, facts: "_Facts", task: Task, outcome: Outcome, refused: Mapping[str, str]
    ) -> "Arranged":
        assert outcome.starts is not None
        slots = late_copies(task, dict(zip(codes_of(task), outcome.starts, strict=True)))
        split = facts.priced(self.split)
        repeatable = outcome.repeatable and not self.cut
        table = told(task, slots, outcome)
        table = table.model_copy(
            update={
                "split": split or None,
                "repeatable": repeatable,
                "short": facts.short() or None,
            }
        )
        return Arranged(table, refused, task, slots, outcome.seconds)


@dataclass(frozen=True)
class _Facts:
    jobs: Mapping[str, Job]
    ties: Sequence[Tie]
    city: CityMeans
    dues: Mapping[str, tuple[Due, ...]]
    databases: Mapping[str, Sequence[str]]
    former: Former
    deadline: float
    explained: Explained = field(default_factory=Explained)
    _groups: dict[frozenset[Ring] | None, tuple[MoveGroup, ...]] = field(default_factory=dict)

    def groups(self, split: Collection[Ring] | None) -> tuple[MoveGroup, ...]:
        """With these rings split; with all of them where None is told. Each found once."""
        key = None if split is None else frozenset(split)
        if key not in self._groups:
            self._groups[key] = found(
                self.jobs,
                self.ties,
                self.city.groups,
                self.databases,
                fits=lambda codes: key is not None and tuple(codes) not in key,
            )
        return self._groups[key]

    def parted(self, left: Mapping[str, str]) -> dict[Ring, str]:
        """The rings that fall apart whatever else is planned, and why."""
        whole = [g for g in self.groups(()) if is_soft(g) and g.systems[0] not in left]
        if not whole:
            return {}

        def apart() -> list[MoveGroup]:
            return [g for g in self.groups(None) if g.systems[0] not in left]

        split = unfit(whole, apart, self.jobs, self.calendar(1), self.dues, former=self.former)
        return torn_before(whole, self.former) | split

    def priced(self, split: Mapping[Ring, str]) -> tuple[Split, ...]:
        return tuple(
            Split(systems=ring, why=why, price=price_of(ring, self.ties, self.city.groups))
            for ring, why in sorted(split.items())
        )

    def calendar(self, longer: int) -> Calendar:
        """So many times the plan's nights."""
        span, today = self.city.plan, self.former.today
        slot = span.slot(today) if today else 0
        return Calendar(self.city, span.nights * longer, today=slot, used=self.former.used)

    def short(self) -> tuple[Short, ...]:
        """What the clouds lack for all that some night would take."""
        calendar = self.calendar(1)
        if not too_few(self.jobs.values(), calendar):
            return ()
        every = self.groups(None)
        lots, _ = able(every, self.jobs, calendar, self.explained)
        missing = Shortage(lots, calendar, self.dues, self.former).missing
        return tuple(
            Short(what=code, wanted=one.wanted, there=one.there) for code, one in missing.items()
        )

    def task(
        self, longer: int, left: Mapping[str, str], split: Collection[Ring]
    ) -> tuple[Task | None, dict[str, str]]:
        """What is to be scheduled over so many times the plan's nights without what is left out, None
        where that is nothing; and why some are not, by system."""
        calendar = self.calendar(longer)
        groups = self.groups(split)
        going = [group for group in groups if group.systems[0] not in left]
        lots, refused = fitting(
            going, self.jobs, calendar, self.dues, explained=self.explained, former=self.former
        )
        refused |= left
        if not lots:
            return None, refused
        nights = self.former.nights
        task = task_of(lots, self.ties, self.city, calendar, dues=self.dues, former=nights)
        return task, refused


def _tried(facts: _Facts, way: _Way) -> tuple[Arranged, Relief]:
    """A timetable; or none, with what would have to give way."""
    stuck, every, last = dict[str, str](), dict[str, str](), None
    for longer in LONGER:
        task, refused = facts.task(longer, way.left, way.split)
        if task is None:
            return Arranged(None, refused), Relief()
        for kept in attempts(task, facts.former):
            if again := repaired(kept):
                free = with_begun(task, facts.former)
                if facts.former.gains:
                    again = gaining(*again, free, facts.deadline)
                shown, outcome = again
                outcome = proved_of(shown, outcome, free)
                return way.arranged(facts, shown, outcome, refused), Relief()
        walk, last = Walk(task), task
        if (first := walk.first()) is None and longer == LONGER[0]:
            far, _ = facts.task(LONGER[-1], way.left, way.split)
            if far and (more := _given_up(far, facts.deadline)):
                return Arranged(None, {**refused, **more.left}), more
        if (first is None or late(walk, first)) and (more := _spared(facts, way, task, longer)):
            return Arranged(None, refused), more
        for kept in (with_begun(task, facts.former), task):
            outcome = searched(kept, facts.deadline)
            if outcome.starts is not None:
                return way.arranged(facts, kept, outcome, refused), Relief()
        why = outcome.clash.why if outcome.clash else _TIGHT
        stuck = {code: why for n in walk.stuck for code in walk.lots[n].group.systems}
        every = refused | {job.code: why for lot in task.lots for job in lot.jobs}
    return Arranged(None, every), _stuck(last, stuck)


def _spared(facts: _Facts, way: _Way, task: Task, longer: int) -> Relief:
    """The rings that fall apart for nobody to be late; a former plan's nights are kept instead."""
    if way.spared == longer or facts.former.nights:
        return Relief()
    way.spared = longer

    def split(some: Collection[Ring]) -> Task | None:
        return facts.task(longer, way.left, {*way.split, *some})[0]

    sparing = Sparing(task, split, facts.deadline)
    rings = sparing.rings()
    way.cut = sparing.cut
    return Relief(split=rings)


def _stuck(task: Task | None, stuck: Mapping[str, str]) -> Relief:
    """What finds no night is left out; its rings fall apart before that, then all others."""
    rings = [lot.group.systems for lot in task.lots if is_soft(lot.group)] if task else []
    if not stuck or not rings:
        return Relief(left=stuck)
    own = [ring for ring in rings if ring[0] in stuck]
    return Relief(split=dict.fromkeys(own or rings, _TIGHT))


def _given_up(task: Task, deadline: float) -> Relief:
    """What stands against one another, where there is no timetable for all at a glance."""
    return Relief() if Walk(task).first() is not None else contradictions(task, deadline)


_TIGHT = "各项限制过紧，未找到排期 / too tight: no timetable was found"
