"""Activities: where the workflows touch the world. All decisions and outcomes lie in the truth."""

import contextlib
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from temporalio import activity

from migrator.attempts.crew import Watch
from migrator.engine.beats import rarely, stop_of_worker
from migrator.engine.messages import TASK_QUEUE, ItemOrder, ItemRef, RunOrder, StepRef, queue_of
from migrator.engine.network import NetworkActivities, NetworkPerformer
from migrator.engine.perform import ENGINE, Performer
from migrator.errors import MigratorError, Refused
from migrator.planning.plan import Plan, StepKind
from migrator.runs.admission import Claim
from migrator.runs.gates import GateVerdict
from migrator.runs.of_item import Do, End, Hours, Wait, next_of_item
from migrator.runs.of_run import Around, RunMove, claims_of, next_of_run
from migrator.runs.records import ItemRecord, ItemState, RunRecord, RunState, StepState, Wanted
from migrator.store.truth import Truth

MANY = 100
"""Items from which a run's next move is dear enough to be asked for less often."""

TOGETHER_SECONDS = 3600.0
"""For so long steps follow each other without the workflow's history between them, which costs more than
a step's own records."""

GATHER_SECONDS, GATHER_TIMES = 5.0, 20
"""A run of many items answers those who end within so many times what an answer takes together."""


class Activities:
    """Threaded activities; one object serves a worker."""

    def __init__(self, performer: Performer, heartbeat_seconds: int) -> None:
        self._performer = performer
        self._truth: Truth = performer.truth
        self.heartbeat_seconds = heartbeat_seconds
        network = NetworkPerformer(
            performer.truth, performer.estate, performer.crew, performer.gates.rules
        )
        self.network = NetworkActivities(network, heartbeat_seconds)

    @property
    def all(self) -> list[Callable[..., object]]:
        return [self.next_of_item, self.next_of_run, self.perform_step, *self.network.all]

    @property
    def steps(self) -> list[Callable[..., object]]:
        """What a worker of a zone does: it answers no questions of workflows."""
        return [self.perform_step, self.network.perform_network]

    def require_welcome(self, machine: str, zone: str) -> None:
        """Tell that a worker is here. Raises Refused where a person declared its machine off: others
        may have taken its attempts over."""
        if machine and not self._truth.machines.seen(machine, zone):
            raise Refused(
                f"机器 {machine} 已被确认关机 / machine {machine} was declared off: when nothing of its "
                f"attempts runs on it any more, `qianyun machine back {machine}`"
            )

    def open_runs(self) -> list[str]:
        """Codes of the runs that have not ended."""
        return self._truth.runs.open_codes()

    def open_network_plans(self) -> list[str]:
        """Codes of the network plans that are being played."""
        return self._truth.network.running()

    @activity.defn
    def next_of_item(self, ref: ItemRef) -> ItemOrder:
        """What is next, and the item's state in the truth accordingly."""
        run = self._truth.runs.head(ref.run)
        item = self._truth.runs.item(ref.run, ref.system)
        plan = self._truth.plans.known(run.plan)
        hours = hours_of(plan, ref.system, self._truth.clock())
        ask = self._performer.asking(run.plan, plan)
        decision = next_of_item(item, run.paused, hours, partial(ask, ref.system))
        if self._performer.green:
            decision = self._performer.green.decide(plan, item, decision)
        match decision:
            case Do(step=step):
                state = (
                    ItemState.ROLLING_BACK if item.wanted is Wanted.ROLLBACK else ItemState.RUNNING
                )
                self._show(item, state, "")
                zone = self._performer.gates.rules.zone_of(plan.item(ref.system))
                return ItemOrder(
                    step=step,
                    heartbeat_seconds=self.heartbeat_seconds,
                    queue=queue_of(zone) if zone else None,
                )
            case Wait(state=state, reason=reason, seconds=seconds):
                self._show(item, state, reason)
                return ItemOrder(wait_seconds=seconds or 60.0)
            case End(state=state):
                self._show(item, state, item.note)
                self._truth.runs.settle(ref.run, ref.system)
                self._truth.audit(ENGINE, f"item.{state}", f"{ref.run}/{ref.system}")
                if self._performer.quiet:  # a worker may have died before it ended the silence
                    self._performer.quiet.end(ref.run, ref.system)
                return ItemOrder(end=state)

    def _show(self, item: ItemRecord, state: ItemState, note: str) -> None:
        if (item.state, item.note) != (state, note):
            self._truth.runs.set_item(item.run, item.system, state=state, note=note)

    @activity.defn
    def next_of_run(self, code: str) -> RunOrder:
        """Which items start now; they are marked running before their workflows exist."""
        head = self._truth.runs.head(code)
        if head.ended_at:
            return RunOrder(end=head.state)
        plan = self._truth.plans.known(head.plan)
        today = self._truth.clock().astimezone(ZoneInfo(plan.means.timezone)).date()
        begun = time.thread_time()
        run, move = self._truth.runs.admit(code, self._chooser(plan, today))
        gather = min(GATHER_SECONDS, GATHER_TIMES * (time.thread_time() - begun))
        if move.end:
            ended = {"state": move.end, "ended_at": self._truth.now()}
            self._tell(code, move.end.value, "", ended)
            return RunOrder(end=move.end)
        if move.pause:
            note = f"{run.note} {move.pause}".strip()
            paused = {"paused": True, "state": RunState.PAUSED, "note": note}
            self._tell(code, "pause", move.pause, paused)
        under_way = tuple(
            i.system for i in run.items if not (i.state.ended or i.state is ItemState.WAITING)
        )
        if len(run.items) < MANY or move.pause:
            gather = 0.0
        return RunOrder(start=move.start, under_way=under_way, gather_seconds=round(gather, 1))

    def _chooser(
        self, plan: Plan, today: date
    ) -> Callable[[RunRecord, Sequence[RunRecord]], RunMove]:
        def choose(run: RunRecord, others: Sequence[RunRecord]) -> RunMove:
            claims: tuple[Claim, ...] = ()
            for other in others:
                claims += claims_of(other, self._truth.plans.known(other.plan))
            ask = self._performer.asking(run.plan, plan)

            def gates(item: ItemRecord) -> GateVerdict:
                return ask(item.system, StepKind.PREFLIGHT)

            around = Around(claims, self._performer.gates.rules.limits, gates)
            return next_of_run(run, plan, today, around)

        return choose

    def _tell(self, run: str, verb: str, reason: str, values: dict[str, Any]) -> None:
        """What the engine decides about a run, with its audit entry."""
        self._truth.controls.command(
            run, None, actor=ENGINE, verb=verb, reason=reason, run_values=values
        )

    @activity.defn(no_thread_cancel_exception=True)
    def perform_step(self, ref: StepRef) -> ItemOrder | None:
        """One step and those that follow it at once, and what is next then: None where the workflow must
        ask. Each is asked for anew, so that a pause or a gate in between holds. A worker that shuts
        down cuts its attempt off; the next worker is told the first step again, and goes on with the
        one that was under way."""
        beat = rarely(activity.heartbeat, ref.heartbeat_seconds / 4)
        watch, begun = Watch(beat=beat, stop=stop_of_worker), time.monotonic()
        if activity.info().attempt > 1:
            ref = self._under_way(ref)
        while True:
            order = self._performed(ref, watch)
            if order is None or order.step is None or order.queue is not None:
                return order
            if time.monotonic() - begun > TOGETHER_SECONDS or stop_of_worker():
                return order
            ref = ref.model_copy(update={"step": order.step})

    def _under_way(self, ref: StepRef) -> StepRef:
        """The step that a lost worker had come to: before all else it is followed to its end."""
        item = self._truth.runs.item(ref.run, ref.system)
        running = [one.step for one in item.steps if one.state is StepState.RUNNING]
        return ref.model_copy(update={"step": running[0]}) if running else ref

    def _performed(self, ref: StepRef, watch: Watch) -> ItemOrder | None:
        try:
            self._performer.perform(ref.run, ref.system, ref.step, watch)
        except MigratorError as error:
            note = f"{ref.step}: {error}"
            with contextlib.suppress(MigratorError):
                self._truth.runs.set_item(ref.run, ref.system, note=note[:2000])
            raise  # Temporal tries again, with growing pauses
        if activity.info().task_queue != TASK_QUEUE:
            return None  # a zone's worker answers no questions of workflows
        with contextlib.suppress(MigratorError):  # then the step is done all the same
            return self.next_of_item(ItemRef(run=ref.run, system=ref.system))
        return None


def hours_of(plan: Plan, system: str, now: datetime) -> Hours:
    """When the cutover of a system may begin by its plan."""
    at = plan.appointments.get(system)
    return Hours(
        now=now,
        timezone=plan.means.timezone,
        window=None if plan.means.ignore_windows else plan.item(system).system.window,
        night=(datetime.fromisoformat(at.begins), datetime.fromisoformat(at.ends)) if at else None,
    )
