"""A plan: pure data with a digest. Waves of items; an item is one system's way to its target."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Self

from pydantic import Field

from inventory.canonical import digest
from inventory.model import Code, Entrance, Frozen, Host, Line, Node, System, Workload
from migrator.planning.means import CityMeans
from migrator.planning.timetable import Appointment, Timetable


class Disposition(StrEnum):
    """What becomes of a system in this plan."""

    MOVE = "move"
    DONE = "done"  # already where it shall be
    STAY = "stay"  # no target is declared
    KEEP = "keep"  # cannot move, by the department's word and, where needed, an approval
    RETIRE = "retire"  # the department's decision (僵尸系统), with its evidence
    MERGE = "merge"  # its work goes into another system
    EXCLUDED = "excluded"  # on a network that the policies leave out (政法网)
    STUB = "stub"  # classified: counted, never planned, probed or addressed
    BLOCKED = "blocked"  # something is missing; `reason` asks for it


class Way(StrEnum):
    """From where to where a system moves."""

    ROOM_TO_CLOUD = "room-to-cloud"
    CLOUD_TO_CLOUD = "cloud-to-cloud"
    X86_TO_XINCHUANG = "x86-to-xinchuang"


class StepKind(StrEnum):
    """The steps of an item in their order (design, "Item steps")."""

    PREFLIGHT = "preflight"
    BACKUP = "backup"
    PRESYNC = "presync"
    GATE = "gate"
    QUIESCE = "quiesce"
    FINAL_SYNC = "final_sync"
    START = "start"
    VERIFY = "verify"
    SWITCH = "switch"
    SOAK = "soak"
    COMMIT = "commit"
    ROLLBACK = "rollback"
    ARCHIVE = "archive"
    WIPE = "wipe"


AFTERWARDS = (StepKind.ARCHIVE, StepKind.WIPE)
"""On the old host once an item is done and its trial over: no steps of a run."""

WAY = tuple(kind for kind in StepKind if kind not in {StepKind.ROLLBACK, *AFTERWARDS})
"""The way forward, in order."""

CUTOVER = (
    StepKind.QUIESCE,
    StepKind.FINAL_SYNC,
    StepKind.START,
    StepKind.VERIFY,
    StepKind.SWITCH,
)
"""The steps inside the hold: phases of one shipped program (one attempt)."""


class Means(Frozen):
    """What a city can spend: limits, windows and times. `None`: no limit of that kind. `city`: its
    lines, crews, clouds and nights, where a timetable is wanted."""

    moves_at_once: int = Field(default=4, ge=1)
    per_room: int = Field(default=2, ge=1)
    per_line: int = Field(default=2, ge=1)
    per_cloud: int = Field(default=4, ge=1)
    line_share_percent: int = Field(default=80, ge=1, le=100)
    soak_seconds: int = Field(default=300, ge=0)
    hold_seconds: int = Field(default=20, ge=5, le=120)
    timezone: str = "Asia/Shanghai"
    ignore_windows: bool = False  # a rehearsal in a lab, never a default
    green_minutes: int | None = Field(
        default=None, ge=0
    )  # asked of the probers (`migrator.engine.green`)
    practise: bool = False  # at the cutover: over, back, and over again (playbooks/rehearse.yml)
    city: CityMeans | None = None


class Item(Frozen):
    """One system's way. The facts that it was planned from are carried whole, so that drift can
    be shown field by field before anything is touched."""

    system: System
    source: Host
    target: Host
    gateway: Host
    entrance: Node
    line: Line | None
    rate_kbps: int = Field(ge=1)

    @property
    def code(self) -> str:
        return self.system.code

    @property
    def workload(self) -> Workload:
        if self.system.workload is None:
            raise ValueError(f"{self.code}: planned without a workload")
        return self.system.workload

    @property
    def way_in(self) -> Entrance:
        if self.system.entrance is None:
            raise ValueError(f"{self.code}: planned without an entrance")
        return self.system.entrance

    @property
    def hosts(self) -> Mapping[str, Host]:
        """By their part in the move."""
        return {"source": self.source, "target": self.target, "gateway": self.gateway}

    @property
    def resources(self) -> tuple[str, ...]:
        """What it takes a share of while under way: the total, its room, its line, its cloud, the host
        that it moves to."""
        names = ["total", f"room:{self.source.place}", f"cloud:{self.target.place}"]
        names.append(f"host:{self.target.code}")
        return (*names, f"line:{self.line.code}") if self.line else tuple(names)


class Wave(Frozen):
    number: int = Field(ge=1)
    items: tuple[Item, ...]


class Limit(Frozen):
    """How many items may hold a resource ("total", "room:X", "line:X", "cloud:X") together."""

    resource: str
    count: int = Field(ge=1)


class Ground(Frozen):
    """A clause of a policy that a decision stands on."""

    policy: str
    entry: str
    clause: str


class Verdict(Frozen):
    """What the planner decided about one system, and why (both languages). `asks`: fields of the
    ledger that its department has to tell first."""

    system: Code
    name: str
    disposition: Disposition
    wave: int | None = None
    reason: str = ""
    way: Way | None = None
    grounds: tuple[Ground, ...] | None = None
    asks: tuple[str, ...] | None = None


class Plan(Frozen):
    """Same estate and means, same plan, same digest. Author and time are not part of it. With a
    timetable, a wave is a night, and holds those of its systems that a playbook can move today."""

    kind: str = "room-to-cloud"
    estate: str  # digest of the estate
    means: Means
    limits: tuple[Limit, ...]
    waves: tuple[Wave, ...]
    verdicts: tuple[Verdict, ...]
    timetable: Timetable | None = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON: what an approval binds to."""
        return digest(self)

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for wave in self.waves for item in wave.items)

    @cached_property
    def wave_of(self) -> Mapping[str, int]:
        """The number of its wave, by system."""
        return {item.code: wave.number for wave in self.waves for item in wave.items}

    def item(self, system: str) -> Item:
        """The item of `system`; KeyError when the plan has none."""
        return self._by_code[system]

    @cached_property
    def _by_code(self) -> Mapping[str, Item]:
        return {item.code: item for item in self.items}

    @cached_property
    def appointments(self) -> Mapping[str, Appointment]:
        """By system; none without a timetable, or where a rehearsal waits for no window."""
        if self.timetable is None or self.means.ignore_windows:
            return {}
        return {one.system: one for one in self.timetable.appointments}

    @classmethod
    def read(cls, text: str, expected: str) -> Self:
        """A stored plan; ValueError when it is not the one with that digest."""
        plan = cls.model_validate_json(text)
        if plan.digest != expected:
            raise ValueError(f"plan digest: read {plan.digest}, expected {expected}")
        return plan
