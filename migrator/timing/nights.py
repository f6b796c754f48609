"""Which nights are open to whom: freezes, holidays, a crew's nights, a department's own; and what of
the means is there by then."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property

from inventory.errors import CalendarUnknown
from inventory.policies.calendar import is_working_day
from migrator.means import WEEKDAYS, Allowed, CityMeans, Freeze
from migrator.schedule.project import Steps, Window
from migrator.timing.jobs import Job


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
        self._known: dict[tuple[object, ...], frozenset[int]] = {}

    def windows(self, jobs: Sequence[Job]) -> tuple[Window, ...]:
        """The nights on which all of these may be cut over, as stretches; none where there is no
        such night."""
        opened = frozenset.intersection(*(self._of(job) for job in jobs))
        stretches: list[Window] = []
        for night in sorted(opened):
            if stretches and stretches[-1].last == night - 1:
                stretches[-1] = Window(stretches[-1].first, night)
            else:
                stretches.append(Window(night, night))
        return tuple(stretches)

    @cached_property
    def crewed(self) -> frozenset[int]:
        """The nights on which anybody is cut over at all."""
        city = self.city
        frozen = [one for one in city.freezes if one.everybody]
        found = set()
        for slot in range(self.today, self.count):
            night = city.plan.night(slot)
            if WEEKDAYS[night.weekday()] not in city.crews.nights:
                continue
            if any(one.holds(night) for one in frozen) or self._is_holiday(slot):
                continue
            found.add(slot)
        return frozenset(found)

    def carried(self, mib: int) -> Steps:
        """A line's capacity night by night: nothing while copies are frozen too."""
        frozen = [one for one in self.city.freezes if one.copies and one.everybody]
        row = [
            0 if any(one.holds(self.city.plan.night(slot)) for one in frozen) else mib
            for slot in range(self.count if frozen else 1)
        ]
        changes = [0, *(n for n in range(1, len(row)) if row[n] != row[n - 1])]
        return Steps(tuple((slot, row[slot]) for slot in changes))

    def _is_holiday(self, slot: int) -> bool:
        """Whether the night's own day or the next is an official holiday that is no weekend: a
        weekend that is worked (调休) is a day like any other."""
        if self.city.nights.holidays == "open":
            return False
        day = self.city.plan.night(slot)
        return any(self._off(day + timedelta(days=n)) for n in (0, 1))

    def _off(self, day: date) -> bool:
        try:
            return not is_working_day(day) and (day.weekday() < 5 or self._long(day))
        except CalendarUnknown:
            self.unknown.add(day.year)
            return False

    def _long(self, day: date) -> bool:
        """Whether a weekend belongs to a holiday: offices are closed beside it on a weekday."""
        near = (day + timedelta(days=n) for n in (-2, -1, 1, 2))
        return any(d.weekday() < 5 and not is_working_day(d) for d in near)

    def _of(self, job: Job) -> frozenset[int]:
        freezes = tuple(one for one in self.city.freezes if _meets(one, job))
        allowed = tuple(one for one in self.city.allowed if _names(one, job))
        key = (freezes, allowed)
        if key not in self._known:
            self._known[key] = frozenset(self._open(freezes, allowed))
        return self._known[key]

    def _open(self, freezes: Sequence[Freeze], allowed: Sequence[Allowed]) -> Iterable[int]:
        for slot in self.crewed:
            night = self.city.plan.night(slot)
            if all(one.holds(night) for one in allowed) and not any(
                one.holds(night) for one in freezes
            ):
                yield slot


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
