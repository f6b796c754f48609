"""Demands that no timetable holds together: what is told is a conflict, and nothing of it is too much.

Each demand is taken out of the facts or the means themselves, as a person would, and the whole is
planned anew: then everything has a night, and the checker that shares no code finds no fault.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inventory.model import Estate
from migrator.planning.checking import faults
from migrator.planning.groups import found, ties_of
from migrator.planning.means import CityMeans
from migrator.planning.plan import Disposition, Means, Plan
from migrator.planning.planner import make_plan
from migrator.timing.conflict import Conflict, Demanded, chained, limited
from migrator.timing.deleting import lightest, smaller
from migrator.timing.demands import About, Demand, demands_of
from migrator.timing.jobs import Measures, rulings
from migrator.timing.lots import lot_of, task_of
from migrator.timing.nights import Calendar
from tests.migrator.timing.cities import CLOUD, FIRST, estate, means, system

LONG = 240


def at(code: str, night: int) -> dict[str, Any]:
    return {"system": code, "night": FIRST + timedelta(days=night), "reason": "会议定"}


def conflict_of(city: Estate, told: CityMeans) -> Conflict | None:
    jobs, _ = rulings(city.systems, Measures.of(city, told))
    ties, calendar = ties_of(city), Calendar(told, LONG)
    groups = found(jobs, ties, told.groups)
    lots = [lot_of(n, g, [jobs[c] for c in g.systems], calendar) for n, g in enumerate(groups)]
    bonds = [bond for g in groups for bond in chained(g.bonds or (), g.systems)]
    alone = [lot for lot in lots if not lot.windows]
    asked = Demanded(calendar, dict(jobs), tuple(bonds))
    if alone:
        return asked.conflict([job.code for job in alone[0].jobs])
    task = task_of(lots, ties, told, calendar, dues={}, former={})
    asked.needs = task.needs
    return asked.conflict(limited(task))


def without(one: Demand, city: Estate, given: dict[str, Any]) -> tuple[Estate, dict[str, Any]]:
    """The facts and the means as they stand when a person gives that demand up."""
    given = {"crews": {"room": 2}} | given
    groups = dict(given.get("groups", {}))
    pair = {str(code) for code in one.of}
    match one.about:
        case About.ORDER:
            kept = tuple(d for d in city.dependencies if {d.system, d.needs} != pair)
            city = city.model_copy(update={"dependencies": kept})
        case About.BOND:
            groups["split"] = [*groups.get("split", []), {"systems": sorted(pair), "reason": "试"}]
            kept = tuple(d for d in city.dependencies if {d.system, d.needs} != pair)
            city = city.model_copy(update={"dependencies": kept})
        case About.CREW:
            crews, code = given["crews"], str(one.of[0]).removeprefix("crew:")
            given = given | {"crews": crews | {"rooms": crews.get("rooms", {}) | {code: 50}}}
        case About.ROAD:
            code = str(one.of[0]).removeprefix("line:")
            lines = tuple(
                x.model_copy(update={"bandwidth_kbps": 10**9}) if x.code == code else x
                for x in city.lines
            )
            city = city.model_copy(update={"lines": lines})
        case About.STORE:
            given = given | {"deliveries": []}
        case About.PILOTS:
            given = given | {"pilots": {"days": 0}}
            free = tuple(s.model_copy(update={"pilot": None}) for s in city.systems)
            city = city.model_copy(update={"systems": free})
        case About.AT | About.FORBID:
            key = one.about.value
            groups[key] = [e for n, e in enumerate(groups[key]) if n != one.of[0]]
        case About.FREEZE:
            entries = given["freezes"]
            given = given | {"freezes": [e for n, e in enumerate(entries) if n != one.of[0]]}
        case About.ALLOWED:
            entries = given["allowed"]
            given = given | {"allowed": [e for n, e in enumerate(entries) if n != one.of[0]]}
        case About.WINDOW:
            pass  # at which hours instead is tried by `results`
        case _:
            raise AssertionError(one)
    return city, given | {"groups": groups}


HOURS = ("22:00-23:00", "01:00-04:00")
"""Before midnight and after it: whose window is given up may be cut over at either."""


def results(
    gone: list[Demand], left: set[str], city: Estate, given: dict[str, Any]
) -> Iterator[list[str]]:
    """Who is left out where these demands are given up, hours by hours."""
    city, given = given_up(gone, left, city, given)
    free = sorted({str(one.of[0]) for one in gone if one.about is About.WINDOW} & left)
    several = (
        product(HOURS, repeat=len(free)) if len(free) < 4 else ([h] * len(free) for h in HOURS)
    )
    for hours in several:
        at = dict(zip(free, hours, strict=True))
        systems = tuple(
            s.model_copy(update={"window": at.get(s.code, s.window)}) for s in city.systems
        )
        yield planned(city.model_copy(update={"systems": systems}), given)[1]


def planned(city: Estate, given: dict[str, Any]) -> tuple[Plan, list[str]]:
    told = means(**given)
    plan = make_plan(city, Means(city=told))
    blocked = [v.system for v in plan.verdicts if v.disposition is Disposition.BLOCKED]
    if plan.timetable:
        assert faults(plan.timetable, city, told) == []
    return plan, blocked


def judge(city: Estate, given: dict[str, Any]) -> Conflict | None:
    """The conflict alone, everything else given up, leaves something out; without any one of its
    demands nothing is left out."""
    conflict = conflict_of(city, means(**given))
    if conflict is None:
        return None
    held = {str(d.of[0]) for d in conflict.demands if d.about is About.MOVES}
    others = [one for one in every(city, means(**given)) if one not in conflict.demands]
    assert all(results(others, held, city, given))
    for one in conflict.demands:
        left = held - {str(one.of[0])} if one.about is About.MOVES else held
        if left:
            assert [] in results([*others, one], left, city, given), one
    return conflict


def every(city: Estate, told: CityMeans) -> list[Demand]:
    jobs, _ = rulings(city.systems, Measures.of(city, told))
    ties = ties_of(city)
    groups = found(jobs, ties, told.groups)
    at = {code: n for n, group in enumerate(groups) for code in group.systems}
    needs = [tie for tie in ties if at[tie.system] != at[tie.needs]]
    bonds = [bond for group in groups for bond in group.bonds or ()]
    return demands_of(list(jobs.values()), bonds, needs, told)


def given_up(
    gone: list[Demand], left: set[str], city: Estate, given: dict[str, Any]
) -> tuple[Estate, dict[str, Any]]:
    """Entries of lists are counted from the start, so the last go first."""
    for one in sorted(gone, key=lambda d: [str(part).zfill(4) for part in d.of], reverse=True):
        if one.about is not About.MOVES:
            city, given = without(one, city, given)
    systems = tuple(s for s in city.systems if s.code in left)
    needs = tuple(d for d in city.dependencies if {d.system, d.needs} <= left)
    return city.model_copy(update={"systems": systems, "dependencies": needs}), _about(given, left)


def _about(given: dict[str, Any], codes: set[str]) -> dict[str, Any]:
    """Means that name no system that is not there."""
    groups = dict(given.get("groups", {}))
    groups["at"] = [e for e in groups.get("at", []) if e["system"] in codes]
    for key in ("forbid", "split"):
        inside = [e | {"systems": sorted(codes & set(e["systems"]))} for e in groups.get(key, [])]
        groups[key] = [e for e in inside if len(e["systems"]) > 1]
    return given | {"groups": groups}


CASES: dict[str, tuple[Estate, dict[str, Any], set[About]]] = {
    "order": (
        estate([system("A"), system("B"), system("C")], [("A", "B"), ("C", "B")]),
        {"trial": 5, "groups": {"at": [at("A", 8), at("B", 6), at("C", 20)]}},
        {About.ORDER, About.AT},
    ),
    "crew": (
        estate([system(code) for code in "ABCD"]),
        {
            "groups": {"at": [at("A", 8), at("B", 8), at("C", 8)]},
            "freezes": [{"name": "封网", "from": FIRST, "to": FIRST + timedelta(days=6)}],
        },
        {About.CREW, About.AT},
    ),
    "bond": (
        estate([system("A"), system("B"), system("C", "R2")], [("A", "B", "数据库")]),
        {"groups": {"together": ["数据库"], "at": [at("A", 8), at("B", 9)]}},
        {About.BOND, About.AT},
    ),
    "freeze": (
        estate([system("A", organisation="O2"), system("B")], [("A", "B")]),
        {
            "trial": 3,
            "freezes": [
                {"name": "两会", "from": FIRST, "to": FIRST + timedelta(days=6), "rooms": ["R1"]},
                {"name": "别处", "from": FIRST, "to": FIRST + timedelta(days=3), "rooms": ["R2"]},
            ],
            "allowed": [{"organisations": ["O2"], "to": FIRST + timedelta(days=9)}],
        },
        {About.FREEZE, About.ALLOWED, About.ORDER},
    ),
    "cloud": (
        estate([system("A", cpu_cores=8), system("B")]),
        {
            "deliveries": [{"cloud": CLOUD, "on": FIRST + timedelta(days=20), "cores": 100}],
            "groups": {"at": [at("A", 8)]},
        },
        {About.STORE, About.AT},
    ),
    "pilots": (
        estate([system("A", pilot=True, storage_gib=9000), system("B")]),
        {"pilots": {"days": 5}, "groups": {"at": [at("B", 8)]}},
        {About.ROAD, About.PILOTS, About.AT},
    ),
    "forbid": (
        estate([system("A"), system("B"), system("C")]),
        {
            "groups": {
                "at": [at("A", 8), at("B", 8)],
                "forbid": [{"systems": ["A", "B", "C"], "reason": "同一运维商"}],
            }
        },
        {About.FORBID, About.AT},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_smallest_set_of_demands_is_told(name: str) -> None:
    city, given, about = CASES[name]
    conflict = judge(city, given)
    assert conflict is not None
    assert conflict.smallest
    assert {one.about for one in conflict.demands} - {About.MOVES} == about


def test_the_plan_leaves_one_out_and_says_in_both_languages_why() -> None:
    city, given, _ = CASES["order"]
    plan, blocked = planned(city, given)
    assert blocked == ["A"]
    assert plan.timetable is not None
    assert [one.system for one in plan.timetable.appointments] == ["B", "C"]
    reason = next(v.reason for v in plan.verdicts if v.system == "A")
    for part in (
        "暂不排 A；以下要求不能同时成立，去掉任一项此矛盾即解",
        "A 依赖 B，须在其割接并试运行 5 日之后",
        "指定 B 于 2026-12-07 割接（会议定）",
        "these can't all be kept, and without any one of them this conflict is gone",
        "A needs B, so after its cutover and 5 days of trial",
        "B is told to be cut over on 2026-12-07",
    ):
        assert part in reason
    assert "C " not in reason
    zh, _, en = reason.partition(" / ")
    assert "left out" not in zh
    assert "暂不排" not in en


def test_of_two_conflicts_both_are_told() -> None:
    city = estate([system(code) for code in "ABCD"], [("A", "B"), ("C", "D")])
    told = {"at": [at("A", 3), at("B", 5), at("C", 4), at("D", 6)]}
    _, blocked = planned(city, {"groups": told})
    assert blocked == ["A", "C"]


def test_a_smaller_set_is_found_where_the_first_is_larger() -> None:
    """What can't be kept: 0, 1 and 2 together, or 3 and 4."""

    def kept(some: Any) -> bool:
        return not ({0, 1, 2} <= set(some) or {3, 4} <= set(some))

    assert smaller([0, 1, 2], list(range(6)), kept) == ([3, 4], True)
    assert smaller([3, 4], list(range(6)), kept) == ([3, 4], True)


@pytest.mark.parametrize(
    ("facts", "given", "reason"),
    [
        (
            {},
            {"groups": {"at": [at("A", 0)]}},
            "指定的 2026-12-01 前复制不完：line:L-R1 上需 1 昼夜，最早自 2026-12-01 起；"
            "此项要求做不到：指定 A 于 2026-12-01 割接（会议定）",
        ),
        (
            {"storage_gib": 9000},
            {
                "plan": {"from": FIRST, "nights": 3},
                "deliveries": [{"cloud": CLOUD, "on": FIRST + timedelta(days=50), "cores": 9}],
            },
            "line:L-R1 上需复制 18 昼夜，可复制的只有 3 昼夜；此外：",
        ),
    ],
)
def test_a_reason_and_the_set_speak_of_the_same_or_say_that_they_do_not(
    facts: dict[str, Any], given: dict[str, Any], reason: str
) -> None:
    plan, blocked = planned(estate([system("A", **facts)]), given)
    assert blocked == ["A"]
    zh, en = plan.verdicts[0].reason.split(" / ")
    assert zh.startswith(reason)
    assert "left out" not in zh
    assert en.isascii() or "会议定" in en


def test_as_few_go_as_solve_all_conflicts() -> None:
    costs = {n: (1, n) for n in range(5)} | {9: (3, 0)}
    assert lightest([frozenset({0, 2}), frozenset({1, 2}), frozenset({2, 3})], costs) == {2}
    assert lightest([frozenset({0, 1}), frozenset({3, 4})], costs) == {0, 3}
    assert lightest([frozenset({0, 9}), frozenset({1, 9})], costs) == {0, 1}
    assert lightest([], costs) == frozenset()


def test_windows_of_one_night_are_no_conflict_and_others_are() -> None:
    """What is bound has windows before and after midnight; by day is another matter."""
    pin = {"groups": {"pin": [{"systems": ["A", "B"], "reason": "同一数据库"}]}}
    evening, morning, day = (
        system(code, window=window)
        for code, window in (("A", "21:00-23:30"), ("B", "01:00-04:00"), ("B", "09:00-17:00"))
    )
    plan, blocked = planned(estate([evening, morning]), pin)
    assert blocked == []
    assert plan.timetable is not None
    starts = {one.system: one.begins for one in plan.timetable.appointments}
    assert starts == {"A": "2026-12-02T21:00", "B": "2026-12-03T01:00"}
    other, blocked = planned(estate([evening, day]), pin)
    assert blocked == ["A", "B"]
    for part in (
        "A 的窗口 21:00-23:30；",
        "B 的窗口 09:00-17:00（不在夜 20:00-08:00 内）",
        "须同晚",
    ):
        assert part in other.verdicts[0].reason
    broken = faults(plan.timetable, estate([evening, day]), means(**pin))
    assert any("窗口不在同一晚" in one for one in broken)


NIGHT = st.integers(1, 12)


@st.composite
def contradictory(draw: st.DrawFn) -> tuple[Estate, dict[str, Any]]:
    codes = [f"S{n}" for n in range(draw(st.integers(2, 5)))]
    systems = [
        system(
            code,
            draw(st.sampled_from(["R1", "R2"])),
            organisation=draw(st.sampled_from(["O1", "O2"])),
            storage_gib=draw(st.sampled_from([1, 900])),
            pilot=draw(st.sampled_from([None, None, True])),
        )
        for code in codes
    ]
    pair = st.tuples(st.sampled_from(codes), st.sampled_from(codes)).filter(lambda p: p[0] > p[1])
    needs = draw(st.lists(pair, max_size=4, unique=True))
    told = draw(
        st.lists(st.tuples(st.sampled_from(codes), NIGHT), max_size=4, unique_by=lambda t: t[0])
    )
    given: dict[str, Any] = {
        "plan": {"from": FIRST, "nights": LONG // 4},
        "crews": {"room": draw(st.integers(1, 2))},
        "trial": draw(st.integers(0, 3)),
        "pilots": {"days": draw(st.integers(0, 2))},
        "groups": {"at": [at(code, night) for code, night in told], "forbid": []},
        "freezes": [
            {
                "name": "封网",
                "from": FIRST + timedelta(days=draw(NIGHT)),
                "to": FIRST + timedelta(days=14),
                "rooms": [draw(st.sampled_from(["R1", "R2"]))],
            }
        ],
        "allowed": [{"organisations": ["O2"], "to": FIRST + timedelta(days=draw(NIGHT))}],
    }
    return estate(systems, needs), given


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(contradictory())
def test_no_conflict_has_anything_too_much_and_none_is_missed(
    drawn: tuple[Estate, dict[str, Any]],
) -> None:
    city, given = drawn
    conflict = judge(city, given)
    _, blocked = planned(city, given)
    assert bool(blocked) == (conflict is not None)
    assume(conflict is not None)
