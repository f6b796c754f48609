"""Why a system is not earlier, and what would help: checked by doing what it says."""

from datetime import date, timedelta
from typing import Any

import pytest

from inventory.model import Estate
from migrator.errors import Refused
from migrator.planning.checking import faults
from migrator.planning.orders import NO_ORDERS
from migrator.planning.plan import Means, Plan
from migrator.planning.planner import make_plan
from migrator.timing.case import reasons_of
from migrator.timing.why import Reasons, Why, binding_most, told
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system


def asked(city: Estate, **given: Any) -> tuple[Plan, Reasons]:
    plan = make_plan(city, Means(city=means(**given)))
    return plan, reasons_of(plan, city, NO_ORDERS)


def latest(reasons: Reasons) -> Why:
    return max((reasons.of(lot) for lot in reasons.task.lots), key=lambda why: why.slot)


@pytest.mark.parametrize(
    ("given", "needs", "what", "gain"),
    [
        ({"crews": {"room": 1}}, [], "crew:R1", 1),
        ({"crews": {"room": 9, "total": 1}}, [], "crew:total", 1),
        ({"trial": 4}, [("S0", "S1")], "order:S1", 5),
        (
            {
                "deliveries": [
                    {"cloud": CLOUD, "on": FIRST, "cores": 4},
                    {"cloud": CLOUD, "on": FIRST + timedelta(days=9), "cores": 4},
                ]
            },
            [],
            f"cloud:{CLOUD}:cores",
            9,
        ),
        ({"pilots": {"systems": ["S0"], "days": 6}}, [], "pilots", 7),
    ],
)
def test_what_alone_holds_it(
    given: dict[str, Any], needs: list[tuple[str, str]], what: str, gain: int
) -> None:
    city = estate([system("S0"), system("S1")], needs)
    why = latest(asked(city, **given)[1])
    assert (why.bindings[0].what, why.bindings[0].gain) == (what, gain)
    assert why.slot - gain >= why.first
    assert " / " in told(what)


def test_a_line_that_two_share_holds_the_second() -> None:
    city = estate([system(f"S{n}", storage_gib=400) for n in range(2)])
    why = latest(asked(city)[1])
    assert why.bindings[0].what == "line:L-R1"


def test_what_helps_does_help() -> None:
    city = estate([system(f"S{n}") for n in range(5)])
    before, reasons = asked(city, crews={"room": 1})
    assert binding_most(reasons)[0].what == "crew:R1"
    after = make_plan(city, Means(city=means(crews={"room": 1, "rooms": {"R1": 2}})))
    assert before.timetable is not None
    assert after.timetable is not None
    assert max(a.night for a in after.timetable.appointments) < max(
        a.night for a in before.timetable.appointments
    )


def test_closed_nights_are_counted() -> None:
    freeze = {"name": "封网", "from": FIRST, "to": FIRST + timedelta(days=9)}
    _, reasons = asked(estate([system("S0")]), freezes=[freeze])
    why = latest(reasons)
    assert [(one.what, one.nights, one.gain) for one in why.bindings] == [("freeze:封网", 9, 9)]
    assert (why.slot, why.first, why.free) == (10, 1, 0)


def test_only_of_the_facts_it_was_made_from() -> None:
    city = estate([system("S0")])
    plan, _ = asked(city)
    with pytest.raises(Refused, match="台账已变"):
        reasons_of(plan, estate([system("S0", storage_gib=7)]), NO_ORDERS)
    with pytest.raises(Refused, match="没有时间表"):
        reasons_of(plan.model_copy(update={"timetable": None}), city, NO_ORDERS)


def test_a_copy_that_is_over_long_before_its_night_says_what_fills_the_days_between() -> None:
    """Both on the night 5: S0 is copied on the day before, S1, which fills the line, before it."""
    city = estate([system("S0", storage_gib=100), system("S1", storage_gib=2000)])
    at = [
        {"system": code, "night": FIRST + timedelta(days=5), "reason": "定"}
        for code in ("S0", "S1")
    ]
    _, reasons = asked(city, groups={"at": at})
    found = {lot.jobs[0].code: list(reasons.waits(lot)) for lot in reasons.task.lots}
    assert [(one.over, one.nights, one.what) for one in found["S1"]] == [(4, 1, ("line:L-R1",))]
    assert found["S0"] == []


def test_a_copy_that_waits_for_nothing_is_not_told() -> None:
    _, reasons = asked(estate([system("S0"), system("S1", "R2")]))
    assert [list(reasons.waits(lot)) for lot in reasons.task.lots] == [[], []]


def test_each_thing_that_closes_a_night_is_told_by_its_name() -> None:
    """FIRST is a Tuesday: 2026-12-01."""
    freeze = {"name": "年终决算", "from": FIRST, "to": FIRST + timedelta(days=1)}
    crews = {"room": 9, "nights": ["sat"]}
    _, reasons = asked(estate([system("S0")]), freezes=[freeze], crews=crews)
    why = latest(reasons)
    assert {one.what for one in why.bindings} == {"freeze:年终决算", "crewless"}
    assert told("freeze:年终决算") == "封网 年终决算 / freeze 年终决算"
    assert told("crewless") == "非割接日 / a night without cutovers"


def test_the_night_before_a_freeze_is_closed_to_who_begins_after_midnight() -> None:
    day = FIRST + timedelta(days=3)
    freeze = {"name": "两会", "from": day, "to": day}
    city = estate([system("S0", window="01:00-03:00")])
    _, reasons = asked(city, freezes=[freeze])
    calendar, (lot,) = reasons.task.calendar, reasons.task.lots
    assert calendar.closed(lot.jobs, 2) == "封网 两会 / freeze 两会"
    assert calendar.closed(lot.jobs, 3) == ""


def test_crews_that_follow_the_offices_work_on_worked_weekends() -> None:
    """The Saturday 2026-02-14 is worked for the spring festival of that year (国办发明电)."""
    crews = {"room": 1, "nights": ["mon"], "worked_weekends": True}
    first = date(2026, 2, 13)
    city, plan = estate([system("S0")]), {"from": first, "nights": 30}
    made, _ = asked(city, crews=crews, plan=plan)
    assert made.timetable is not None
    assert [one.night for one in made.timetable.appointments] == [date(2026, 2, 14)]
    assert faults(made.timetable, city, means(crews=crews, plan=plan)) == []
    plain = means(crews=crews | {"worked_weekends": None}, plan=plan)
    assert "非割接日" in faults(made.timetable, city, plain)[0]
