"""Activities: where the workflows touch the world. All decisions and outcomes lie in the truth."""

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from temporalio import activity

from migrator.crew import Watch
from migrator.errors import MigratorError
from migrator.messages import ItemOrder, ItemRef, RunOrder, StepRef
from migrator.perform import ENGINE, Performer
from migrator.plan import Plan
from migrator.progress import (
    Do,
    End,
    Hours,
    ItemRecord,
    ItemState,
    RunState,
    Wait,
    Wanted,
    next_of_item,
    next_of_run,
)
from migrator.store import Truth


class Activities:
    """Threaded activities; one object serves a worker."""

    def __init__(self, performer: Performer, heartbeat_seconds: int) -> None:
        self._performer = performer
        self._truth: Truth = performer.truth
        self._heartbeat_seconds = heartbeat_seconds

    @property
    def all(self) -> list[Callable[..., object]]:
        return [self.next_of_item, self.next_of_run, self.perform_step]

    def open_runs(self) -> list[str]:
        """Codes of the runs that have not ended."""
        return [run.code for run in self._truth.runs.all() if not run.ended_at]

    @activity.defn
    def next_of_item(self, ref: ItemRef) -> ItemOrder:
        """What is next, and the item's state in the truth accordingly."""
        run = self._truth.runs.get(ref.run)
        item = self._truth.runs.item(ref.run, ref.system)
        plan = self._truth.plans.load(run.plan)
        hours = hours_of(plan, ref.system, self._truth.clock())
        decision = next_of_item(item, run.paused, hours)
        if self._performer.green:
            decision = self._performer.green.decide(plan, item, decision)
        match decision:
            case Do(step=step):
                state = (
                    ItemState.ROLLING_BACK if item.wanted is Wanted.ROLLBACK else ItemState.RUNNING
                )
                self._show(item, state, "")
                return ItemOrder(step=step, heartbeat_seconds=self._heartbeat_seconds)
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
        run = self._truth.runs.get(code)
        if run.ended_at:
            return RunOrder(end=run.state)
        plan = self._truth.plans.load(run.plan)
        today = self._truth.clock().astimezone(ZoneInfo(plan.means.timezone)).date()
        move = next_of_run(run, plan, today)
        if move.end:
            ended = {"state": move.end, "ended_at": self._truth.now()}
            self._tell(code, move.end.value, "", ended)
            return RunOrder(end=move.end)
        if move.pause:
            note = f"{run.note} {move.pause}".strip()
            paused = {"paused": True, "state": RunState.PAUSED, "note": note}
            self._tell(code, "pause", move.pause, paused)
        for system in move.start:
            self._truth.runs.set_item(code, system, state=ItemState.RUNNING)
        under_way = tuple(
            i.system for i in run.items if not (i.state.ended or i.state is ItemState.WAITING)
        )
        return RunOrder(start=move.start, under_way=under_way)

    def _tell(self, run: str, verb: str, reason: str, values: dict[str, Any]) -> None:
        """What the engine decides about a run, with its audit entry."""
        self._truth.runs.command(
            run, None, actor=ENGINE, verb=verb, reason=reason, run_values=values
        )

    @activity.defn(no_thread_cancel_exception=True)
    def perform_step(self, ref: StepRef) -> None:
        """One step. A worker that shuts down cuts its attempt off; the next worker goes on."""
        watch = Watch(beat=activity.heartbeat, stop=_stop)
        try:
            self._performer.perform(ref.run, ref.system, ref.step, watch)
        except MigratorError as error:
            note = f"{ref.step}: {error}"
            with contextlib.suppress(MigratorError):
                self._truth.runs.set_item(ref.run, ref.system, note=note[:2000])
            raise  # Temporal tries again, with growing pauses


def hours_of(plan: Plan, system: str, now: datetime) -> Hours:
    """When the cutover of a system may begin by its plan."""
    at = plan.appointments.get(system)
    return Hours(
        now=now,
        timezone=plan.means.timezone,
        window=None if plan.means.ignore_windows else plan.item(system).system.window,
        night=(datetime.fromisoformat(at.begins), datetime.fromisoformat(at.ends)) if at else None,
    )


def _stop() -> str | None:
    if activity.is_cancelled() or activity.is_worker_shutdown():
        return "执行进程停止 / the worker is shutting down"
    return None
