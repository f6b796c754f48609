"""Rings that give way: no system is left out or late for a bond that has a price, and more people never
make a plan worse."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from inventory.model import Estate
from migrator.planning.checking import faults
from migrator.planning.plan import Disposition, Means, Plan
from migrator.planning.planner import make_plan
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system

RING = [("S0", "S1"), ("S1", "S2"), ("S2", "S0")]


def planned(city: Estate, **given: Any) -> tuple[Plan, dict[str, int]]:
    """The plan, and of each system that has one its night after the first."""
    told = means(**given)
    plan = make_plan(city, Means(city=told))
    table = plan.timetable
    if table is None:
        return plan, {}
    assert faults(table, city, told) == []
    return plan, {one.system: (one.night - FIRST).days for one in table.appointments}


def split_of(plan: Plan) -> list[tuple[tuple[str, ...], int]]:
    assert plan.timetable is not None
    return [(one.systems, one.price) for one in plan.timetable.split or ()]


def ring(**facts: dict[str, Any]) -> Estate:
    return estate([system(f"S{n}", **facts.get(f"S{n}", {})) for n in range(3)], RING)


def test_a_ring_that_can_stay_in_one_night_does() -> None:
    plan, nights = planned(ring(), crews={"room": 3})
    assert nights == {"S0": 1, "S1": 1, "S2": 1}
    assert split_of(plan) == []


@pytest.mark.parametrize(
    ("facts", "given", "told"),
    [
        ({"S1": {"window": "10:00-12:00"}}, {}, "窗口不在同一晚"),
        ({}, {"groups": {"forbid": [{"systems": ["S0", "S1"], "reason": "同厂商"}]}}, "同厂商"),
        ({"S1": {"storage_gib": 100_000}}, {}, "可复制的只有"),
        (
            {"S1": {"cpu_cores": 90}},
            {"deliveries": [{"cloud": CLOUD, "on": FIRST, "cores": 20}]},
            "余",
        ),
        (
            {},
            {
                "groups": {
                    "at": [
                        {"system": f"S{n}", "night": FIRST + timedelta(3 + n), "reason": "会"}
                        for n in (0, 2)
                    ]
                }
            },
            "2026-12-04",
        ),
        (
            {"S2": {"organisation": "O2"}},
            {
                "allowed": [
                    {"organisations": ["O2"], "to": FIRST + timedelta(2)},
                    {"organisations": ["O1"], "from": FIRST + timedelta(9)},
                ]
            },
            "没有一晚",
        ),
        (
            {"S1": {"storage_gib": 1500}},
            {"groups": {"at": [{"system": "S0", "night": FIRST + timedelta(1), "reason": "会"}]}},
            "前复制不完：line:L-R1 上需 4 昼夜",
        ),
    ],
    ids=["window", "forbid", "size", "machines", "told", "allowed", "copy"],
)
def test_a_ring_falls_apart_before_any_of_it_is_left_out(
    facts: dict[str, Any], given: dict[str, Any], told: str
) -> None:
    plan, nights = planned(ring(**facts), **({"crews": {"room": 3}} | given))
    hopeless = {code for code, own in facts.items() if {"cpu_cores", "storage_gib"} & set(own)}
    hopeless -= {code for code, own in facts.items() if own.get("storage_gib") == 1500}
    assert set(nights) == {"S0", "S1", "S2"} - hopeless
    assert split_of(plan) == [(("S0", "S1", "S2"), 3)]
    assert plan.timetable is not None
    assert plan.timetable.split is not None
    assert told in plan.timetable.split[0].why


def test_a_ring_falls_apart_before_any_of_it_is_late_and_no_other_does() -> None:
    """S1 is copied for two days, S0 is due after one; S3 and S4 can be in time together."""
    city = estate(
        [*(system(f"S{n}", storage_gib=900 if n == 1 else 10) for n in range(5))],
        [*RING, ("S3", "S4"), ("S4", "S3")],
    )
    due = [{"name": "先行", "on": FIRST + timedelta(days=2), "systems": ["S0", "S3"]}]
    plan, nights = planned(city, crews={"room": 5}, deadlines=due)
    assert nights["S0"] == nights["S3"] == nights["S4"] == 1
    assert [one for one, _ in split_of(plan)] == [("S0", "S1", "S2")]
    assert plan.timetable is not None
    assert (plan.timetable.stages[0].name, plan.timetable.stages[0].value) == ("late:error", 0)


def test_a_ring_stays_where_to_split_it_would_not_help() -> None:
    several = [system("S0", storage_gib=900), system("S1", "R2", storage_gib=900)]
    city = estate(several, [("S0", "S1"), ("S1", "S0")])
    due = [{"name": "先行", "on": FIRST + timedelta(days=1)}]
    plan, nights = planned(city, deadlines=due)
    assert nights["S0"] == nights["S1"]
    assert split_of(plan) == []


def drawn(draw: Random) -> tuple[Estate, dict[str, Any]]:
    """Rings of two and three beside what is bound firmly, with windows, copies, days and the
    engineer's word that make them stand against one another."""
    count = draw.randrange(3, 9)
    codes = [f"S{n}" for n in range(count)]
    systems = [
        system(
            code,
            draw.choice(["R1", "R2"]),
            organisation=draw.choice(["O1", "O2"]),
            storage_gib=draw.choice([1, 300, 900, 60_000]),
            cpu_cores=draw.randrange(1, 9),
            window=draw.choice([None, "21:00-23:30", "01:00-04:00", "09:00-17:00"]),
        )
        for code in codes
    ]
    needs = {(a, b, draw.choice(["接口", "接口", "数据库"])) for a, b in _some(codes, draw, 3)}
    for part in (codes[:2], codes[2:5]):
        if draw.random() < 0.8 and len(part) > 1:
            needs |= {(a, b, "接口") for a, b in zip(part, part[1:] + part[:1], strict=True)}
    day = lambda most: FIRST + timedelta(days=draw.randrange(1, most))  # noqa: E731
    given: dict[str, Any] = {
        "plan": {"from": FIRST, "nights": 40},
        "trial": draw.randrange(3),
        "groups": {
            "together": ["数据库"],
            "forbid": [{"systems": [a, b], "reason": "同厂商"} for a, b in _some(codes, draw, 1)],
            "at": [
                {"system": code, "night": day(9), "reason": "会议定"}
                for code in draw.sample(codes, draw.randrange(3))
            ],
        },
        "deliveries": [
            {"cloud": CLOUD, "on": FIRST, "cores": 12},
            {"cloud": CLOUD, "on": day(20), "cores": 60},
        ],
        "deadlines": [
            {"name": "甲局", "on": day(6), "organisations": ["O1"]},
            {"name": "全部", "on": day(12), "severity": "warning"},
        ],
        "search": {"seconds": 60, "work": 2},
    }
    if draw.random() < 0.3:
        given["allowed"] = [{"organisations": ["O2"], "to": day(15)}]
    pairs = {n[:2]: n for n in sorted(needs)}
    return estate(systems, pairs.values()), given


def _some(codes: list[str], draw: Random, most: int) -> list[tuple[str, str]]:
    found = (draw.sample(codes, 2) for _ in range(draw.randrange(most + 1)))
    return [(a, b) for a, b in found]


CREWS = [{"room": 1}, {"room": 2}, {"room": 4}]


def judged(city: Estate, given: dict[str, Any]) -> tuple[int, int]:
    """How many are left out, and how late the others have to be by the hardest wording."""
    plan, _ = planned(city, **given)
    left = sum(v.disposition is Disposition.BLOCKED for v in plan.verdicts)
    stages = plan.timetable.stages if plan.timetable else ()
    return left, sum(stage.value for stage in stages if stage.name == "late:error")


def never_worse(seed: int) -> None:
    city, given = drawn(Random(seed))
    costs = [judged(city, given | {"crews": crews}) for crews in CREWS]
    assert costs == sorted(costs, reverse=True), (seed, costs)


@pytest.mark.parametrize("seed", [0, 1, 2, 228, 254, 972])
def test_more_people_never_make_a_plan_worse(seed: int) -> None:
    never_worse(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 400))
def test_more_people_never_make_a_plan_worse_in_many_cities(seed: int) -> None:
    never_worse(seed)
