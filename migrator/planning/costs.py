"""What a timetable costs year by year and system by system (大政办发〔2017〕135号 三(七): 逐年、逐项).

for row in costs_of(table, estate, city): row.year, row.system, row.moving
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from inventory.model import Estate, System
from migrator.planning.means import CityMeans
from migrator.planning.timetable import Appointment, Timetable

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    """Yuan of one system in one year, rounded down. `moving`: once, in the year of its night;
    `cloud`: its machines, from the day on which its copy begins; `old`: what its department pays for
    keeping it where it was, until its night; `freed`: what is no longer paid for that. The last two
    are None where nobody told what it costs."""

    year: int
    system: str
    moving: int
    cloud: int
    old: int | None
    freed: int | None


def costs_of(table: Timetable, estate: Estate, city: CityMeans) -> Iterator[Cost]:
    """For every year that the timetable touches, each year whole (of the first what is left of it)."""
    if not table.appointments:
        return
    systems = {one.code: one for one in estate.systems}
    last = max(one.night for one in table.appointments).year
    for year in range(table.first.year, last + 1):
        begin = max(date(year, 1, 1), table.first)
        for one in table.appointments:
            yield _cost(one, systems[one.system], city, begin, date(year + 1, 1, 1))


def _cost(one: Appointment, system: System, city: CityMeans, begin: date, end: date) -> Cost:
    """In the days from `begin` to before `end`."""
    prices = city.costs
    yearly = (
        prices.core_year * (system.cpu_cores or 0)
        + prices.memory_year * (system.memory_gib or 0)
        + prices.storage_year * (system.storage_gib or 0)
    )
    moving = prices.system + prices.gib * (system.storage_gib or 0)
    done = min(max(begin, one.night + DAY), end)  # the morning after: the old place is left
    kept = system.om_funds_per_year
    return Cost(
        year=begin.year,
        system=one.system,
        moving=moving if begin <= one.night < end else 0,
        cloud=_share(yearly, max(begin, one.copy_from), end),
        old=None if kept is None else _share(kept, begin, done),
        freed=None if kept is None else _share(kept, done, end),
    )


def _share(yearly: int, begin: date, end: date) -> int:
    """So much of a year's amount as the days of that year are."""
    if end <= begin:
        return 0
    whole = (date(begin.year + 1, 1, 1) - date(begin.year, 1, 1)).days
    return yearly * (end - begin).days // whole
