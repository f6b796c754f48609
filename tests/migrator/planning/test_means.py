"""A city's means: read, refused, set otherwise."""

from datetime import date
from pathlib import Path

import pytest

from inventory.model import Line
from migrator.errors import MeansRefused
from migrator.planning.means import CityMeans, Freeze
from migrator.planning.means_file import changed, read_means
from tests.migrator.timing.cities import estate, means, system

CITY = estate([system("S0")], more=[Line(code="YZ-DX.1003", name="电信", a_end="R1", z_end="R2")])


@pytest.mark.parametrize(
    ("told", "holds", "open_"),
    [
        (("2027-03-03", "2027-03-12"), ["2027-03-03", "2027-03-12"], ["2027-03-13", "2028-03-05"]),
        (("06-07", "06-10"), ["2026-06-07", "2031-06-10"], ["2026-06-11"]),
        (("12-25", "01-05"), ["2026-12-25", "2027-01-05"], ["2027-01-06", "2027-12-24"]),
        (("02-29", "02-29"), ["2028-02-29"], ["2027-02-28", "2027-03-01"]),
    ],
)
def test_a_freeze_of_a_year_and_of_every_year(
    told: tuple[str, str], holds: list[str], open_: list[str]
) -> None:
    freeze = Freeze.model_validate({"name": "封网", "from": told[0], "to": told[1]})
    assert all(freeze.holds(date.fromisoformat(day)) for day in holds)
    assert not any(freeze.holds(date.fromisoformat(day)) for day in open_)


@pytest.mark.parametrize(
    "told", [("03-03", "2027-03-12"), ("2027-03-12", "2027-03-03"), ("13-01", "13-02")]
)
def test_no_freeze(told: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"."):
        Freeze.model_validate({"name": "封网", "from": told[0], "to": told[1]})


def test_single_values_are_set_by_their_path() -> None:
    plain = means(freezes=[{"name": "封网", "from": "06-07", "to": "06-10"}])
    told = ["line.YZ-DX.1003.rate=1G", "room.R1=7", "lines.day=35", "freezes.1.to=06-12", "trial=4"]
    found = changed(plain, told, CITY)
    assert found.lines.own["YZ-DX.1003"].rate == 1_000_000
    assert found.crews.rooms == {"R1": 7}
    assert (found.lines.day, found.freezes[0].to, found.trial) == (35, "06-12", 4)
    assert plain == means(freezes=[{"name": "封网", "from": "06-07", "to": "06-10"}])


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("freezes.2.to=06-12", "expected 1: read 2"),
        ("deadlines.1.on=2026-12-12", "it has no entry"),
        ("lines.day", "PATH=VALUE"),
        ("lines.day=200", "100"),
        ("line.X=1G", "CODE"),
        ("line.NONE.rate=1G", "NONE"),
        ("freezes.2.to=06-12", "1"),
        ("trial.x=1", "trial"),
        ("nosuch.key=1", "nosuch"),
        ("line.YZ-DX.1003.rate=fast", "100M"),
    ],
)
def test_what_cannot_be_set(told: str, why: str) -> None:
    with pytest.raises(MeansRefused, match=why):
        changed(means(freezes=[{"name": "封网", "from": "06-07", "to": "06-10"}]), [told], CITY)


def test_means_read_back_from_a_plans_json() -> None:
    whole = means(
        freezes=[{"name": "封网", "from": "06-07", "to": "06-10"}],
        allowed=[{"systems": ["S0"], "nights": ["sat"], "from": date(2026, 12, 5)}],
    )
    assert CityMeans.model_validate_json(whole.model_dump_json()) == whole


@pytest.mark.parametrize(
    ("told", "kbps"),
    [("1.5G", 1_500_000), ("2.5 Mbps", 2_500), ("100M", 100_000), ("64K", 64), ("64", 64)],
)
def test_rates(told: str, kbps: int) -> None:
    assert changed(means(), [f"lines.network={told}"], CITY).lines.network == kbps


@pytest.mark.parametrize("told", ["0.0005M", "1.G", "1,5G", "快"])
def test_no_rates(told: str) -> None:
    with pytest.raises(MeansRefused, match=r"应为速率.*expected a rate"):
        changed(means(), [f'lines.network="{told}"'], CITY)


def test_codes_that_nobody_has_are_told_with_every_other_mistake(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(
        """[plan]
from = 2026-12-01
nights = 60
[lines]
day = 120
night = 80
[lines.own.NOPE]
day = 10
[crews]
room = -1
clouds = 3
[[freezes]]
name = "封网"
from = "02-30"
to = "03-01"
systems = ["S0", "S9", 4]
[[deliveries]]
cloud = "NONE"
on = 2026-12-01
""",
        encoding="utf-8",
    )
    with pytest.raises(MeansRefused) as refused:
        read_means(path, CITY)
    found = [(one.line, one.at) for one in refused.value.faults]
    assert found == [
        (5, "lines.day"),
        (7, "lines.own.NOPE"),
        (10, "crews.room"),
        (11, "crews.clouds"),
        (14, "freezes[1].from"),
        (16, "freezes[1].systems[3]"),
        (16, "freezes[1].systems"),
        (18, "deliveries[1].cloud"),
    ]
    assert "应为日期，如 2027-01-31" in str(refused.value)
    assert "expected a date such as 2027-01-31" in str(refused.value)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MeansRefused, match=r"是目录.*a folder"):
        read_means(tmp_path, CITY)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MeansRefused, match=r"没有此文件.*no such file.*none\.toml"):
        read_means(tmp_path / "none.toml", CITY)
