"""What a city has to move its systems with, as data: lines, crews, cloud capacity, nights, freezes.

    [plan]
    from = 2026-12-01            # the first night
    nights = 540
    [lines]
    day = 20                     # percent of a line's bandwidth, by day and by night
    night = 80
    [crews]
    room = 2                     # cutovers that a room's crew takes in one night

Times are the city's own; a night has the date of its evening. Every number is a whole one: plans are
digested, and a digest has no floats. `docs/planning.md` tells every key.
"""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from inventory.frozen import Frozen
from migrator.planning.windows import Window

_RATE = re.compile(r"^(\d+(?:\.\d+)?)\s*([KMG])?(?:bps|bit/s)?$", re.IGNORECASE)
_UNITS = {"": 1, "K": 1, "M": 1_000, "G": 1_000_000}
_YEARLY = re.compile(r"^(\d{2})-(\d{2})$")


def _rate(value: object) -> object:
    """100M, 1.5G or kbit/s → kbit/s."""
    if isinstance(value, str):
        found = _RATE.match(value.strip())
        kbps = Decimal(found[1]) * _UNITS[(found[2] or "").upper()] if found else Decimal("0.1")
        if kbps != int(kbps):
            raise ValueError('应为速率，如 "100M"、"1.5G" / expected a rate such as "100M", "1.5G"')
        return int(kbps)
    return value


def rate_kbps(text: str) -> int:
    """100M, 1.5G or kbit/s as kbit/s. Raises ValueError."""
    return int(str(_rate(text)))


def _window(value: str) -> str:
    Window.parse(value)
    return value


def _day(value: object) -> object:
    """A date, or MM-DD for every year."""
    if not isinstance(value, str):
        return value
    try:
        if found := _YEARLY.match(value):
            date(2024, int(found[1]), int(found[2]))  # 02-29 is a day of some years
            return value
        return date.fromisoformat(value)
    except ValueError as error:
        raise ValueError(
            "应为日期，如 2027-01-31，或每年的 01-31 / expected a date such as 2027-01-31, or 01-31 for "
            "every year"
        ) from error


Rate = Annotated[int, BeforeValidator(_rate), Field(ge=1)]
Percent = Annotated[int, Field(ge=0, le=100)]
Hours = Annotated[str, AfterValidator(_window)]
Day = Annotated[date | str, BeforeValidator(_day)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Codes = tuple[str, ...]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class _From(Frozen):
    """What has a key `from`, a word of Python's own: by that name in files, by either in plans."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)


class Span(_From):
    """`from`: the first night; `nights`: how far the plan looks."""

    from_: date = Field(alias="from")
    nights: int = Field(ge=1, le=3660)

    def night(self, slot: int) -> date:
        return self.from_ + timedelta(days=slot)

    def slot(self, day: date) -> int:
        return (day - self.from_).days


class LineShare(Frozen):
    """Percent of the bandwidth for moving, by day and by night."""

    day: Percent | None = None
    night: Percent | None = None
    rate: Rate | None = None  # instead of what the inventory says


class Measured(Frozen):
    """What copies over a line reached of the rate that they were allowed, in so many samples."""

    percent: int = Field(ge=1, le=100)
    samples: int = Field(ge=1)


class Lines(Frozen):
    """`one_item`: the most of what is allowed that one item's copy takes. `network`: the rate by
    which a room without a line of its own to the cloud gets there, each room for itself.
    `measured`: by line; what a file does not say is learned from the copies that were made."""

    day: Percent
    night: Percent
    one_item: int = Field(default=100, ge=1, le=100)
    network: Rate | None = None
    own: dict[str, LineShare] = Field(default_factory=dict)
    measured: dict[str, Measured] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.day + self.night == 0:
            raise ValueError("day 与 night 不能同为 0 / day and night can't both be 0")
        return self


class Crews(Frozen):
    """Cutovers in one night: of a room's own crew, of a cloud's, of the city in total. `nights`:
    on which they work; `worked_weekends`: and on weekends on which offices work (调休上班)."""

    room: int = Field(ge=0)
    cloud: int = Field(default=1000, ge=0)
    total: int = Field(default=1000, ge=0)
    nights: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)
    worked_weekends: bool | None = None  # so that plans without it have the digest they always had
    rooms: dict[str, int] = Field(default_factory=dict)
    clouds: dict[str, int] = Field(default_factory=dict)


class Delivery(Frozen):
    """What a cloud has more from a day on; `arch` "": any kind of machine."""

    cloud: str
    on: date
    arch: str = ""
    cores: int | None = Field(default=None, ge=0)
    memory_gib: int | None = Field(default=None, ge=0)
    storage_gib: int | None = Field(default=None, ge=0)


class Nights(Frozen):
    """`hours`: the night, in which cutovers are; `window`: when one begins whose system has no
    window of its own, without which the department is asked. `holidays`: whether cutovers may be on
    nights before and on days on which offices are closed beside weekends. `turn`: minutes from a
    cutover to the next of its group that needs it."""

    hours: Hours = "20:00-08:00"
    window: Hours | None = None
    holidays: Literal["open", "closed"] = "open"
    turn: int = Field(default=0, ge=0, le=720)


class Freeze(_From):
    """封网, both days inclusive, every year where they are MM-DD: nobody's cutovers, or only those
    of some; `copies`: nothing is copied either."""

    name: Text
    from_: Day = Field(alias="from")
    to: Day
    organisations: Codes = ()
    rooms: Codes = ()
    systems: Codes = ()
    copies: bool = False

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if type(self.from_) is not type(self.to):
            raise ValueError(
                "from 与 to 须同为日期或同为 MM-DD / from and to: both dates or both MM-DD"
            )
        if isinstance(self.from_, date) and isinstance(self.to, date) and self.to < self.from_:
            raise ValueError(f"to 早于 from / to is before from: {self.to} < {self.from_}")
        return self

    @property
    def everybody(self) -> bool:
        return not (self.organisations or self.rooms or self.systems)

    def holds(self, night: date) -> bool:
        if isinstance(self.from_, date) and isinstance(self.to, date):
            return self.from_ <= night <= self.to
        day, first, last = night.strftime("%m-%d"), str(self.from_), str(self.to)
        return first <= day <= last if first <= last else day >= first or day <= last


class Allowed(_From):
    """Nights of the week on which some systems may be cut over, and from which day to which."""

    organisations: Codes = ()
    systems: Codes = ()
    nights: tuple[Weekday, ...] = WEEKDAYS
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None

    def holds(self, night: date) -> bool:
        late_enough = self.from_ is None or self.from_ <= night
        early_enough = self.to is None or night <= self.to
        return late_enough and early_enough and WEEKDAYS[night.weekday()] in self.nights


class Pilots(Frozen):
    """Systems that go first, beside those that the inventory calls pilots; nothing else is cut over
    until so many days after the last of them."""

    systems: Codes = ()
    days: int = Field(default=0, ge=0)


class Deadline(Frozen):
    """A day of the city's own, beside the policies': the last on which all of them may still be
    done. With nobody named, it is everybody's."""

    name: Text
    on: date
    severity: Literal["error", "warning", "declared"] = "error"
    organisations: Codes = ()
    rooms: Codes = ()
    systems: Codes = ()


class Together(Frozen):
    """What the network engineer says of some systems, and why."""

    systems: Codes = Field(min_length=2)
    reason: Text

    @model_validator(mode="after")
    def _several(self) -> Self:
        if twice := sorted({code for code in self.systems if self.systems.count(code) > 1}):
            names = "、".join(twice)
            raise ValueError(f"系统重复：{names} / systems are named twice: {names}")
        return self


class At(Frozen):
    """A system's cutover is on that night and no other."""

    system: str
    night: date
    reason: Text


class Groups(Frozen):
    """`together`: words in the kind of a dependency that keep its ends together (数据库, 同步 …);
    `weight`: what a night apart costs by such words, 1 for others. `pin`: move together; `split`:
    need not, whatever hangs between them; `forbid`: never in the same night."""

    together: tuple[Text, ...] = ()
    weight: dict[str, int] = Field(default_factory=dict)
    rings: bool = True  # systems that need each other move together
    pin: tuple[Together, ...] = ()
    split: tuple[Together, ...] = ()
    forbid: tuple[Together, ...] = ()
    at: tuple[At, ...] = ()


class Costs(Frozen):
    """Yuan: of moving a system at all and of each GiB that it has; of a core, of a GiB of memory and
    of one of storage at the cloud for a year."""

    system: int = Field(default=0, ge=0)
    gib: int = Field(default=0, ge=0)
    core_year: int = Field(default=0, ge=0)
    memory_year: int = Field(default=0, ge=0)
    storage_year: int = Field(default=0, ge=0)


class Search(Frozen):
    """How long it is looked for a better timetable: `work` in the solver's own time, the same on
    every machine, and the seconds after which it ends in any case."""

    seconds: int = Field(default=60, ge=1)
    work: int = Field(default=20, ge=1)
    seed: int = Field(default=0, ge=0)


class CityMeans(Frozen):
    """The whole file. `trial`: days that a system has run at its new place before it counts as done
    and before what needs it is moved."""

    plan: Span
    lines: Lines
    crews: Crews
    deliveries: tuple[Delivery, ...] = ()
    nights: Nights = Nights()
    freezes: tuple[Freeze, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    pilots: Pilots = Pilots()
    trial: int = Field(default=0, ge=0)
    deadlines: tuple[Deadline, ...] = ()
    groups: Groups = Groups()
    search: Search = Search()
    costs: Costs = Costs()
