"""What becomes of each system, on which clause, and what is asked."""

from datetime import date
from typing import Any

import pytest

from inventory.choices import (
    OrganisationLevel,
    Secrecy,
    SpecialNetwork,
    ZombieDecision,
)
from inventory.model import Cloud, Estate, Organisation, System
from inventory.policies.loader import load
from inventory.policies.records import Records
from migrator.planning.dispositions import dispose, way_of
from migrator.planning.orders import NO_ORDERS, Orders, orders_of
from migrator.planning.plan import Disposition, Means, Way
from migrator.planning.planner import make_plan
from tests.migrator.builders import CLOUD, city, system

CLOUDS = frozenset({CLOUD, "OLD-CLOUD"})
DALIAN, XIANNING, XINZHOU = "dalian-2017-135", "xianning-2019-5", "xinzhou-2020-98"


@pytest.mark.parametrize(
    ("facts", "expected", "asks"),
    [
        ({}, Disposition.MOVE, ()),
        ({"secrecy": Secrecy.CLASSIFIED}, Disposition.STUB, ()),
        ({"special_network_exclusion": SpecialNetwork.POLITICAL_LEGAL}, Disposition.EXCLUDED, ()),
        ({"special_network_exclusion": SpecialNetwork.NONE}, Disposition.MOVE, ()),
        ({"merged_into": "S7"}, Disposition.MERGE, ()),
        ({"zombie_decision": ZombieDecision.MERGE}, Disposition.BLOCKED, ("merged_into",)),
        ({"zombie_decision": ZombieDecision.RETIRE}, Disposition.BLOCKED, ("zombie_evidence",)),
        (
            {"zombie_decision": ZombieDecision.RETIRE, "zombie_evidence": "教信〔2026〕3号"},
            Disposition.RETIRE,
            (),
        ),
        ({"zombie_decision": ZombieDecision.KEEP, "zombie_idle": True}, Disposition.MOVE, ()),
        ({"zombie_idle": True}, Disposition.BLOCKED, ("zombie_decision",)),
        ({"zombie_idle": False}, Disposition.MOVE, ()),
        ({"migratable": False}, Disposition.BLOCKED, ("migratable_reason",)),
        ({"migratable": False, "migratable_reason": "专用设备"}, Disposition.KEEP, ()),
        ({"target": None}, Disposition.STAY, ("target",)),
        ({"target": None, "room": CLOUD}, Disposition.STAY, ()),
        ({"target": "R9"}, Disposition.BLOCKED, ("target",)),
        ({"room": CLOUD}, Disposition.DONE, ()),
        ({"room": None}, Disposition.BLOCKED, ("room",)),
        ({"secrecy": Secrecy.UNKNOWN}, Disposition.BLOCKED, ("secrecy",)),
        ({"window": "24:00-25:00"}, Disposition.BLOCKED, ("window",)),
    ],
)
def test_by_the_facts(facts: dict[str, Any], expected: Disposition, asks: tuple[str, ...]) -> None:
    ruling = dispose(system(0, **facts), CLOUDS, NO_ORDERS)
    assert (ruling.disposition, ruling.asks) == (expected, asks)


def test_what_comes_first_when_several_hold() -> None:
    secret = system(0, secrecy=Secrecy.CLASSIFIED, merged_into="S7", target=None)
    assert dispose(secret, CLOUDS, NO_ORDERS).disposition is Disposition.STUB
    retired = system(
        0,
        zombie_decision=ZombieDecision.RETIRE,
        zombie_evidence="x",
        secrecy=Secrecy.UNKNOWN,
    )
    assert dispose(retired, CLOUDS, NO_ORDERS).disposition is Disposition.RETIRE


@pytest.mark.parametrize(
    ("facts", "way"),
    [
        ({"room": "R1"}, Way.ROOM_TO_CLOUD),
        ({"room": "OLD-CLOUD"}, Way.CLOUD_TO_CLOUD),
        ({"room": "OLD-CLOUD", "xinchuang": False, "cpu_arch": "x86_64"}, Way.X86_TO_XINCHUANG),
        ({"room": "OLD-CLOUD", "xinchuang": False, "cpu_arch": "aarch64"}, Way.CLOUD_TO_CLOUD),
        ({"room": "OLD-CLOUD", "xinchuang": True, "cpu_arch": "x86"}, Way.CLOUD_TO_CLOUD),
    ],
)
def test_which_way_it_moves(facts: dict[str, Any], way: Way) -> None:
    assert way_of(system(0, **facts), CLOUDS) is way


@pytest.mark.parametrize(
    ("passed", "disposition", "told", "asks"),
    [
        (None, Disposition.BLOCKED, "须作适配验证，结果未报", ("adaptation_passed",)),
        (False, Disposition.BLOCKED, "适配验证未通过", ("adaptation_passed",)),
        (True, Disposition.MOVE, "已通过适配验证", ()),
    ],
)
def test_a_change_of_machine_waits_for_what_came_of_the_trial(
    passed: bool | None, disposition: Disposition, told: str, asks: tuple[str, ...]
) -> None:
    changing = system(
        0,
        room="OLD-CLOUD",
        xinchuang=False,
        cpu_arch="x86_64",
        os="CentOS 7",
        database_products=("Oracle 11g",),
        adaptation_passed=passed,
    )
    found = dispose(changing, CLOUDS, NO_ORDERS)
    assert (found.disposition, found.asks) == (disposition, asks)
    assert f"{told}：x86_64、CentOS 7、Oracle 11g" in found.reason
    elsewhere = changing.model_copy(update={"room": "R1"})  # no change of machine is known there
    assert dispose(elsewhere, CLOUDS, NO_ORDERS).disposition is Disposition.MOVE


def _estate(*systems: System) -> Estate:
    return Estate(
        organisations=(Organisation(code="O1", name="市教育局", level=OrganisationLevel.CITY),),
        clouds=(Cloud(code=CLOUD, name="云"), Cloud(code="OLD-CLOUD", name="旧云")),
        systems=systems,
    )


def _orders(pack: str, day: date, *systems: System, records: Records | None = None) -> Orders:
    return orders_of([load(pack)], _estate(*systems), records or Records(), day)


def _clauses(orders: Orders, one: System) -> list[str]:
    verdict = dispose(one, CLOUDS, orders).verdict(one, orders)
    return [ground.clause for ground in verdict.grounds or ()]


def test_the_clause_is_the_packs_own() -> None:
    day = date(2018, 6, 1)
    moving = system(0, organisation="O1")
    secret = system(1, organisation="O1", secrecy=Secrecy.CLASSIFIED)
    zombie = system(2, organisation="O1", zombie_idle=True)
    orders = _orders(DALIAN, day, moving, secret, zombie)
    assert _clauses(orders, moving) == ["二(四)¶1"]
    assert "二(四)¶1" in _clauses(orders, secret)
    assert _clauses(orders, zombie) == ["二(一)"]


def test_what_a_document_leaves_out_is_told_with_that_clause() -> None:
    day = date(2019, 6, 1)
    police = system(0, organisation="O1", special_network_exclusion=SpecialNetwork.POLITICAL_LEGAL)
    doubtful = system(1, organisation="O1", secrecy=Secrecy.UNKNOWN)
    orders = _orders(XIANNING, day, police, doubtful)
    assert "办法 第二条" in _clauses(orders, police)
    assert _clauses(orders, doubtful) == ["办法 第七条"]


def test_xinchuang_stands_on_its_clause() -> None:
    old = system(0, room="OLD-CLOUD", organisation="O1", xinchuang=False, cpu_arch="x86_64")
    orders = _orders(XINZHOU, date(2020, 12, 1), old)
    assert _clauses(orders, old) == ["二(五)19"]


def test_a_policy_that_does_not_hold_gives_no_ground() -> None:
    moving = system(0, organisation="O1")
    assert _clauses(_orders(DALIAN, date(2016, 1, 1), moving), moving) == []


def test_days_to_keep_name_who_is_open() -> None:
    moving, done = system(0, organisation="O1"), system(1, room=CLOUD, organisation="O1")
    orders = _orders(DALIAN, date(2018, 6, 1), moving, done)
    duty = next(d for d in orders.duties if d.entry == "DL-17")
    assert duty.deadline == date(2019, 12, 31)
    assert "S0" in duty.open
    assert duty.to_go >= 1


def test_kept_with_an_approval_names_it() -> None:
    kept = system(0, organisation="O1", migratable=False)
    orders = Orders(kept={"S0": "市政府办公室 忻政办〔2020〕1号"})
    ruling = dispose(kept, CLOUDS, orders)
    assert ruling.disposition is Disposition.KEEP
    assert "忻政办〔2020〕1号" in ruling.reason


def test_a_plan_tells_grounds_and_questions_and_is_the_same_again() -> None:
    estate = city([system(0), system(1, secrecy=Secrecy.UNKNOWN)])
    orders = orders_of([load(XIANNING)], estate, Records(), date(2019, 6, 1))
    plan = make_plan(estate, Means(), orders)
    verdicts = {v.system: v for v in plan.verdicts}
    assert verdicts["S0"].way is Way.ROOM_TO_CLOUD
    assert verdicts["S0"].wave == 1
    assert verdicts["S1"].asks == ("secrecy",)
    assert [g.clause for g in verdicts["S1"].grounds or ()] == ["办法 第七条"]
    assert make_plan(estate, Means(), orders).digest == plan.digest
    assert [i.code for i in make_plan(estate, Means()).items] == [i.code for i in plan.items]
