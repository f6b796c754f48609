"""The checker finds what it is there for: one broken thing at a time."""

import pytest

from migrator.errors import ProjectError
from migrator.schedule.project import (
    Activity,
    Lag,
    Project,
    Renewable,
    Steps,
    Store,
    Window,
)
from tests.migrator.schedule.checker import faults

PROJECT = Project(
    activities=(
        Activity(code="a", duration=2, needs=(("crew", 1),), takes=(("cores", 2),)),
        Activity(
            code="b",
            duration=2,
            needs=(("crew", 1),),
            release=1,
            windows=(Window(1, 3), Window(6, 7)),
        ),
        Activity(code="c", duration=1, takes=(("cores", 3),), pin=5),
    ),
    horizon=9,
    lags=(Lag("a", "b", 0, 4),),
    renewables=(Renewable("crew", Steps(((0, 1), (4, 0), (5, 1)))),),
    stores=(Store("cores", Steps(((0, 2), (5, 5)))),),
)


def test_a_schedule_that_holds_has_no_faults() -> None:
    assert faults(PROJECT, (0, 2, 5)) == []


@pytest.mark.parametrize(
    ("starts", "told"),
    [
        ((0, 1, 5), "Lag"),
        ((0, 6, 5), ""),
        ((0, 7, 5), "Lag"),
        ((0, 4, 5), "outside of its windows"),
        ((0, 3, 5), "crew in slot 4"),
        ((0, 2, 6), "pinned"),
        ((0, 2, 4), "cores in slot 4"),
        ((0, 8, 5), "horizon"),
        ((-1, 2, 5), "release"),
        ((0, 2), "2 starts"),
    ],
)
def test_each_fault_is_told(starts: tuple[int, ...], told: str) -> None:
    found = faults(PROJECT, starts)
    assert bool(found) == bool(told)
    assert any(told in fault for fault in found) or not told


@pytest.mark.parametrize(
    "wrong",
    [
        {"lags": (Lag("a", "x"),)},
        {"lags": (Lag("a", "a"),)},
        {"lags": (Lag("a", "b", 3, 2),)},
        {"activities": (*PROJECT.activities, PROJECT.activities[0])},
        {"activities": (Activity(code="a", duration=-1),), "lags": ()},
        {"activities": (Activity(code="a", duration=1, needs=(("cores", 1),)),), "lags": ()},
        {"stages": ()},
        {"horizon": -1},
    ],
)
def test_a_project_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    whole: dict[str, object] = {
        name: getattr(PROJECT, name)
        for name in ("activities", "horizon", "lags", "renewables", "stores")
    }
    with pytest.raises(ProjectError):
        Project(**(whole | wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "steps", [(), ((1, 2),), ((0, 1), (0, 2)), ((0, 1), (3, 1), (2, 1)), ((0, -1),)]
)
def test_steps_begin_at_nought_and_grow(steps: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ProjectError):
        Steps(steps)
