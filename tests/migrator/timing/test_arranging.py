"""Timetables: every constraint is kept, by a judge that shares no code with the planner."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.choices import Secrecy
from inventory.model import Estate
from inventory.policies.wording import Severity
from migrator.planning.checking import faults
from migrator.planning.means import CityMeans
from migrator.planning.orders import Duty, Orders
from migrator.planning.plan import Disposition, Means, Plan
from migrator.planning.planner import make_plan
from migrator.planning.timetable import Timetable
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system


def plan_for(city: Estate, **given: Any) -> Plan:
    return make_plan(city, Means(city=means(**given)))


def table_for(city: Estate, **given: Any) -> Timetable:
    plan = plan_for(city, **given)
    assert plan.timetable is not None
    assert faults(plan.timetable, city, means(**given)) == []
    return plan.timetable


def nights(table: Timetable) -> dict[str, int]:
    """System → how many nights after the first."""
    return {one.system: (one.night - FIRST).days for one in table.appointments}


def test_a_crew_takes_what_it_can_in_a_night() -> None:
    table = table_for(estate([system(f"S{n}") for n in range(5)]))
    assert sorted(nights(table).values()) == [1, 1, 2, 2, 3]
    assert all(stage.proved for stage in table.stages)


def test_a_copy_takes_as_long_as_the_line_needs() -> None:
    # 100 Mbit/s, 80 % of 12 hours and 20 % of 12: 5.4e11 bits or 514,984 MiB a day
    table = table_for(estate([system("S0", storage_gib=1000)]))
    assert nights(table) == {"S0": 2}
    assert table.appointments[0].copy_nights == 2


def test_copies_share_a_line() -> None:
    several = [system(f"S{n}", storage_gib=400) for n in range(2)]
    assert sorted(nights(table_for(estate(several))).values()) == [1, 2]
    wide = table_for(
        estate(several), lines={"day": 20, "night": 80, "own": {"L-R1": {"rate": "1G"}}}
    )
    assert sorted(nights(wide).values()) == [1, 1]


def test_machines_are_taken_as_they_are_delivered() -> None:
    table = table_for(
        estate([system(f"S{n}", cpu_cores=8) for n in range(3)]),
        crews={"room": 3},
        deliveries=[
            {"cloud": CLOUD, "on": FIRST, "cores": 8},
            {"cloud": CLOUD, "on": FIRST + timedelta(days=20), "cores": 16},
        ],
    )
    assert sorted(nights(table).values()) == [1, 21, 21]


def test_what_is_needed_moves_first_and_stands_its_trial() -> None:
    table = table_for(estate([system("S0"), system("S1")], [("S0", "S1")]), trial=5)
    assert nights(table) == {"S1": 1, "S0": 7}


def test_freezes_and_a_departments_nights() -> None:
    table = table_for(
        estate([system("S0"), system("S1", "R2", organisation="O2")]),
        freezes=[{"name": "封网", "from": FIRST, "to": FIRST + timedelta(days=9)}],
        allowed=[{"organisations": ["O2"], "nights": ["sat"]}],
    )
    assert nights(table) == {"S0": 10, "S1": 11}  # 2026-12-12 is a Saturday


def test_every_year_and_over_new_year() -> None:
    table = table_for(
        estate([system("S0")]),
        plan={"from": date(2026, 12, 24), "nights": 60},
        freezes=[{"name": "决算", "from": "12-25", "to": "01-05"}],
    )
    assert table.appointments[0].night == date(2027, 1, 6)


def test_holidays_are_the_states_own() -> None:
    """国庆节 2026: offices are closed from 1 to 7 October."""
    table = table_for(
        estate([system("S0")]),
        plan={"from": date(2026, 9, 29), "nights": 60},
        nights={"window": "22:00-06:00", "holidays": "closed"},
    )
    assert table.appointments[0].night == date(2026, 10, 8)


def test_rings_and_databases_move_in_one_night() -> None:
    city = estate(
        [system("S0"), system("S1", "R2"), system("S2", "R2"), system("S3")],
        [("S0", "S1"), ("S1", "S0"), ("S2", "S3", "数据库直连")],
    )
    table = table_for(city, groups={"together": ["数据库"]})
    found = nights(table)
    assert found["S0"] == found["S1"]
    assert found["S2"] == found["S3"]
    ring = next(group for group in table.groups if group.ring)
    assert ring.ring == ("S0", "S1", "S0")
    assert (ring.split_price, ring.split_off) == (2, ("S0",))
    firm = next(group for group in table.groups if not group.ring)
    assert firm.split_price is None


def test_the_network_engineer_has_the_last_word() -> None:
    city = estate([system(f"S{n}") for n in range(4)], [("S0", "S1"), ("S1", "S0")])
    night = FIRST + timedelta(days=8)
    groups = {
        "split": [{"systems": ["S0", "S1"], "reason": "接口可经外网"}],
        "forbid": [{"systems": ["S0", "S1"], "reason": "同一运维商"}],
        "pin": [{"systems": ["S2", "S3"], "reason": "同一合同"}],
        "at": [{"system": "S0", "night": night, "reason": "厂商到场"}],
    }
    found = nights(table_for(city, groups=groups))
    assert found["S0"] == 8
    assert found["S1"] != 8
    assert found["S2"] == found["S3"]


def test_pilots_go_first_with_what_they_need() -> None:
    city = estate(
        [system("S0", pilot=True), system("S1", "R2"), system("S2", "R2")], [("S0", "S1")]
    )
    found = nights(table_for(city, pilots={"days": 10}))
    assert found == {"S1": 1, "S0": 2, "S2": 13}


def test_a_deadline_comes_before_the_makespan() -> None:
    city = estate([system(f"S{n}") for n in range(6)])
    due = [{"name": "S5 先行", "on": FIRST + timedelta(days=2), "systems": ["S5"]}]
    plan = plan_for(city, deadlines=due)
    table = plan.timetable
    assert table is not None
    assert nights(table)["S5"] == 1
    assert [(d.needed, d.in_time, d.kept) for d in table.duties] == [(1, 1, True)]


def test_a_day_that_cannot_be_kept_is_told() -> None:
    city = estate([system(f"S{n}") for n in range(6)])
    plan = plan_for(city, deadlines=[{"name": "全部", "on": FIRST + timedelta(days=2)}])
    assert plan.timetable is not None
    assert [(d.needed, d.in_time, d.kept) for d in plan.timetable.duties] == [(6, 2, False)]
    assert sum(one.late for one in plan.timetable.appointments) == 2 * 1 + 2 * 2


def test_a_part_that_a_policy_asks_for_is_answered_by_the_smallest() -> None:
    sizes = {"S0": 900, "S1": 100, "S2": 400, "S3": 50}
    city = estate([system(code, storage_gib=size) for code, size in sizes.items()])
    duty = Duty(
        policy="x-2026",
        entry="X-1",
        clause="二(一)",
        title="半数上云",
        title_en="half on the cloud",
        severity=Severity.ERROR,
        deadline=FIRST + timedelta(days=3),
        to_go=2,
        open=tuple(sizes),
    )
    given = means(crews={"room": 1})
    plan = make_plan(city, Means(city=given), Orders(duties=(duty,)))
    table = plan.timetable
    assert table is not None
    assert faults(table, city, given) == []
    assert {code for code, night in nights(table).items() if night < 3} == {"S1", "S3"}
    assert [(d.of, d.clause, d.needed, d.in_time) for d in table.duties] == [
        ("x-2026 X-1", "二(一)", 2, 2)
    ]
    assert (table.stages[0].name, table.stages[0].value) == ("late:error", 0)


@pytest.mark.parametrize(
    ("facts", "asks"),
    [
        ({"storage_gib": None}, ("storage_gib",)),
        ({"organisation": None}, ("organisation",)),
        ({"secrecy": Secrecy.UNKNOWN}, ("secrecy",)),
    ],
)
def test_what_is_not_told_blocks_that_system_alone(
    facts: dict[str, Any], asks: tuple[str, ...]
) -> None:
    plan = plan_for(estate([system("S0", **facts), system("S1")], [("S1", "S0")]))
    verdicts = {v.system: v for v in plan.verdicts}
    assert (verdicts["S0"].disposition, verdicts["S0"].asks) == (Disposition.BLOCKED, asks)
    assert verdicts["S1"].wave == 1


def test_a_window_is_asked_where_the_city_has_none_of_its_own() -> None:
    plan = plan_for(estate([system("S0"), system("S1", window="01:00-03:00")]), nights={})
    verdicts = {v.system: v for v in plan.verdicts}
    assert verdicts["S0"].asks == ("window",)
    assert plan.timetable is not None
    assert plan.timetable.appointments[0].begins == "2026-12-03T01:00"


@pytest.mark.parametrize(
    ("given", "facts", "told"),
    [
        ({"crews": {"room": 0}}, {}, "R1"),
        ({"deliveries": [{"cloud": CLOUD, "on": FIRST, "cores": 2}]}, {}, "余 1，需 4"),
        ({"allowed": [{"nights": ["mon"], "to": FIRST}]}, {}, "没有一晚"),
        ({}, {"storage_gib": 100_000}, "可复制的只有 60 昼夜"),
        ({"lines": {"day": 20, "night": 80}}, {"room": "R3"}, "没有线路"),
    ],
)
def test_what_no_timetable_can_hold_is_told_with_the_reason(
    given: dict[str, Any], facts: dict[str, Any], told: str
) -> None:
    city = estate([system("S0", **facts), system("S1", "R2", cpu_cores=1, storage_gib=1)])
    plan = plan_for(city, **given)
    verdict = next(v for v in plan.verdicts if v.system == "S0")
    assert verdict.disposition is Disposition.BLOCKED
    assert told in verdict.reason


def test_a_ring_that_no_crew_can_take_in_one_night_falls_apart() -> None:
    ring = [("S0", "S1"), ("S1", "S2"), ("S2", "S0")]
    table = table_for(estate([system(f"S{n}") for n in range(3)], ring))
    assert sorted(nights(table).values()) == [1, 1, 2]
    assert len(table.groups) == 3
    wide = table_for(estate([system(f"S{n}") for n in range(3)], ring), crews={"room": 3})
    assert nights(wide) == {"S0": 1, "S1": 1, "S2": 1}


def test_groups_of_a_ring_that_share_a_night_go_in_the_order_of_their_needs() -> None:
    """S0 needs S1, which needs S2, which needs S0; the crew takes two of them in a night."""
    ring = [("S0", "S1"), ("S1", "S2"), ("S2", "S0")]
    table = table_for(estate([system(f"S{n}") for n in range(3)], ring), nights=TURNED)
    at = {one.system: one for one in table.appointments}
    same = [(a, b) for a, b in ring if at[a].night == at[b].night]
    assert len(same) == 1
    first, then = at[same[0][1]], at[same[0][0]]
    assert (first.turn, then.turn) == (1, 2)
    assert (first.begins[11:], then.begins[11:]) == ("22:00", "22:40")


TURNED = {"window": "22:00-06:00", "turn": 40}


def test_a_database_group_that_is_too_large_is_refused_with_its_crew() -> None:
    needs = [("S0", "S1", "数据库"), ("S1", "S2", "数据库")]
    city = estate([system(f"S{n}") for n in range(3)], needs)
    plan = plan_for(city, groups={"together": ["数据库"]})
    assert "crew:R1 每晚 2 次，本组须同晚 3 次" in plan.verdicts[0].reason


def test_demands_that_contradict_each_other_are_named_and_no_more() -> None:
    """S0 and S2 are bound by way of S1; S3 hangs on them and has no part in it."""
    city = estate(
        [system(f"S{n}") for n in range(4)],
        [("S0", "S1", "数据库"), ("S1", "S2", "数据库"), ("S2", "S3", "数据库")],
    )
    forbid = [{"systems": ["S0", "S2"], "reason": "同一运维商"}]
    plan = plan_for(city, crews={"room": 4}, groups={"together": ["数据库"], "forbid": forbid})
    reason = plan.verdicts[0].reason
    assert "S0、S2 不得同晚（同一运维商）" in reason
    assert reason.count("同一运维商") == 2  # once in each language
    assert "S0、S1 须同晚" in reason
    assert "S1、S2 须同晚" in reason
    assert "S3" not in reason


def test_same_facts_same_digest_and_it_reads_back() -> None:
    city = estate([system(f"S{n}") for n in range(12)], [(f"S{n}", f"S{n - 1}") for n in (3, 7)])
    plan, again = plan_for(city), plan_for(city)
    assert plan.digest == again.digest
    assert Plan.read(plan.model_dump_json(), plan.digest) == plan


def test_more_than_fits_goes_on_after_the_last_night() -> None:
    table = table_for(
        estate([system(f"S{n}") for n in range(8)]), plan={"from": FIRST, "nights": 3}
    )
    assert max(nights(table).values()) == 4


WINDOWS = st.sampled_from([None, "22:00-06:00", "01:00-04:00", "00:00-00:00"])


@st.composite
def drawn(draw: st.DrawFn) -> tuple[Estate, CityMeans]:
    count = draw(st.integers(1, 9))
    codes = [f"S{n}" for n in range(count)]
    systems = [
        system(
            code,
            draw(st.sampled_from(["R1", "R2"])),
            organisation=draw(st.sampled_from(["O1", "O2"])),
            storage_gib=draw(st.sampled_from([1, 300, 900])),
            cpu_cores=draw(st.integers(1, 8)),
            window=draw(WINDOWS),
            pilot=draw(st.sampled_from([None, None, None, True])),
        )
        for code in codes
    ]
    pair = st.tuples(
        st.sampled_from(codes), st.sampled_from(codes), st.sampled_from(["接口", "数据库"])
    )
    needs = draw(st.lists(pair, max_size=8, unique_by=lambda n: n[:2]))
    two = st.lists(st.sampled_from(codes), min_size=2, max_size=3, unique=True)
    told = st.lists(two.map(lambda s: {"systems": s, "reason": "x"}), max_size=1)
    groups = {"together": ["数据库"], "split": draw(told)} if count > 1 else {}
    if count > 1:
        groups["forbid"] = draw(told)
    day = st.integers(0, 30).map(lambda n: FIRST + timedelta(days=n))
    first = draw(day)
    given = {
        "crews": {"room": draw(st.integers(1, 3)), "total": draw(st.integers(2, 5))},
        "trial": draw(st.integers(0, 3)),
        "groups": groups,
        "pilots": {"days": draw(st.integers(0, 5))},
        "deliveries": [
            {"cloud": CLOUD, "on": FIRST, "cores": 12},
            {"cloud": CLOUD, "on": draw(day), "cores": 24},
        ],
        "freezes": [
            {
                "name": "封网",
                "from": first,
                "to": first + timedelta(days=draw(st.integers(0, 6))),
                "copies": draw(st.booleans()),
                "organisations": draw(st.sampled_from([[], ["O1"]])),
            }
        ],
        "deadlines": [{"name": "全部", "on": draw(day)}],
        "search": {"seconds": 30, "work": 1},
    }
    return estate(systems, needs), means(**given)


@settings(max_examples=25)
@given(drawn())
def test_no_plan_breaks_a_constraint(case: tuple[Estate, CityMeans]) -> None:
    city, given_means = case
    plan = make_plan(city, Means(city=given_means))
    assert len(plan.verdicts) == len(city.systems)
    if plan.timetable:
        assert faults(plan.timetable, city, given_means) == []
    appointments = plan.timetable.appointments if plan.timetable else ()
    assert {v.system for v in plan.verdicts if v.wave} == {one.system for one in appointments}


def test_a_group_has_an_order_in_its_night() -> None:
    city = estate(
        [system(f"S{n}") for n in range(4)],
        [("S0", "S1", "接口"), ("S1", "S2", "接口"), ("S3", "S2", "接口")],
    )
    table = table_for(
        city,
        groups={"together": ["接口"]},
        crews={"room": 4},
        nights={"window": "22:00-06:00", "turn": 45},
    )
    assert len({one.night for one in table.appointments}) == 1
    told = {one.system: (one.turn, one.begins[11:]) for one in table.appointments}
    assert told == {"S0": (3, "23:30"), "S1": (2, "22:45"), "S2": (1, "22:00"), "S3": (2, "22:45")}


def test_those_who_need_each_other_have_one_turn() -> None:
    city = estate([system("S0"), system("S1"), system("S2")], [("S0", "S1"), ("S1", "S0")])
    table = table_for(city, crews={"room": 3}, groups={"pin": [_pinned("S0", "S1", "S2")]})
    assert {one.turn for one in table.appointments} == {1}


def _pinned(*systems: str) -> dict[str, Any]:
    return {"systems": list(systems), "reason": "同批"}
