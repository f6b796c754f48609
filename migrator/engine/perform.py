"""One step of one item, from the truth and back into it.

The workflows only say which step; everything else is read here, so that what is done is what the
database says now, and what came of it is written before anybody is told.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from typing import Any

from inventory.halves import labelled, together
from inventory.model import Placement
from inventory.store import EstateStore
from migrator.attempts.ansible import Outcome
from migrator.attempts.crew import Cancelled, Crew, Superseded, Watch
from migrator.attempts.placing import Placer
from migrator.engine.glances import Glances
from migrator.engine.green import Green
from migrator.engine.quiet import Quiet
from migrator.engine.watching import look, name, red, soak, targets
from migrator.planning.drift import drift
from migrator.planning.plan import CUTOVER, Item, Plan, StepKind
from migrator.runs.approvals import PlanRecord
from migrator.runs.gates import GateCase, Gates, GateVerdict
from migrator.runs.kinds import KINDS
from migrator.runs.of_run import limits_of
from migrator.runs.rates import rate_of
from migrator.runs.records import ItemRecord, RunRecord, StepState, Wanted
from migrator.store.truth import Truth

COPYING = frozenset({StepKind.PRESYNC, StepKind.QUIESCE})
"""Steps that use the line."""

CHECK_SECONDS = 1.0
"""How long the bytes of a plan that were seen to fit its digest count as seen: steps by the hundred
would otherwise read megabytes each."""

ENGINE = "engine"
"""The actor of what nobody but the product decided."""


@dataclass(frozen=True)
class Performer:
    truth: Truth
    estate: EstateStore
    crew: Crew
    gates: Gates = field(default_factory=Gates)
    quiet: Quiet | None = None
    green: Green | None = None

    def asking(self, code: str, plan: Plan) -> Callable[[str, StepKind], GateVerdict]:
        """What the gates say of a step of a system's item, as of now."""

        @cache
        def kept() -> PlanRecord:
            return self.truth.plans.record(code)

        def ask(system: str, step: StepKind) -> GateVerdict:
            return self.gates.verdict(
                GateCase(
                    plan=plan,
                    kept=kept(),
                    item=plan.item(system),
                    wave=plan.wave_of[system],
                    step=step,
                    now=self.truth.clock(),
                )
            )

        return ask

    def perform(self, run: str, system: str, step: StepKind, beat: Watch) -> None:
        """Do `step` and write what came of it. Raises AttemptAlive, Cancelled (try again later)."""
        record = self.truth.runs.item(run, system)
        head = self.truth.runs.head(run)
        plan = self._plan(head.plan, step)
        item = plan.item(system)
        if self._shut(head.plan, plan, record, step, beat):
            return
        if not self.truth.runs.begin(run, system, step):
            return
        if step in COPYING:
            share = self._rate(self.truth.runs.head(run), plan, item)
            item = item.model_copy(update={"rate_kbps": share})

        def told() -> str | None:
            return beat.stop() or self._turned(record, step)

        def allowed() -> int:
            return self._rate(self.glances.head(run), plan, item)

        rate = allowed if step in COPYING else None
        watch = Watch(beat=beat.beat, stop=told, rate=rate)
        if self.quiet:
            watch = self.quiet.kept(run, item, step, watch)
        try:
            outcome = self._ended(record, step) or self._do(run, plan, item, step, watch)
        except Superseded:
            return  # a slower copy of this step: whoever took over writes what came of it
        except Cancelled as cancelled:
            if not KINDS[step].cancellable:
                raise  # it stays under way: before all else the engine has it followed to its end
            self._set(run, system, step, StepState.PENDING, str(cancelled))
            return
        if outcome is None:
            return
        if outcome.ok and step is StepKind.COMMIT:
            self._move_in_inventory(run, item, watch)
        self._finish(run, system, step, outcome)
        if self.quiet:
            self.quiet.after(run, system, step, ok=outcome.ok)

    def _plan(self, code: str, step: StepKind) -> Plan:
        """What touches a host is done by the plan as it lies in the database, byte for byte."""
        if KINDS[step].playbook is None:
            return self.truth.plans.known(code)
        return self.truth.plans.load(code, within=CHECK_SECONDS)

    def _shut(self, code: str, plan: Plan, record: ItemRecord, step: StepKind, beat: Watch) -> bool:
        """Whether a gate has shut since the engine asked. The step then has not begun, or what a lost
        attempt left of it is ended first; one that may not be cut off is followed to its end."""
        if step is StepKind.ROLLBACK or self.asking(code, plan)(record.system, step).open:
            return False
        if not self.truth.runs.begun(record.run, record.system, step):
            return True
        if not KINDS[step].cancellable:
            return False
        if self.crew.clear(record.run, plan.item(record.system), step, beat) is None:
            self._set(record.run, record.system, step, StepState.PENDING)
            return True
        return False  # it had ended: its outcome is written

    @cached_property
    def glances(self) -> Glances:
        return Glances(self.truth)

    def _rate(self, run: RunRecord, plan: Plan, item: Item) -> int:
        """kbit/s that the item's copy may take now."""
        limits = limits_of(run, plan, self.gates.rules.limits)
        return max(1, rate_of(plan, item, limits, self.truth.clock()))

    def _do(self, run: str, plan: Plan, item: Item, step: StepKind, watch: Watch) -> Outcome | None:
        """The outcome, or None where the item is held."""
        if step in {StepKind.PREFLIGHT, StepKind.GATE} and self._held(run, plan, item, step):
            return None
        if step is StepKind.GATE:
            return self._gate(run, item, watch)
        if step is StepKind.SOAK:
            return self._soak(run, plan, item, watch)
        means = plan.means
        return self.crew.perform(
            run, item, step, watch, means.hold_seconds, practise=means.practise
        )

    def _turned(self, record: ItemRecord, step: StepKind) -> str | None:
        """Why a running attempt must stop: the operator turned the item round."""
        if not KINDS[step].cancellable or record.wanted is not Wanted.FORWARD:
            return None
        note = self.glances.turned(record.run).get(record.system)
        return None if note is None else f"回退 / rollback: {note}"

    def _held(self, run: str, plan: Plan, item: Item, step: StepKind) -> bool:
        """Whether approval and facts no longer carry the plan; then the item is held."""
        code = self.truth.runs.head(run).plan
        changed = list(drift(plan, item.code, self.estate.load()))
        kept = self.truth.plans.record(code)
        if kept.state != "approved":
            changed.append(
                f"审批已撤回，方案 {code} / the approval was withdrawn: {code} is {kept.state}"
            )
        elif kept.self_approved:
            own = "编制人自己批准，无效 / approved by its own author"
            changed.append(labelled(own, kept.author))
        if not changed:
            return False
        told = "方案的依据已变，割接没有开始 / what the plan rests on has changed, the cutover did not begin"
        do = "请回退此项，重做方案并审批 / roll this item back, then make and approve a new plan"
        message = together(labelled(told, together(*changed)), do)
        self._set(run, item.code, step, StepState.HELD, message)
        self.truth.audit(ENGINE, "item.held", f"{run}/{item.code}", differences=changed)
        return True

    def _gate(self, run: str, item: Item, watch: Watch) -> Outcome:
        """The system must be well, on v4 and v6, before it is touched (window: `progress`)."""
        self.crew.clear(run, item, StepKind.GATE, watch)
        attempt = self.crew.open(run, item, StepKind.GATE)
        results = look(targets(item, item.source))
        watch.beat()
        bad = red(results)
        looks = [
            {"target": name(r.target), "ok": r.ok, "ms": round(r.timings.get("total", 0))}
            for r in results
        ]
        message = ""
        if bad:
            told = (
                "割接前探测未全通过，源系统继续服务 / probes before the cutover are not all green, the "
                "source keeps serving"
            )
            message = labelled(told, together(*bad))
        outcome = Outcome(
            ok=not bad,
            message=message,
            evidence=({"verb": "gate", "probes": looks},),
            finished=self.truth.now(),
        )
        self.crew.close(attempt, outcome)
        return outcome

    def _soak(self, run: str, plan: Plan, item: Item, watch: Watch) -> Outcome:
        self.crew.clear(run, item, StepKind.SOAK, watch)
        attempt = self.crew.open(run, item, StepKind.SOAK)
        looked_at = targets(item, item.target)
        tallies, why = soak(looked_at, plan.means.soak_seconds, watch.beat, watch.stop)
        evidence: dict[str, Any] = {
            "verb": "soak",
            "seconds": plan.means.soak_seconds,
            "probes": {
                n: asdict(t) | {"slowest_ms": round(t.slowest_ms)} for n, t in tallies.items()
            },
        }
        message = f"切换后探测失败 / probes failed after the switch: {why}" if why else ""
        outcome = Outcome(
            ok=why is None, message=message, evidence=(evidence,), finished=self.truth.now()
        )
        if why and why == watch.stop():
            self.crew.cancel(attempt, why, [evidence])
            raise Cancelled(why)
        self.crew.close(attempt, outcome)
        return outcome

    def _move_in_inventory(self, run: str, item: Item, watch: Watch) -> None:
        """Where the system lives from now on, in the estate; done twice, it changes nothing."""
        placement = Placement(
            place=item.target.place or "",
            hosts=(item.target.code,),
            run=run,
            since=self.truth.now(),
        )
        self.placer.place(item.code, placement, watch.beat)

    @cached_property
    def placer(self) -> Placer:
        return Placer(self.estate, ENGINE)

    def _ended(self, record: ItemRecord, step: StepKind) -> Outcome | None:
        """What came of it already, where a worker died before it could write that down."""
        begun = record.step(step)
        if begun.state is not StepState.RUNNING:
            return None
        return self.crew.ended(record.run, record.system, step, begun.started_at)

    def _set(
        self, run: str, system: str, step: StepKind, state: StepState, message: str = ""
    ) -> None:
        ended = {"state": state, "message": message, "ended_at": self.truth.now()}
        self.truth.runs.set_step(run, system, step, **ended)

    def _finish(self, run: str, system: str, step: StepKind, outcome: Outcome) -> None:
        state = StepState.DONE if outcome.ok else StepState.FAILED
        if (
            not outcome.ok and step is StepKind.SOAK
        ):  # first, so that a crash cannot leave it undone
            reason = f"自动回退 / turned round by itself: {outcome.message}"
            self.truth.controls.want_back(run, system, actor=ENGINE, verb="rollback", reason=reason)
        ended: dict[str, Any] = {"message": outcome.message, "ended_at": self.truth.now()}
        steps = {step: {"state": state} | ended}
        if step is StepKind.QUIESCE:
            steps = self._phases(outcome)
        self.truth.runs.end_step(
            run, system, step, state=state, message=outcome.message, rows=steps
        )

    def _phases(self, outcome: Outcome) -> dict[StepKind, dict[str, Any]]:
        """The cutover's journal as the five steps it stands for."""
        found: dict[StepKind, dict[str, Any]] = {}
        phases = {p["phase"]: p for body in outcome.evidence for p in body.get("phases", ())}
        reached = [kind for kind in CUTOVER if kind.value in phases] or [StepKind.QUIESCE]
        for kind in CUTOVER:
            phase = phases.get(kind.value, {})
            state, message = StepState.PENDING, ""
            if outcome.ok:
                state = StepState.DONE
            elif kind is reached[-1]:
                state, message = StepState.FAILED, outcome.message
            found[kind] = {
                "state": state,
                "message": message,
                "started_at": phase.get("started"),
                "ended_at": phase.get("ended"),
            }
        return found
