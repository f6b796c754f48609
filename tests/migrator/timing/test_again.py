"""Planning again: what moved, what is under way, and how little changes."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inventory.model import Estate, Placement
from migrator.planning.checking import faults
from migrator.planning.means import CityMeans
from migrator.planning.plan import Disposition, Means, Plan
from migrator.planning.planner import make_plan
from migrator.use_cases.missed import missed
from tests.migrator.timing.cities import CLOUD, FIRST, estate, large, means, system


def plan_for(city: Estate, given: CityMeans, **more: Any) -> Plan:
    plan = make_plan(city, Means(city=given), **more)
    assert plan.timetable is not None
    return plan


def nights(plan: Plan) -> dict[str, int]:
    assert plan.timetable is not None
    return {one.system: (one.night - FIRST).days for one in plan.timetable.appointments}


def test_nothing_changed_nothing_moves() -> None:
    city, given = estate([system(f"S{n}") for n in range(9)]), means()
    first = plan_for(city, given)
    again = plan_for(city, given, former=first)
    assert again.timetable is not None
    assert first.timetable is not None
    assert again.timetable.appointments == first.timetable.appointments


def test_one_change_moves_only_what_it_must() -> None:
    found, told = large(60, 6, 8, 90)
    given = CityMeans.model_validate(told | {"search": {"seconds": 60, "work": 1}})
    first = plan_for(found, given)
    frozen = first.timetable.appointments[0] if first.timetable else None
    assert frozen is not None
    freeze = {"name": "临时", "from": frozen.night, "to": frozen.night, "systems": [frozen.system]}
    other = CityMeans.model_validate(told | {"freezes": [*told["freezes"], freeze]})
    again = plan_for(found, other, former=first)
    assert again.timetable is not None
    assert faults(again.timetable, found, other) == []
    before, after = nights(first), nights(again)
    moved = {code for code in before if before[code] != after[code]}
    assert frozen.system in moved
    assert len(moved) <= 6


def test_what_moved_is_done_and_keeps_its_machines() -> None:
    city = estate([system("S0", cpu_cores=8), system("S1", cpu_cores=8)])
    given = means(
        deliveries=[
            {"cloud": CLOUD, "on": FIRST, "cores": 8},
            {"cloud": CLOUD, "on": FIRST + timedelta(days=20), "cores": 8},
        ]
    )
    first = plan_for(city, given)
    done = next(code for code, night in nights(first).items() if night == 1)
    placed = Placement(place=CLOUD, hosts=(), run="R", since="2026-12-03T00:00:00+08:00")
    moved = city.model_copy(
        update={
            "systems": tuple(
                s.model_copy(update={"placement": placed}) if s.code == done else s
                for s in city.systems
            )
        }
    )
    again = plan_for(moved, given, former=first, today=FIRST + timedelta(days=3))
    verdicts = {v.system: v.disposition for v in again.verdicts}
    assert verdicts[done] is Disposition.DONE
    assert list(nights(again).values()) == [21]
    assert again.timetable is not None
    assert [(u.what, u.amount) for u in again.timetable.used] == [(f"cloud:{CLOUD}:cores", 8)]
    third = plan_for(moved, given, former=again, today=FIRST + timedelta(days=4))
    assert list(nights(third).values()) == [21]


def test_a_copy_under_way_stays_and_nothing_is_planned_for_the_past() -> None:
    city, given = estate([system("S0", storage_gib=2000), system("S1", "R2")]), means()
    first = plan_for(city, given)
    assert nights(first) == {"S0": 4, "S1": 1}
    began = frozenset({"S0"})
    again = plan_for(city, given, former=first, today=FIRST + timedelta(days=2), began=began)
    assert nights(again) == {"S0": 4, "S1": 3}  # S1 missed its night and is copied again
    assert again.timetable is not None
    copied = {one.system: (one.copy_from - FIRST).days for one in again.timetable.appointments}
    assert copied == {"S0": 0, "S1": 2}
    assert faults(again.timetable, city, given) == []


def test_a_copy_that_nobody_began_is_not_planned_for_the_past() -> None:
    city, given = estate([system("S0", storage_gib=2000), system("S1", "R2")]), means()
    first = plan_for(city, given)
    for former in (first, None):
        again = plan_for(city, given, former=former, today=FIRST + timedelta(days=2))
        assert nights(again) == {"S0": 6, "S1": 3}
        assert again.timetable is not None
        copied = {one.system: (one.copy_from - FIRST).days for one in again.timetable.appointments}
        assert copied == {"S0": 2, "S1": 2}


def test_a_day_before_the_first_night_changes_nothing() -> None:
    city, given = estate([system(f"S{n}") for n in range(3)]), means()
    assert plan_for(city, given, today=FIRST - timedelta(days=9)) == plan_for(city, given)


def test_a_plan_whose_every_night_is_over_has_none() -> None:
    city, given = estate([system("S0")]), means()
    plan = make_plan(city, Means(city=given), today=FIRST + timedelta(days=900))
    assert plan.timetable is None
    assert plan.verdicts[0].disposition is Disposition.BLOCKED


def test_what_was_not_begun_in_time_is_told() -> None:
    """S0: four days of copying before the night 4; S1: one before the night 1, from 22:00 to 06:00."""
    city, given = estate([system("S0", storage_gib=2000), system("S1", "R2")]), means()
    plan, zone = plan_for(city, given), ZoneInfo("Asia/Shanghai")

    def told(day: int, hour: int, *begun: str) -> set[str]:
        now = datetime.combine(FIRST, time(hour), zone) + timedelta(days=day)
        return set(missed(plan, now)) - set(begun)

    assert told(0, 23) == set()
    assert told(1, 1) == {"S0", "S1"}  # no copy began in the first night
    assert told(1, 1, "S0", "S1") == set()
    assert told(2, 5, "S0") == {"S1"}
    assert told(2, 5, "S0", "S1") == set()
    assert told(5, 5, "S1") == {"S0"}
    line = missed(plan, datetime.combine(FIRST + timedelta(days=5), time(6), zone))["S0"]
    assert "夜已过" in line


def test_a_new_system_takes_a_free_night_and_moves_nobody() -> None:
    systems, given = [system(f"S{n}") for n in range(4)], means()
    first = plan_for(estate(systems), given)
    again = plan_for(estate([*systems, system("S9")]), given, former=first)
    assert {code: night for code, night in nights(again).items() if code != "S9"} == nights(first)


def test_that_nights_are_kept_proves_nothing() -> None:
    """What a plan without the former reaches is never below a bound that one with it tells."""
    slow = [system(f"S{n}", storage_gib=400) for n in range(6)]
    deadline = {"name": "期限", "on": FIRST + timedelta(days=8), "severity": "error"}
    city = estate(slow, rooms=("R1",))
    tight = means(crews={"room": 1, "nights": ["mon"]}, deadlines=[deadline])
    wide = means(crews={"room": 1}, deadlines=[deadline])
    before = plan_for(city, tight)
    kept, anew = plan_for(city, wide, former=before), plan_for(city, wide)
    assert kept.timetable is not None
    assert anew.timetable is not None
    best = {one.name: one.value for one in anew.timetable.stages}
    first = kept.timetable.stages[0]
    assert first.value > best[first.name]
    assert first.bound <= best[first.name]
