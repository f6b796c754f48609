"""Means as text: what is written is read as the same means."""

import tomllib
from datetime import date
from pathlib import Path

from inventory.model import Line
from migrator.planning.means import CityMeans
from migrator.planning.means_file import read_means
from migrator.planning.means_text import starter, text_of
from tests.migrator.timing.cities import estate, system

CITY = estate([system("S0")], more=[Line(code="YZ-DX.1003", name="电信", a_end="R1", z_end="R2")])
EVERYTHING = {
    "plan": {"from": "2026-12-01", "nights": 540},
    "lines": {
        "day": 0,
        "night": 80,
        "own": {"YZ-DX.1003": {"rate": "1.5G", "night": 50}},
        "measured": {"YZ-DX.1003": {"percent": 71, "samples": 9}},
    },
    "crews": {"room": 2, "nights": ["mon", "tue"], "rooms": {"R1": 1}},
    "nights": {"hours": "20:00-08:00", "window": "22:00-04:00", "holidays": "closed"},
    "freezes": [
        {"name": 'a "b" \\ 封网\n', "from": "01-20", "to": "02-20"},
        {"name": "两会", "from": "2027-03-03", "to": "2027-03-12", "systems": ["S0"]},
    ],
    "groups": {
        "weight": {"数据库": 3},
        "at": [{"system": "S0", "night": "2027-01-05", "reason": "定"}],
    },
}


def test_means_are_read_as_they_were_written(tmp_path: Path) -> None:
    means = CityMeans.model_validate(EVERYTHING)
    file = tmp_path / "means.toml"
    file.write_text(text_of(means))
    assert read_means(file, CITY) == means


def test_what_is_as_it_would_be_anyway_is_not_written() -> None:
    means = CityMeans.model_validate(
        {
            "plan": {"from": "2026-12-01", "nights": 9},
            "lines": {"day": 0, "night": 80},
            "crews": {"room": 2},
        }
    )
    assert set(tomllib.loads(text_of(means))) == {"plan", "lines", "crews"}


def test_the_first_text_holds_as_it_stands_and_without_its_marks(tmp_path: Path) -> None:
    today = date(2026, 11, 23)
    file = tmp_path / "means.toml"
    file.write_text(starter(today))
    assert read_means(file, CITY).plan.from_ == date(2026, 11, 30)
    every = "\n".join(line.removeprefix("# ") for line in starter(today).splitlines()[1:])
    told = tomllib.loads(every.replace("专线编号", "YZ-DX").replace("云编号", "C"))
    means = CityMeans.model_validate(told)
    assert all((means.freezes, means.deliveries, means.lines.own, means.nights.window))
