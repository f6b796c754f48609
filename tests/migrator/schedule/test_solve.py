"""What is found holds, what is claimed is true: judged by a checker that shares nothing with it."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from migrator.schedule.bounds import Clash, limits
from migrator.schedule.crowd import by_rule, holds
from migrator.schedule.project import (
    MAKESPAN,
    Activity,
    Lag,
    Moved,
    Project,
    Renewable,
    Stage,
    Steps,
    Window,
)
from migrator.schedule.shape import shape_of
from migrator.schedule.solve import Effort, Outcome, solve
from tests.migrator.schedule import projects
from tests.migrator.schedule.checker import best, cost, faults

SOME = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
LITTLE = Effort(seconds=60, work=0.02)
SEEDS = st.integers(0, 10**9)


def judged(project: Project, outcome: Outcome) -> None:
    assert outcome.starts is not None
    assert faults(project, outcome.starts) == []
    assert [stage.value for stage in outcome.stages] == [
        cost(project, stage, outcome.starts) for stage in project.stages
    ]
    assert all(stage.bound <= stage.value for stage in outcome.stages)


@SOME
@given(seed=SEEDS, count=st.integers(1, 4), horizon=st.integers(2, 6))
def test_claims_on_tiny_projects_are_true(seed: int, count: int, horizon: int) -> None:
    project = projects.project(seed, count, horizon)
    least = best(project)
    outcome = solve(project, LITTLE)
    if outcome.starts is None:
        assert outcome.infeasible
        assert least is None
        return
    judged(project, outcome)
    assert least is not None
    assert outcome.stages[0].bound <= least[0]
    if outcome.optimal:
        assert tuple(stage.value for stage in outcome.stages) == least


@SOME
@given(seed=SEEDS, count=st.integers(5, 25))
def test_no_schedule_breaks_a_constraint(seed: int, count: int) -> None:
    project = projects.project(seed, count, 120, tight=False)
    outcome = solve(project, LITTLE)
    if outcome.starts is not None:
        judged(project, outcome)
        again = solve(project, LITTLE, outcome.starts)
        judged(project, again)
        assert [stage.value for stage in again.stages] <= [stage.value for stage in outcome.stages]


@SOME
@given(seed=SEEDS, count=st.integers(1, 5), data=st.data())
def test_a_former_schedule_is_taken_only_where_it_holds(
    seed: int, count: int, data: st.DataObject
) -> None:
    project = projects.project(seed, count, 9)
    starts = tuple(data.draw(st.integers(-1, 10)) for _ in range(count))
    assert holds(starts, shape_of(project)) == (not faults(project, starts))


@SOME
@given(seed=SEEDS, count=st.integers(2, 12))
def test_the_serial_rule_and_its_limits(seed: int, count: int) -> None:
    project = projects.project(seed, count, 80, tight=False)
    told = limits(project)
    if isinstance(told, Clash):
        assert solve(project, LITTLE).clash == told
        return
    found = by_rule(shape_of(project), told, len(project.stages))
    if found is not None:
        assert faults(project, found.starts) == []
        ends = [
            start + one.duration
            for start, one in zip(found.starts, project.activities, strict=True)
        ]
        assert max(ends) >= told.makespan
        assert all(start >= head for start, head in zip(found.starts, told.heads, strict=True))
        assert all(
            max(ends) - start >= tail for start, tail in zip(found.starts, told.tails, strict=True)
        )


def test_the_same_seed_and_work_give_the_same_schedule() -> None:
    project = projects.project(0, 20, 150, tight=False)
    one, other = (solve(project, Effort(seconds=600, work=0.05, seed=3)) for _ in range(2))
    assert one.starts is not None
    assert one.repeatable
    assert other.repeatable
    assert one.starts == other.starts
    assert one.stages == other.stages


def crew(*activities: Activity, lags: tuple[Lag, ...] = (), horizon: int = 20) -> Project:
    one = Renewable("crew", Steps(((0, 2), (4, 0), (6, 2))))
    return Project(activities=activities, horizon=horizon, lags=lags, renewables=(one,))


def task(code: str, duration: int = 3, need: int = 1) -> Activity:
    return Activity(code=code, duration=duration, needs=(("crew", need),))


def test_nothing_runs_in_a_night_without_a_crew() -> None:
    outcome = solve(crew(task("a", need=2), task("b", need=2)), LITTLE)
    assert outcome.optimal
    assert sorted(outcome.starts or ()) == [0, 6]
    assert outcome.stages[0].value == 9


def test_a_circle_is_named() -> None:
    lags = (Lag("a", "b"), Lag("b", "c"), Lag("c", "a"))
    outcome = solve(crew(task("a"), task("b"), task("c"), lags=lags), LITTLE)
    assert outcome.infeasible
    assert outcome.clash is not None
    assert sorted(outcome.clash.activities) == ["a", "b", "c"]


def test_what_no_crew_is_large_enough_for_is_named() -> None:
    outcome = solve(crew(task("a"), task("b", need=3)), LITTLE)
    assert outcome.infeasible
    assert outcome.clash is not None
    assert outcome.clash.activities == ("b",)


def test_what_only_search_can_refute_is_infeasible() -> None:
    within = (Window(0, 1),)
    three = [
        Activity(code=code, duration=2, needs=(("crew", 2),), windows=within) for code in "abc"
    ]
    outcome = solve(crew(*three), LITTLE)
    assert outcome.infeasible
    assert outcome.starts is None


def test_a_plan_that_must_change_changes_little() -> None:
    moved = Stage(name="moved", moved=(Moved("a", 0), Moved("b", 0), Moved("c", 3)))
    project = Project(
        activities=(task("a"), task("b", need=2), task("c")),
        horizon=30,
        renewables=(Renewable("crew", Steps.always(2)),),
        stages=(moved,),
    )
    outcome = solve(project, LITTLE)
    assert outcome.optimal
    assert outcome.stages[0].value == 3
    assert outcome.starts is not None
    assert (
        sum(start != before for start, before in zip(outcome.starts, (0, 0, 3), strict=True)) == 1
    )


def test_nothing_to_do_is_done() -> None:
    outcome = solve(Project(activities=(), horizon=5, stages=(MAKESPAN,)), LITTLE)
    assert outcome.starts == ()
    assert outcome.optimal
    assert outcome.stages[0].value == 0
