"""Bounds that no schedule undercuts: from deliveries, and from gates with a crew behind them."""

import pytest

from migrator.schedule.bounds import Limits, limits
from migrator.schedule.project import (
    MAKESPAN,
    Activity,
    Apart,
    Lag,
    Project,
    Renewable,
    Stage,
    Steps,
    Store,
    Window,
)
from migrator.schedule.solve import Effort, solve
from migrator.schedule.stretched import least_apart


def starred(count: int, crew: int, chain: bool = False, shut: int = 0) -> Project:
    """A hub that `count` need, a crew for all; with `chain`, every second one needs the one before it
    and only that one is tied to the hub; the first slots after slot 3 may be shut."""
    codes = [f"S{n}" for n in range(count)]
    lags = [Lag("hub", code) for code in codes]
    tied = codes
    if chain:
        tied = codes[1::2]
        lags += [Lag(a, b) for a, b in zip(codes[::2], codes[1::2], strict=True)]
    windows = (Window(0, 3), Window(4 + shut, 40)) if shut else ()
    return Project(
        activities=tuple(
            Activity(code=code, duration=1, needs=(("crew", 1),), windows=windows)
            for code in ("hub", *codes)
        ),
        horizon=41,
        lags=tuple(lags),
        renewables=(Renewable("crew", Steps.always(crew)),),
        stages=(Stage(name="apart", apart=tuple(Apart("hub", code) for code in tied)), MAKESPAN),
    )


@pytest.mark.parametrize("crew", [1, 2, 3])
def test_a_crew_behind_a_hub_is_counted_exactly(crew: int) -> None:
    project = starred(10, crew)
    expected = sum(1 + n // crew for n in range(10))
    assert least_apart(project, project.stages[0]) == expected
    assert least_apart(project, project.stages[0], quick=True) == expected


def test_what_is_needed_first_counts_where_it_is_not_quick() -> None:
    # two of those that others need, then those two others: 2, 2, 4, 4, 6, 6, 8, 8 is the best
    project = starred(16, 2, chain=True)
    quick = least_apart(project, project.stages[0], quick=True)
    assert quick < least_apart(project, project.stages[0]) <= 40


def test_shut_nights_make_no_bound_too_high() -> None:
    # the hub in slot 8, when five more nights would be shut, has all ten behind it undisturbed
    project = starred(10, 2, shut=5)
    assert least_apart(project, project.stages[0]) <= 30


def test_what_comes_after_the_last_delivery_takes_its_crew() -> None:
    # 10 of 4 each, of which 20 are there at once and 20 in slot 8: five copies begin there or later
    copies = [Activity(code=f"c{n}", duration=1, takes=(("disk", 4),)) for n in range(10)]
    cuts = [Activity(code=f"x{n}", duration=1, needs=(("crew", 1),)) for n in range(10)]
    project = Project(
        activities=(*copies, *cuts),
        horizon=30,
        lags=tuple(Lag(f"c{n}", f"x{n}") for n in range(10)),
        renewables=(Renewable("crew", Steps.always(2)),),
        stores=(Store("disk", Steps(((0, 20), (8, 40)))),),
    )
    told = limits(project)
    assert isinstance(told, Limits)
    assert told.makespan == 12
    assert solve(project, Effort(seconds=60, work=1)).stages[-1].value == 12


def test_the_end_after_a_delivery_is_that_of_the_shortest_which_have_to_wait_for_it() -> None:
    """Of three that take 4 each one is there at first: of the others one goes on for 10 slots at least."""
    project = Project(
        activities=tuple(
            Activity(code=f"A{n}", duration=long, takes=(("store", 4),))
            for n, long in enumerate((2, 10, 30))
        ),
        horizon=60,
        stores=(Store("store", Steps(((0, 4), (20, 12)))),),
        stages=(MAKESPAN,),
    )
    found = limits(project)
    assert isinstance(found, Limits)
    assert found.makespan == 30
    best = solve(project, Effort(seconds=20, work=1, seed=0))
    assert best.stages[0].value == 30
