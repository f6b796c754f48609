"""A network plan's steps, from the truth and back into it; its activities."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from temporalio import activity

from inventory.store import EstateStore
from migrator.attempts.ansible import Outcome
from migrator.attempts.crew import Cancelled, Crew, Script, Superseded, Watch
from migrator.engine.beats import rarely, stop_of_worker
from migrator.engine.messages import NetworkOrder, NetworkRef, queue_of
from migrator.engine.perform import ENGINE
from migrator.errors import MigratorError
from migrator.planning.plan import StepKind
from migrator.runs.gates import GateVerdict
from migrator.runs.network_facts import facts_changed
from migrator.runs.network_plan import BACK, Device, NetworkChange, NetworkPlan, NetworkRecord
from migrator.runs.of_network import (
    WENT_BACK,
    DoChange,
    EndNetwork,
    TurnBack,
    WaitFor,
    network_gates,
    next_of_network,
)
from migrator.runs.records import StepState
from migrator.runs.rules import EngineRules
from migrator.store.truth import Truth

LOOKS = frozenset({StepKind.PREFLIGHT, StepKind.VERIFY})
"""Steps that are played in check mode: they may be cut off."""

PLAYED = {
    ("vip.yml", StepKind.PREFLIGHT): "vip_prepare.yml",
    ("vip.yml", StepKind.SWITCH): "vip_over.yml",
}
"""Where a step plays another playbook than the change's own."""


@dataclass(frozen=True)
class _Ground:
    """A change as attempts know it."""

    code: str
    hosts: Mapping[str, Device]
    rate_kbps: int = 0


@dataclass(frozen=True)
class NetworkPerformer:
    truth: Truth
    estate: EstateStore
    crew: Crew
    rules: EngineRules

    def next(self, code: str) -> NetworkOrder:
        """What is next, and the plan's state in the truth accordingly."""
        record, plan = self.truth.network.record(code), self.truth.network.load(code)
        now = self.truth.clock()
        move = next_of_network(plan, record, now, lambda: self._gates(plan, record))
        match move:
            case DoChange(number=number, step=step):
                zone = self._zone(plan.change(number))
                queue = queue_of(zone) if zone else None
                return NetworkOrder(number=number, step=step, queue=queue)
            case WaitFor(reason=reason, seconds=seconds):
                if reason and record.note != reason[:2000]:
                    self.truth.network.show(code, reason)
                return NetworkOrder(wait_seconds=seconds or 60.0)
            case TurnBack(reason=reason):
                told = f"自动回退 / turned round by itself: {reason}"
                self.truth.network.turn(code, ENGINE, told)
                return self.next(code)
            case EndNetwork(state=state, note=note):
                self.truth.network.end(code, ENGINE, state, note)
                return NetworkOrder(end=state.value)

    def perform(self, code: str, number: int, step: StepKind, watch: Watch) -> None:
        """Play a step and write what came of it. Raises AttemptAlive, Cancelled (try again later)."""
        record, plan = self.truth.network.record(code), self.truth.network.load(code)
        change, begun = plan.change(number), record.step(number, step)
        forward = step in {StepKind.PREFLIGHT, StepKind.SWITCH}
        if forward and begun.state is StepState.PENDING and not self._gates(plan, record).open:
            return  # shut since the engine asked
        if change.by_hand or not self.truth.network.begin(code, number, step):
            return
        ground = _Ground(f"{code}.{number}", change.hosts)
        lost = begun.started_at if begun.state is StepState.RUNNING else None
        try:
            outcome = self.crew.ended(code, ground.code, step, lost) or self.crew.play(
                code, ground, step, watch, script_of(plan, change, step)
            )
        except Superseded:
            return  # whoever took over writes what came of it
        except Cancelled as cancelled:
            if step in LOOKS:
                self._finish(code, number, step, StepState.PENDING, str(cancelled))
                return
            raise  # it stays under way, and is followed to its end before all else
        state, message = read(step, outcome)
        self._finish(code, number, step, state, message)

    def _finish(
        self, code: str, number: int, step: StepKind, state: StepState, message: str
    ) -> None:
        self.truth.network.finish(code, number, step, actor=ENGINE, state=state, message=message)

    def _gates(self, plan: NetworkPlan, record: NetworkRecord) -> GateVerdict:
        if changed := facts_changed(plan, self.estate.load()):
            return GateVerdict(gate="facts", open=False, reasons=changed)
        return network_gates(plan, record, self.rules, self.truth.clock())

    def _zone(self, change: NetworkChange) -> str:
        """The zone whose workers reach its hosts; of several hosts, the first."""
        places = [host.place or "" for host in change.hosts.values()]
        return self.rules.zones.get(places[0], "") if places else ""


def script_of(plan: NetworkPlan, change: NetworkChange, step: StepKind) -> Script:
    """What a step of a change plays."""
    back = {BACK[change.playbook]: True} if step is StepKind.ROLLBACK else {}
    variables: dict[str, Any] = {**change.variables, **back}
    return Script(
        playbook=PLAYED.get((change.playbook, step), change.playbook),
        variables=variables | {"confirm_seconds": plan.confirm_seconds},
        check=step in LOOKS,
        cancellable=step in LOOKS,
    )


def read(step: StepKind, outcome: Outcome) -> tuple[StepState, str]:
    """What an outcome says of its step. A read back that would change something again has not found what
    was sent; a rollback that changed nothing found the device as before."""
    if not outcome.ok:
        return StepState.FAILED, outcome.message
    if step is StepKind.PREFLIGHT:
        return StepState.DONE, f"将改动 {outcome.changed} 处 / would change {outcome.changed}"
    if step is StepKind.VERIFY and outcome.changed:
        return StepState.FAILED, "读回与下发不符 / read back, it is not what was sent"
    if step is StepKind.ROLLBACK and not outcome.changed:
        return StepState.DONE, WENT_BACK
    return StepState.DONE, ""


class NetworkActivities:
    """Threaded activities of network plans."""

    def __init__(self, performer: NetworkPerformer, heartbeat_seconds: int) -> None:
        self._performer = performer
        self._heartbeat_seconds = heartbeat_seconds

    @property
    def all(self) -> list[Callable[..., object]]:
        return [self.next_of_network, self.perform_network]

    @activity.defn
    def next_of_network(self, code: str) -> NetworkOrder:
        order = self._performer.next(code)
        return order.model_copy(update={"heartbeat_seconds": self._heartbeat_seconds})

    @activity.defn(no_thread_cancel_exception=True)
    def perform_network(self, ref: NetworkRef) -> None:
        beat = rarely(activity.heartbeat, ref.heartbeat_seconds / 4)
        try:
            self._performer.perform(
                ref.plan, ref.number, ref.step, Watch(beat=beat, stop=stop_of_worker)
            )
        except MigratorError as error:
            with contextlib.suppress(MigratorError):
                self._performer.truth.network.show(ref.plan, f"{ref.step}: {error}")
            raise  # Temporal tries again, with growing pauses
