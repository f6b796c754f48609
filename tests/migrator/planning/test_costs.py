"""Costs year by year: moving once, the cloud from the copy on, the old place until the night."""

from datetime import date

from migrator.planning.costs import Cost, costs_of
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from tests.migrator.timing.cities import estate, means, system


def test_two_years_of_one_system() -> None:
    city = estate([system("S0", om_funds_per_year=36_500), system("S1", "R2")])
    told = means(
        costs={"system": 20_000, "gib": 10, "core_year": 365},
        groups={"at": [{"system": "S1", "night": date(2027, 1, 10), "reason": "约定"}]},
    )
    table = make_plan(city, Means(city=told)).timetable
    assert table is not None
    found = list(costs_of(table, city, told))
    mine = [one for one in found if one.system == "S0"]
    # copied from 1 December (31 days of 4 cores), cut over in the night of the 2nd
    assert table.of("S0").night == date(2026, 12, 2)  # type: ignore[union-attr]
    assert mine == [
        Cost(2026, "S0", moving=21_000, cloud=4 * 31, old=200, freed=2_900),
        Cost(2027, "S0", moving=0, cloud=4 * 365, old=0, freed=36_500),
    ]
    other = [one for one in found if one.system == "S1"]
    assert [(one.moving, one.old, one.freed) for one in other] == [
        (0, None, None),
        (21_000, None, None),
    ]
