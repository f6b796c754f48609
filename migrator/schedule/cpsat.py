"""A project as a CP-SAT model: the one place that knows OR-Tools.

Activities are intervals of fixed size, renewables cumulative constraints in which blocks of the
missing capacity stand where it is below its largest, stores the same with intervals that last to the
end. Stages are minimised one at a time, the former held to what they reached.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from ortools.sat.python import cp_model

from migrator.schedule.project import Project, Stage, Starts, Steps
from migrator.schedule.shape import arcs, openings


class Verdict(Enum):
    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`bound`: no schedule that keeps the former stages costs less in this one."""

    verdict: Verdict
    starts: Starts | None
    bound: int


@dataclass(frozen=True, kw_only=True)
class Ask:
    """`caps`: what each stage may cost at most, as many as are held; `seconds` on the wall, `work` in
    CP-SAT's own deterministic time, which is the same on every machine."""

    stage: int
    caps: tuple[int | None, ...] = ()
    hint: Starts | None = None
    seconds: float
    work: float | None = None
    seed: int = 0
    workers: int = 1
    optimise: bool = True


_VERDICTS = {
    cp_model.OPTIMAL: Verdict.OPTIMAL,
    cp_model.FEASIBLE: Verdict.FEASIBLE,
    cp_model.INFEASIBLE: Verdict.INFEASIBLE,
}


class Stop:
    """Ends a search from another thread."""

    def __init__(self) -> None:
        self.solver: cp_model.CpSolver | None = None
        self.pressed = False

    def press(self) -> None:
        self.pressed = True
        if self.solver is not None:
            self.solver.stop_search()


class Model:
    """The model of one project; asked several times, once for each stage."""

    def __init__(self, project: Project, makespan: int = 0) -> None:
        """`makespan`: no schedule ends before that slot."""
        self.project = project
        self._makespan = makespan
        self.model = cp_model.CpModel()
        self.starts = [
            self.model.new_int_var_from_domain(
                cp_model.Domain.from_intervals([[piece.first, piece.last] for piece in pieces]), ""
            )
            for pieces in openings(project)
        ]
        self._intervals = [
            self.model.new_fixed_size_interval_var(start, one.duration, "")
            for start, one in zip(self.starts, project.activities, strict=True)
        ]
        for before, after, gap in arcs(project):
            self.model.add(self.starts[after] >= self.starts[before] + gap)
        self._renewables()
        self._stores()
        self.costs = [self._cost(stage) for stage in project.stages]

    def _cumulative(
        self, capacity: Steps, users: Iterable[tuple[cp_model.IntervalVar, int]], end: int
    ) -> None:
        pieces = list(capacity.pieces(end))
        most = max((value for _, _, value in pieces), default=0)
        intervals, amounts = [], []
        for interval, amount in users:
            intervals.append(interval)
            amounts.append(amount)
        for first, after, value in pieces:
            if value < most:
                intervals.append(self.model.new_fixed_size_interval_var(first, after - first, ""))
                amounts.append(most - value)
        self.model.add_cumulative(intervals, amounts, most)

    def _renewables(self) -> None:
        users: dict[str, list[tuple[cp_model.IntervalVar, int]]] = {}
        for interval, one in zip(self._intervals, self.project.activities, strict=True):
            for code, amount in one.needs:
                if amount and one.duration:
                    users.setdefault(code, []).append((interval, amount))
        for renewable in self.project.renewables:
            if renewable.code in users:
                self._cumulative(renewable.capacity, users[renewable.code], self.project.horizon)

    def _stores(self) -> None:
        users: dict[str, list[tuple[cp_model.IntervalVar, int]]] = {}
        end = self.project.horizon + 1
        for start, one in zip(self.starts, self.project.activities, strict=True):
            if any(amount for _, amount in one.takes):
                size = self.model.new_int_var(1, end, "")
                interval = self.model.new_interval_var(start, size, end, "")
                for code, amount in one.takes:
                    if amount:
                        users.setdefault(code, []).append((interval, amount))
        for store in self.project.stores:
            if store.code in users:
                self._cumulative(store.capacity, users[store.code], end)

    def _end(self, code: str) -> cp_model.LinearExpr:
        x = self.project.index[code]
        return self.starts[x] + self.project.activities[x].duration

    def _cost(self, stage: Stage) -> cp_model.LinearExpr:
        model, horizon = self.model, self.project.horizon
        parts: list[cp_model.LinearExpr | int] = [stage.base]
        for late in stage.late:
            over = model.new_int_var(0, max(0, horizon - late.due), "")
            model.add(over >= self._end(late.activity) - late.due)
            parts.append(late.weight * over)
        for pair in stage.apart:
            parts.append(pair.weight * self._distance(self._end(pair.one) - self._end(pair.other)))
        for moved in stage.moved:
            begins = self.starts[self.project.index[moved.activity]]
            parts.append(moved.weight * self._distance(begins - moved.start))
        if stage.length:
            low = max(stage.floor, self._makespan)
            end = model.new_int_var(low, max(horizon, low), "")
            for one in self.project.activities:
                model.add(end >= self._end(one.code))
            parts.append(stage.length * end)
        return cp_model.LinearExpr.sum(parts)

    def _distance(self, difference: cp_model.LinearExpr) -> cp_model.IntVar:
        # A former start may lie outside of the horizon, so the domain is wider than it.
        distance = self.model.new_int_var(0, 1 << 40, "")
        self.model.add(distance >= difference)
        self.model.add(distance >= -difference)
        return distance

    def ask(self, ask: Ask, stop: "Stop | None" = None) -> Answer:
        """Make the stage small, or only keep the caps; what was asked before is forgotten. Another
        thread can end it by `stop`."""
        model = self.model.clone()
        for cost, cap in zip(self.costs, ask.caps, strict=False):
            if cap is not None:
                model.add(cost <= cap)
        if ask.optimise:
            model.minimize(self.costs[ask.stage])
        if ask.hint is not None:
            for start, value in zip(self.starts, ask.hint, strict=True):
                model.add_hint(start, value)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = max(ask.seconds, 0.01)
        if ask.work is not None:
            solver.parameters.max_deterministic_time = ask.work
        solver.parameters.random_seed = ask.seed
        solver.parameters.num_workers = ask.workers
        if stop is not None:
            stop.solver = solver
            if stop.pressed:
                return Answer(verdict=Verdict.UNKNOWN, starts=None, bound=0)
        status = solver.solve(model)
        verdict = _VERDICTS.get(status, Verdict.UNKNOWN)
        found = verdict in (Verdict.OPTIMAL, Verdict.FEASIBLE)
        starts = tuple(solver.value(start) for start in self.starts) if found else None
        bound = (
            round(solver.best_objective_bound)
            if ask.optimise and verdict != Verdict.INFEASIBLE
            else 0
        )
        return Answer(verdict=verdict, starts=starts, bound=bound)
