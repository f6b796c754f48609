import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.model import Estate, Line, Placement, Secrecy, System
from inventory.secrecy import CLASSIFIED_NAME
from migrator.planning.drift import drift, drifts
from migrator.planning.items import Index
from migrator.planning.plan import Disposition, Means
from migrator.planning.planner import make_plan
from tests.migrator.builders import CLOUD, MEANS, cities, city, host, system


def verdict(system: System, **estate: Any) -> tuple[Disposition, str]:
    plan = make_plan(city([system], **estate), Means())
    assert len(plan.verdicts) == 1
    return plan.verdicts[0].disposition, plan.verdicts[0].reason


@pytest.mark.parametrize(
    ("facts", "expected", "told"),
    [
        ({}, Disposition.MOVE, "无前置依赖"),
        ({"secrecy": Secrecy.CLASSIFIED}, Disposition.STUB, "涉密"),
        ({"secrecy": Secrecy.CLASSIFIED, "target": None}, Disposition.STUB, "涉密"),
        ({"secrecy": Secrecy.UNKNOWN}, Disposition.BLOCKED, "是否涉密未知"),
        ({"target": None}, Disposition.STAY, "未申报迁移目标"),
        ({"target": "R2"}, Disposition.BLOCKED, "不是政务云"),
        ({"workload": None}, Disposition.BLOCKED, "未申报程序、数据或入口"),
        ({"entrance": None}, Disposition.BLOCKED, "未申报程序、数据或入口"),
        ({"room": None}, Disposition.BLOCKED, "未申报所在机房"),
        ({"room": CLOUD}, Disposition.DONE, "已在目标云"),
        ({"window": "25:00-26:00"}, Disposition.BLOCKED, "'25:00-26:00'"),
    ],
)
def test_what_becomes_of_a_system(facts: dict[str, Any], expected: Disposition, told: str) -> None:
    disposition, reason = verdict(system(0, **facts))
    assert disposition is expected
    assert told in reason


def test_done_once_the_record_says_that_it_lives_at_its_target() -> None:
    placement = Placement(place=CLOUD, hosts=("S0-new",), run="R-1", since="2026-01-02T00:00:00Z")
    assert verdict(system(0, placement=placement))[0] is Disposition.DONE


def test_hosts_must_be_one_on_each_side_and_known() -> None:
    estate = city([system(0)])
    more = estate.model_copy(update={"hosts": (*estate.hosts, host("two", "R1", "S0", 99))})
    plan = make_plan(more, Means())
    assert plan.verdicts[0].disposition is Disposition.BLOCKED
    assert "['S0-old', 'two']" in plan.verdicts[0].reason
    keyless = tuple(h.model_copy(update={"ssh_host_key": None}) for h in estate.hosts)
    plan = make_plan(estate.model_copy(update={"hosts": keyless}), Means())
    assert "SSH" in plan.verdicts[0].reason


def test_an_entrance_needs_a_gateway() -> None:
    estate = city([system(0)])
    bare = tuple(n.model_copy(update={"host": None}) for n in estate.nodes)
    plan = make_plan(estate.model_copy(update={"nodes": bare}), Means())
    assert "没有网关服务器" in plan.verdicts[0].reason


def test_the_fastest_line_and_its_share_give_the_rate() -> None:
    lines = [
        Line(code="slow", name="", a_end="R1", z_end=CLOUD, bandwidth_kbps=1000),
        Line(code="fast", name="", a_end=CLOUD, z_end="R1", bandwidth_kbps=100_000),
        Line(code="other", name="", a_end="R2", z_end=CLOUD, bandwidth_kbps=10**9),
    ]
    means = Means(line_share_percent=80, per_line=2)
    item = make_plan(city([system(0)], lines=lines), means).items[0]
    assert item.line is not None
    assert item.line.code == "fast"
    assert item.rate_kbps == 40_000
    without = make_plan(city([system(0)], lines=[]), means).items[0]
    assert without.line is None
    assert "line:" not in " ".join(without.resources)


@given(cities(), MEANS)
@settings(deadline=None, max_examples=30)
def test_every_system_has_exactly_one_verdict(estate: Estate, means: Means) -> None:
    plan = make_plan(estate, means)
    assert [v.system for v in plan.verdicts] == [s.code for s in estate.systems]
    assert all(v.reason for v in plan.verdicts)
    moved = {v.system: v.wave for v in plan.verdicts if v.disposition is Disposition.MOVE}
    placed = [(item.code, wave.number) for wave in plan.waves for item in wave.items]
    assert sorted(placed) == sorted(moved.items())
    assert all(v.wave is None for v in plan.verdicts if v.disposition is not Disposition.MOVE)


@given(cities(), MEANS)
@settings(deadline=None, max_examples=30)
def test_a_classified_system_is_in_no_item(estate: Estate, means: Means) -> None:
    plan = make_plan(estate, means)
    assert all(item.system.secrecy is Secrecy.NONE for item in plan.items)
    secret = {s.code for s in estate.systems if s.secrecy is Secrecy.CLASSIFIED}
    assert all(v.name == CLASSIFIED_NAME for v in plan.verdicts if v.system in secret)


@given(cities(), MEANS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=30)
def test_the_order_of_what_is_declared_does_not_matter(
    estate: Estate, means: Means, dice: random.Random
) -> None:
    shuffled = {}
    for kind, objects in estate.collections():
        shuffled[kind] = dice.sample(objects, len(objects))
    again = Estate(**{kind: tuple(objects) for kind, objects in shuffled.items()})
    assert make_plan(again, means).digest == make_plan(estate, means).digest


FACTS = (
    ("systems", "S0", {"name": "改名"}),
    ("systems", "S0", {"window": "01:00-02:00"}),
    ("systems", "S0", {"secrecy": Secrecy.CLASSIFIED}),
    ("systems", "S1", {"storage_gib": 7}),
    ("hosts", "S0-old", {"ssh_port": 2222}),
    ("hosts", "S0-new", {"ssh_host_key": "ssh-ed25519 AAAAB"}),
    ("lines", "L-R1", {"bandwidth_kbps": 5}),
    ("rooms", "R1", {"moves_at_once": 1}),
    ("nodes", "N1", {"ports": (443,)}),
)


@pytest.mark.parametrize(("kind", "code", "change"), FACTS)
def test_one_changed_fact_is_another_plan(kind: str, code: str, change: dict[str, Any]) -> None:
    estate = city([system(0), system(1)])
    changed = tuple(
        o.model_copy(update=change) if o.code == code else o for o in getattr(estate, kind)
    )
    other = estate.model_copy(update={kind: changed})
    assert make_plan(other, Means()).digest != make_plan(estate, Means()).digest
    assert make_plan(estate, Means(hold_seconds=21)).digest != make_plan(estate, Means()).digest


def test_where_a_fact_was_read_is_not_part_of_a_plan() -> None:
    told = {"field": "name", "source": "台账.xlsx", "row": 3}
    estate = city([system(0)])
    sourced = city([system(0, provenance=(told,))])
    assert make_plan(sourced, Means()).digest == make_plan(estate, Means()).digest


def test_drift_names_the_fact_and_both_values() -> None:
    estate = city([system(0), system(1)])
    plan = make_plan(estate, Means())
    assert drift(plan, "S0", estate) == ()
    hosts = tuple(
        h.model_copy(update={"ssh_port": 2222}) if h.code == "S0-old" else h for h in estate.hosts
    )
    changed = estate.model_copy(update={"hosts": hosts})
    assert drift(plan, "S0", changed) == ("source.ssh_port: 22 → 2222",)
    assert drift(plan, "S1", changed) == ()
    gone = estate.model_copy(update={"systems": (estate.systems[1],)})
    assert "已无此系统" in drift(plan, "S0", gone)[0]


def test_drift_sees_a_system_that_moved_meanwhile() -> None:
    estate = city([system(0)])
    plan = make_plan(estate, Means())
    placement = Placement(place=CLOUD, hosts=("S0-new",), run="R-1", since="2026-01-02T00:00:00Z")
    moved = city([system(0, placement=placement)])
    assert "已在目标云" in drift(plan, "S0", moved)[0]


def test_drift_of_a_whole_plan_looks_through_the_estate_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    estate = city([system(n) for n in range(12)])
    plan = make_plan(estate, Means())
    moved = estate.model_copy(
        update={
            "systems": tuple(
                s.model_copy(update={"window": "01:00-02:00"}) if s.code == "S7" else s
                for s in estate.systems
                if s.code != "S3"
            )
        }
    )
    made, indexed = [], Index.of

    def counted(of: Estate) -> Index:
        made.append(of)
        return indexed(of)

    monkeypatch.setattr(Index, "of", counted)
    found = drifts(plan, moved)
    assert found == {code: drift(plan, code, moved) for code in ("S3", "S7")}
    assert made.count(moved) == 2  # once for all, once for single ones, which keep it
