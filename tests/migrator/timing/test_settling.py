"""Cities of many groups, whose groups trade nights."""

import pytest

from migrator.planning.checking import faults
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.timing import searching
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


def test_what_waits_for_the_last_delivery_is_close_to_what_goes_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A tenth of the machines each month: the largest system waits for the last of them. The core
    proves its answer best; trades alone, begun from the first nights, stayed at four times as much."""
    city, told = large(12, 3, 3, 28)
    systems = (city.systems[0].model_copy(update={"pilot": True}), *city.systems[1:])
    city = city.model_copy(update={"systems": systems})
    crews, search = {"room": 1, "total": 1}, {"seconds": 600, "work": 4}
    given = CityMeans.model_validate(told | {"crews": crews, "search": search})

    def apart() -> tuple[int, int]:
        table = make_plan(city, Means(city=given)).timetable
        assert table is not None
        assert faults(table, city, given) == []
        stages = {stage.name: stage for stage in table.stages}
        assert stages["makespan"].proved
        return stages["apart"].value, stages["apart"].bound

    best, bound = apart()
    assert best == bound
    monkeypatch.setattr(searching, "SMALL", 0)
    traded, bound = apart()
    assert bound <= best <= traded <= 1.25 * best
