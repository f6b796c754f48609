"""Who may say what about a run, and what was said: approvals, rejections, evidence for waves and items.

They bind to the plan's digest. What they allow is asked by the engine before each step (`gates`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from migrator.errors import Forbidden, NotFound, Refused
from migrator.people.names import same_person
from migrator.people.rights import Deed, Person
from migrator.people.scope import subject_of_items
from migrator.planning.plan import CUTOVER, WAY, Plan, StepKind
from migrator.runs.approvals import PlanRecord
from migrator.runs.gates import GateCase, Gates
from migrator.runs.records import ItemRecord, RunRecord, StepState, Wanted
from migrator.runs.rules import EngineRules
from migrator.store.truth import Truth

type Wake = Callable[[str, tuple[str, ...]], None]
"""Wakes a run and some of its items in the engine; may raise EngineDown."""


DEEDS = {"evidence": Deed.PLAN_EVIDENCE, "no-evidence": Deed.PLAN_EVIDENCE}
"""What other decisions ask of a person than the right to decide."""


@dataclass(frozen=True, kw_only=True)
class Deciding:
    truth: Truth
    wake: Wake
    gates: Gates = field(default_factory=Gates)

    def ready(self, run: str) -> tuple[str, ...]:
        """Systems whose item waits for an approval of its own and for nothing else."""
        record = self._open(run, None)
        plan = self.truth.plans.load(record.plan)
        kept = self.truth.plans.record(record.plan)
        return tuple(
            item.system
            for item in record.items
            if not item.state.ended
            and (step := _next(item))
            and self.gates.waits_for_approval(
                GateCase(
                    plan=plan,
                    kept=kept,
                    item=plan.item(item.system),
                    wave=item.wave,
                    step=step,
                    now=self.truth.clock(),
                )
            )
        )

    def decide(
        self,
        run: str,
        decision: str,
        actor: Person,
        reason: str = "",
        *,
        wave: int | None = None,
        systems: Sequence[str] = (),
        **evidence: str,
    ) -> tuple[str, ...]:
        """Approve, reject or withdraw, for a wave or for items of a run; or put down `evidence` (kind,
        reference, content: a file's SHA-256). Binds to the plan's digest, so it is void for another.
        What it was written for: told twice by one person, nothing is.

        Raises Refused without a reason where one is needed, Forbidden for the plan's author.
        """
        self.truth.permit(actor, DEEDS.get(decision, Deed.PLAN_DECIDE), run)
        record = self._open(run, None)
        plan = self.truth.plans.load(record.plan)
        kept = self.truth.plans.record(record.plan)
        subjects = self._subjects(record, plan, wave, systems)
        if decision == "approve" and same_person(kept.author, actor.name):
            self.truth.audit(actor.name, "run.approve.refused", run, reason="author")
            raise Forbidden(
                f"编制人 {actor.name} 不能审批自己的方案 / the author cannot approve their own plan; another "
                "person must"
            )
        if decision in {"reject", "withdraw"} and not reason.strip():
            raise Refused(
                "否决与撤回须写明理由 / a rejection or withdrawal needs a reason: --reason"
            )
        scope = "item" if wave is None else "wave"
        told = {"actor": actor.name, "scope": scope, "decision": decision} | evidence
        fresh = [s for s in subjects if not _said(kept, told | {"subject": s})]
        if fresh:
            self.truth.plans.decide(
                record.plan,
                decision=decision,
                digest=kept.digest,
                actor=actor.name,
                reason=reason,
                scope=scope,
                subjects=fresh,
                **evidence,
            )
        self.wake(run, tuple(i.system for i in record.items if not i.state.ended))
        return tuple(fresh)

    def _subjects(
        self, record: RunRecord, plan: Plan, wave: int | None, systems: Sequence[str]
    ) -> list[str]:
        if wave is not None:
            if wave not in {w.number for w in plan.waves}:
                raise NotFound(f"没有第 {wave} 批 / no wave {wave} in plan {record.plan}")
            return [str(wave)]
        known = {item.system for item in record.items}
        if missing := [s for s in systems if s not in known]:
            raise NotFound(f"执行 {record.code} 中没有 / the run has no item {', '.join(missing)}")
        return list(systems)

    def _may(self, actor: Person, verb: str, about: str) -> None:
        """Raises Forbidden for who may not command this run or item, and where the rules say which roles
        do; NotFound."""
        self._permit(actor, Deed.RUN_CONTROL, about)
        require_command(self.truth, self.gates.rules, actor, verb, about)

    def _permit(self, actor: Person, deed: Deed, about: str) -> None:
        """`about`: RUN, RUN/SYSTEM or RUN/wave N; who is bound to organisations has their own items."""
        run, _, part = about.partition("/")
        subject = None
        if not actor.whole_city:
            plan = self.truth.plans.load(self.truth.runs.get(run).plan)
            subject = subject_of_items(plan, None if part.startswith("wave ") else part or None)
        self.truth.permit(actor, deed, about, subject)

    def _open(self, run: str, system: str | None) -> RunRecord:
        record = self.truth.runs.get(run)
        if record.ended_at:
            raise Refused(f"执行 {run} 已结束 / the run has ended ({record.state})")
        if system:
            self._item(run, system)
        return record

    def _item(self, run: str, system: str) -> ItemRecord:
        item = self.truth.runs.item(run, system)
        if item.state.ended:
            raise Refused(f"{system} 已结束 / the item has ended: {item.state}")
        return item


def require_command(truth: Truth, rules: EngineRules, actor: Person, verb: str, about: str) -> None:
    """Raises Forbidden where the rules say who gives a command and this is somebody else."""
    roles = rules.commands.get(verb)
    if roles is None:
        return
    if not any(same_person(actor.name, p) for role in roles for p in rules.roles.get(role, ())):
        truth.audit(actor.name, f"run.{verb}.refused", about, roles=list(roles))
        raise Forbidden(
            f"{actor.name} 无权 {verb} / {actor.name} may not {verb}: expected somebody with the role "
            f"{', '.join(roles)}"
        )


def _next(item: ItemRecord) -> StepKind | None:
    """The step that an item has before it, on its way forward."""
    if item.wanted is Wanted.ROLLBACK or item.blocked:
        return None
    passed = {StepState.DONE, StepState.SKIPPED}
    left = [kind for kind in WAY if item.step(kind).state not in passed]
    if not left:
        return None
    return StepKind.QUIESCE if left[0] in CUTOVER else left[0]


def _said(kept: PlanRecord, told: Mapping[str, str]) -> bool:
    """Whether the person's last word on the subject is this one already."""
    mine = [
        d
        for d in kept.decisions
        if (d.scope, d.subject) == (told["scope"], told["subject"])
        and (same_person(d.actor, told["actor"]) or d.decision == "reject")
    ]
    if not mine or (told["decision"] == "withdraw" and mine[-1].decision != "approve"):
        return told["decision"] == "withdraw"
    return all(getattr(mine[-1], name) == value for name, value in told.items())
