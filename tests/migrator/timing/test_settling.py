"""Cities of many groups, whose groups trade nights."""

from migrator.checking import faults
from migrator.means import CityMeans
from migrator.plan import Means
from migrator.planner import make_plan
from tests.migrator.timing.cities import large


def test_groups_trade_nights_and_every_constraint_is_kept() -> None:
    city, told = large(80, 10, 12, 150)
    short, long = (
        make_plan(
            city,
            Means(city=CityMeans.model_validate(told | {"search": {"seconds": 600, "work": work}})),
        ).timetable
        for work in (1, 4)
    )
    assert short is not None
    assert long is not None
    assert faults(long, city, CityMeans.model_validate(told)) == []
    assert long.repeatable
    at = [{s.name: s for s in table.stages} for table in (short, long)]
    assert at[1]["makespan"].proved
    assert at[1]["apart"].bound <= at[1]["apart"].value <= at[0]["apart"].value
    # by lags alone 4 nights a dependency; crews and what pilots hold up tell more
    assert at[1]["apart"].bound > 4 * 150
