"""Where an item and a run stand."""

from enum import StrEnum

from pydantic import Field

from inventory.model import Frozen
from migrator.planning.plan import StepKind


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
