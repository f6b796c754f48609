"""The demands that a timetable stands under, one by one: each in words, and each can be taken away.

What cannot be taken away is no demand here: the horizon, and that a night comes before the next.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from migrator.planning.groups import Tie
from migrator.planning.means import WEEKDAYS, Allowed, CityMeans, Crews, Freeze
from migrator.planning.timetable import Bond
from migrator.planning.windows import Window
from migrator.timing.jobs import Job
from migrator.timing.lots import crews_of, rooms_of
from migrator.timing.mapping import crew_size

PLENTY = 1 << 30
"""More cutovers a night, or MiB a night, than any city has."""


class About(StrEnum):
    """What a demand is about; those that come first here are given up first where either of two
    would do, so that what people said by name is what is told."""

    HOLIDAYS = "holidays"
    NIGHTS = "nights"
    FREEZE = "freeze"
    ROAD = "road"
    STORE = "store"
    PILOTS = "pilots"
    CREW = "crew"
    WINDOW = "window"
    ALLOWED = "allowed"
    ORDER = "order"
    BOND = "bond"
    FORBID = "forbid"
    AT = "at"
    MOVES = "moves"


@dataclass(frozen=True)
class Demand:
    """`of`: which one of its kind, by code or place in the means; `zh`, `en`: in words; `systems`:
    those that it names."""

    about: About
    of: tuple[str | int, ...]
    zh: str = field(compare=False)
    en: str = field(compare=False)
    systems: tuple[str, ...] = field(default=(), compare=False)


def demands_of(
    jobs: Sequence[Job], bonds: Iterable[Bond], needs: Iterable[Tie], city: CityMeans
) -> list[Demand]:
    """All that these jobs stand under, beside that they move at all."""
    found = [
        *_calendar(jobs, city),
        *_roads(jobs),
        *_stores(jobs),
        *_pilots(jobs, city),
        *_crews(jobs, city),
        *_windows(jobs, city),
        *_ordered(jobs, needs, city),
        *_bound(jobs, bonds),
        *_engineer(jobs, city),
    ]
    order = list(About)
    return sorted(dict.fromkeys(found), key=lambda one: order.index(one.about))


def moves(job: Job) -> Demand:
    code = job.code
    return Demand(About.MOVES, (code,), f"{code} 须迁移", f"{code} has to move", (code,))


def _calendar(jobs: Sequence[Job], city: CityMeans) -> Iterator[Demand]:
    if city.nights.holidays == "closed":
        yield Demand(
            About.HOLIDAYS,
            (),
            "节假日及其前夜不割接",
            "no cutover on holidays and the nights before",
        )
    if set(city.crews.nights) != set(WEEKDAYS):
        names = "、".join(_WEEK[WEEKDAYS.index(day)] for day in city.crews.nights)
        days = ", ".join(city.crews.nights)
        if city.crews.worked_weekends:
            names, days = f"{names}及调休上班的周末", f"{days} and worked weekends"
        yield Demand(About.NIGHTS, (), f"只在{names}夜割接", f"cutovers on {days} only")
    for n, freeze in enumerate(city.freezes):
        if freeze.everybody or any(_meets(freeze, job) for job in jobs):
            span = f"{freeze.name}（{freeze.from_} – {freeze.to}）"
            yield Demand(
                About.FREEZE, (n,), f"封网 {span}", f"freeze {span}", tuple(sorted(freeze.systems))
            )
    for n, one in enumerate(city.allowed):
        if any(_names(one, job) for job in jobs):
            yield _allowed(n, one)


_WEEK = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def _allowed(n: int, one: Allowed) -> Demand:
    who = "、".join((*one.organisations, *one.systems))
    span = f"{one.from_ or '…'} – {one.to or '…'}"
    week = "、".join(_WEEK[WEEKDAYS.index(day)] for day in one.nights)
    zh = f"{who or '全部'} 只准在 {span}（{week}）割接"
    en = f"{who or 'everybody'}: only within {span} ({', '.join(one.nights)})"
    return Demand(About.ALLOWED, (n,), zh, en, tuple(sorted(one.systems)))


def _meets(freeze: Freeze, job: Job) -> bool:
    return (
        job.system.organisation in freeze.organisations
        or job.room in freeze.rooms
        or job.code in freeze.systems
    )


def _names(one: Allowed, job: Job) -> bool:
    everybody = not (one.organisations or one.systems)
    return everybody or job.system.organisation in one.organisations or job.code in one.systems


def _roads(jobs: Sequence[Job]) -> Iterator[Demand]:
    for code, mib in sorted({(job.road.code, job.road.mib) for job in jobs}):
        gib = mib // 1024
        zh, en = f"{code} 每昼夜可传 {gib} GiB", f"{code} carries {gib} GiB in 24 hours"
        yield Demand(About.ROAD, (code,), zh, en)


def _stores(jobs: Sequence[Job]) -> Iterator[Demand]:
    for code in sorted({code for job in jobs for code, _ in job.takes}):
        name = code.removeprefix("cloud:")
        yield Demand(About.STORE, (code,), f"{name} 的交付进度", f"the deliveries of {name}")


def _pilots(jobs: Sequence[Job], city: CityMeans) -> Iterator[Demand]:
    named = set(city.pilots.systems)
    first = sorted(job.code for job in jobs if job.system.pilot or job.code in named)
    if first and len(first) < len(jobs):
        names, days = "、".join(first), city.pilots.days
        zh = f"试点 {names} 先行，其后 {days} 日"
        yield Demand(
            About.PILOTS, (), zh, f"pilots {names} first, and {days} days after", tuple(first)
        )


def _crews(jobs: Sequence[Job], city: CityMeans) -> Iterator[Demand]:
    rooms = rooms_of(jobs)
    for code, wanted in crews_of(jobs):
        size = crew_size(code, city, rooms)
        if wanted > size:  # else it is never too small for these
            name = code.removeprefix("crew:")
            zh, en = f"班组 {name} 每晚 {size} 次", f"crew {name}: {size} cutovers a night"
            yield Demand(About.CREW, (code,), zh, en)


def _windows(jobs: Sequence[Job], city: CityMeans) -> Iterator[Demand]:
    """Each stands against others of its group, and against a freeze that begins or ends in its night."""
    hours = city.nights.hours
    if len({job.window for job in jobs}) > 1 or city.freezes:
        night = Window.parse(hours).minutes()
        for job in jobs:
            zh, en = f"{job.code} 的窗口 {job.window}", f"the window of {job.code}: {job.window}"
            if not night & Window.parse(job.window).minutes():
                zh, en = f"{zh}（不在夜 {hours} 内）", f"{en} (not in the night, {hours})"
            yield Demand(About.WINDOW, (job.code,), zh, en, (job.code,))


def _ordered(jobs: Sequence[Job], needs: Iterable[Tie], city: CityMeans) -> Iterator[Demand]:
    codes = {job.code for job in jobs}
    for tie in needs:
        one, other = tie.system, tie.needs
        if {one, other} <= codes:
            zh = f"{one} 依赖 {other}，须在其割接并试运行 {city.trial} 日之后"
            en = f"{one} needs {other}, so after its cutover and {city.trial} days of trial"
            yield Demand(About.ORDER, (one, other), zh, en, (one, other))


def _bound(jobs: Sequence[Job], bonds: Iterable[Bond]) -> Iterator[Demand]:
    codes = {job.code for job in jobs}
    for bond in bonds:
        if {bond.one, bond.other} <= codes:
            zh, _, en = bond.why.partition(" / ")
            yield Demand(
                About.BOND,
                (bond.one, bond.other),
                f"{bond.one}、{bond.other} 须同晚（{zh}）",
                f"{bond.one} and {bond.other} in one night ({en or zh})",
                (bond.one, bond.other),
            )


def _engineer(jobs: Sequence[Job], city: CityMeans) -> Iterator[Demand]:
    codes = {job.code for job in jobs}
    for n, told in enumerate(city.groups.forbid):
        inside = tuple(sorted(codes & set(told.systems)))
        if len(inside) > 1:
            names = "、".join(inside)
            zh = f"{names} 不得同晚（{told.reason}）"
            yield Demand(
                About.FORBID, (n,), zh, f"{names} never in one night ({told.reason})", inside
            )
    for n, at in enumerate(city.groups.at):
        if at.system in codes:
            zh = f"指定 {at.system} 于 {at.night} 割接（{at.reason}）"
            en = f"{at.system} is told to be cut over on {at.night} ({at.reason})"
            yield Demand(About.AT, (n,), zh, en, (at.system,))


def without(city: CityMeans, gone: Iterable[Demand], jobs: Sequence[Job]) -> CityMeans:
    """The means with these demands of them taken away; what stands in jobs, bonds or dependencies
    is not theirs."""
    away: dict[About, set[tuple[str | int, ...]]] = {}
    for one in gone:
        away.setdefault(one.about, set()).add(one.of)

    def kept[T](about: About, entries: Sequence[T]) -> tuple[T, ...]:
        return tuple(one for n, one in enumerate(entries) if (n,) not in away.get(about, ()))

    nights, crews, pilots = city.nights, city.crews, city.pilots
    if About.HOLIDAYS in away:
        nights = nights.model_copy(update={"holidays": "open"})
    if About.NIGHTS in away:
        crews = crews.model_copy(update={"nights": WEEKDAYS})
    if About.PILOTS in away:
        pilots = pilots.model_copy(update={"systems": (), "days": 0})
    groups = city.groups.model_copy(
        update={
            "forbid": kept(About.FORBID, city.groups.forbid),
            "at": kept(About.AT, city.groups.at),
        }
    )
    return city.model_copy(
        update={
            "nights": nights,
            "crews": _manned(crews, {str(of[0]) for of in away.get(About.CREW, ())}, jobs),
            "pilots": pilots,
            "freezes": kept(About.FREEZE, city.freezes),
            "allowed": kept(About.ALLOWED, city.allowed),
            "groups": groups,
        }
    )


def _manned(crews: Crews, codes: set[str], jobs: Sequence[Job]) -> Crews:
    if not codes:
        return crews
    rooms, clouds = dict(crews.rooms), dict(crews.clouds)
    update: dict[str, object] = {}
    if "crew:total" in codes:
        update["total"] = PLENTY
    for job in jobs:
        if f"crew:{job.room}" in codes:
            rooms[job.room] = clouds[job.room] = PLENTY
        if f"crew:{job.cloud}" in codes:
            clouds[job.cloud] = PLENTY
    return crews.model_copy(update=update | {"rooms": rooms, "clouds": clouds})


def job_without(job: Job, gone: Iterable[Demand], hours: str) -> Job:
    """A job with what these demands say of it taken away; `hours`: of any night."""
    away = {(one.about, one.of) for one in gone}
    road = job.road
    if (About.ROAD, (road.code,)) in away:
        road = replace(road, mib=PLENTY)
    system = job.system
    if (About.PILOTS, ()) in away and system.pilot:
        system = system.model_copy(update={"pilot": None})
    anytime = (About.WINDOW, (job.code,)) in away
    return replace(
        job,
        system=system,
        road=road,
        anytime=anytime,
        takes=tuple(one for one in job.takes if (About.STORE, (one[0],)) not in away),
        window=hours if anytime else job.window,
    )
