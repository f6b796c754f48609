"""Gates by rules as data: who, how many, until when, with which papers, outside which freeze."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrator.errors import MeansRefused
from migrator.planning.means import Freeze
from migrator.planning.plan import Means, Plan, StepKind
from migrator.runs.approvals import ApprovalRecord, PlanRecord
from migrator.runs.gates import Gate, GateCase, Gates, GateVerdict, plan_faults
from migrator.runs.rules import Approval, Before, Critical, EngineRules, Scope
from migrator.runs.rules_file import read_rules
from tests.migrator.builders import plan_of

NOW = datetime(2026, 3, 14, 18, tzinfo=UTC)  # 02:00 of the 15th in Shanghai
PLAN = plan_of(2, means=Means(), mlps_level=4, organisation="ORG")


def said(decision: str, actor: str, hours_ago: float = 1, **more: str) -> ApprovalRecord:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    return ApprovalRecord(
        digest=PLAN.digest, decision=decision, actor=actor, reason="因", at=at, **more
    )


def case(*decisions: ApprovalRecord, step: StepKind = StepKind.GATE, plan: Plan = PLAN) -> GateCase:
    kept = PlanRecord(code="P", digest=plan.digest, author="zhang", made_at="", decisions=decisions)
    return GateCase(plan=plan, kept=kept, item=plan.item("S0"), wave=1, step=step, now=NOW)


def verdict(
    rules: EngineRules, *decisions: ApprovalRecord, step: StepKind = StepKind.GATE
) -> GateVerdict:
    return Gates(rules).verdict(case(*decisions, step=step))


def rules(**fields: object) -> EngineRules:
    return EngineRules(approvals=(Approval(name="one", **fields),), roles={"lead": ("li", "wang")})


def test_critical_infrastructure_needs_two_without_any_file() -> None:
    gates = Gates()
    assert not gates.verdict(case(said("approve", "li"))).open
    assert gates.verdict(case(said("approve", "li"), said("approve", "wang"))).open
    assert not gates.verdict(case(said("approve", "li"), said("approve", "Ｌi"))).open
    told = plan_faults(PLAN, case(said("approve", "li")).kept, EngineRules(), NOW)
    assert len(told) == 1
    assert "expected 2, read 1" in told[0]
    modest = EngineRules(critical=Critical(mlps_level=5))
    assert Gates(modest).verdict(case(said("approve", "li"))).open


@pytest.mark.parametrize(
    ("decisions", "is_open"),
    [
        ([], False),
        ([("approve", "zhang")], False),  # the author
        ([("approve", "zhao")], False),  # without the role
        ([("approve", "li")], True),
        ([("approve", "li"), ("reject", "zhao")], False),
        ([("approve", "li"), ("reject", "zhao"), ("approve", "wang")], True),
        ([("approve", "li"), ("withdraw", "li")], False),
        ([("approve", "li"), ("approve", "wang"), ("withdraw", "li")], True),
    ],
)
def test_what_stands_counts(decisions: list[tuple[str, str]], is_open: bool) -> None:
    told = [said(decision, actor) for decision, actor in decisions]
    assert verdict(rules(roles=("lead",)), *told).open is is_open


def test_an_approval_expires() -> None:
    asked = rules(valid_hours=24)
    assert verdict(asked, said("approve", "li", hours_ago=23)).open
    old = verdict(asked, said("approve", "li", hours_ago=24))
    assert not old.open
    assert "过期" in old.reasons[0]


def test_waves_and_items_have_their_own() -> None:
    wave = rules(of=Scope.WAVE)
    assert not verdict(wave, said("approve", "li")).open
    assert not verdict(wave, said("approve", "li", scope="wave", subject="2")).open
    assert verdict(wave, said("approve", "li", scope="wave", subject="1")).open
    item = rules(of=Scope.ITEM, before=Before.CUTOVER)
    assert verdict(item, step=StepKind.PRESYNC).open
    assert not verdict(item).open
    assert verdict(item, said("approve", "li", scope="item", subject="S0")).open


def test_only_what_a_rule_concerns() -> None:
    assert verdict(rules(organisations=("OTHER",))).open
    assert not verdict(rules(organisations=("ORG",))).open
    assert verdict(rules(rooms=("R9",))).open
    assert verdict(rules(systems=("S1",))).open


def test_evidence_is_asked_for_and_can_be_taken_back() -> None:
    asked = rules(of=Scope.ITEM, count=0, evidence=("sign-off",))
    paper = {"scope": "item", "subject": "S0", "kind": "sign-off", "reference": "沧数函〔2026〕7号"}
    given = said("evidence", "li", **paper)
    assert "sign-off" in verdict(asked).reasons[0]
    assert verdict(asked, given).open
    assert not verdict(asked, given, said("no-evidence", "li", **paper)).open


@pytest.mark.parametrize(
    ("step", "copies", "is_open"),
    [
        (StepKind.QUIESCE, False, False),
        (StepKind.COMMIT, False, False),
        (StepKind.PRESYNC, False, True),
        (StepKind.PRESYNC, True, False),
        (StepKind.SOAK, True, True),
        (StepKind.PREFLIGHT, True, True),
    ],
)
def test_a_freeze_holds_what_changes_something(step: StepKind, copies: bool, is_open: bool) -> None:
    freeze = Freeze.model_validate(
        {"name": "两会", "from": "03-01", "to": "03-14", "copies": copies}
    )
    frozen = EngineRules(approvals=(), freezes=(freeze,))
    at = NOW - timedelta(hours=2, minutes=1)  # a minute before midnight, of the last day
    assert (
        Gates(frozen).verdict(GateCase(**{**case(step=step).__dict__, "now": at})).open is is_open
    )
    assert verdict(frozen, step=step).open  # two in the morning of the 15th


def test_a_freeze_begins_at_midnight_of_the_citys_clock() -> None:
    freeze = Freeze.model_validate({"name": "f", "from": "2026-03-15", "to": "2026-03-15"})
    frozen = EngineRules(approvals=(), freezes=(freeze,))
    assert not verdict(frozen).open
    eve = Gates(frozen).verdict(
        GateCase(**{**case().__dict__, "now": NOW - timedelta(hours=2, minutes=1)})
    )
    assert eve.open


def test_more_gates_join_with_a_verdict_and_reasons() -> None:
    def judge(case: GateCase) -> GateVerdict:
        return GateVerdict(gate="probes", open=False, reasons=("红 / red",), seconds=30)

    probes = Gate(name="probes", steps=frozenset({StepKind.GATE}), judge=judge)
    gates = Gates(EngineRules(approvals=()), more=(probes,))
    told = gates.verdict(case())
    assert (told.open, told.reasons, told.seconds) == (False, ("红 / red",), 30)
    assert gates.verdict(case(step=StepKind.PRESYNC)).open


def test_a_file_of_rules(tmp_path: Path) -> None:
    path = tmp_path / "engine.toml"
    path.write_text(
        '[roles]\nlead = ["li"]\n[[approvals]]\nname = "x"\nroles = ["lead"]\ncount = 2\n'
        '[zones]\nR1 = "east"\n[limits]\n"room:R1" = 1\n'
    )
    assert read_rules(path).approvals[0].count == 2
    path.write_text(
        '[[approvals]]\nname = "x"\ncuont = 2\n[[approvals]]\nname = "y"\ncount = "二"\n'
    )
    with pytest.raises(MeansRefused) as refused:
        read_rules(path)
    assert {fault.line for fault in refused.value.faults} == {3, 6}
    path.write_text('[[approvals]]\nname = "x"\nroles = ["nobody"]\n')
    with pytest.raises(MeansRefused, match="nobody"):
        read_rules(path)
