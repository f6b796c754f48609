"""The judge of a timetable: copies, the days that they take, and what a line carries."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

from inventory.model import Estate, Line, System
from migrator.planning.checking_nights import DAY, both, meant, within
from migrator.planning.means import CityMeans, Freeze
from migrator.planning.timetable import Appointment


def copies(
    at: dict[str, Appointment], systems: dict[str, System], estate: Estate, city: CityMeans
) -> Iterator[str]:
    shared: dict[tuple[int, str], list[Appointment]] = defaultdict(list)
    rests: dict[tuple[int, str], list[Freeze]] = defaultdict(list)
    for code, one in at.items():
        shared[one.group, one.by].append(one)
        mine = systems[code]
        rests[one.group, one.by] += (
            freeze
            for freeze in city.freezes
            if freeze.copies and meant(freeze, code, mine.organisation, mine.place)
        )
    for code, one in at.items():
        size = systems[code].storage_gib
        if size is None:
            yield both(code, "数据量未申报", "its size is not told")
            continue
        if one.copy_mib != size * 1024:
            yield both(
                code,
                f"复制 {one.copy_mib} MiB，数据 {size} GiB",
                f"a copy of {one.copy_mib} MiB, its data has {size} GiB",
            )
        if one.copy_from < city.plan.from_:
            day = one.copy_from
            yield both(
                code, f"{day} 开始复制，早于首夜", f"copied from {day}, before the first night"
            )
        if _copied(one.copy_from, one.copy_nights, rests[one.group, one.by])[-1] >= one.night:
            yield both(
                code,
                f"自 {one.copy_from} 复制 {one.copy_nights} 昼夜，{one.night} 夜前不能完成",
                f"copied from {one.copy_from} for {one.copy_nights} days, not over by its night "
                f"{one.night}",
            )
    yield from _loads(shared, rests, estate, city)


def _copied(first: date, count: int, rests: list[Freeze]) -> list[date]:
    """The days on which a copy goes on: it rests while one of these freezes lasts."""
    days, day = list[date](), first
    while len(days) < count and day - first < _FAR:
        if not any(within(day, one.from_, one.to) for one in rests):
            days.append(day)
        day += DAY
    return days if len(days) == count else [*days, first + _FAR]


_FAR = timedelta(days=3660)
"""What takes ten years is never done."""


def _loads(
    shared: dict[tuple[int, str], list[Appointment]],
    rests: dict[tuple[int, str], list[Freeze]],
    estate: Estate,
    city: CityMeans,
) -> Iterator[str]:
    load: dict[tuple[str, date], Fraction] = defaultdict(Fraction)
    for (group, road), several in shared.items():
        for freeze in rests[group, road]:
            if within(several[0].copy_from, freeze.from_, freeze.to):
                day = several[0].copy_from
                yield both(
                    several[0].system,
                    f"{day} 起复制，正在封网 {freeze.name} 内",
                    f"its copy begins in a freeze of copies, on {day} in {freeze.name}",
                )
        if len({(one.copy_from, one.copy_nights) for one in several}) > 1:
            names = "、".join(one.system for one in several)
            yield both(
                road,
                f"{names} 同组同线，复制须同始同止",
                f"{names} share one copy, which has several beginnings",
            )
        each = Fraction(sum(one.copy_mib for one in several), several[0].copy_nights)
        for day in _copied(several[0].copy_from, several[0].copy_nights, rests[group, road]):
            load[road, day] += each
        if each > _mib(road, estate, city) * city.lines.one_item / 100 + 1:
            one = several[0]
            yield both(
                road,
                f"{one.system} 等自 {one.copy_from} 的复制超过单项份额",
                f"the copy of {one.system} from {one.copy_from} takes more than one item's share",
            )
    for (road, day), mib in sorted(load.items()):
        if mib > (most := _mib(road, estate, city)):
            amounts = f"{float(mib):.0f}", f"{float(most):.0f}"
            yield both(
                road,
                f"{day} 须传 {amounts[0]} MiB，至多 {amounts[1]}",
                f"more on {day} than the line carries: {amounts[0]} MiB, at most {amounts[1]}",
            )


def _mib(road: str, estate: Estate, city: CityMeans) -> Fraction:
    """MiB that 24 hours carry of what moving may use."""
    kind, _, code = road.partition(":")
    day, night = city.lines.day, city.lines.night
    if kind == "network":
        rate = city.lines.network
    else:
        line: Line = next(one for one in estate.lines if one.code == code)
        own = city.lines.own.get(code)
        rate = (own.rate if own else None) or line.bandwidth_kbps
        day = day if own is None or own.day is None else own.day
        night = night if own is None or own.night is None else own.night
    assert rate is not None
    measured = city.lines.measured.get(code)
    rate = rate * measured.percent // 100 if measured else rate
    first, last = (datetime.strptime(t, "%H:%M") for t in city.nights.hours.split("-"))
    dark = (last - first) % DAY or DAY
    bits = rate * 1000 * (night * dark.seconds + day * (DAY - dark).total_seconds()) / 100
    return Fraction(int(bits), 8 * 1024 * 1024)
