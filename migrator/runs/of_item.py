"""What comes next in an item: pure decisions over the truth.

Deciding does no I/O. Activities read the truth, ask `next_of_item` or `next_of_run`, and the
workflows do what they are told; a command of an operator only changes the truth.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from inventory.model import Frozen
from migrator.planning.plan import CUTOVER, WAY, StepKind
from migrator.planning.windows import Window
from migrator.runs.gates import GateVerdict
from migrator.runs.records import ItemRecord, ItemState, StepState, Wanted


class Do(Frozen):
    """Run this step; `quiesce` stands for the whole cutover."""

    step: StepKind


class Wait(Frozen):
    """Nothing to do until woken, or until `seconds` have passed."""

    state: ItemState
    reason: str
    seconds: float | None = None


class End(Frozen):
    state: ItemState


type Decision = Do | Wait | End


@dataclass(frozen=True)
class Hours:
    """When a cutover may begin: the system's window on the city's clock, and what time it is.
    `night`: from and to when it may by a timetable, the city's clock; no other night was approved."""

    now: datetime
    timezone: str
    window: str | None
    night: tuple[datetime, datetime] | None = None

    def wait_seconds(self) -> float:
        if self.night is not None:
            return max(0.0, (self._local(self.night[0]) - self.now).total_seconds())
        if self.window is None:
            return 0.0
        return Window.parse(self.window).wait(self.now, self.timezone).total_seconds()

    @property
    def missed(self) -> bool:
        """Whether its night is over."""
        return self.night is not None and self.now >= self._local(self.night[1])

    def _local(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=ZoneInfo(self.timezone))


type Ask = Callable[[StepKind], GateVerdict]
"""What the gates say of a step of the item, now."""


def unasked(step: StepKind) -> GateVerdict:  # noqa: ARG001
    return GateVerdict(gate="", open=True)


def next_of_item(
    item: ItemRecord, run_paused: bool, hours: Hours, gates: Ask = unasked
) -> Decision:
    """What an item does next."""
    if item.wanted is Wanted.ROLLBACK:
        return _next_back(item)
    passed = {StepState.DONE, StepState.SKIPPED}
    left = [kind for kind in WAY if item.step(kind).state not in passed]
    if not left:
        return End(state=ItemState.DONE)
    if item.paused or run_paused:
        return Wait(state=ItemState.PAUSED, reason="已暂停 / paused")
    blocked = item.blocked
    if blocked:
        state = ItemState.HELD if blocked.state is StepState.HELD else ItemState.FAILED
        return Wait(state=state, reason=f"{blocked.step}: {blocked.message}")
    step = StepKind.QUIESCE if left[0] in CUTOVER else left[0]
    return _closed(item, step, hours, gates) or Do(step=step)


def _closed(item: ItemRecord, step: StepKind, hours: Hours, gates: Ask) -> Wait | None:
    """What keeps the step from beginning now. One that is under way is gone on with, or cleared up
    after, whatever the gates say (`perform`)."""
    if step in {StepKind.GATE, StepKind.QUIESCE} and (shut := _shut(hours)):
        return shut
    if item.step(step).state is StepState.RUNNING or (verdict := gates(step)).open:
        return None
    reason = "; ".join(verdict.reasons)
    return Wait(state=ItemState.PAUSED, reason=reason, seconds=verdict.seconds)


def _shut(hours: Hours) -> Wait | None:
    """Why a cutover may not begin now, None where it may."""
    if hours.missed:
        reason = "错过排定的一晚，请重新编制方案 / its night is over: make the plan again"
        return Wait(state=ItemState.HELD, reason=reason)
    if (seconds := hours.wait_seconds()) > 0:
        opens = hours.night[0].isoformat(" ", "minutes") if hours.night else hours.window
        reason = f"等待窗口 {opens} / waiting for the window"
        return Wait(state=ItemState.PAUSED, reason=reason, seconds=seconds)
    return None


def _next_back(item: ItemRecord) -> Decision:
    if not item.begun:
        return End(state=ItemState.ABORTED)
    back = item.step(StepKind.ROLLBACK)
    if back.state is StepState.DONE:
        return End(state=ItemState.ROLLED_BACK)
    if back.state in {StepState.FAILED, StepState.HELD}:
        return Wait(state=ItemState.FAILED, reason=f"rollback: {back.message}")
    return Do(step=StepKind.ROLLBACK)
