"""Timetables that people changed: the checker finds a fault exactly where a rule is broken, told here a
third time, plainly, for cities of one cloud without groups."""

from collections import Counter
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.model import Estate
from migrator.planning.checking import faults
from migrator.planning.edited import Edit, edited
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.planning.timetable import Timetable
from tests.migrator.timing.cities import FIRST, estate, means, system

DAY = timedelta(days=1)
LINE = 514_984  # MiB in 24 hours, of 100 Mbit/s


def holds(table: Timetable, city: Estate, told: CityMeans) -> bool:
    """Whether nights, crews, order, copies and lines are all right."""
    at = {one.system: one for one in table.appointments}
    room = {one.code: one.room or "" for one in city.systems}
    shut = [(one.copies, str(one.from_), str(one.to)) for one in told.freezes]
    crews, lines = Counter[tuple[str, date]](), Counter[tuple[str, date]]()
    good = True

    def rests(day: date) -> bool:
        return any(copies and a <= str(day) <= z for copies, a, z in shut)

    for code, one in at.items():
        crews[room[code], one.night] += 1
        crews["total", one.night] += 1
        good &= one.night >= FIRST
        for day in (one.night, one.night + DAY):  # 22:00-06:00 is of both
            good &= not any(a <= str(day) <= z for _, a, z in shut)
        good &= one.copy_from >= FIRST and not rests(one.copy_from)
        day, left = one.copy_from, one.copy_nights
        while left:
            if not rests(day):
                lines[room[code], day] += -(-one.copy_mib // one.copy_nights)
                left -= 1
            day += DAY
        good &= day <= one.night
    most = {"total": told.crews.total, "R1": told.crews.room, "R2": told.crews.room}
    good &= all(count <= most[who] for (who, _), count in crews.items())
    good &= all(mib <= LINE for mib in lines.values())
    return good and all(
        at[edge.needs].night + (1 + told.trial) * DAY <= at[edge.system].night
        for edge in city.dependencies
    )


@st.composite
def cities(draw: st.DrawFn) -> tuple[Estate, CityMeans]:
    count = draw(st.integers(2, 6))
    systems = [
        system(
            f"S{n}",
            draw(st.sampled_from(["R1", "R2"])),
            storage_gib=draw(st.sampled_from([1, 300, 900])),
        )
        for n in range(count)
    ]
    pairs = [(f"S{b}", f"S{a}") for b in range(count) for a in range(b)]
    needs = draw(st.lists(st.sampled_from(pairs), max_size=3, unique=True))
    first = FIRST + draw(st.integers(1, 8)) * DAY
    freeze = {
        "name": "封网",
        "from": first,
        "to": first + draw(st.integers(0, 3)) * DAY,
        "copies": draw(st.booleans()),
    }
    return estate(systems, needs), means(
        crews={"room": draw(st.integers(1, 2)), "total": draw(st.integers(2, 3))},
        trial=draw(st.integers(0, 2)),
        freezes=[freeze],
        search={"seconds": 30, "work": 1},
    )


@settings(max_examples=15)
@given(cities(), st.data())
def test_a_fault_is_found_exactly_where_a_rule_is_broken(
    case: tuple[Estate, CityMeans], data: st.DataObject
) -> None:
    city, told = case
    table = make_plan(city, Means(city=told)).timetable
    assert table is not None
    assert holds(table, city, told)
    for _ in range(12):
        one = data.draw(st.sampled_from(table.appointments))
        night = one.night + data.draw(st.integers(-4, 8)) * DAY
        copy = one.copy_from + data.draw(st.integers(-3, 8)) * DAY
        alone = data.draw(st.booleans())
        edits = [Edit(other.system) for other in table.appointments if other.system != one.system]
        mine = Edit(one.system, night=night, copy_from=None if alone else copy)
        changed = edited(table, [*edits, mine], told).timetable
        assert (faults(changed, city, told) == []) == holds(changed, city, told)


def test_who_begins_before_what_it_needs_is_told() -> None:
    city = estate([system("S0"), system("S1")], [("S0", "S1")])
    pinned = [{"systems": ["S0", "S1"], "reason": "同库"}]
    told = means(groups={"pin": pinned}, nights={"window": "22:00-06:00", "turn": 30})
    table = make_plan(city, Means(city=told)).timetable
    assert table is not None
    at = {one.system: one for one in table.appointments}
    assert (at["S1"].begins[11:], at["S0"].begins[11:]) == ("22:00", "22:30")
    begins = datetime.fromisoformat(at["S1"].begins)
    needs = [("S0", "S1"), ("S0", "S9")]
    half, hour = (Edit("S1", begins=begins + timedelta(minutes=n)) for n in (30, 60))
    assert edited(table, [Edit("S0"), half], told, needs).broken == ()
    turned = edited(table, [Edit("S0"), hour], told, needs)
    assert [one[:9] for one in turned.broken] == ["S0 依赖 S1，"]
    assert (turned.changed, turned.moved) == (1, 0)
