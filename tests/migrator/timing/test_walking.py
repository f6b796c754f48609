"""First schedules: along the dependencies, and what is due ahead of what only hangs on it."""

from datetime import timedelta

import pytest

from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.timing import searching
from tests.migrator.timing.cities import FIRST, estate, means, system

DUE = [0, *range(41, 47)]


def test_what_is_due_goes_ahead_of_what_only_hangs_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifteen systems hang on the first that is due; along the dependencies they would go before six
    others that are due as well."""
    systems = [system(f"S{n:02}", storage_gib=1) for n in range(70)]
    needs = [(f"S{n:02}", "S00") for n in range(1, 16)]
    deadline = {
        "name": "期限",
        "on": FIRST + timedelta(days=8),
        "systems": [f"S{n:02}" for n in DUE],
    }
    given = means(plan={"from": FIRST, "nights": 90}, crews={"room": 1}, deadlines=[deadline])
    tried: list[tuple[int, ...]] = []
    shaped = searching.shaped

    def seen(walk, first, *more):  # type: ignore[no-untyped-def]
        tried.append(walk.lateness(first))
        return shaped(walk, first, *more)

    monkeypatch.setattr(searching, "shaped", seen)
    plan = make_plan(estate(systems, needs, rooms=("R1",)), Means(city=given))
    assert plan.timetable is not None
    assert tried
    assert not any(tried[-1])
    assert plan.timetable.stages[0].value == 0
