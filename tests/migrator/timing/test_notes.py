"""What a plan says that breaks no constraint: windows by day, unknown holidays, doubtful lines."""

from datetime import date, timedelta
from typing import Any

import pytest

from inventory.model import Estate, Line
from migrator.planning.means import CityMeans
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.planning.timetable import Timetable
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system


def table_of(city: Estate, given: CityMeans) -> Timetable:
    table = make_plan(city, Means(city=given)).timetable
    assert table is not None
    return table


def notes(city: Estate, given: CityMeans) -> dict[str, tuple[str, ...]]:
    return {one.text: one.systems for one in table_of(city, given).notes or ()}


def test_a_window_by_day_is_told_with_its_hours() -> None:
    city = estate([system("S0", window="09:00-17:00"), system("S1", window="22:00-04:00")])
    ((text, systems),) = notes(city, means(nights={"hours": "22:00-04:00"})).items()
    assert systems == ("S0",)
    begins = f"{FIRST + timedelta(days=2)} 09:00"  # of the night 1, and so on the day after
    for part in ("09:00-17:00", "22:00-04:00", begins):
        assert part in text


@pytest.mark.parametrize("window", ["20:00-08:00", "00:00-00:00", "22:00-00:00", "07:00-08:00"])
def test_a_window_within_the_night_is_nothing_to_tell(window: str) -> None:
    assert table_of(estate([system("S0", window=window)]), means()).notes is None


@pytest.mark.parametrize("holidays", ["open", "closed"])
def test_years_without_a_notice_are_told_where_holidays_are_closed(holidays: str) -> None:
    given = means(
        plan={"from": date(2090, 1, 4), "nights": 30},
        nights={"window": "22:00-06:00", "holidays": holidays},
    )
    found = notes(estate([system("S0")]), given)
    assert [("2090" in text, systems) for text, systems in found.items()] == (
        [(True, ("S0",))] if holidays == "closed" else []
    )


def lines(**facts: dict[str, Any]) -> tuple[Line, ...]:
    return tuple(
        Line.model_validate(
            {"code": code, "name": code, "a_end": "R9", "z_end": CLOUD, "bandwidth_kbps": 1_000_000}
            | more
        )
        for code, more in facts.items()
    )


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"self_leased": True}, ["自行租用"]),
        ({"type": "互联网专线"}, ["互联网线路"]),
        ({"nature": "Internet"}, ["互联网线路"]),
        ({"contract_end": date(2020, 6, 30)}, ["2020-06-30"]),
        ({"contract_end": FIRST + timedelta(days=400)}, []),
        ({"cancelled_on": date(2021, 1, 1), "self_leased": True}, ["注销", "自行租用"]),
        ({}, []),
    ],
)
def test_doubtful_lines_are_told_where_they_are_used(
    facts: dict[str, Any], words: list[str]
) -> None:
    city = estate([system("S0", "R9")], more=lines(X=facts))
    city = city.model_copy(
        update={"rooms": (*city.rooms, city.rooms[0].model_copy(update={"code": "R9"}))}
    )
    found = list(notes(city, means()))
    assert [word in text for word, text in zip(words, found, strict=True)] == [True] * len(words)


def test_the_governments_own_line_is_preferred_to_wider_ones() -> None:
    found = lines(
        own={"bandwidth_kbps": 100_000},
        unknown={"bandwidth_kbps": None},
        leased={"self_leased": True},
        net={"type": "互联网专线", "bandwidth_kbps": 9_000_000},
        gone={"cancelled_on": date(2020, 1, 1), "bandwidth_kbps": 9_000_000},
    )
    taken = []
    left = list(found)
    while left:
        table = table_of(estate([system("S0", "R9")], more=left), means(lines=NETWORK))
        by = table.appointments[0].by
        taken.append(by)
        left = [line for line in left if f"line:{line.code}" != by]
        if not by.startswith("line:") or len(left) == 1:
            break
    assert taken == ["line:own", "line:leased", "line:net", "line:gone"]


NETWORK = {"day": 20, "night": 80, "network": "10M"}
