"""Freezes are of days: a night is closed where the hours of its cutover touch one, and only there."""

from datetime import date, timedelta
from typing import Any

import pytest

from inventory.model import Cloud
from migrator.planning.checking import faults
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.planning.timetable import Appointment
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system

FREEZE = {"name": "两会", "from": FIRST + timedelta(days=3), "to": FIRST + timedelta(days=6)}


def told(first: int = 1, **more: Any) -> CityMeans:
    return means(
        plan={"from": FIRST + timedelta(days=first), "nights": 30}, freezes=[FREEZE], **more
    )


def night(window: str, first: int, **more: Any) -> int:
    """The night of a small system, as it is counted from FIRST; the plan begins on `first`."""
    city, given = estate([system("S0", storage_gib=1, window=window)]), told(first, **more)
    table = make_plan(city, Means(city=given)).timetable
    assert table is not None
    assert faults(table, city, given) == []
    return (table.appointments[0].night - FIRST).days


@pytest.mark.parametrize(
    ("window", "first", "expected"),
    [
        ("20:00-23:00", 1, 2),  # over before the first frozen day
        ("20:00-00:00", 1, 2),
        (
            "00:00-05:00",
            1,
            6,
        ),  # of the night 2 it is on the frozen day; of the night 6 on the day after
        ("22:00-06:00", 1, 7),  # over midnight into the first frozen day; out of the last one
        ("00:00-00:00", 1, 7),  # the night's own hours
        ("00:00-05:00", 5, 6),
        ("22:00-06:00", 5, 7),
        ("20:00-23:00", 5, 7),
    ],
)
def test_a_freeze_is_judged_by_the_days_that_a_window_touches(
    window: str, first: int, expected: int
) -> None:
    assert night(window, first) == expected


def test_with_nights_that_begin_after_midnight() -> None:
    hours = {"nights": {"hours": "00:00-06:00", "window": "00:00-06:00"}}
    assert night("00:00-05:00", 1, **hours) == 2
    assert night("22:00-02:00", 1, **hours) == 7


def moved(one: Appointment, to: date) -> Appointment:
    by = to - one.night
    later = {
        name: str(date.fromisoformat(getattr(one, name)[:10]) + by) for name in ("begins", "ends")
    }
    return one.model_copy(
        update={
            "night": to,
            "copy_from": one.copy_from + by,
            "begins": later["begins"] + one.begins[10:],
            "ends": later["ends"] + one.ends[10:],
        }
    )


@pytest.mark.parametrize(
    ("window", "broken"),
    [
        ("00:00-05:00", {2, 3, 4, 5}),
        ("22:00-06:00", {2, 3, 4, 5, 6}),
        ("20:00-00:00", {3, 4, 5, 6}),
    ],
)
def test_the_checker_finds_a_cutover_on_a_frozen_day(window: str, broken: set[int]) -> None:
    city, given = estate([system("S0", storage_gib=1, window=window)]), told(0)
    table = make_plan(city, Means(city=given)).timetable
    assert table is not None
    found = set[int]()
    for n in range(1, 10):
        one = moved(table.appointments[0], FIRST + timedelta(days=n))
        lines = faults(table.model_copy(update={"appointments": (one,)}), city, given)
        assert all("两会" in line for line in lines)
        found |= {n} if lines else set()
    assert found == broken


def test_a_night_that_was_told_on_the_eve_of_a_freeze_says_which_hours_stand_against_it() -> None:
    """Without the freeze, the window or the told night there is a timetable."""
    at = {"system": "S0", "night": FIRST + timedelta(days=2), "reason": "市里定"}
    city = estate([system("S0", storage_gib=1, window="00:00-05:00")])
    (verdict,) = make_plan(city, Means(city=told(0, groups={"at": [at]}))).verdicts
    for part in ("封网 两会", "S0 的窗口 00:00-05:00", "指定 S0"):
        assert part in verdict.reason


def test_a_window_is_no_part_of_what_stands_against_a_night_in_the_midst_of_a_freeze() -> None:
    at = {"system": "S0", "night": FIRST + timedelta(days=4), "reason": "市里定"}
    city = estate([system("S0", storage_gib=1, window="00:00-05:00")])
    (verdict,) = make_plan(city, Means(city=told(0, groups={"at": [at]}))).verdicts
    assert "封网 两会" in verdict.reason
    assert "的窗口" not in verdict.reason


def test_a_system_that_moves_between_clouds_is_frozen_as_any_other() -> None:
    """Its hours go past midnight into the freeze: the night before it is closed as well."""
    freeze = {
        "name": "年终决算",
        "from": FIRST + timedelta(days=1),
        "to": FIRST + timedelta(days=9),
    }
    one = system("S0", CLOUD, target="C2", window="22:00-06:00")
    plain = estate([one])
    city = plain.model_copy(update={"clouds": (*plain.clouds, Cloud(code="C2", name="信创云"))})
    given = means(freezes=[freeze], lines={"day": 20, "night": 80, "network": "1G"})
    plan = make_plan(city, Means(city=given))
    assert plan.timetable is not None
    assert faults(plan.timetable, city, given) == []
    (appointment,) = plan.timetable.appointments
    assert appointment.night >= FIRST + timedelta(days=10)
