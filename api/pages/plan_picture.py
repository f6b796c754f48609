"""The timetable on a page as a picture, in pixels: a row a system, its copy light and its night dark."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from migrator.planning.timetable import Appointment

NIGHT, HEIGHT, NAMES = 16, 26, 250
"""Pixels: of a night across, of a row, of the names before them."""
WIDEST = 400
"""Nights of one picture; a page's systems seldom span more."""


@dataclass(frozen=True)
class Stretch:
    """A part of a copy without a rest."""

    x: int
    width: int


@dataclass(frozen=True)
class Bar:
    """One system. `told` names days and hours with the zone."""

    system: str
    name: str
    y: int
    copies: tuple[Stretch, ...]
    cut_x: int
    late: bool
    told: str


@dataclass(frozen=True)
class Tick:
    x: int
    text: str


@dataclass(frozen=True)
class Gantt:
    """The page has the same numbers in a table below."""

    width: int
    height: int
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    today_x: int | None


def gantt_of(
    appointments: Sequence[Appointment], reasons: Mapping[str, object], zone: str, today: date
) -> Gantt:
    """From the first copy to the last cutover, or to as many nights as a picture has."""
    first = min(a.copy_from for a in appointments)
    last = max(a.night for a in appointments)
    last = min(last, first + timedelta(days=WIDEST))
    days = (last - first).days + 1

    def x(day: date) -> int:
        return NAMES + (min(day, last) - first).days * NIGHT

    bars = tuple(
        Bar(
            system=a.system,
            name=str(getattr(reasons.get(a.system), "name", "")),
            y=30 + row * HEIGHT,
            copies=tuple(Stretch(x(d), max(NIGHT, n * NIGHT) - 2) for d, n in a.copying),
            cut_x=x(a.night),
            late=a.late > 0,
            told=f"{a.system}: {a.copy_from} + {a.copy_nights} → {a.begins[:16]}–{a.ends[11:16]} {zone}",
        )
        for row, a in enumerate(appointments)
    )
    step = max(1, -(-days // 24))
    ticks = tuple(
        Tick(NAMES + n * NIGHT, (first + timedelta(days=n)).strftime("%m-%d"))
        for n in range(0, days, max(step, 3))
    )
    at = x(today) if first <= today <= last else None
    return Gantt(NAMES + days * NIGHT + 20, 40 + len(bars) * HEIGHT, ticks, bars, at)
