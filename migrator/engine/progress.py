"""Where an item and a run stand and what comes next: pure decisions over the truth.

Deciding does no I/O. Activities read the truth, ask `next_of_item` or `next_of_run`, and the
workflows do what they are told; a command of an operator only changes the truth.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from pydantic import Field

from inventory.model import Frozen
from migrator.engine.admission import PATIENCE, Claim, admit
from migrator.engine.gates import GateVerdict
from migrator.planning.plan import CUTOVER, WAY, Plan, StepKind
from migrator.planning.windows import Window


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
    ready_at: str | None = None  # since when only limits keep it from beginning
    begun_at: str | None = None
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

    @property
    def waits(self) -> bool:
        """Whether it waits for an operator's decision. Step and item agree: right after a retry, or
        while an item turns round, only one does."""
        if self.state not in {ItemState.FAILED, ItemState.HELD}:
            return False
        if self.wanted is Wanted.ROLLBACK:
            return self.step(StepKind.ROLLBACK).state in {StepState.FAILED, StepState.HELD}
        return self.blocked is not None


class RunRecord(Frozen):
    code: str
    plan: str
    state: RunState
    paused: bool
    note: str
    started_by: str
    started_at: str
    ended_at: str | None
    limits: dict[str, int] = Field(default_factory=dict)  # over those of the plan
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


type Ask = Callable[[StepKind], GateVerdict]
"""What the gates say of a step of the item, now."""


def _open(step: StepKind) -> GateVerdict:  # noqa: ARG001
    return GateVerdict(gate="", open=True)


def next_of_item(item: ItemRecord, run_paused: bool, hours: Hours, gates: Ask = _open) -> Decision:
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


class RunMove(Frozen):
    """What a run does next: items to start now; whether it pauses itself or has ended. `ready`: all
    that could start but for limits; `told`: why others can't, by system."""

    start: tuple[str, ...] = ()
    pause: str = ""
    end: RunState | None = None
    ready: tuple[str, ...] = ()
    told: dict[str, str] = Field(default_factory=dict)


Admission = RunMove


@dataclass(frozen=True)
class Around:
    """What a run's next move hangs on beside itself. `claims`: of items of other runs that are under
    way; `limits`: the city's, under those of plan and run; `gates`: of an item's first step."""

    claims: tuple[Claim, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    gates: Callable[[ItemRecord], GateVerdict] = lambda item: _open(StepKind.PREFLIGHT)  # noqa: ARG005


ALONE = Around()


def claims_of(run: RunRecord, plan: Plan) -> tuple[Claim, ...]:
    """Of the run's items that are under way."""
    return tuple(
        Claim(
            code=f"{run.code}/{i.system}",
            group=f"{run.code}/{i.wave}",
            resources=plan.item(i.system).resources,
        )
        for i in run.items
        if not i.state.ended and i.state is not ItemState.WAITING
    )


def next_of_run(
    run: RunRecord, plan: Plan, today: date | None = None, around: Around = ALONE
) -> RunMove:
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
        return _by_timetable(run, plan, today, around)
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
    return _startable(run, plan, [i for i in open_items if i.wave == wave], around)


def limits_of(run: RunRecord, plan: Plan, city: Mapping[str, int]) -> dict[str, int]:
    """Items that may hold a resource together: the plan's, no more than the city's rules say, and over
    both what an operator told for this run."""
    planned = {limit.resource: limit.count for limit in plan.limits}
    least = {r: min(n, planned.get(r, n)) for r, n in city.items()}
    return planned | least | run.limits


def _startable(run: RunRecord, plan: Plan, among: Sequence[ItemRecord], around: Around) -> RunMove:
    """Of the waiting items those whose gates are open and that the limits leave room for."""
    told: dict[str, str] = {}
    waiting: list[Claim] = []
    overtaken = _overtaken(run, plan)
    for item in among:
        if item.state is not ItemState.WAITING or item.paused:
            continue
        verdict = around.gates(item)
        if not verdict.open:
            told[item.system] = "; ".join(verdict.reasons)
            continue
        needed = plan.item(item.system).resources
        over = overtaken(item.ready_at, needed) if item.ready_at else 0
        waiting.append(
            Claim(
                code=item.system, group=f"{run.code}/{item.wave}", resources=needed, overtaken=over
            )
        )
    under_way = (*claims_of(run, plan), *around.claims)
    start = admit(waiting, under_way, limits_of(run, plan, around.limits))
    same = {i.system for i in run.items if told.get(i.system) == i.note}
    return RunMove(
        start=start,
        ready=tuple(claim.code for claim in waiting),
        told={system: why for system, why in told.items() if system not in same},
    )


def _overtaken(run: RunRecord, plan: Plan) -> Callable[[str, tuple[str, ...]], int]:
    """How many items that share one of these resources began since a moment; counted no further than
    `PATIENCE`, and once for all that have waited as long for the same."""
    begun = sorted(((i.begun_at, i.system) for i in run.items if i.begun_at), reverse=True)

    @cache
    def since(moment: str, needed: tuple[str, ...]) -> int:
        later = takewhile(lambda one: one[0] > moment, begun)
        shared = (1 for _, s in later if not set(needed).isdisjoint(plan.item(s).resources))
        return sum(islice(shared, PATIENCE))

    return since


def _by_timetable(run: RunRecord, plan: Plan, today: date, around: Around) -> RunMove:
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
    return RunMove() if run.paused else _startable(run, plan, due, around)
