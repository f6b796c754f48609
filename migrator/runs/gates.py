"""Gates: what must hold before a step of an item begins. Pure; asked again at each step's start.

    verdict = Gates(rules).verdict(case)
    if not verdict.open: …  # verdict.reasons, in both languages

A gate is a value with a name, the steps that it stands before, and a function from a case to its
verdict. Nothing waits in a thread: whoever asks gets an answer now, and asks again later. A gate that needs
to look outside (green probes for some minutes, say) is one more `Gate` in `Gates.more`: what it looks
at, it reads itself.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from inventory.frozen import Frozen
from migrator.people.names import same_person
from migrator.planning.means import Freeze
from migrator.planning.plan import Item, Plan, StepKind
from migrator.runs.approvals import ApprovalRecord, PlanRecord
from migrator.runs.rules import NO_RULES, Approval, Before, Concerned, EngineRules, Scope

_CUTOVER = frozenset({StepKind.GATE, StepKind.QUIESCE})
STEPS = {
    Before.START: _CUTOVER | {StepKind.PREFLIGHT, StepKind.BACKUP, StepKind.PRESYNC},
    Before.CUTOVER: _CUTOVER,
    Before.COMMIT: frozenset({StepKind.COMMIT}),
}
"""Steps that an approval stands before. Once the switch is made only the commit can still be held."""

_LOOKED_AT = frozenset({StepKind.PREFLIGHT, StepKind.GATE})
"""Steps that begin with a look at whether the plan still stands."""

FROZEN = _CUTOVER | {StepKind.COMMIT}
COPIES = frozenset({StepKind.BACKUP, StepKind.PRESYNC})
"""Steps that a freeze holds back, and those that one holds back besides which stops copies too. The
others only look, or bring a source back."""


class GateVerdict(Frozen):
    """What a gate says. `seconds`: when it is worth asking again; None: when somebody acts."""

    gate: str
    open: bool
    reasons: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class GateCase:
    """What a gate is asked about: this step of this item, now."""

    plan: Plan
    kept: PlanRecord
    item: Item
    wave: int
    step: StepKind
    now: datetime


@dataclass(frozen=True, kw_only=True)
class Gate:
    """`judge` is asked for the steps that the gate stands before, and only for them."""

    name: str
    steps: frozenset[StepKind]
    judge: Callable[[GateCase], GateVerdict]


@dataclass(frozen=True)
class Gates:
    """The gates of the rules, and `more`."""

    rules: EngineRules = NO_RULES
    more: tuple[Gate, ...] = field(default=())

    def verdicts(self, case: GateCase) -> Iterable[GateVerdict]:
        if case.step in FROZEN | COPIES and not case.plan.means.ignore_windows:
            yield _freeze(self.rules.freezes, case)
        for rule in self.rules.approvals:
            if case.step in STEPS[rule.before] and rule.concerns(
                Concerned.of(case.item), self.rules.critical
            ):
                yield _approval(rule, self.rules, case)
        for gate in self.more:
            if case.step in gate.steps:
                yield gate.judge(case)

    def verdict(self, case: GateCase) -> GateVerdict:
        """All gates as one: open when all are; the reasons of those that are not."""
        shut = [v for v in self.verdicts(case) if not v.open]
        if not shut:
            return GateVerdict(gate="", open=True)
        again = [v.seconds for v in shut if v.seconds is not None]
        return GateVerdict(
            gate=", ".join(v.gate for v in shut),
            open=False,
            reasons=tuple(reason for v in shut for reason in v.reasons),
            seconds=max(again) if len(again) == len(shut) else None,
        )

    def waits_for_approval(self, case: GateCase) -> bool:
        """Whether approvals of this item, and nothing else, keep its step from beginning: it is ready."""
        shut = [v.gate for v in self.verdicts(case) if not v.open]
        own = {f"approval:{rule.name}" for rule in self.rules.approvals if rule.of is Scope.ITEM}
        return bool(shut) and set(shut) <= own


def plan_faults(plan: Plan, kept: PlanRecord, rules: EngineRules, now: datetime) -> list[str]:
    """What approvals of the plan itself are missing before it may start, one line a rule."""
    found: list[str] = []
    for rule in rules.approvals:
        about = [item for item in plan.items if rule.concerns(Concerned.of(item), rules.critical)]
        if rule.of is not Scope.PLAN or rule.before is not Before.START or not about:
            continue
        case = GateCase(
            plan=plan, kept=kept, item=about[0], wave=0, step=StepKind.PREFLIGHT, now=now
        )
        found += _approval(rule, rules, case).reasons
    return found


def eligible(actor: str, rule: Approval, rules: EngineRules, author: str) -> bool:
    """Whether a person's word counts for the rule."""
    if rule.four_eyes and same_person(actor, author):
        return False
    named = [*rule.people, *(p for role in rule.roles for p in rules.roles.get(role, ()))]
    return not (rule.people or rule.roles) or any(same_person(actor, one) for one in named)


def standing(decisions: Sequence[ApprovalRecord]) -> list[ApprovalRecord]:
    """Approvals that nobody took back: those since the last rejection, without those of persons who
    withdrew theirs; one a person, the latest."""
    found: list[ApprovalRecord] = []
    for one in decisions:
        if one.decision == "reject":
            found.clear()
        elif one.decision in {"approve", "withdraw"}:
            found = [f for f in found if not same_person(f.actor, one.actor)]
            if one.decision == "approve":
                found.append(one)
    return found


def _subject(rule: Approval, case: GateCase) -> str:
    return {Scope.PLAN: "", Scope.WAVE: str(case.wave), Scope.ITEM: case.item.code}[rule.of]


def _approval(rule: Approval, rules: EngineRules, case: GateCase) -> GateVerdict:
    subject = _subject(rule, case)
    if rule.of is Scope.PLAN and case.kept.state == "rejected" and case.step in _LOOKED_AT:
        # there the item is held for good, with what else has changed (`perform`)
        return GateVerdict(gate=f"approval:{rule.name}", open=True)
    told = [d for d in case.kept.decisions if (d.scope, d.subject) == (rule.of, subject)]
    what = f"{rule.of}{f' {subject}' if subject else ''}"
    reasons = lacking(rule, rules, told, author=case.kept.author, now=case.now, what=what)
    return GateVerdict(gate=f"approval:{rule.name}", open=not reasons, reasons=tuple(reasons))


def lacking(
    rule: Approval,
    rules: EngineRules,
    told: Sequence[ApprovalRecord],
    *,
    author: str,
    now: datetime,
    what: str,
) -> list[str]:
    """What a rule still asks for, by all that was decided of `what` (which `told` is about)."""
    stand = [d for d in standing(told) if eligible(d.actor, rule, rules, author)]
    fresh = [d for d in stand if not _expired(d, rule, now)]
    reasons: list[str] = []
    if len(fresh) < rule.count:
        old = len(stand) - len(fresh)
        last = told[-1] if told and told[-1].decision in {"reject", "withdraw"} else None
        why = f"，{old} 份过期 / {old} expired" if old else ""
        if last:
            word = "否决 / rejected" if last.decision == "reject" else "撤回 / withdrawn"
            why += f"，{word}: {last.actor}: {last.reason}"
        reasons.append(
            f"等待审批 {rule.name}：{what} 需 {rule.count} 人，已有 {len(fresh)} 人 / approval "
            f"{rule.name} of {what}: expected {rule.count}, read {len(fresh)}{why}"
        )
    papers = {d.kind for d in _papers(told)}
    if missing := [kind for kind in rule.evidence if kind not in papers]:
        names = ", ".join(missing)
        reasons.append(
            f"等待依据 {rule.name}：{what} 缺 {names} / evidence {rule.name} of {what}: expected {names}"
        )
    return reasons


def _papers(decisions: Iterable[ApprovalRecord]) -> list[ApprovalRecord]:
    """What is on record and was not taken back (`reference` tells which)."""
    found: list[ApprovalRecord] = []
    for one in decisions:
        if one.decision == "evidence":
            found.append(one)
        elif one.decision == "no-evidence":
            found = [f for f in found if (f.kind, f.reference) != (one.kind, one.reference)]
    return found


def _expired(decision: ApprovalRecord, rule: Approval, now: datetime) -> bool:
    if rule.valid_hours is None:
        return False
    return now >= datetime.fromisoformat(decision.at) + timedelta(hours=rule.valid_hours)


def _freeze(freezes: Sequence[Freeze], case: GateCase) -> GateVerdict:
    """Those of the rules and of the plan's means, by the day that it is in the city: a freeze begins
    with the midnight before its first day and ends with that after its last."""
    today = case.now.astimezone(ZoneInfo(case.plan.means.timezone)).date()
    every = (*freezes, *(case.plan.means.city.freezes if case.plan.means.city else ()))
    shut = [f for f in every if _concerns(f, case) and f.holds(today)]
    reasons = tuple(f"封网 {f.name} / freeze {f.name}: {f.from_} – {f.to}" for f in shut)
    return GateVerdict(gate="freeze", open=not shut, reasons=reasons)


def _concerns(freeze: Freeze, case: GateCase) -> bool:
    if case.step in COPIES and not freeze.copies:
        return False
    system = case.item.system
    return (
        freeze.everybody
        or (system.organisation or "") in freeze.organisations
        or (case.item.source.place or "") in freeze.rooms
        or case.item.code in freeze.systems
    )
