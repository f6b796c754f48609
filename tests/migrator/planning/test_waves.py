from collections import Counter

from hypothesis import given, settings

from inventory.model import Estate
from migrator.planning.plan import Item, Means, Plan
from migrator.planning.planner import make_plan
from migrator.planning.windows import Window, common
from tests.migrator.builders import MEANS, cities, city, plan_of, system


def waves(plan: Plan) -> list[list[str]]:
    return [[item.code for item in wave.items] for wave in plan.waves]


def test_a_chain_goes_one_after_the_other() -> None:
    assert waves(plan_of(3, [("S0", "S1"), ("S1", "S2")])) == [["S2"], ["S1"], ["S0"]]


def test_a_ring_goes_together() -> None:
    plan = plan_of(4, [("S0", "S1"), ("S1", "S2"), ("S2", "S0"), ("S3", "S0")])
    assert waves(plan) == [["S0", "S1", "S2"], ["S3"]]
    assert "互相依赖" in plan.verdicts[0].reason


def test_a_room_takes_so_many_and_the_reason_says_so() -> None:
    plan = plan_of(3, means=Means(per_room=2, per_line=3))
    assert waves(plan) == [["S0", "S1"], ["S2"]]
    assert "room:R1 ≤ 2" in plan.verdicts[2].reason


def test_a_rooms_own_limit_goes_before_the_citys() -> None:
    estate = city([system(n) for n in range(3)], rooms={"R1": 1})
    assert waves(make_plan(estate, Means(per_room=3))) == [["S0"], ["S1"], ["S2"]]


def test_windows_that_do_not_overlap_take_two_nights() -> None:
    estate = city([system(0, window="22:00-02:00"), system(1, window="03:00-05:00"), system(2)])
    plan = make_plan(estate, Means(per_room=3, per_line=3))
    assert waves(plan) == [["S0", "S2"], ["S1"]]
    assert "窗口不重叠" in plan.verdicts[1].reason


def test_a_group_larger_than_a_limit_has_a_wave_of_its_own() -> None:
    plan = plan_of(3, [("S0", "S1"), ("S1", "S0")], Means(per_room=1))
    assert waves(plan) == [["S0", "S1"], ["S2"]]


@given(cities(), MEANS)
@settings(deadline=None, max_examples=30)
def test_nothing_moves_before_what_it_needs(estate: Estate, means: Means) -> None:
    plan = make_plan(estate, means)
    at = {item.code: wave.number for wave in plan.waves for item in wave.items}
    for edge in estate.dependencies:
        if edge.system in at and edge.needs in at:
            assert at[edge.needs] <= at[edge.system]
            if at[edge.needs] == at[edge.system]:
                assert reaches(edge.needs, edge.system, estate, set(at))


@given(cities(), MEANS)
@settings(deadline=None, max_examples=30)
def test_a_wave_keeps_limits_and_windows_unless_one_group_alone_breaks_them(
    estate: Estate, means: Means
) -> None:
    plan = make_plan(estate, means)
    limits = {limit.resource: limit.count for limit in plan.limits}
    moving = {item.code for item in plan.items}
    for wave in plan.waves:
        used = Counter(resource for item in wave.items for resource in item.resources)
        over = [r for r, count in used.items() if count > limits.get(r, count)]
        windows = [Window.parse(i.system.window) for i in wave.items if i.system.window]
        if over or not common(windows):
            assert any(breaks(group, limits) for group in groups(wave.items, estate, moving)), wave


@given(cities(), MEANS)
@settings(deadline=None, max_examples=30)
def test_waves_are_numbered_from_one_and_none_is_empty(estate: Estate, means: Means) -> None:
    plan = make_plan(estate, means)
    assert [wave.number for wave in plan.waves] == list(range(1, len(plan.waves) + 1))
    assert all(wave.items for wave in plan.waves)


def reaches(start: str, end: str, estate: Estate, moving: set[str]) -> bool:
    """Whether `start` needs `end`, over systems that move."""
    seen: set[str] = set()
    todo = [start]
    while todo:
        code = todo.pop()
        for edge in estate.dependencies:
            if edge.system == code and edge.needs in moving and edge.needs not in seen:
                seen.add(edge.needs)
                todo.append(edge.needs)
    return end in seen


def groups(items: tuple[Item, ...], estate: Estate, moving: set[str]) -> list[list[Item]]:
    """Items of a wave that need each other, each with its partners."""
    return [
        [
            other
            for other in items
            if other is item
            or (
                reaches(item.code, other.code, estate, moving)
                and reaches(other.code, item.code, estate, moving)
            )
        ]
        for item in items
    ]


def breaks(group: list[Item], limits: dict[str, int]) -> bool:
    used = Counter(resource for item in group for resource in item.resources)
    windows = [Window.parse(i.system.window) for i in group if i.system.window]
    return any(count > limits.get(r, count) for r, count in used.items()) or not common(windows)
