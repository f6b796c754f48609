"""What hangs together goes earlier as one."""

from dataclasses import replace

from migrator.planning.groups import found, ties_of
from migrator.planning.means import CityMeans
from migrator.timing.earlier import earlier
from migrator.timing.fitting import fitting
from migrator.timing.jobs import Measures, rulings
from migrator.timing.lots import task_of
from migrator.timing.nights import Calendar
from migrator.timing.walking import Walk
from tests.migrator.timing.cities import estate, means, system


def walk_of(told: CityMeans) -> Walk:
    """S0 needs S1, which needs S2; S9 hangs on nothing; one cutover a night."""
    codes = ("S0", "S1", "S2", "S9")
    city = estate([system(code, storage_gib=1) for code in codes], [("S0", "S1"), ("S1", "S2")])
    jobs, _ = rulings(city.systems, Measures.of(city, told))
    ties, calendar = ties_of(city), Calendar(told, told.plan.nights)
    lots, _ = fitting(found(jobs, ties, told.groups), jobs, calendar, {})
    return Walk(task_of(lots, ties, told, calendar, dues={}, former={}))


LATE = {"S0": 12, "S1": 11, "S2": 10, "S9": 2}


def slots_of(walk: Walk, nights: dict[str, int]) -> dict[str, int]:
    slots: dict[str, int] = {}
    for code, night in nights.items():
        lot = walk.task.of[code]
        slots |= {lot.cut: night, lot.copy(0): night - 1}
    return slots


def nights_of(walk: Walk, slots: dict[str, int]) -> dict[str, int]:
    return {code: slots[lot.cut] for code, lot in walk.task.of.items()}


def test_all_go_by_the_same_number_of_nights_past_what_is_in_the_way() -> None:
    """Three in a row find room behind S9, not around it; then S9 goes to the first night."""
    walk = walk_of(means(crews={"room": 1}))
    moved = nights_of(walk, earlier(walk, slots_of(walk, LATE)))
    assert moved == {"S0": 4, "S1": 3, "S2": 2, "S9": 1}


def test_nothing_goes_where_nights_are_to_be_kept() -> None:
    walk = walk_of(means(crews={"room": 1}))
    walk.task = replace(walk.task, former={0: 12})
    assert nights_of(walk, earlier(walk, slots_of(walk, LATE))) == LATE
