"""What a change of means does to a plan that is kept: nobody moves for nothing, and nothing gets worse."""

from typing import Any

import pytest

from migrator.planning.checking import faults
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means, Plan
from migrator.planning.planner import make_plan
from tests.migrator.timing.cities import large

CITY, TOLD = large(70, 6, 8, 90)
GIVEN = TOLD | {"search": {"seconds": 60, "work": 1}}


def _plan(given: dict[str, Any], former: Plan | None = None) -> Plan:
    city = CityMeans.model_validate(given)
    plan = make_plan(CITY, Means(city=city), former=former, gains=former is not None)
    assert plan.timetable is not None
    assert faults(plan.timetable, CITY, city) == []
    return plan


def _nights(plan: Plan) -> dict[str, str]:
    assert plan.timetable is not None
    return {one.system: str(one.night) for one in plan.timetable.appointments}


def _stages(plan: Plan) -> dict[str, int]:
    assert plan.timetable is not None
    return {one.name: one.value for one in plan.timetable.stages if one.name != "moved"}


@pytest.fixture(scope="module")
def former() -> Plan:
    return _plan(GIVEN)


@pytest.fixture(scope="module")
def today(former: Plan) -> Plan:
    return _plan(GIVEN, former)


def test_no_change_moves_nobody(today: Plan) -> None:
    again = _plan(GIVEN | {"search": {"seconds": 60, "work": 1, "seed": 9}}, today)
    assert _nights(again) == _nights(today)


def test_what_is_only_kept_costs_no_more_than_before(former: Plan, today: Plan) -> None:
    assert list(_stages(today).values()) <= list(_stages(former).values())


@pytest.mark.parametrize(
    "change",
    [
        {"crews": {"room": 9, "total": 20}},
        {"lines": {"day": 90, "night": 90}},
        {"pilots": {"days": 0}},
        {"trial": 0},
    ],
)
def test_what_gives_way_makes_nothing_worse(today: Plan, change: dict[str, Any]) -> None:
    after = _plan(GIVEN | change, today)
    moved = {code for code, night in _nights(after).items() if night != _nights(today)[code]}
    assert list(_stages(after).values()) <= list(_stages(today).values())
    if not moved:
        assert _stages(after) == _stages(today)
    else:
        assert _stages(after) != _stages(today)  # whoever moves moves for something


def test_what_gets_tighter_moves_only_what_it_must(today: Plan) -> None:
    after = _plan(GIVEN | {"crews": {"room": 1, "total": TOLD["crews"]["total"]}}, today)
    busy: dict[tuple[str, str], int] = {}
    rooms = {one.code: one.room or "" for one in CITY.systems}
    for code, night in _nights(today).items():
        busy[rooms[code], night] = busy.get((rooms[code], night), 0) + 1
    assert any(count > 1 for count in busy.values())
    kept = sum(_nights(after)[code] == night for code, night in _nights(today).items())
    assert kept >= 35
