"""Which nights are open to whom: freezes, holidays, a crew's nights, a department's own; and what of
the means is there by then."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from datetime import date, timedelta
from functools import cache, cached_property

from inventory.errors import CalendarUnknown
from inventory.halves import together
from inventory.policies.calendar import is_working_day
from migrator.planning.means import WEEKDAYS, Allowed, CityMeans, Freeze
from migrator.planning.windows import Window
from migrator.schedule.project import Steps
from migrator.schedule.project import Window as Stretch
from migrator.timing.jobs import Job

SATURDAY = 5  # as date.weekday() counts
CLOSED = "nights"
FREEZE, CREWLESS, HOLIDAY, ALLOWED, OVER = "freeze", "crewless", "holiday", "allowed", "over"


def closing(why: str) -> str:
    """What closes a night, in both languages."""
    kind, _, name = why.partition(":")
    return {
        FREEZE: f"封网 {name} / freeze {name}",
        CREWLESS: "非割接日 / a night without cutovers",
        HOLIDAY: "节假日或其前夜 / a holiday, or the night before one",
        ALLOWED: "不在其允许的夜晚内 / none of its allowed nights",
        OVER: "今日之前 / before today",
        CLOSED: "几项限制合起来不开放 / closed by several limits together",
    }[kind]


class Calendar:
    """`count` nights from the plan's first on, of which those before slot `today` are over; `used`:
    what systems that moved before took of each capacity of a cloud. `unknown`: years of which no
    holidays are known."""

    def __init__(
        self,
        city: CityMeans,
        count: int,
        *,
        today: int = 0,
        used: Mapping[str, int] | None = None,
    ) -> None:
        self.city, self.count = city, count
        self.today, self.used = max(0, today), used or {}
        self.unknown: set[int] = set()
        self._stretches: dict[frozenset[Rules], tuple[Stretch, ...]] = {}
        self._closings: dict[frozenset[Rules], dict[str, frozenset[int]]] = {}
        self._pauses: dict[frozenset[int], tuple[Stretch, ...]] = {}
        self._carried: dict[int, Steps] = {}

    def within(self, city: CityMeans) -> "Calendar":
        """The same nights under means that differ in nothing that opens or closes one."""
        _ = self.crewed  # looked up once for both
        other = copy(self)
        other.city = city
        return other

    def as_far_as(self, count: int) -> "Calendar":
        """The same, of so many nights."""
        if count == self.count:
            return self
        return Calendar(self.city, count, today=self.today, used=self.used)

    def windows(self, jobs: Sequence[Job]) -> tuple[Stretch, ...]:
        """The nights on which all of these may be cut over, as stretches; none where there is no
        such night."""
        rules = frozenset(self._rules(job) for job in jobs)
        if rules not in self._stretches:
            opened = frozenset.intersection(*(self._open(*told) for told in rules))
            self._stretches[rules] = _stretches(opened)
        return self._stretches[rules]

    def pauses(self, jobs: Iterable[Job]) -> tuple[Stretch, ...]:
        """The days on which a copy of these rests, as stretches: those of freezes of copies that are
        about any of them."""
        several = tuple(jobs)
        about = frozenset(
            n
            for n, one in enumerate(self.city.freezes)
            if one.copies and (one.everybody or any(_meets(one, job) for job in several))
        )
        if about not in self._pauses:
            shut = [self.city.freezes[n] for n in about]
            nights = (
                (slot, self.city.plan.night(slot)) for slot in range(self.count if shut else 0)
            )
            self._pauses[about] = _stretches(
                slot for slot, night in nights if any(one.holds(night) for one in shut)
            )
        return self._pauses[about]

    def closed(self, jobs: Sequence[Job], slot: int) -> str:
        """Why a night is not open to these, in both languages; empty where it is."""
        found = [why for why, nights in self.closings(jobs).items() if slot in nights]
        return together(*(closing(why) for why in found)) if found else ""

    def closings(self, jobs: Sequence[Job]) -> dict[str, frozenset[int]]:
        """What closes which nights to these: `freeze:NAME`, `crewless`, `holiday`, `allowed`, `over`
        (before today); as `nights` what only several of them close together."""
        rules = frozenset(self._rules(job) for job in jobs)
        if rules not in self._closings:
            found: dict[str, set[int]] = {}
            for why, slot in self._closed_by(rules):
                found.setdefault(why, set()).add(slot)
            opened = frozenset.intersection(*(self._open(*told) for told in rules))
            rest = set(range(self.count)) - opened
            rest.difference_update(*found.values())
            if rest:
                found[CLOSED] = rest
            self._closings[rules] = {why: frozenset(slots) for why, slots in found.items()}
        return self._closings[rules]

    def _closed_by(self, rules: "Iterable[Rules]") -> Iterator[tuple[str, int]]:
        city, told = self.city, sorted(rules)
        for slot in range(self.count):
            night = city.plan.night(slot)
            if slot < self.today:
                yield OVER, slot
            if not self._is_worked(night):
                yield CREWLESS, slot
            if self._is_holiday(slot):
                yield HOLIDAY, slot
            for freezes, allowed, hours in told:
                for one in (city.freezes[n] for n in freezes):
                    if all(any(one.holds(night + timedelta(days=d)) for d in at) for at in hours):
                        yield f"{FREEZE}:{one.name}", slot
                if not all(city.allowed[n].holds(night) for n in allowed):
                    yield ALLOWED, slot

    @cached_property
    def crewed(self) -> frozenset[int]:
        """The nights on which anybody is cut over at all."""
        city = self.city
        found = set()
        for slot in range(self.today, self.count):
            if not self._is_worked(city.plan.night(slot)):
                continue
            if self._is_holiday(slot):
                continue
            found.add(slot)
        return frozenset(found)

    def carried(self, mib: int) -> Steps:
        """A line's capacity night by night: nothing while copies are frozen too."""
        if mib not in self._carried:
            self._carried[mib] = self._capacity(mib)
        return self._carried[mib]

    def _capacity(self, mib: int) -> Steps:
        frozen = [one for one in self.city.freezes if one.copies and one.everybody]
        row = [
            0 if any(one.holds(self.city.plan.night(slot)) for one in frozen) else mib
            for slot in range(self.count if frozen else 1)
        ]
        changes = [0, *(n for n in range(1, len(row)) if row[n] != row[n - 1])]
        return Steps(tuple((slot, row[slot]) for slot in changes))

    def _is_worked(self, night: date) -> bool:
        """Whether crews cut over on it: on their weekdays, and on worked weekends where they follow
        the offices."""
        crews = self.city.crews
        if WEEKDAYS[night.weekday()] in crews.nights:
            return True
        try:
            return (
                bool(crews.worked_weekends)
                and night.weekday() >= SATURDAY
                and is_working_day(night)
            )
        except CalendarUnknown:
            self.unknown.add(night.year)
            return False

    def _is_holiday(self, slot: int) -> bool:
        """Whether the night's own day or the next is an official holiday that is no weekend: a
        weekend that is worked (调休) is a day like any other."""
        if self.city.nights.holidays == "open":
            return False
        day = self.city.plan.night(slot)
        return any(self._off(day + timedelta(days=n)) for n in (0, 1))

    def _off(self, day: date) -> bool:
        try:
            return not is_working_day(day) and (day.weekday() < SATURDAY or self._long(day))
        except CalendarUnknown:
            self.unknown.add(day.year)
            return False

    def _long(self, day: date) -> bool:
        """Whether a weekend belongs to a holiday: offices are closed beside it on a weekday."""
        near = (day + timedelta(days=n) for n in (-2, -1, 1, 2))
        return any(d.weekday() < SATURDAY and not is_working_day(d) for d in near)

    def _rules(self, job: Job) -> "Rules":
        """Which freezes and which allowed nights are about it, by their places in the means; and the
        days that its window touches."""
        return (
            tuple(
                n for n, one in enumerate(self.city.freezes) if one.everybody or _meets(one, job)
            ),
            tuple(n for n, one in enumerate(self.city.allowed) if _names(one, job)),
            ANY_HOURS if job.anytime else (touched(job.window, self.city.nights.hours),),
        )

    def _open(
        self, freezes: Sequence[int], allowed: Sequence[int], hours: "Sequence[Days]"
    ) -> frozenset[int]:
        shut = [self.city.freezes[n] for n in freezes]
        told = [self.city.allowed[n] for n in allowed]

        @cache
        def frozen(day: date) -> bool:
            return any(one.holds(day) for one in shut)

        def is_open(slot: int) -> bool:
            night = self.city.plan.night(slot)
            if shut and all(any(frozen(night + timedelta(days=n)) for n in days) for days in hours):
                return False
            return all(one.holds(night) for one in told)

        return frozenset(slot for slot in self.crewed if is_open(slot))


type Days = tuple[int, ...]
"""Days as counted from a night's own."""
type Rules = tuple[tuple[int, ...], tuple[int, ...], tuple[Days, ...]]

ANY_HOURS: tuple[Days, ...] = ((0,), (1,))
"""Whose hours are nobody's demand may be cut over before midnight, or after it."""


def touched(window: str, hours: str) -> Days:
    """The days on which a cutover of a night may begin: the evening's, the one after, or both. A
    freeze is of days, whatever the night's name."""
    first, last = of_night(window, hours)
    return tuple(range(first // _DAY, (last - 1) // _DAY + 1))


def of_night(window: str, hours: str) -> tuple[int, int]:
    """From and to which minute after the midnight before a night a cutover may begin: what begins
    before the night does is of the next day, and the whole day is the night."""
    dark, own = Window.parse(hours), Window.parse(window)
    if own.end - own.start == _DAY:
        own = dark
    day = 0 if own.start >= dark.start else _DAY
    return day + own.start, day + own.end


_DAY = 24 * 60


def _stretches(nights: Iterable[int]) -> tuple[Stretch, ...]:
    found: list[Stretch] = []
    for night in sorted(nights):
        if found and found[-1].last == night - 1:
            found[-1] = Stretch(found[-1].first, night)
        else:
            found.append(Stretch(night, night))
    return tuple(found)


def _meets(freeze: Freeze, job: Job) -> bool:
    return not freeze.everybody and (
        job.system.organisation in freeze.organisations
        or job.room in freeze.rooms
        or job.code in freeze.systems
    )


def _names(allowed: Allowed, job: Job) -> bool:
    if not (allowed.organisations or allowed.systems):
        return True
    return job.system.organisation in allowed.organisations or job.code in allowed.systems
