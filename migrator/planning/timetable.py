"""A timetable as data: who is copied and cut over in which night, in which groups, and what of it is
proved. It is a part of a plan; nights have the date of their evening.
"""

from datetime import date, timedelta

from pydantic import Field

from inventory.frozen import Frozen


class Bond(Frozen):
    """Two systems that must move in one night, and why; `firm`: no price lets it be split."""

    one: str
    other: str
    why: str
    firm: bool = False


class MoveGroup(Frozen):
    """Systems that move in one night. `ring`: systems that need each other in a round, which ends
    where it begins; `split_price`, `split_off`: the cheapest way to part it where it may be, in the
    weight of the dependencies that are stretched then."""

    systems: tuple[str, ...]
    bonds: tuple[Bond, ...] | None = None
    ring: tuple[str, ...] | None = None
    split_price: int | None = None
    split_off: tuple[str, ...] | None = None


class Split(Frozen):
    """A ring that did not stay in one night: its systems, why, and the weight of the dependencies that
    are stretched by a night where all of it is apart."""

    systems: tuple[str, ...]
    why: str
    price: int


class Rest(Frozen):
    """Nights, the first and the last counted, in which a copy that is under way stands still."""

    first: date
    last: date


class MadeFrom(Frozen):
    """What was known of a system when its night was chosen; None for what nobody had told.
    `rate_kbps`: of the road of its copy, as declared or as the means have it."""

    organisation: str | None = None
    room: str | None = None
    target: str | None = None
    window: str | None = None
    storage_gib: int | None = None
    cpu_cores: int | None = None
    memory_gib: int | None = None
    cpu_arch: str | None = None
    rate_kbps: int | None = None


class Appointment(Frozen):
    """One system's way in time. `copy_from`: the night on which its first copy begins, which takes
    `copy_nights` of 24 hours without its `rests`, and is over before its own night; `begins`, `ends`:
    local times between which the cutover may begin; `after`: what it needs, which is done first; `due`: the
    day by which it should be done, `late`: by how many days it is not. `turn`: its place in the
    night, what it needs before it; those of one turn may go side by side."""

    system: str
    group: int = Field(ge=0)
    wave: int = Field(ge=1)
    night: date
    begins: str
    ends: str
    copy_from: date
    copy_nights: int = Field(ge=1)
    copy_mib: int = Field(ge=0)
    by: str  # the line that it is copied over, or network:ROOM
    after: tuple[str, ...] = ()
    due: date | None = None
    late: int = Field(default=0, ge=0)
    turn: int = Field(default=1, ge=1)
    rests: tuple[Rest, ...] | None = None
    made_from: MadeFrom | None = None

    @property
    def copying(self) -> tuple[tuple[date, int], ...]:
        """Its copy as unbroken stretches: the first night of each, and how many nights it has."""
        found, begins, left = [], self.copy_from, self.copy_nights
        for rest in self.rests or ():
            nights = (rest.first - begins).days
            found.append((begins, nights))
            begins, left = rest.last + timedelta(days=1), left - nights
        return (*found, (begins, left))


class StageTold(Frozen):
    """One rung of the objective: what the timetable costs in it, and what none can be below that
    costs no more in the former ones."""

    name: str
    value: int
    bound: int

    @property
    def proved(self) -> bool:
        return self.value == self.bound


class DutyTold(Frozen):
    """How a policy's or the city's own day is kept: `needed` systems, of which `in_time` are; `takes`:
    what it would take to keep one that is not, line by line in both languages."""

    of: str
    clause: str
    title: str
    severity: str
    deadline: date
    needed: int
    in_time: int
    takes: tuple[str, ...] | None = None

    @property
    def kept(self) -> bool:
        return self.in_time >= self.needed


class Used(Frozen):
    """What systems that moved by former plans took of a capacity of a cloud."""

    what: str
    amount: int = Field(ge=0)


class Short(Frozen):
    """A capacity of a cloud of which all that could move want more than its deliveries bring, in its
    own unit (cores, GiB)."""

    what: str
    wanted: int = Field(ge=0)
    there: int = Field(ge=0)

    @property
    def missing(self) -> int:
        return self.wanted - self.there


class Note(Frozen):
    """What people should know of these systems' nights, in both languages."""

    systems: tuple[str, ...]
    text: str


class Timetable(Frozen):
    """`repeatable`: the clock decided nothing, so that the same facts give the same timetable."""

    first: date
    nights: int
    groups: tuple[MoveGroup, ...]
    appointments: tuple[Appointment, ...]
    stages: tuple[StageTold, ...]
    duties: tuple[DutyTold, ...] = ()
    repeatable: bool = True
    used: tuple[Used, ...] = ()
    split: tuple[Split, ...] | None = None
    short: tuple[Short, ...] | None = None
    notes: tuple[Note, ...] | None = None

    def of(self, system: str) -> Appointment | None:
        return next((one for one in self.appointments if one.system == system), None)
