"""What would help is proved by the checker: the change is made, the group moved, and nothing is broken."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from inventory.model import Estate
from migrator.planning.checking import faults
from migrator.planning.edited import Edit, edited
from migrator.planning.means import CityMeans
from migrator.planning.orders import NO_ORDERS
from migrator.planning.plan import Means, Plan
from migrator.planning.planner import make_plan
from migrator.planning.timetable import Timetable
from migrator.timing.case import reasons_of
from migrator.timing.helping import Help, Helping, advice
from migrator.timing.jobs import Measures, bases_of
from migrator.timing.lots import Lot
from migrator.timing.why import binding_most, told
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system


def asked(city: Estate, **given: Any) -> tuple[Plan, list[tuple[Lot, tuple[Help, ...]]]]:
    plan = make_plan(city, Means(city=means(**given)))
    reasons = reasons_of(plan, city, NO_ORDERS)
    known = Measures.of(city, means(**given))
    found = []
    for lot in reasons.task.lots:
        rates = {one.code: one.rate_kbps for one in bases_of(lot.jobs, known)}
        found.append((lot, Helping(reasons, rates).of(lot)))
    return plan, found


def latest(found: list[tuple[Lot, tuple[Help, ...]]], code: str) -> dict[str, Help]:
    return {one.what: one for lot, helps in found for one in helps if lot.jobs[0].code == code}


def changed(given: dict[str, Any], one: Help) -> dict[str, Any]:
    """The means as they stand when a person takes that advice."""
    kind, _, rest = one.what.partition(":")
    match kind:
        case "crew" if rest == "total":
            return given | {
                "crews": given["crews"] | {"total": given["crews"]["total"] + one.amount}
            }
        case "crew" if rest == CLOUD:
            most = given["crews"].get("cloud", 1000) + one.amount
            return given | {"crews": given["crews"] | {"clouds": {CLOUD: most}}}
        case "crew":
            most = given["crews"]["room"] + one.amount
            return given | {"crews": given["crews"] | {"rooms": {rest: most}}}
        case "line":
            own = {"own": {rest: {"rate": f"{one.amount}M"}}}
            return given | {"lines": given["lines"] | own}
        case "one_item":
            return given | {"lines": given["lines"] | {"one_item": one.amount}}
        case "cloud":
            more = {"cloud": CLOUD, "on": one.by, rest.split(":")[-1]: one.amount}
            return given | {"deliveries": [*given["deliveries"], more]}
        case "nights":
            return given | {"freezes": []}
        case "pilots":
            return given | {"pilots": {"days": given["pilots"]["days"] - one.amount}}
    raise AssertionError(one)


def moved(table: Timetable, lot: Lot, one: Help, city: CityMeans) -> Timetable:
    mine = {job.code for job in lot.jobs}
    nights = (Edit(a.system, one.night if a.system in mine else None) for a in table.appointments)
    other = edited(table, nights, city).timetable
    copied = {"copy_from": one.copy_from, "copy_nights": one.copy_nights, "rests": None}
    return other.model_copy(
        update={
            "appointments": tuple(
                a.model_copy(update=copied) if a.system in mine else a for a in other.appointments
            )
        }
    )


def drawn(draw: Random) -> tuple[Estate, dict[str, Any]]:
    codes = [f"S{n}" for n in range(draw.randrange(3, 9))]
    systems = [
        system(
            code,
            draw.choice(["R1", "R2"]),
            storage_gib=draw.choice([1, 300, 900, 3000]),
            cpu_cores=draw.randrange(1, 9),
            pilot=draw.choice([None, None, None, True]),
        )
        for code in codes
    ]
    needs = [tuple(sorted(draw.sample(codes, 2), reverse=True)) for _ in range(2)]
    return estate(systems, {(a, b) for a, b in needs}), {
        "lines": {"day": 20, "night": 80, "one_item": draw.choice([50, 100])},
        "crews": {"room": 1, "total": draw.choice([1, 2])},
        "pilots": {"days": draw.randrange(4)},
        "trial": draw.randrange(2),
        "deliveries": [
            {"cloud": CLOUD, "on": FIRST, "cores": 12},
            {"cloud": CLOUD, "on": FIRST + timedelta(days=draw.randrange(20)), "cores": 60},
        ],
        "freezes": [
            {"name": "封网", "from": FIRST + timedelta(days=3), "to": FIRST + timedelta(days=6)}
        ],
        "search": {"seconds": 60, "work": 1},
    }


@pytest.mark.parametrize("seed", range(8))
def test_what_would_help_does(seed: int) -> None:
    proves(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 300))
def test_what_would_help_does_in_many_cities(seed: int) -> None:
    proves(seed)


def proves(seed: int) -> None:
    city, given = drawn(Random(seed))
    plan, found = asked(city, **given)
    assert plan.timetable is not None
    before = {one.system: one.night for one in plan.timetable.appointments}
    for lot, helps in found:
        for one in helps:
            assert (before[lot.jobs[0].code] - one.night).days == one.days > 0
            assert " / " in advice(one)
            if one.what.startswith("order"):
                continue  # what it needs would have to move as well
            other = means(**changed(given, one))
            table = moved(plan.timetable, lot, one, other)
            assert faults(table, city, other) == [], (one, lot.group.systems)


def test_each_kind_with_its_amount() -> None:
    """S0 and S1 share a crew; S1 is the larger, 2 days by the line of 100 Mbit/s."""
    city = estate([system("S0"), system("S1", storage_gib=900)])
    found = latest(asked(city, crews={"room": 1}, lines={"day": 20, "night": 80})[1], "S1")
    # 100 GiB beside half of 900 in a day are 563,200 MiB; 100 Mbit/s carry 514,984
    assert (found["line:L-R1"].now, found["line:L-R1"].amount) == (100, 110)
    assert advice(found["line:L-R1"]).startswith("线路 L-R1 由 100 提到 110 Mbit/s / ")


def test_a_crew_a_share_and_a_delivery() -> None:
    two = [system(f"S{n}") for n in range(2)]
    crew = latest(asked(estate(two), crews={"room": 1})[1], "S1")["crew:R1"]
    assert (crew.amount, crew.days) == (1, 1)
    large = estate([system("S0", storage_gib=900)])
    half = {"lines": {"day": 20, "night": 80, "one_item": 40}}
    share = latest(asked(large, **half)[1], "S0")["one_item"]
    assert (share.now, share.amount, share.copy_nights) == (40, 45, 4)
    given = [
        {"cloud": CLOUD, "on": FIRST, "cores": 5},
        {"cloud": CLOUD, "on": FIRST + timedelta(days=9), "cores": 4},
    ]
    store = latest(asked(estate(two), crews={"room": 2}, deliveries=given)[1], "S1")
    more = store[f"cloud:{CLOUD}:cores"]
    assert (more.amount, more.days, more.by) == (3, 9, date(2026, 12, 1))
    assert "至迟 2026-12-01 多交付 3 核" in advice(more)


def test_a_night_that_was_told_is_not_to_be_helped() -> None:
    at = [{"system": "S0", "night": FIRST + timedelta(days=9), "reason": "会议定"}]
    assert asked(estate([system("S0")]), groups={"at": at})[1][0][1] == ()


def test_the_whole_plan_counts_nights_and_not_groups() -> None:
    city = estate([system(f"S{n}") for n in range(9)], [("S8", "S0")])
    plan = make_plan(city, Means(city=means(crews={"room": 1})))
    most = binding_most(reasons_of(plan, city, NO_ORDERS))
    assert plan.timetable is not None
    assert (most[0].what, most[0].groups) == ("crew:R1", 8)
    assert max(max(one.nights, one.gain) for one in most) <= 9
    assert told("order") == "须待所依赖的系统割接并试运行 / after what it needs"
