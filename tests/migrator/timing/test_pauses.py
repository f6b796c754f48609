"""Copies that rest while they are frozen and go on afterwards."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.model import Estate
from migrator.planning.checking import faults
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.planning.timetable import Appointment, Timetable
from tests.migrator.timing.cities import FIRST, estate, means, system

GIB_A_DAY = 500  # of the line, less a little: 514,984 MiB, as in test_arranging


def frozen(first: int, last: int, **more: Any) -> dict[str, Any]:
    """A freeze of copies from one day to another after the first."""
    days = {"from": FIRST + timedelta(days=first), "to": FIRST + timedelta(days=last)}
    return {"name": f"封网{first}", "copies": True} | days | more


def every_third_day(count: int = 60) -> list[dict[str, Any]]:
    """Between them are never more than two days."""
    return [frozen(n, n) for n in range(2, count, 3)]


def made(city: Estate, told: CityMeans) -> dict[str, Appointment]:
    table = table_of(city, told)
    return {one.system: one for one in table.appointments}


def table_of(city: Estate, told: CityMeans) -> Timetable:
    table = make_plan(city, Means(city=told)).timetable
    assert table is not None
    assert faults(table, city, told) == []
    return table


def changed(table: Timetable, system: str, **fields: Any) -> Timetable:
    return table.model_copy(
        update={
            "appointments": tuple(
                one.model_copy(update=fields) if one.system == system else one
                for one in table.appointments
            )
        }
    )


def test_a_copy_longer_than_any_gap_between_freezes_rests_and_goes_on() -> None:
    """Five days of copying, of which two go on, then one is frozen: 0 1 · 3 4 · 6, and a night after."""
    city = estate([system("S0", storage_gib=5 * GIB_A_DAY, window="22:00-23:30")])
    at = made(city, means(freezes=every_third_day()))["S0"]
    assert at.copy_nights == 5
    assert (at.copy_from - FIRST).days == 0
    assert (at.night - FIRST).days == 7
    assert [((day - FIRST).days, nights) for day, nights in at.copying] == [(0, 2), (3, 2), (6, 1)]


def test_a_copy_without_a_rest_is_one_stretch() -> None:
    at = made(estate([system("S0", storage_gib=3 * GIB_A_DAY)]), means())["S0"]
    assert at.rests is None
    assert at.copying == ((at.copy_from, 3),)


def test_a_copy_that_shares_its_road_with_one_that_rests() -> None:
    """Two copies of 3 days on one line, whole days each: one after the other around the freeze."""
    late = "22:00-23:30"
    city = estate([system(f"S{n}", storage_gib=3 * GIB_A_DAY, window=late) for n in range(2)])
    at = made(city, means(freezes=[frozen(4, 20)]))
    assert sorted((one.copy_from - FIRST).days for one in at.values()) == [0, 3]
    assert sorted((one.night - FIRST).days for one in at.values()) == [3, 23]


def test_a_freeze_of_some_rests_their_copies_alone() -> None:
    several = [
        system("S0", storage_gib=3 * GIB_A_DAY),
        system("S1", "R2", organisation="O2", storage_gib=3 * GIB_A_DAY),
    ]
    at = made(estate(several), means(freezes=[frozen(2, 9, organisations=["O1"])]))
    assert (at["S0"].night - FIRST).days == 11
    assert (at["S1"].night - FIRST).days == 3


def test_bounds_are_no_higher_than_what_is_reached() -> None:
    """The core knows no rests; what it proves is of a project that asks for less."""
    city = estate(
        [system(f"S{n}", storage_gib=(n % 3 + 1) * GIB_A_DAY) for n in range(6)],
        [("S0", "S1"), ("S2", "S1"), ("S4", "S5")],
    )
    table = table_of(city, means(freezes=every_third_day()))
    assert all(0 <= one.bound <= one.value for one in table.stages)
    assert next(one for one in table.stages if one.name == "makespan").bound > 0


def test_the_judge_counts_no_frozen_day() -> None:
    city, told = estate([system("S0", storage_gib=5 * GIB_A_DAY)]), means(freezes=every_third_day())
    table = table_of(city, told)
    early = changed(table, "S0", night=FIRST + timedelta(days=6), begins="2026-12-07T22:00")
    assert any("not over by its night" in one for one in faults(early, city, told))
    inside = changed(table, "S0", copy_from=FIRST + timedelta(days=2))
    found = faults(inside, city, told)
    assert any("begins in a freeze of copies" in one for one in found)
    assert any("not over by its night" in one for one in found)


def test_the_judge_goes_on_when_a_system_is_gone() -> None:
    city, told = estate([system("S0"), system("S1")]), means()
    table = table_of(city, told)
    early = changed(table, "S0", night=FIRST - timedelta(days=3))
    left = city.model_copy(update={"systems": (city.systems[0],)})
    found = faults(early, left, told)
    assert found[0] == "S1: 台账中无此系统 / S1: the inventory has no such system"
    assert any(one.startswith("S0") and "before the first night" in one for one in found)


def test_the_judge_sees_two_that_rest_and_go_on_together() -> None:
    """Both from the first day on: too much for the line on the days that are left, and on no other."""
    city = estate([system(f"S{n}", storage_gib=3 * GIB_A_DAY) for n in range(2)])
    told = means(freezes=[frozen(1, 3)])
    table = table_of(city, told)
    second = max(table.appointments, key=lambda one: one.copy_from)
    both = changed(table, second.system, copy_from=FIRST)
    crowded = [one for one in faults(both, city, told) if "than the line carries" in one]
    days = [FIRST + timedelta(days=n) for n in (0, 4, 5)]
    assert [any(str(day) in one for one in crowded) for day in days] == [True] * 3
    assert len(crowded) == 3


def test_no_day_is_left_to_copy_on() -> None:
    told = means(freezes=[frozen(0, 400)])
    plan = make_plan(estate([system("S0", storage_gib=1)]), Means(city=told))
    assert plan.timetable is None


@st.composite
def cities(draw: st.DrawFn) -> tuple[Estate, CityMeans]:
    codes = [f"S{n}" for n in range(draw(st.integers(1, 6)))]
    systems = [
        system(
            code,
            draw(st.sampled_from(["R1", "R2"])),
            organisation=draw(st.sampled_from(["O1", "O2"])),
            storage_gib=draw(st.sampled_from([1, 400, 900, 2400])),
        )
        for code in codes
    ]
    pair = st.tuples(st.sampled_from(codes), st.sampled_from(codes))
    needs = draw(st.lists(pair, max_size=4, unique=True))
    spans = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6)), min_size=1, max_size=5))
    of = draw(st.sampled_from([(), ("O1",)]))
    freezes = [frozen(a, a + n, organisations=of if at else ()) for at, (a, n) in enumerate(spans)]
    share = draw(st.sampled_from([50, 100]))
    return estate(systems, needs), means(
        freezes=freezes,
        trial=draw(st.integers(0, 2)),
        lines={"day": 20, "night": 80, "one_item": share},
        search={"seconds": 30, "work": 1},
    )


@settings(max_examples=15)
@given(cities())
def test_no_plan_with_rests_breaks_a_constraint(case: tuple[Estate, CityMeans]) -> None:
    city, told = case
    table = make_plan(city, Means(city=told)).timetable
    assert table is not None
    assert faults(table, city, told) == []
    assert len(table.appointments) == len(city.systems)
    assert all(one.bound <= one.value for one in table.stages)
    assert min(one.night for one in table.appointments) > date(2026, 11, 30)
