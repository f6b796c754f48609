"""What workflows, activities and the client of the engine say to each other."""

from inventory.model import Frozen
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemState, RunState

TASK_QUEUE = "qianyun"
"""Workflows and their questions, and the steps of items whose room lies in no zone of its own."""


def queue_of(zone: str) -> str:
    """The task queue of a zone's workers; "" is the one that needs no zone."""
    return f"{TASK_QUEUE}.zone.{zone}" if zone else TASK_QUEUE


class ItemRef(Frozen):
    run: str
    system: str

    @property
    def workflow_id(self) -> str:
        return f"{self.run}.{self.system}"


class StepRef(Frozen):
    run: str
    system: str
    step: StepKind
    heartbeat_seconds: int


class ItemOrder(Frozen):
    """What an item's workflow does next: a step, a wait, or its end. Exactly one is set."""

    step: StepKind | None = None
    wait_seconds: float | None = None
    end: ItemState | None = None
    heartbeat_seconds: int = 10
    queue: str | None = None  # of the step's zone; None: that of the workflow


class NetworkRef(Frozen):
    """A step of a change of a network plan."""

    plan: str
    number: int
    step: StepKind
    heartbeat_seconds: int


class NetworkOrder(Frozen):
    """What a network plan's workflow does next: a step, a wait, or its end (`end`: the state)."""

    number: int | None = None
    step: StepKind | None = None
    wait_seconds: float | None = None
    end: str = ""
    heartbeat_seconds: int = 10
    queue: str | None = None  # of the device's zone; None: that of the workflow


class RunOrder(Frozen):
    """What a run's workflow does next: start these items; end if `end` is set; else wait.

    `gather_seconds`: how long to wait after being woken, where the answer is dear (thousands of items).
    `under_way`: items that have begun and not ended. Their workflows exist, unless the engine lost
    its own database or a worker died while it marked them: then the run's workflow begins them.
    """

    start: tuple[str, ...] = ()
    under_way: tuple[str, ...] = ()
    end: RunState | None = None
    gather_seconds: float = 0.0
