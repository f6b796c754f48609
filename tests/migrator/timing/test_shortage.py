"""Too little is delivered: who goes first, and what is told of the rest."""

from datetime import timedelta
from typing import Any

import pytest

from migrator.planning.timetable import Short
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system
from tests.migrator.timing.test_arranging import nights, plan_for, table_for

SMALL = [system(f"S{n}", storage_gib=100) for n in range(1, 6)]
LARGE = system("S0", storage_gib=400)


def delivered(gib: int, **more: Any) -> dict[str, Any]:
    return {"deliveries": [{"cloud": CLOUD, "on": FIRST, "storage_gib": gib}], **more}


def test_many_small_ones_rather_than_a_large_one() -> None:
    table = table_for(estate([LARGE, *SMALL]), **delivered(500))
    assert set(nights(table)) == {"S1", "S2", "S3", "S4", "S5"}
    assert table.short == (Short(what=f"cloud:{CLOUD}:storage_gib", wanted=900, there=500),)


def test_who_is_due_goes_first() -> None:
    day = {"name": "年底", "on": FIRST + timedelta(days=30), "severity": "error", "systems": ["S0"]}
    table = table_for(estate([LARGE, *SMALL]), **delivered(500, deadlines=[day]))
    assert len(nights(table)) == 2
    assert "S0" in nights(table)


def test_what_was_told_a_night_goes_before_all() -> None:
    at = {"at": [{"system": "S0", "night": FIRST + timedelta(days=9), "reason": "验收"}]}
    table = table_for(estate([LARGE, *SMALL]), **delivered(400, groups=at))
    assert nights(table) == {"S0": 9}


def test_the_reason_tells_the_total_and_what_is_left() -> None:
    plan = plan_for(estate([LARGE, *SMALL]), **delivered(550))
    blocked = next(one for one in plan.verdicts if one.system == "S0")
    assert "共需 900，交付 550，缺 350；余 50，需 400" in blocked.reason


def test_where_all_find_room_nothing_is_told() -> None:
    assert table_for(estate([LARGE, *SMALL]), **delivered(900)).short is None


@pytest.mark.parametrize("gib", [0, 99])
def test_nothing_fits(gib: int) -> None:
    plan = plan_for(estate(SMALL), **delivered(gib))
    assert plan.timetable is None
    assert all("不足" in one.reason for one in plan.verdicts)
    assert means(**delivered(gib)).deliveries
