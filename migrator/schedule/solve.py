"""Solving a project: two lanes that run side by side and meet after every round.

One lane breeds crowds of schedules in machine code, the other asks CP-SAT for a better one and a
bound; what either found is the other's next start. Nothing here reads or writes anything; the clock
is only asked whether to go on.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np

from migrator.schedule.blocks import Blocks
from migrator.schedule.bounds import Clash, Limits, limits
from migrator.schedule.cpsat import Answer, Ask, Model, Stop, Verdict
from migrator.schedule.crowd import Found, Lane, Share, costs_of, holds
from migrator.schedule.project import Project, Stage, Starts
from migrator.schedule.shape import shape_of
from migrator.schedule.stretched import least_apart

MARGIN = 0.25
"""Seconds that are left at the end for what can't be cut: a chunk of children, CP-SAT's own stop."""
CHILDREN = 2_000_000
"""Children × activities that a lane breeds while CP-SAT spends one unit of its deterministic time."""
WIDE = 0.02
"""A gap, as a share of the value, that CP-SAT is not expected to close by going on …"""
SMALL = 40
"""… unless there are no more activities than these: CP-SAT has all the time then."""
QUICK = 500
"""Activities up to which CP-SAT is asked alone first, when the same is wanted again: with the clock a
lane is halted once the other has proved a stage, without it a lane breeds all of its children."""
BRIEF = 0.05
"""The share of the work that it may take then."""
EXCHANGES = 8
"""How often two lanes of crowds meet in what is left to them: the better schedule joins both."""
FIRST = 0.25
"""The share of the time after which a large project's gap is looked at."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long to search. `seconds` on the clock end it in any case. With `work` (units of CP-SAT's
    deterministic time a stage) the same project, seed and work give the same schedule on every
    machine, if the clock did not end it; without it the clock decides alone."""

    seconds: float
    work: float | None = None
    seed: int = 0


@dataclass(frozen=True)
class StageResult:
    """What the schedule costs in a stage, and what no schedule that costs no more in the former
    stages can undercut."""

    name: str
    value: int
    bound: int

    @property
    def proved(self) -> bool:
        return self.value == self.bound

    @property
    def gap(self) -> float:
        """(value - bound) / value, 0 where nothing is left."""
        return 0.0 if self.proved else (self.value - self.bound) / self.value


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`starts` is None where there is none: `infeasible` says that it is proved that there can't
    be one, `clash` what is known of why. `repeatable`: the clock decided nothing."""

    starts: Starts | None
    stages: tuple[StageResult, ...] = ()
    infeasible: bool = False
    clash: Clash | None = None
    repeatable: bool = True
    seconds: float = 0.0

    @property
    def optimal(self) -> bool:
        return self.starts is not None and all(stage.proved for stage in self.stages)


def solve(project: Project, effort: Effort, former: Starts | None = None) -> Outcome:
    """A schedule, as good as the effort allows; `former` is one to start from, if it still holds."""
    began = time.monotonic()
    told = limits(project)
    if isinstance(told, Clash):
        return Outcome(starts=None, infeasible=True, clash=told, seconds=time.monotonic() - began)
    return _Search(project, effort, told, began).run(former)


def judged(project: Project, starts: Starts, *, quick: bool = False) -> Outcome | None:
    """A schedule as it is, what it costs beside what the limits alone prove; None where it breaks
    something. `quick`: with the bounds that take no time."""
    began = time.monotonic()
    told = limits(project)
    if isinstance(told, Clash):
        return None
    search = _Search(project, Effort(seconds=0), told, began, quick=quick)
    if not holds(starts, search.shape):
        return None
    search.best = Found(costs_of(starts, search.shape, len(project.stages)), starts)
    return search.outcome()


@dataclass
class _Search:
    project: Project
    effort: Effort
    limits: Limits
    began: float
    best: Found | None = None
    bounds: list[int] = field(default_factory=list)
    cut: bool = False
    quick: bool = False

    def __post_init__(self) -> None:
        self.shape = shape_of(self.project)
        self.deadline = self.began + self.effort.seconds - min(MARGIN, self.effort.seconds / 10)
        self.random = np.random.default_rng(self.effort.seed)
        self.bounds = [self._least(stage) for stage in self.project.stages]
        self.model: Model | None = None
        self.asked: set[int] = set()

    def _least(self, stage: Stage) -> int:
        """What the limits alone say that a stage costs."""
        least = stage.base + stage.length * max(self.limits.makespan, stage.floor)
        for late in stage.late:
            x = self.project.index[late.activity]
            end = self.limits.heads[x] + self.project.activities[x].duration
            least += late.weight * max(0, end - late.due)
        return least + least_apart(self.project, stage, quick=self.quick)

    def run(self, former: Starts | None) -> Outcome:
        if not self.project.activities:
            self.best = Found(costs_of((), self.shape, len(self.bounds)), ())
            return self.outcome()
        self.lanes = [
            Lane(self.shape, self.limits, tuple(self.bounds), self.random.spawn(1)[0])
            for _ in range(2)
        ]
        if former is not None and holds(former, self.shape):
            self._better(self._found(former))
        self._first()
        if self.best is None and self._feasible() is Verdict.INFEASIBLE:
            return self.outcome(infeasible=True)
        for stage in range(len(self.project.stages)):
            if self.best is not None:
                self._stage(stage)
        return self.outcome()

    def _feasible(self) -> Verdict:
        """Ask CP-SAT for any schedule, where no list gave one, or for a proof that there is none."""
        left = self.deadline - time.monotonic()
        answer = self._ask(Ask(stage=0, seconds=left, seed=self._seed(), optimise=False))
        if answer.starts is not None:
            self._better(self._found(answer.starts))
        self.cut |= answer.verdict is Verdict.UNKNOWN
        return answer.verdict

    def _first(self) -> None:
        """One crowd, so that there is a schedule soon; a small project is often done with it."""
        lane = self.lanes[0]
        quick = min(self.deadline, time.monotonic() + self.effort.seconds * 0.1)
        share = Share(deadline=self.deadline if self.effort.work else quick, children=3 * lane.size)
        self.cut |= lane.run(share)
        if lane.best is not None:
            self._better(lane.best)

    def _stage(self, stage: int) -> None:
        """Breed and ask side by side; what is still open then is left to whom it suits."""
        left = self.deadline - time.monotonic()
        until = self.deadline - left * (1 - 1 / (len(self.project.stages) - stage))
        if self._closed(stage) or left <= 0:
            return
        if self.effort.work is not None and len(self.project.activities) <= QUICK:
            self._alone(stage, until)
            if self._closed(stage):
                return
        if len(self.project.activities) > SMALL:
            self._round(stage, time.monotonic() + (until - time.monotonic()) * FIRST)
        meetings = EXCHANGES if self._crowds_alone(stage) else 1
        for left in range(meetings, 0, -1):
            if not self._closed(stage):
                now = time.monotonic()
                self._round(stage, now + (until - now) / left, 1 / meetings)

    def _alone(self, stage: int, until: float) -> None:
        """CP-SAT on the whole, briefly: small projects are often done with it."""
        assert self.best is not None
        assert self.effort.work is not None
        if found := self._whole(self.best, stage, until, Stop(), self.effort.work * BRIEF):
            self._better(found)

    def _closed(self, stage: int) -> bool:
        return self._closed_by(self.best, stage)

    def _closed_by(self, found: Found | None, stage: int) -> bool:
        return found is not None and found.costs[stage] <= self.bounds[stage]

    def _round(self, stage: int, until: float, share: float = 1) -> None:
        """The lanes and what runs beside them share nothing until all are done. `share` of the work
        that a stage may take is done, where work is counted."""
        if self.best is None or until <= time.monotonic():
            self.cut = True
            return
        lanes = self.lanes[:1]
        beside: Callable[[Found, int, float, Stop], Found | None] | None = self._whole
        if self._hopeless(stage):
            beside = self._blocks
        if self._crowds_alone(stage):
            lanes, beside = self.lanes, None
        stop, other = Stop(), None
        with ThreadPoolExecutor(len(lanes)) as pool:
            jobs = [pool.submit(self._breed, lane, until, stop, share) for lane in lanes]
            if beside is not None:
                other = beside(self.best, stage, until, stop)
                if self._closed_by(other, stage) and self.effort.work is None:
                    lanes[0].halted = True
            for job in jobs:
                self.cut |= job.result()
        for found in (other, *(lane.best for lane in lanes)):
            if found is not None:
                self._better(found)
        lanes[0].halted = False

    def _hopeless(self, stage: int) -> bool:
        """Whether CP-SAT, which had its round on the whole, is better used in another way."""
        assert self.best is not None
        gap = (self.best.costs[stage] - self.bounds[stage]) / max(1, self.best.costs[stage])
        return stage in self.asked and len(self.project.activities) > SMALL and gap > WIDE

    def _crowds_alone(self, stage: int) -> bool:
        """A block hardly ever moves the end of the whole: a second lane of crowds does."""
        return self._hopeless(stage) and self.project.stages[stage].length > 0

    def _breed(self, lane: Lane, until: float, stop: Stop, share: float) -> bool:
        children = None
        if self.effort.work is not None:
            children = int(self.effort.work * share * CHILDREN / max(1, len(self.shape.acts)))
        cut = lane.run(Share(deadline=until, children=children))
        if lane.done and self.effort.work is None:
            stop.press()
        return cut

    def _whole(
        self, best: Found, stage: int, until: float, stop: Stop, work: float | None = None
    ) -> Found | None:
        """CP-SAT on the whole project: what it found, its bound on the stage noted."""
        self.asked.add(stage)
        answer = self._ask(
            Ask(
                stage=stage,
                caps=best.costs[: stage + 1],
                hint=best.starts,
                seconds=until - time.monotonic(),
                work=work or self.effort.work,
                seed=self._seed(),
            ),
            stop,
        )
        if answer.verdict in (Verdict.OPTIMAL, Verdict.FEASIBLE):
            self.bounds[stage] = max(self.bounds[stage], answer.bound)
        self.cut |= self.effort.work is not None and time.monotonic() >= until
        return None if answer.starts is None else self._found(answer.starts)

    def _blocks(self, best: Found, stage: int, until: float, _: Stop) -> Found:
        blocks = Blocks(self.project, self.shape, self.random.spawn(1)[0])
        found, cut = blocks.run(stage, best, until, self.effort.work)
        self.cut |= cut
        return found

    def _ask(self, ask: Ask, stop: Stop | None = None) -> Answer:
        """Building the model is part of the time that is asked for."""
        began = time.monotonic()
        if self.model is None:
            self.model = Model(self.project, self.limits.makespan)
        left = ask.seconds - (time.monotonic() - began)
        return self.model.ask(replace(ask, seconds=left), stop)

    def _seed(self) -> int:
        return int(self.random.integers(1 << 30))

    def _found(self, starts: Starts) -> Found:
        return Found(costs_of(starts, self.shape, len(self.bounds)), starts)

    def _better(self, found: Found) -> None:
        if self.best is None or found.costs < self.best.costs:
            self.best = found
        for lane in self.lanes:
            lane.take(self.best)
            lane.target = tuple(self.bounds)

    def outcome(self, *, infeasible: bool = False) -> Outcome:
        seconds = time.monotonic() - self.began
        if self.best is None:
            return Outcome(
                starts=None, infeasible=infeasible, repeatable=not self.cut, seconds=seconds
            )
        stages = tuple(
            StageResult(stage.name, value, min(bound, value))
            for stage, value, bound in zip(
                self.project.stages, self.best.costs, self.bounds, strict=True
            )
        )
        return Outcome(
            starts=self.best.starts, stages=stages, repeatable=not self.cut, seconds=seconds
        )
