"""What it would take to keep a day: the change is made and everything planned anew, by the core, which
finds the least lateness; then the day is kept."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from inventory.model import Estate
from migrator.planning.groups import ties_of
from migrator.planning.plan import Means
from migrator.planning.planner import make_plan
from migrator.planning.timetable import DutyTold
from migrator.timing.arranging import arrange
from migrator.timing.dues import dues_of
from migrator.timing.helping import Help
from migrator.timing.jobs import Measures, rulings
from migrator.timing.keeping import Keeping
from migrator.timing.mapping import due_slot
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system
from tests.migrator.timing.test_helping import changed


def duty(city: Estate, **given: Any) -> DutyTold:
    table = make_plan(city, Means(city=means(**given))).timetable
    assert table is not None
    return table.duties[0]


def by(days: int) -> list[dict[str, Any]]:
    return [{"name": "全部", "on": FIRST + timedelta(days=days)}]


FREEZE = {"name": "会", "from": FIRST, "to": FIRST + timedelta(days=5)}
CORES = {"cloud": CLOUD, "on": FIRST, "cores": 5}
MORE = {"cloud": CLOUD, "on": FIRST + timedelta(days=9), "cores": 3}


@pytest.mark.parametrize(
    ("sizes", "given", "told"),
    [
        (
            (9, 9, 9, 9, 9, 9),
            {"crews": {"room": 1}},
            "班组 R1 每晚增 2 次；S2、S3、S4、S5 可按期（迟的 4/4 组）",
        ),
        # 3000 GiB in two days, beside 9 GiB: 1,545,216 MiB a day; 100 Mbit/s carry 514,984
        ((3000, 9), {}, "线路 L-R1 由 100 提到 301 Mbit/s；S0 可按期（迟的 1/1 组）"),
        ((9, 9), {"freezes": [FREEZE]}, "开放 2026-12-02 夜（封网 会）；S0 可按期"),
        (
            (9, 9),
            {"deliveries": [CORES]},
            "CLOUD:cores 在 2026-12-04 前还须多交付 3 核，容下没有夜晚的 S0（1 个）",
        ),
        (
            (9, 9),
            {"deliveries": [CORES, MORE]},
            "CLOUD:cores 至迟 2026-12-01 多交付 3 核；S1 可按期（迟的 1/1 组）",
        ),
    ],
    ids=["crew", "line", "freeze", "never", "later"],
)
def test_a_day_that_cannot_be_kept_says_what_it_would_take(
    sizes: tuple[int, ...], given: dict[str, Any], told: str
) -> None:
    city = estate([system(f"S{n}", storage_gib=size) for n, size in enumerate(sizes)])
    one = duty(city, deadlines=by(3), **given)
    assert not one.kept
    assert one.takes is not None
    zh, _, en = one.takes[0].partition(" / ")
    assert zh == told
    assert en


def test_where_no_single_change_is_enough_what_stands_there_is_told() -> None:
    city = estate([system("S0"), system("S1")], [("S0", "S1")])
    one = duty(city, trial=5, deadlines=by(8))
    assert one.takes is not None
    assert one.takes[0].startswith("S0 单独一项不够；须待所依赖的 S1 割接并试运行 / ")
    assert duty(city, trial=1, deadlines=by(20)).takes is None


def ways(city: Estate, given: dict[str, Any], day: date) -> list[tuple[Help, int, int]]:
    """Changes, how many late groups each has in time, and of how many."""
    told = means(**given)
    known = Measures.of(city, told)
    jobs, _ = rulings(city.systems, known)
    arranged = arrange(jobs, ties_of(city), told, dues_of(jobs, (), told))
    if arranged.refused or not arranged.task:
        return []
    keeping, due = Keeping(arranged, known, jobs), due_slot(day, told)
    late = keeping.late(jobs, due)
    return [(one, len(numbers), len(late)) for one, numbers in keeping.ways(late, due)]


def drawn(draw: Random) -> tuple[Estate, dict[str, Any], date]:
    """Cities that lack mostly one thing: people, a line or machines."""
    lacks = draw.choice(["crew", "line", "cores"])
    sizes = (300, 900, 3000) if lacks == "line" else (1, 50)
    codes = [f"S{n}" for n in range(draw.randrange(3, 7))]
    systems = [
        system(code, draw.choice(["R1", "R2"]), storage_gib=draw.choice(sizes)) for code in codes
    ]
    needs = {tuple(sorted(draw.sample(codes, 2), reverse=True)) for _ in range(2)}
    day = FIRST + timedelta(days=draw.randrange(3, 7))
    late = {"cloud": CLOUD, "on": FIRST + timedelta(days=9), "cores": 40}
    given: dict[str, Any] = {
        "lines": {"day": 20, "night": 80},
        "crews": {"room": 1 if lacks == "crew" else 5, "total": 12},
        "deliveries": [
            {"cloud": CLOUD, "on": FIRST, "cores": 8 if lacks == "cores" else 40},
            late,
        ],
        "deadlines": [{"name": "全部", "on": day}],
    }
    return estate(systems, [(a, b) for a, b in needs]), given, day


def proves(seed: int) -> int:
    city, given, day = drawn(Random(seed))
    proved = 0
    for one, count, late in ways(city, given, day):
        if count == late:
            assert duty(city, **changed(given, one)).kept, (seed, one)
            proved += 1
    return proved


def test_with_that_change_the_day_is_kept() -> None:
    assert sum(proves(seed) for seed in (4, 10, 13, 16, 17, 29)) == 5


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 200))
def test_with_that_change_the_day_is_kept_in_many_cities(seed: int) -> None:
    assert proves(seed) >= 0
