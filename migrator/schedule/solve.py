"""Solving a project: two lanes that run side by side and meet after every round.

One lane breeds crowds of schedules in machine code, the other asks CP-SAT for a better one and a
bound; what either found is the other's next start. Nothing here reads or writes anything; the clock
is only asked whether to go on.
"""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from migrator.schedule.bounds import Clash, Limits, limits
from migrator.schedule.cpsat import Answer, Ask, Model, Stop, Verdict
from migrator.schedule.crowd import Found, Lane, Share, costs_of, holds
from migrator.schedule.project import Project, Stage, Starts
from migrator.schedule.shape import shape_of

MARGIN = 0.25
"""Seconds that are left for what can't be cut: a model that is being built, a chunk of children."""
CHILDREN = 2_000_000
"""Children × activities that a lane breeds while CP-SAT spends one unit of its deterministic time."""
WIDE = 0.02
"""A gap, as a share of the value, that CP-SAT is not expected to close by going on …"""
SMALL = 40
"""… unless there are no more activities than these."""


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


@dataclass
class _Search:
    project: Project
    effort: Effort
    limits: Limits
    began: float
    best: Found | None = None
    bounds: list[int] = field(default_factory=list)
    cut: bool = False

    def __post_init__(self) -> None:
        self.shape = shape_of(self.project)
        self.deadline = self.began + self.effort.seconds
        self.random = np.random.default_rng(self.effort.seed)
        self.bounds = [self._least(stage) for stage in self.project.stages]
        self.model: Model | None = None
        self.asked = False

    def _least(self, stage: Stage) -> int:
        """What the limits alone say that a stage costs."""
        least = stage.base + stage.length * max(self.limits.makespan, stage.floor)
        for late in stage.late:
            x = self.project.index[late.activity]
            end = self.limits.heads[x] + self.project.activities[x].duration
            least += late.weight * max(0, end - late.due)
        return least

    def run(self, former: Starts | None) -> Outcome:
        if not self.project.activities:
            self.best = Found(costs_of((), self.shape, len(self.bounds)), ())
            return self._outcome()
        self.lanes = [
            Lane(self.shape, self.limits, tuple(self.bounds), self.random.spawn(1)[0])
            for _ in range(2)
        ]
        if former is not None and holds(former, self.shape):
            self._offer(former)
        self._first()
        if self.best is None:
            verdict = self._ask(0, self.deadline, optimise=False).verdict
            if verdict is Verdict.INFEASIBLE:
                return self._outcome(infeasible=True)
            self.cut |= verdict is Verdict.UNKNOWN
        for stage in range(len(self.project.stages)):
            if self.best is not None:
                self._stage(stage)
        return self._outcome()

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
        if self._closed(stage) or left <= MARGIN:
            return
        self._round(stage, time.monotonic() + (until - time.monotonic()) * 0.35)
        if not self._closed(stage):
            self._round(stage, until)

    def _closed(self, stage: int) -> bool:
        return self.best is not None and self.best.costs[stage] <= self.bounds[stage]

    def _round(self, stage: int, until: float) -> None:
        assert self.best is not None
        if until - time.monotonic() <= MARGIN:
            self.cut = True
            return
        breeders = self.lanes if self._hopeless(stage) else self.lanes[:1]
        stop = Stop()
        with ThreadPoolExecutor(2) as pool:
            jobs: list[Future[bool]] = [
                pool.submit(self._breed, lane, until, stop) for lane in breeders
            ]
            if len(breeders) == 1:
                self._ask(stage, until, stop=stop)
                if self._closed(stage) and self.effort.work is None:
                    self._halt()
            for job in jobs:
                self.cut |= job.result()
        for lane in breeders:
            if lane.best is not None:
                self._better(lane.best)

    def _hopeless(self, stage: int) -> bool:
        """Whether CP-SAT, which had its round, is better replaced by a second lane of crowds."""
        assert self.best is not None
        gap = (self.best.costs[stage] - self.bounds[stage]) / max(1, self.best.costs[stage])
        large = len(self.project.activities) > SMALL and len(self.project.stages) == 1
        return self.asked and large and gap > WIDE

    def _breed(self, lane: Lane, until: float, stop: Stop) -> bool:
        children = None
        if self.effort.work is not None:
            children = int(self.effort.work * CHILDREN / max(1, len(self.shape.acts)))
        cut = lane.run(Share(deadline=until, children=children))
        if lane.done and self.effort.work is None:
            stop.press()
        return cut

    def _halt(self) -> None:
        for lane in self.lanes:
            lane.halted = True

    def _ask(
        self, stage: int, until: float, *, optimise: bool = True, stop: Stop | None = None
    ) -> Answer:
        if self.model is None:
            self.model = Model(self.project, self.limits.makespan)
        caps: tuple[int | None, ...] = ()
        if self.best is not None:
            caps = self.best.costs[: stage + 1]
        answer = self.model.ask(
            Ask(
                stage=stage,
                caps=caps,
                hint=None if self.best is None else self.best.starts,
                seconds=until - time.monotonic() - (MARGIN if stop is None else 0.05),
                work=self.effort.work if optimise else None,
                seed=int(self.random.integers(1 << 30)),
                optimise=optimise,
            ),
            stop,
        )
        if answer.starts is not None:
            self._offer(answer.starts)
        self.asked = self.asked or optimise
        if optimise and answer.verdict in (Verdict.OPTIMAL, Verdict.FEASIBLE):
            self.bounds[stage] = max(self.bounds[stage], answer.bound)
        return answer

    def _offer(self, starts: Starts) -> None:
        """Take a schedule that is known to hold, if it is better."""
        found = Found(costs_of(starts, self.shape, len(self.project.stages)), starts)
        self._better(found)

    def _better(self, found: Found) -> None:
        if self.best is None or found.costs < self.best.costs:
            self.best = found
        for lane in self.lanes:
            lane.take(self.best)
            lane.target = tuple(self.bounds)

    def _outcome(self, *, infeasible: bool = False) -> Outcome:
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
