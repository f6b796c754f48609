"""Use cases around runs: start, commands, logs. A command changes the truth, then wakes.

Commands are written even while the engine is down; it then acts on them at its return.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from inventory.store import EstateStore
from migrator.drift import drift
from migrator.errors import EngineDown, Forbidden, Refused
from migrator.kinds import KINDS
from migrator.people import Deed, Person
from migrator.plan import CUTOVER, StepKind
from migrator.progress import ItemRecord, RunRecord, RunState, StepState, Wanted
from migrator.run_log import log_of
from migrator.scope import subject_of_items
from migrator.store import Truth

CUTOVER_AGAIN = (StepKind.PRESYNC, StepKind.GATE, *CUTOVER)
"""A cutover that gave up may have left a stale copy, and time has passed: copy and look again."""

type Wake = Callable[[str, tuple[str, ...]], None]
"""Wakes a run and some of its items in the engine; may raise EngineDown."""


@dataclass(frozen=True)
class Running:
    truth: Truth
    estate: EstateStore
    begin: Callable[[str], None]  # starts the run's workflow; may raise EngineDown
    wake: Wake

    def start(self, plan_code: str, actor: Person) -> RunRecord:
        """Start an approved plan. Raises Refused: not approved, facts changed, already running;
        Forbidden: approved by its author.

        EngineDown leaves the run recorded: a worker begins it as soon as the engine is back.
        """
        self.truth.permit(actor, Deed.RUN_START, plan_code)
        record = self.truth.plans.record(plan_code)
        plan = self.truth.plans.load(plan_code)
        if record.state != "approved":
            self.truth.audit(actor.name, "run.start.refused", plan_code, state=record.state)
            raise Refused(
                f"方案 {plan_code} 未获批准 / the plan is not approved: read {record.state}, expected "
                f"approved for digest {record.digest}; `qianyun plan approve {plan_code}`"
            )
        if record.self_approved:
            self.truth.audit(actor.name, "run.start.refused", plan_code, reason="author")
            raise Forbidden(
                f"方案 {plan_code} 由编制人 {record.author} 自己批准，批准无效 / the plan was approved "
                f"by its own author ({record.approvals[-1].actor}): the approval is void; another "
                "person must approve it"
            )
        if not plan.items:
            raise Refused(
                f"方案 {plan_code} 没有可由剧本执行的迁移项 / nothing in plan {plan_code} can be moved by a "
                f"playbook yet: `qianyun plan show {plan_code}` tells what is missing"
            )
        estate = self.estate.load()
        changed = [line for item in plan.items for line in drift(plan, item.code, estate)]
        if changed:
            self.truth.audit(actor.name, "run.start.refused", plan_code, drift=changed)
            raise Refused(
                "方案依据的事实已变 / the facts changed since the plan was made: "
                f"{'; '.join(changed)}; make and approve a new plan"
            )
        run = self.truth.runs.add(plan_code, plan, actor.name)
        try:
            self.begin(run.code)
        except EngineDown as error:
            raise EngineDown(
                f"执行 {run.code} 已登记，引擎恢复后自动开始 / run {run.code} is recorded and begins "
                f"when the engine is back; {error}"
            ) from error
        return run

    def pause(self, run: str, system: str | None, actor: Person, reason: str = "") -> None:
        """No further step begins; the one under way comes to its end."""
        self._permit(run, system, actor)
        self._open(run, system)
        self._command(run, system, actor, "pause", reason, paused=True)

    def resume(self, run: str, system: str | None, actor: Person, reason: str = "") -> None:
        """Go on. Raises Refused for one item of a run that is paused as a whole."""
        self._permit(run, system, actor)
        record = self._open(run, system)
        if system and record.paused:
            raise Refused(
                f"执行 {run} 整体已暂停 / the whole run is paused; go on with `qianyun run resume {run}`"
            )
        self._command(run, system, actor, "resume", reason, paused=False)

    def retry(self, run: str, system: str, actor: Person, reason: str = "") -> None:
        """Let the failed or held step run again. Raises Refused when none waits for that."""
        self._permit(run, system, actor)
        item = self._item(run, system)
        step = self._blocked(item)
        again = CUTOVER_AGAIN if step in CUTOVER else (step,)
        self.truth.runs.command(
            run, system, actor=actor.name, verb="retry", reason=reason, reset=again
        )
        self.wake(run, (system,))

    def skip(self, run: str, system: str, actor: Person, reason: str) -> None:
        """Go on without the failed step. Raises Refused for a step that cannot be left out."""
        self._permit(run, system, actor)
        item = self._item(run, system)
        step = self._blocked(item)
        if step in CUTOVER or not KINDS[step].skippable:
            raise Refused(
                f"步骤 {step} 不可跳过 / step {step} cannot be skipped; retry it or roll back"
            )
        if not reason.strip():
            raise Refused("跳过须写明理由 / skipping needs a reason: --reason")
        self.truth.runs.command(
            run, system, actor=actor.name, verb="skip", reason=reason, skip=(step,)
        )
        self.wake(run, (system,))

    def rollback(self, run: str, system: str, actor: Person, reason: str = "") -> None:
        """Turn an item round: back to its source, at any point before commit."""
        self._permit(run, system, actor)
        item = self._item(run, system)
        back = item.step(StepKind.ROLLBACK)
        again = (StepKind.ROLLBACK,) if back.state in {StepState.FAILED, StepState.HELD} else ()
        if item.wanted is Wanted.ROLLBACK and not again:
            return
        self.truth.runs.want_back(run, system, actor=actor.name, verb="rollback", reason=reason)
        if again:
            self.truth.runs.command(
                run, system, actor=actor.name, verb="retry", reason=reason, reset=again
            )
        self.wake(run, (system,))

    def abort(self, run: str, actor: Person, reason: str = "") -> None:
        """Begin nothing more, and roll back every item that is under way and not committed."""
        self._permit(run, None, actor)
        record = self._open(run, None)
        turned: list[str] = []
        for item in record.items:
            if item.state.ended:
                continue
            with suppress(Refused):  # past its commit: it goes on to its end
                why = reason or "abort"
                self.truth.runs.want_back(
                    run, item.system, actor=actor.name, verb="abort", reason=why
                )
                turned.append(item.system)
        self.wake(run, tuple(turned))

    def log(self, run: str, system: str | None = None) -> list[dict[str, Any]]:
        """Every line of the run so far, in order of time (see `run_log`)."""
        return log_of(self.truth, run, system)

    def _command(
        self, run: str, system: str | None, actor: Person, verb: str, reason: str, *, paused: bool
    ) -> None:
        values: dict[str, Any] = {"paused": paused}
        state = RunState.PAUSED if paused else RunState.RUNNING
        self.truth.runs.command(
            run,
            system,
            actor=actor.name,
            verb=verb,
            reason=reason,
            run_values=None if system else values | {"state": state},
            item_values=values if system else None,
        )
        items = self.truth.runs.get(run).items
        self.wake(run, (system,) if system else tuple(i.system for i in items if not i.state.ended))

    def _permit(self, run: str, system: str | None, actor: Person) -> None:
        """Raises Forbidden for who may not command this run or item, NotFound."""
        subject = None
        if not actor.whole_city:
            plan = self.truth.plans.load(self.truth.runs.get(run).plan)
            subject = subject_of_items(plan, system)
        what = f"{run}/{system}" if system else run
        self.truth.permit(actor, Deed.RUN_CONTROL, what, subject)

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

    def _blocked(self, item: ItemRecord) -> StepKind:
        if item.wanted is Wanted.ROLLBACK:
            back = item.step(StepKind.ROLLBACK)
            if back.state in {StepState.FAILED, StepState.HELD}:
                return StepKind.ROLLBACK
        elif item.blocked:
            return item.blocked.step
        raise Refused(
            f"{item.system} 没有失败或挂起的步骤 / no step of it has failed or is held: it is "
            f"{item.state}"
        )
