"""Use cases around runs: start, commands, logs. A command changes the truth, then wakes.

Commands are written even while the engine is down; it then acts on them at its return.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from inventory.halves import labelled, together
from inventory.store import EstateStore
from migrator.engine.run_log import log_of
from migrator.errors import EngineDown, Forbidden, NotFound, Refused
from migrator.people.rights import Deed, Person
from migrator.planning.drift import drifts, facts_changed
from migrator.planning.plan import CUTOVER, StepKind
from migrator.runs.gates import plan_faults
from migrator.runs.kinds import KINDS
from migrator.runs.rates import RATE
from migrator.runs.records import ItemRecord, RunRecord, RunState, StepState, Wanted
from migrator.use_cases.deciding import Deciding

CUTOVER_AGAIN = (StepKind.PRESYNC, StepKind.GATE, *CUTOVER)
"""A cutover that gave up may have left a stale copy, and time has passed: copy and look again."""


@dataclass(frozen=True, kw_only=True)
class Running(Deciding):
    estate: EstateStore
    begin: Callable[[str], None]  # starts the run's workflow; may raise EngineDown

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
        rules = self.gates.rules
        if missing := plan_faults(plan, record, rules, self.truth.clock()):
            self.truth.audit(actor.name, "run.start.refused", plan_code, approvals=missing)
            told = f"方案 {plan_code} 审批不足 / approvals of plan {plan_code} are missing"
            do = f"`qianyun plan approve {plan_code}`"
            raise Refused(together(labelled(told, together(*missing)), do))
        if not plan.items:
            raise Refused(
                f"方案 {plan_code} 没有可由剧本执行的迁移项 / nothing in plan {plan_code} can be moved by a "
                f"playbook yet: `qianyun plan show {plan_code}` tells what is missing"
            )
        found = drifts(plan, self.estate.load())
        changed = [line for lines in found.values() for line in lines]
        if changed:
            self.truth.audit(actor.name, "run.start.refused", plan_code, drift=changed)
            raise Refused(facts_changed(changed, "请重做方案并审批 / make and approve a new plan"))
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
        """No further step begins; the one under way comes to its end. Told twice, it changes nothing."""
        self._may(actor, "pause", run)
        self._open(run, system)
        self._command(run, system, actor, "pause", reason, paused=True)

    def pause_wave(self, run: str, wave: int, actor: Person, reason: str = "") -> tuple[str, ...]:
        """Every item of the wave that has not ended; one whose turn has not come does not begin. The
        systems that it paused."""
        return self._wave(run, wave, actor, "pause", reason, paused=True)

    def resume_wave(self, run: str, wave: int, actor: Person, reason: str = "") -> tuple[str, ...]:
        """Raises Refused where the run is paused as a whole."""
        self._require_running(run)
        return self._wave(run, wave, actor, "resume", reason, paused=False)

    def rollback_wave(
        self, run: str, wave: int, actor: Person, reason: str = ""
    ) -> tuple[str, ...]:
        """Turn every item of the wave round that is not committed; the systems that it turned."""
        back = Wanted.ROLLBACK
        return self._wave(run, wave, actor, "rollback", reason, wanted=back, note=reason)

    def resume(self, run: str, system: str | None, actor: Person, reason: str = "") -> None:
        """Go on. Raises Refused for one item of a run that is paused as a whole."""
        self._may(actor, "resume", run)
        self._open(run, system)
        if system:
            self._require_running(run)
        self._command(run, system, actor, "resume", reason, paused=False)

    def retry(self, run: str, system: str, actor: Person, reason: str = "") -> None:
        """Let the failed or held step run again. Raises Refused when none waits for that; Forbidden."""
        self._may(actor, "retry", f"{run}/{system}")
        item = self._item(run, system)
        step = self._blocked(item)
        again = CUTOVER_AGAIN if step in CUTOVER else (step,)
        self.truth.controls.command(
            run, system, actor=actor.name, verb="retry", reason=reason, reset=again
        )
        self.wake(run, (system,))

    def skip(self, run: str, system: str, actor: Person, reason: str) -> None:
        """Go on without the failed step. Raises Refused for a step that cannot be left out; Forbidden
        for somebody whose roles do not let them."""
        self._may(actor, "skip", f"{run}/{system}")
        item = self._item(run, system)
        step = self._blocked(item)
        if step in CUTOVER or not KINDS[step].skippable:
            raise Refused(
                f"步骤 {step} 不可跳过 / step {step} cannot be skipped; retry it or roll back"
            )
        if not reason.strip():
            raise Refused("跳过须写明理由 / skipping needs a reason: --reason")
        self.truth.controls.command(
            run, system, actor=actor.name, verb="skip", reason=reason, skip=(step,)
        )
        self.wake(run, (system,))

    def rollback(self, run: str, system: str, actor: Person, reason: str = "") -> None:
        """Turn an item round: back to its source, at any point before commit."""
        self._may(actor, "rollback", f"{run}/{system}")
        item = self._item(run, system)
        back = item.step(StepKind.ROLLBACK)
        again = (StepKind.ROLLBACK,) if back.state in {StepState.FAILED, StepState.HELD} else ()
        if item.wanted is Wanted.ROLLBACK and not again:
            return
        self.truth.controls.want_back(run, system, actor=actor.name, verb="rollback", reason=reason)
        if again:
            self.truth.controls.command(
                run, system, actor=actor.name, verb="retry", reason=reason, reset=again
            )
        self.wake(run, (system,))

    def abort(self, run: str, actor: Person, reason: str = "") -> None:
        """Begin nothing more, and roll back every item that is under way and not committed."""
        self._may(actor, "abort", run)
        record = self._open(run, None)
        turned = self.truth.controls.command_items(
            run,
            [item.system for item in record.items],  # one past its commit goes on to its end
            actor=actor.name,
            verb="abort",
            reason=reason,
            about="*",
            values={"wanted": Wanted.ROLLBACK, "note": reason or "abort"},
        )
        self.wake(run, turned)

    def limit(
        self, run: str, limits: Mapping[str, int], actor: Person, reason: str = ""
    ) -> Mapping[str, int]:
        """Change limits in flight: items together (`total`, `room:R`, `line:L`, `cloud:C`, `host:H`) or
        a line's kbit/s for all of them (`rate:L`); 0 gives one back to the plan. What is under way
        beyond a lower count comes to its end; a copy that is too quick is cut off and goes on slower.
        Raises Refused for a resource that no item of the run uses."""
        self._may(actor, "limit", run)
        record = self._open(run, None)
        plan = self.truth.plans.load(record.plan)
        known = {r for item in plan.items for r in item.resources}
        known |= {f"{RATE}{r.removeprefix('line:')}" for r in known if r.startswith("line:")}
        wrong = sorted(name for name, n in limits.items() if name not in known or n < 0)
        if wrong:
            raise Refused(
                f"没有这样的限制 / no such limit: read {', '.join(wrong)}, expected one of "
                f"{', '.join(sorted(known))}, at least 0"
            )
        stands = self.truth.controls.set_limits(run, limits, actor=actor.name, reason=reason)
        self.wake(run, tuple(i.system for i in record.items if not i.state.ended))
        return stands

    def _wave(
        self, run: str, wave: int, actor: Person, verb: str, reason: str, **values: Any
    ) -> tuple[str, ...]:
        self._may(actor, verb, f"{run}/wave {wave}")
        record = self._open(run, None)
        systems = [item.system for item in record.items if item.wave == wave]
        if not systems:
            raise NotFound(f"执行 {run} 没有第 {wave} 批 / the run has no wave {wave}")
        about = f"wave {wave}"
        changed = self.truth.controls.command_items(
            run, systems, actor=actor.name, verb=verb, reason=reason, about=about, values=values
        )
        self.wake(run, changed)
        return changed

    def _require_running(self, run: str) -> None:
        if self.truth.runs.head(run).paused:
            raise Refused(
                f"执行 {run} 整体已暂停 / the whole run is paused; go on with `qianyun run resume {run}`"
            )

    def log(self, run: str, system: str | None = None) -> list[dict[str, Any]]:
        """Every line of the run so far, in order of time (see `run_log`)."""
        return log_of(self.truth, run, system)

    def _command(
        self, run: str, system: str | None, actor: Person, verb: str, reason: str, *, paused: bool
    ) -> None:
        now: RunRecord | ItemRecord
        now = self.truth.runs.item(run, system) if system else self.truth.runs.head(run)
        if now.paused is paused:
            self.wake(run, (system,) if system else ())
            return
        values: dict[str, Any] = {"paused": paused}
        state = RunState.PAUSED if paused else RunState.RUNNING
        self.truth.controls.command(
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
