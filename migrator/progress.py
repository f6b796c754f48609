"""Where an item and a run stand and what comes next: pure decisions over the truth.

Deciding does no I/O. Activities read the truth, ask `next_of_item` or `next_of_run`, and the
workflows do what they are told; a command of an operator only changes the truth.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from inventory.model import Frozen
from migrator.plan import CUTOVER, WAY, Plan, StepKind
from migrator.windows import Window


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # an operator decides: retry, skip, rollback
    HELD = "held"  # the facts changed, or it is not known what a lost attempt did
    SKIPPED = "skipped"


class ItemState(StrEnum):
    WAITING = "waiting"  # its wave or its turn has not come
    RUNNING = "running"
    PAUSED = "paused"
    FAILED = "failed"
    HELD = "held"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    DONE = "done"
    ABORTED = "aborted"

    @property
    def ended(self) -> bool:
        return self in {ItemState.DONE, ItemState.ROLLED_BACK, ItemState.ABORTED}


class RunState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    ENDED = "ended"  # ended, but not every item is done


class Wanted(StrEnum):
    FORWARD = "forward"
    ROLLBACK = "rollback"


class StepRecord(Frozen):
    step: StepKind
    state: StepState = StepState.PENDING
    message: str = ""
    started_at: str | None = None
    ended_at: str | None = None


class ItemRecord(Frozen):
    run: str
    system: str
    wave: int
    state: ItemState
    wanted: Wanted = Wanted.FORWARD
    paused: bool = False
    note: str = ""
    steps: tuple[StepRecord, ...] = ()

    def step(self, kind: StepKind) -> StepRecord:
        return next((s for s in self.steps if s.step is kind), StepRecord(step=kind))

    @property
    def begun(self) -> bool:
        return any(s.state is not StepState.PENDING for s in self.steps)

    @property
    def committed(self) -> bool:
        """Past the point of no return: commit has begun. A retry or a stopped worker sets the step
        back to pending; that it was started once is what stays."""
        commit = self.step(StepKind.COMMIT)
        return commit.state is not StepState.PENDING or commit.started_at is not None

    @property
    def blocked(self) -> StepRecord | None:
        """The step that waits for an operator."""
        bad = {StepState.FAILED, StepState.HELD}
        return next((s for s in self.steps if s.state in bad), None)


class RunRecord(Frozen):
    code: str
    plan: str
    state: RunState
    paused: bool
    note: str
    started_by: str
    started_at: str
    ended_at: str | None
    items: tuple[ItemRecord, ...]


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


def next_of_item(item: ItemRecord, run_paused: bool, hours: Hours) -> Decision:
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
    if step in {StepKind.GATE, StepKind.QUIESCE} and (shut := _shut(hours)):
        return shut
    return Do(step=step)


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


class RunMove(Frozen):
    """What a run does next: items to start now; whether it pauses itself or has ended."""

    start: tuple[str, ...] = ()
    pause: str = ""
    end: RunState | None = None


def next_of_run(run: RunRecord, plan: Plan, today: date | None = None) -> RunMove:
    """Start what the current wave and the limits allow. By a timetable an item starts when the night
    of its copy has come and what it needs is done, whatever its wave; `today` is the city's.

    An item holds its resources until it has ended, also while it waits for an operator: limits
    are never exceeded by a retry. A wave that lost an item pauses the run, so that a person
    decides before what needs that item is moved.
    """
    open_items = [item for item in run.items if not item.state.ended]
    if not open_items:
        done = all(item.state is ItemState.DONE for item in run.items)
        return RunMove(end=RunState.DONE if done else RunState.ENDED)
    turned = [
        i.system for i in open_items if i.wanted is Wanted.ROLLBACK and i.state is ItemState.WAITING
    ]
    if turned:  # aborted before their turn: they only have to end
        return RunMove(start=tuple(turned))
    if plan.appointments and today is not None:
        return _by_timetable(run, plan, today)
    wave = min(item.wave for item in open_items)
    lost = [i.system for i in run.items if i.wave < wave and i.state is not ItemState.DONE]
    fresh = all(i.state is ItemState.WAITING for i in run.items if i.wave == wave)
    if lost and fresh and f"wave {wave}" not in run.note:
        names = ", ".join(lost)
        return RunMove(
            pause=f"{names} 未完成，继续请 resume / did not finish; resume to begin wave {wave}"
        )
    if run.paused:
        return RunMove()
    return RunMove(start=_startable(run, plan, [i for i in open_items if i.wave == wave]))


def _startable(run: RunRecord, plan: Plan, among: Sequence[ItemRecord]) -> tuple[str, ...]:
    """Of the waiting items those that the limits leave room for, in their order."""
    limits = {limit.resource: limit.count for limit in plan.limits}
    held = Counter[str]()
    for item in run.items:
        if not item.state.ended and item.state is not ItemState.WAITING:
            held.update(plan.item(item.system).resources)
    start: list[str] = []
    for item in among:
        needed = plan.item(item.system).resources
        if item.state is not ItemState.WAITING:
            continue
        if all(held[r] < limits.get(r, 1) for r in needed):
            start.append(item.system)
            held.update(needed)
    return tuple(start)


def _by_timetable(run: RunRecord, plan: Plan, today: date) -> RunMove:
    """What needs a lost item waits for a person, who re-plans or aborts it; the rest goes on."""
    states = {item.system: item.state for item in run.items}
    due: list[ItemRecord] = []
    for item in run.items:
        at = plan.appointments[item.system]
        if item.state is not ItemState.WAITING or at.copy_from > today:
            continue
        inside = [code for code in at.after if code in states]
        lost = [c for c in inside if states[c].ended and states[c] is not ItemState.DONE]
        if lost and f"before {item.system}" not in run.note:
            return RunMove(
                pause=f"{', '.join(lost)} 未完成，{item.system} 不会开始；resume 继续其余 / did not finish, "
                f"before {item.system}: it will not begin, resume for the rest"
            )
        if all(states[code] is ItemState.DONE for code in inside):
            due.append(item)
    return RunMove() if run.paused else RunMove(start=_startable(run, plan, due))
