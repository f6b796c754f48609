"""Use cases around plans: make, check, rehearse, approve, reject. Every way in calls these."""

import time as clock
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from inventory.halves import labelled, together
from inventory.model import Estate, Frozen
from inventory.secrecy import Hidden, hidden
from inventory.seen import Seen
from inventory.store import EstateStore
from migrator.attempts.ansible import Outcome
from migrator.attempts.crew import DRY_RUN, Cancelled, Crew
from migrator.attempts.processes import sweep
from migrator.errors import Forbidden, NothingMoves, Refused
from migrator.people.names import same_person
from migrator.people.rights import Deed, Person
from migrator.planning.checking import faults
from migrator.planning.drift import as_planned, drifts, facts_changed, planned_drifts, there
from migrator.planning.means_file import changed
from migrator.planning.orders import NO_ORDERS, Orders
from migrator.planning.plan import WAY, Item, Means, Plan, StepKind
from migrator.planning.planner import make_plan
from migrator.runs.approvals import PlanRecord
from migrator.runs.kinds import KINDS
from migrator.store.truth import Truth
from migrator.use_cases.missed import begun_of, missed
from migrator.use_cases.transfers import learned, transfers_in

REHEARSED = tuple(
    (step, kind.playbook) for step, kind in KINDS.items() if kind.playbook and step in WAY
)
"""What a dry run goes through for each item, in check mode."""


MOST_TOLD = 10


class Rehearsal(Frozen):
    """One playbook of one item in check mode."""

    system: str
    step: StepKind
    ok: bool
    message: str = ""
    would_change: int = 0


@dataclass(frozen=True)
class Planning:
    truth: Truth
    estate: EstateStore
    today: date | None = None  # instead of the clock's

    def now(self, means: Means) -> datetime:
        """The city's clock; of a day that is told instead, its beginning."""
        zone = ZoneInfo(means.timezone)
        if self.today is not None:
            return datetime.combine(self.today, time(), zone)
        return self.truth.clock().astimezone(zone)

    def make(
        self,
        actor: Person,
        means: Means,
        orders: Orders = NO_ORDERS,
        *,
        seen: Seen | None = None,
        former: str | None = None,
        today: date | None = None,
    ) -> tuple[PlanRecord, Plan]:
        """A plan of what is left to do, kept as a draft. `former`: the code of a plan whose nights
        are kept where they can be; its approval stays what it is, and is no approval of this one.
        What copies over a line reached so far is counted on, and kept with the plan's means. No night
        and no copy is before `today`, but of copies that a run of the former plan began.

        Raises Refused when nothing can move (the verdicts say why, system by system), NotFound.
        """
        self.truth.permit(actor, Deed.PLAN_MAKE, "estate")
        estate = self.estate.load()
        if not estate.systems:
            raise Refused(
                "库中没有信息系统 / the inventory holds no system: read 0, expected at least one; "
                "load a ledger first: `qianyun inventory apply LEDGER`"
            )
        before = self.truth.plans.load(former) if former else None
        if means.city is not None:
            city = learned(means.city, transfers_in(self.truth))
            means = means.model_copy(update={"city": city})
        began = begun_of(self.truth, former) if former else frozenset[str]()
        day = today or self.now(means).date()
        plan = make_plan(estate, means, orders, seen=seen, former=before, today=day, began=began)
        if not plan.items and plan.timetable is None:
            self.truth.audit(actor.name, "plan.nothing", "estate", estate=plan.estate)
            reasons = "\n".join(f"  {v.system} {v.name}: {v.reason}" for v in plan.verdicts)
            said = f"没有可迁移的系统 / nothing is left to move:\n{reasons}".rstrip(":\n")
            raise NothingMoves(said, plan.verdicts)
        return self.truth.plans.add(plan, actor.name), plan

    def what_if(
        self,
        code: str,
        settings: Sequence[str],
        orders: Orders = NO_ORDERS,
        *,
        seen: Seen | None = None,
    ) -> tuple[Plan, Plan]:
        """A plan as it is today, and with means set otherwise (`line.X.rate=1G`): both keep the plan's
        nights but for what gains or has to go, so that they differ by the change alone. Nothing is
        kept. Raises NotFound, MeansRefused, Refused without a timetable."""
        plan, estate = self.truth.plans.load(code), self.estate.load()
        if plan.means.city is None:
            raise Refused(
                f"方案 {code} 没有时间表，请以 --means 编制 / plan {code} has no timetable: make one with "
                "--means"
            )
        city = changed(plan.means.city, settings, estate)
        other = plan.means.model_copy(update={"city": city})
        began = begun_of(self.truth, code)
        now, then = (
            make_plan(
                estate,
                means,
                orders,
                seen=seen,
                former=plan,
                today=self.now(means).date(),
                gains=True,
                began=began,
            )
            for means in (plan.means, other)
        )
        return now, then

    def drifted(self, code: str) -> dict[str, tuple[str, ...]]:
        """Per system, how today's facts differ from the plan's; empty when they do not."""
        return planned_drifts(self.truth.plans.load(code), self.estate.load())

    def items_drifted(self, code: str) -> dict[str, tuple[str, ...]]:
        """Of what a playbook can move today."""
        return drifts(self.truth.plans.load(code), self.estate.load())

    def missed(self, code: str) -> dict[str, str]:
        """What of a plan nobody has begun in time: by system, in both languages."""
        return self.missed_of(code, self.truth.plans.load(code), self.estate.load)

    def missed_of(self, code: str, plan: Plan, estate: Callable[[], Estate]) -> dict[str, str]:
        """The same of a plan that the caller has; runs and estate are read where a night is over."""
        late = missed(plan, self.now(plan.means))
        if not late:
            return {}
        done = {one.code for one in estate().systems if one.placement is not None}
        done |= begun_of(self.truth, code)
        return {system: line for system, line in late.items() if system not in done}

    def broken(self, code: str) -> tuple[str, ...]:
        """What a plan's timetable breaks by today's facts, as the independent checker judges; nothing
        of a plan whose systems have begun to move, since what they took is no longer free."""
        plan = self.truth.plans.load(code)
        if plan.timetable is None or plan.means.city is None:
            return ()
        estate = self.estate.load()
        arrived = there(plan, estate)
        if any(s.placement is not None for s in estate.systems if s.code in arrived):
            return ()
        before = as_planned(plan.timetable, estate, arrived)
        return tuple(faults(plan.timetable, before, plan.means.city)) if before else ()

    def require_same_facts(self, code: str) -> None:
        """Raises Refused where the facts of what can be rehearsed are no longer the plan's."""
        if changed := self.items_drifted(code):
            lines = [line for lines in changed.values() for line in lines]
            raise Refused(facts_changed(lines, "请重做方案 / make a new plan"))

    def approve(self, code: str, digest: str, actor: Person, reason: str = "") -> PlanRecord:
        """Approve exactly the plan of `digest`. Raises Forbidden for its author, Refused for another
        digest, when its facts have changed since, when its nights are over, or when the checker finds
        that its timetable breaks a constraint."""
        self.truth.permit(actor, Deed.PLAN_DECIDE, code)
        record = self._same(code, digest, actor, "plan.approve")
        if same_person(record.author, actor.name):
            self.truth.audit(actor.name, "plan.approve.refused", code, reason="author")
            raise Forbidden(
                f"编制人 {actor.name} 不能审批自己的方案 / the author cannot approve their own plan {code}; "
                "another person must"
            )
        if changed := self.drifted(code):
            self.truth.audit(actor.name, "plan.approve.refused", code, reason="drift")
            lines = [line for lines in changed.values() for line in lines]
            raise Refused(facts_changed(lines, "请重做方案 / make a new plan"))
        if gone := self.missed(code):
            self.truth.audit(actor.name, "plan.approve.refused", code, reason="missed")
            told = "方案已错过排定的夜晚，请重新编制 / nights of the plan are over: make it again"
            raise Refused(labelled(told, together(*[*gone.values()][:MOST_TOLD])))
        if broken := self.broken(code):
            self.truth.audit(actor.name, "plan.approve.refused", code, reason="broken")
            told = "方案的时间表不成立，请重新编制 / the plan's timetable breaks constraints: make it again"
            raise Refused(labelled(told, together(*broken[:MOST_TOLD])))
        self.truth.plans.decide(
            code, decision="approve", digest=digest, actor=actor.name, reason=reason
        )
        return self.truth.plans.record(code)

    def reject(self, code: str, digest: str, actor: Person, reason: str) -> PlanRecord:
        """Refuse the plan, or withdraw an approval. Raises Refused for another digest."""
        self.truth.permit(actor, Deed.PLAN_DECIDE, code)
        self._same(code, digest, actor, "plan.reject")
        self.truth.plans.decide(
            code, decision="reject", digest=digest, actor=actor.name, reason=reason
        )
        return self.truth.plans.record(code)

    def withdraw(self, code: str, digest: str, actor: Person, reason: str) -> PlanRecord:
        """Take one's own approval back; those of others stand. Raises Refused for another digest, or
        where the person has none."""
        self.truth.permit(actor, Deed.PLAN_DECIDE, code)
        record = self._same(code, digest, actor, "plan.withdraw")
        mine = [a for a in record.approvals if same_person(a.actor, actor.name)]
        if not mine or mine[-1].decision != "approve":
            raise Refused(
                f"{actor.name} 没有可撤回的批准 / {actor.name} has no approval of plan {code} to withdraw"
            )
        told = {"decision": "withdraw", "digest": digest, "actor": actor.name, "reason": reason}
        self.truth.plans.decide(code, **told)
        return self.truth.plans.record(code)

    def put_evidence(
        self,
        code: str,
        digest: str,
        actor: Person,
        reason: str = "",
        *,
        remove: bool = False,
        **paper: str,
    ) -> PlanRecord:
        """Put a paper down for the plan, or take it back: kind, reference, content (a file's SHA-256).
        Raises Refused for another digest."""
        self.truth.permit(actor, Deed.PLAN_EVIDENCE, code)
        self._same(code, digest, actor, "plan.evidence")
        decision = "no-evidence" if remove else "evidence"
        told = {"decision": decision, "digest": digest, "actor": actor.name, "reason": reason}
        self.truth.plans.decide(code, **told, **paper)
        return self.truth.plans.record(code)

    def _same(self, code: str, digest: str, actor: Person, action: str) -> PlanRecord:
        self.truth.plans.load(code)  # the bytes must still fit the digest
        record = self.truth.plans.record(code)
        if record.digest != digest:
            self.truth.audit(actor.name, f"{action}.refused", code, digest=digest)
            raise Refused(
                f"摘要不符 / another digest: read {digest!r}, plan {code} has {record.digest}; look at "
                f"the plan again: `qianyun plan show {code}`"
            )
        return record

    def rehearse(
        self,
        code: str,
        crew: Crew,
        actor: Person,
        *,
        on_done: Callable[[Rehearsal], None] | None = None,
        at_once: int = 2,
        stop: Callable[[], str | None] = lambda: None,
    ) -> list[Rehearsal]:
        """The dry run: preflight and every playbook in check mode, for every item.

        Nothing is changed on any host. A failed preflight ends that item's rehearsal: what comes
        after it would only fail for the same reason. Once `stop` has a reason, what is under way is
        cut off and seen to be gone, and only what was done before is given. An item that has to do
        with a system which was classified since is not touched.
        """
        self.truth.permit(actor, Deed.PLAN_REHEARSE, code)
        plan = self.truth.plans.load(code)
        secret = hidden(self.estate.load())
        folder = crew.root / f"{DRY_RUN}{code}-{clock.time_ns() // 1_000_000}"
        sweep(DRY_RUN)

        def whole(item: Item) -> list[Rehearsal]:
            if _closed(item, secret):
                why = "已定为涉密，不再触碰 / classified since the plan was made: not touched"
                shut = Rehearsal(system=item.code, step=StepKind.PREFLIGHT, ok=False, message=why)
                if on_done:
                    on_done(shut)
                return [shut]
            done: list[Rehearsal] = []
            for step, playbook in REHEARSED:
                if stop():
                    break
                try:
                    outcome = crew.rehearse(item, playbook, _fresh(folder, item, step), stop)
                except Cancelled:
                    break
                done.append(_rehearsal(item, step, outcome))
                if on_done:
                    on_done(done[-1])
                if not outcome.ok and step is StepKind.PREFLIGHT:
                    break
            return done

        with ThreadPoolExecutor(at_once) as threads:
            results = [r for item in threads.map(whole, plan.items) for r in item]
        bad = [f"{r.system}/{r.step}" for r in results if not r.ok]
        stopped = {"stopped": why} if (why := stop()) else {}
        self.truth.audit(
            actor.name, "plan.dry-run", code, digest=plan.digest, failed=bad, **stopped
        )
        return results


def _closed(item: Item, secret: Hidden) -> bool:
    hosts = {item.source.code, item.target.code, item.gateway.code}
    return item.code in secret.systems or bool(hosts & secret.hosts)


def _fresh(root: Path, item: Item, step: StepKind) -> Path:
    return root / f"{item.code}-{step}"


def _rehearsal(item: Item, step: StepKind, outcome: Outcome) -> Rehearsal:
    return Rehearsal(
        system=item.code,
        step=step,
        ok=outcome.ok,
        message=outcome.message,
        would_change=outcome.changed,
    )
