"""In which phase everything is, and which evidence is missing for the next."""

from datetime import date
from pathlib import Path

import pytest

from inventory.errors import PackRefused
from inventory.policies.loader import load, load_file, shipped
from inventory.policies.phases import PhaseState, Stage, Standing, lifecycle
from inventory.policies.records import Declaration, Records
from tests.inventory.policies.builder import CLOUD, ROOM, City
from tests.inventory.policies.test_loader import GOOD

CZ, XN, DL, JL, XZ = (
    load(named)
    for named in (
        "cangzhou-2017-157",
        "xianning-2019-5",
        "dalian-2017-135",
        "jilin-2015-17",
        "xinzhou-2020-98",
    )
)
ALL = {pack.id: pack for pack in (CZ, XN, DL, JL, XZ)}


def state(standing: Standing, phase: str) -> PhaseState:
    return next(s for s in standing.phases if s.id == phase)


def missing(found: PhaseState) -> list[str]:
    return [one.title_en for one in found.missing]


def gate(found: PhaseState) -> list[str]:
    return [one.title_en for one in found.gate]


def said(policy: str, entry: str, code: str | None = None) -> Declaration:
    return Declaration(
        policy=policy, entry=entry, code=code, on=date(2018, 1, 2), by="局", evidence="文"
    )


@pytest.mark.parametrize("named", shipped())
def test_every_policy_has_phases_in_an_order(named: str) -> None:
    phases = load(named).phases
    assert phases
    numbers = [(phase.set, phase.number) for phase in phases]
    assert len(set(numbers)) == len(numbers)


def one(city: City, code: str, pack: str, day: date, *records: Declaration) -> Standing:
    found = lifecycle(ALL[pack], city.estate(), Records(declarations=records), day, codes={code})
    (standing,) = found
    return standing


def test_the_way_of_a_system_to_the_cloud() -> None:
    """Cangzhou: audit, plan, migration, access; each step needs what the one before left."""
    city, day = City(), date(2018, 6, 1)
    (owner,) = city.departments(1)
    code = city.system(owner, moved=False, migratable=True)
    at = one(city, code, CZ.id, day)
    assert (at.phase, state(at, "audit").stage) == ("audit", Stage.OPEN)
    assert state(at, "plan").stage is Stage.WAITING
    assert gate(state(at, "plan")) == ["secrecy is confirmed"]
    assert state(at, "migration").waits_for == ("plan",)
    zombie = state(at, "zombie")  # nobody answered the five criteria: open, and never late
    assert (zombie.stage, zombie.undecided, zombie.late) == (Stage.OPEN, True, False)
    city.change("systems", code, secrecy="none")
    at = one(city, code, CZ.id, day)
    assert (state(at, "plan").stage, missing(state(at, "plan"))) == (
        Stage.OPEN,
        ["the migration plan of its room"],
    )
    assert state(at, "plan").late  # 2018-04-30
    city.change("rooms", ROOM, migration_plan="方案.docx")
    at = one(city, code, CZ.id, day)
    assert state(at, "plan").stage is Stage.DONE
    assert (state(at, "migration").stage, state(at, "migration").late) == (Stage.OPEN, False)
    city.change("systems", code, room=CLOUD)
    assert state(one(city, code, CZ.id, day), "migration").stage is Stage.DONE


def test_a_move_without_the_gate_is_out_of_order() -> None:
    city = City()
    (owner,) = city.departments(1)
    code = city.system(owner, moved=True, migratable=True)
    at = one(city, code, CZ.id, date(2019, 1, 1))
    assert state(at, "migration").stage is Stage.OUT_OF_ORDER
    assert gate(state(at, "migration")) == ["secrecy is confirmed"]


def test_review_before_access() -> None:
    city, day = City(), date(2018, 6, 1)
    (owner,) = city.departments(1)
    code = city.system(owner, moved=True, secrecy="none", connected=False)
    at = state(one(city, code, CZ.id, day), "exchange")
    assert (at.stage, gate(at)) == (Stage.WAITING, ["review or test"])
    assert at.gate[0].named
    at = state(one(city, code, CZ.id, day, said(CZ.id, "V-49", code)), "exchange")
    assert (at.stage, missing(at)) == (Stage.OPEN, ["connected to the exchange platform"])


def test_what_a_department_declares_holds_for_its_systems() -> None:
    city, day = City(), date(2018, 6, 1)
    owner, other = city.departments(2)
    code = city.system(owner, moved=True)
    (standing,) = lifecycle(
        CZ, city.estate(), Records(declarations=(said(CZ.id, "CZ-08", other),)), day, codes={code}
    )
    assert "the department's plan for integration and sharing" in missing(
        state(standing, "merging")
    )
    at = one(city, code, CZ.id, day, said(CZ.id, "CZ-08", owner))
    assert missing(state(at, "merging")) == []


def test_one_big_system_or_a_part_of_it() -> None:
    city, day = City(), date(2018, 6, 1)
    (owner,) = city.departments(1)
    big, small = city.system(owner), city.system(owner)
    plan = said(CZ.id, "CZ-08", owner)
    for code in (big, small):
        assert missing(state(one(city, code, CZ.id, day, plan), "merging"))
    city.change("systems", small, parent=big)
    for code in (big, small):
        assert not missing(state(one(city, code, CZ.id, day, plan), "merging"))


def test_secrecy_is_confirmed_by_somebody_before_a_migration() -> None:
    city, day = City(), date(2019, 6, 1)
    (owner,) = city.departments(1)
    code = city.system(owner, moved=False, secrecy="none")
    at = one(city, code, XN.id, day)
    assert missing(state(at, "secrecy")) == ["who confirmed it", "when"]
    assert gate(state(at, "migration")) == ["confirmed as not classified"]
    city.change(
        "systems", code, secrecy_confirmed_by="市国家保密局", secrecy_confirmed_on=date(2019, 5, 1)
    )
    at = one(city, code, XN.id, day)
    assert (state(at, "secrecy").stage, state(at, "migration").stage) == (Stage.DONE, Stage.OPEN)


def test_the_grade_comes_before_xinzhou_s_migration_and_not_before_connecting() -> None:
    city, day = City(), date(2020, 9, 1)
    (owner,) = city.departments(1)
    code = city.system(owner, moved=False, secrecy="none", cloud_status="connected")
    at = one(city, code, XZ.id, day)
    assert state(at, "connection").stage is Stage.DONE
    assert gate(state(at, "migration")) == ["the grade of protection (MLPS)"]
    city.change("systems", code, mlps_level=3)
    assert state(one(city, code, XZ.id, day), "migration").stage is Stage.OPEN


@pytest.mark.parametrize(
    ("day", "stage"),
    [(date(2020, 3, 30), Stage.WAITING), (date(2020, 3, 31), Stage.OPEN)],
)
def test_three_months_of_trial_before_acceptance(day: date, stage: Stage) -> None:
    city = City()
    began = date(2019, 12, 31)
    filed = {"contract_signed_on": began, "contract_published_on": began}
    code = city.project(
        None, in_annual_plan=True, contract_filed_on=began, trial_started_on=began, **filed
    )
    told = tuple(said(XN.id, entry, code) for entry in ("V-12", "V-13", "V-14"))
    at = state(one(city, code, XN.id, day, *told), "acceptance")
    assert at.stage is stage
    assert gate(at) == (["three months of trial have passed"] if stage is Stage.WAITING else [])


def test_the_five_steps_of_a_private_network_are_taken_in_order() -> None:
    city, day = City(), date(2016, 1, 1)
    code = city.line("private_business", boundary="清楚", nature="政务")
    at = one(city, code, JL.id, day)
    assert at.phase == "sorting"
    assert state(at, "classification").waits_for == ()  # its boundary is clear
    city.change("lines", code, private_class="业务", protection_level="三级")
    at = one(city, code, JL.id, day)
    assert (at.phase, state(at, "network").stage) == ("test", Stage.WAITING)
    city.change("lines", code, test_passed=True)
    assert one(city, code, JL.id, day).phase == "network"


def test_a_classified_system_only_goes_the_intranet_s_way() -> None:
    city = City()
    (owner,) = city.departments(1)
    code = city.system(owner, secrecy="classified", moved=False, migratable=True)
    at = one(city, code, DL.id, date(2018, 1, 1))
    concerned = {s.id for s in at.phases if s.stage is not Stage.SKIPPED}
    assert "intranet" in concerned
    assert not concerned & {"audit", "plan", "migration", "function", "exchange"}


@pytest.mark.parametrize("named", ALL)
def test_no_policy_moves_or_connects_a_classified_system(named: str) -> None:
    city = City()
    (owner,) = city.departments(1, county="县")
    code = city.system(owner, secrecy="classified", migratable=True, must_connect=True, moved=False)
    for standing in lifecycle(ALL[named], city.estate(), Records(), date(2020, 1, 1)):
        if standing.code == code:
            for phase in ("plan", "migration", "connection", "exchange", "one-stop"):
                stages = [s.stage for s in standing.phases if s.id == phase]
                assert set(stages) <= {Stage.SKIPPED}


PHASE = """
[[phases]]
id = "move"
number = 2
title = "迁移"
title_en = "move"
clause = "一"
quote = "迁移"
leave = [{ title = "已迁移", title_en = "moved", needs = [{ field = "on_cloud", is = true }] }]
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('field = "on_cloud"', 'field = "on_clouds"', "on_cloud"),
        ("number = 2", 'number = 2\nafter = ["later"]', "lower number"),
        ("number = 2", 'number = 2\nentries = ["X-99"]', "no such entry"),
        ("number = 2", 'number = 2\nroles = { lead = ["某局"] }', "organisations"),
        ('needs = [{ field = "on_cloud", is = true }]', 'clock = "X-99"', "clock of the same set"),
        ('needs = [{ field = "on_cloud", is = true }]', 'needs = [{ declared = "X" }]', "no such"),
        (', needs = [{ field = "on_cloud", is = true }]', "", "needs, clock"),
    ],
)
def test_a_mistake_in_a_phase_has_its_line(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    path = tmp_path / "city.toml"
    path.write_text(GOOD + PHASE, "utf-8")
    assert [phase.id for phase in load_file(path).phases] == ["move"]
    path.write_text(GOOD + PHASE.replace(old, new), "utf-8")
    with pytest.raises(PackRefused) as caught:
        load_file(path)
    first = GOOD.count("\n") + 2
    assert [(f.line >= first, expected in f.expected) for f in caught.value.faults] == [
        (True, True)
    ]


def test_three_months_of_trial_are_counted_to_the_application() -> None:
    """办法 第十六条: the months lie before the application, not before the day on which one looks."""
    city, day = City(), date(2019, 12, 1)
    (owner,) = city.departments(1)
    told = {"funding_source": "municipal_fiscal", "trial_started_on": date(2019, 6, 1)}
    early = city.project(owner, acceptance_applied_on=date(2019, 8, 15), **told)
    right = city.project(owner, acceptance_applied_on=date(2019, 9, 1), **told)
    not_yet = city.project(owner, **told)
    for code, passed in ((early, False), (right, True), (not_yet, True)):
        found = gate(state(one(city, code, XN.id, day), "acceptance"))
        assert ("three months of trial have passed" not in found) is passed
    city.change("projects", early, accepted_on=date(2019, 10, 1))
    at = one(city, early, XN.id, day, said(XN.id, "V-21a", early))
    assert state(at, "acceptance").stage is Stage.OUT_OF_ORDER


def test_a_contract_without_the_opinions_before_it_is_out_of_order() -> None:
    city, day = City(), date(2019, 12, 1)
    (owner,) = city.departments(1)
    signed = dict.fromkeys(
        ("contract_signed_on", "contract_published_on", "contract_filed_on"), date(2019, 4, 1)
    )
    told = {"funding_source": "municipal_fiscal", "in_annual_plan": True}
    code = city.project(owner, **told, **signed)
    at = state(one(city, code, XN.id, day), "contract")
    assert (at.stage, len(at.gate)) == (Stage.OUT_OF_ORDER, 2)
    opinions = [
        said(XN.id, entry, code).model_copy(update={"on": date(2019, 3, 1)})
        for entry in ("V-12", "V-13")
    ]
    assert state(one(city, code, XN.id, day, *opinions), "contract").stage is Stage.DONE


def test_a_private_network_s_steps_are_in_their_order() -> None:
    city, day = City(), date(2018, 5, 1)
    (owner,) = city.departments(1)
    code = city.line("private_business", owner, private_class="x", test_passed=True)
    at = one(city, code, JL.id, day)
    stages = {s.id: s.stage for s in at.phases}
    assert (stages["sorting"], stages["boundary"]) == (Stage.DONE, Stage.OPEN)
    assert (stages["classification"], stages["test"]) == (Stage.WAITING, Stage.OUT_OF_ORDER)
    assert gate(state(at, "test")) == ["its boundary", "its nature", "its level of protection"]
    city.change("lines", code, boundary="本厅", nature="业务", protection_level="三级")
    assert state(one(city, code, JL.id, day), "test").stage is Stage.DONE
