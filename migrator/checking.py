"""Whether a timetable keeps every constraint: judged from the estate and the means alone, day by day.
It judges what the planner made in the tests, and what people edited by hand (`qianyun plan check`).

Nothing of the planner's is used but the values that it gives; what it shares with nobody is written
anew from the constraints (docs/planning.md), so that a fault there is found here.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

from inventory.errors import CalendarUnknown
from inventory.model import Estate, Line, System
from inventory.policies.calendar import is_working_day
from migrator.means import Allowed, CityMeans, Freeze
from migrator.timetable import Appointment, Timetable

DAY = timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def faults(table: Timetable, estate: Estate, city: CityMeans) -> list[str]:
    """Everything that is wrong, in both languages; none when it can be kept."""
    at = {one.system: one for one in table.appointments}
    systems = {one.code: one for one in estate.systems if one.code in at}
    if len(at) != len(table.appointments):
        return ["同一系统有两晚 / a system has two nights"]
    if gone := sorted(set(at) - set(systems)):
        return [f"{code}: 台账中无此系统 / the inventory has no such system" for code in gone]
    return [
        *_holidays(at, city),
        *_nights(at, systems, city),
        *_copies(at, systems, estate, city),
        *_crews(at, systems, city),
        *_clouds(at, systems, table, city),
        *_order(at, systems, estate, city),
        *_engineer(at, table, city),
        *_told(at, city),
    ]


def _nights(
    at: dict[str, Appointment], systems: dict[str, System], city: CityMeans
) -> Iterator[str]:
    for code, one in at.items():
        night, owner, room = one.night, systems[code].organisation, systems[code].place
        if night < city.plan.from_:
            yield f"{code}: {night} 早于首夜 / before the first night"
        if NAMES[night.weekday()] not in city.crews.nights:
            yield f"{code}: {night} 非割接日 / nobody works on that night"
        for freeze in city.freezes:
            if _meant(freeze, code, owner, room):
                yield from _frozen(code, one, freeze)
        if any(_outside(rule, code, owner, night) for rule in city.allowed):
            yield f"{code}: {night} 不在允许的夜晚内 / not one of its allowed nights"
        wanted = systems[code].window or city.nights.window
        yield from _hours(code, one, wanted, timedelta(minutes=city.nights.turn))


def _frozen(code: str, one: Appointment, freeze: Freeze) -> Iterator[str]:
    """No day on which it may begin is one of the freeze's."""
    first, ends = datetime.fromisoformat(one.begins), datetime.fromisoformat(one.ends)
    last = max(first.date(), (ends - timedelta(minutes=1)).date())
    for n in range((last - first.date()).days + 1):
        day = first.date() + n * DAY
        if _within(day, freeze.from_, freeze.to):
            yield (
                f"{code}: {one.night} 夜的割接（{one.begins} 至 {one.ends}）在封网 {freeze.name} 内 / its "
                f"cutover ({one.begins} to {one.ends}) is in the freeze {freeze.name}"
            )
            return


def _hours(code: str, one: Appointment, wanted: str | None, minutes: timedelta) -> Iterator[str]:
    night = one.night
    begins = datetime.fromisoformat(one.begins)
    if not night <= begins.date() <= night + DAY:
        yield f"{code}: 割接开始 {one.begins} 不在 {night} 夜 / begins on another night"
    # a later turn of the night may begin later, within the window
    opens = begins - minutes * (one.turn - 1)
    closes = begins.isoformat(timespec="minutes") == one.ends
    if wanted and wanted != "00:00-00:00" and not closes and opens.strftime("%H:%M") != wanted[:5]:
        yield f"{code}: {one.begins[11:]} 不是窗口 {wanted} 之始 / begins outside of its window"


def _meant(freeze: Freeze, code: str, owner: str | None, room: str | None) -> bool:
    if not (freeze.organisations or freeze.rooms or freeze.systems):
        return True
    return owner in freeze.organisations or room in freeze.rooms or code in freeze.systems


def _outside(rule: Allowed, code: str, owner: str | None, night: date) -> bool:
    named = rule.organisations or rule.systems
    if named and owner not in rule.organisations and code not in rule.systems:
        return False
    early = rule.from_ is not None and night < rule.from_
    late = rule.to is not None and night > rule.to
    return early or late or NAMES[night.weekday()] not in rule.nights


def _holidays(at: dict[str, Appointment], city: CityMeans) -> Iterator[str]:
    """Neither the evening nor the morning after is of an official holiday; what is worked is not."""
    if city.nights.holidays == "open":
        return
    for code, one in at.items():
        for day in (one.night, one.night + DAY):
            try:
                near = [day + n * DAY for n in (-2, -1, 0, 1, 2)]
                off = [near_ for near_ in near if not is_working_day(near_)]
            except CalendarUnknown:
                continue
            if day in off and any(other.weekday() < 5 for other in off):
                yield f"{code}: {one.night} 为节假日或其前夜 / a holiday, or the night before one"
                break


def _within(day: date, first: date | str, last: date | str) -> bool:
    if isinstance(first, date) and isinstance(last, date):
        return first <= day <= last
    inside, at = False, day  # walk back to the last beginning: a year has it once
    for _ in range(367):
        if at.strftime("%m-%d") == first:
            span = at
            while True:
                if span == day:
                    inside = True
                if span.strftime("%m-%d") == last or span > day:
                    return inside
                span += DAY
        at -= DAY
    return False


def _copies(
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
            if freeze.copies and _meant(freeze, code, mine.organisation, mine.place)
        )
    for code, one in at.items():
        size = systems[code].storage_gib
        if size is None:
            yield f"{code}: 数据量未申报 / its size is not told"
            continue
        if one.copy_mib != size * 1024:
            yield f"{code}: 复制 {one.copy_mib} MiB，数据 {size} GiB / another size than its data has"
        if one.copy_from < city.plan.from_:
            yield f"{code}: {one.copy_from} 开始复制，早于首夜 / copied before the first night"
        if _copied(one.copy_from, one.copy_nights, rests[one.group, one.by])[-1] >= one.night:
            yield (
                f"{code}: 自 {one.copy_from} 复制 {one.copy_nights} 昼夜，{one.night} 夜前不能完成 / "
                "its copy is not over by its night"
            )
    yield from _loads(shared, rests, estate, city)


def _copied(first: date, count: int, rests: list[Freeze]) -> list[date]:
    """The days on which a copy goes on: it rests while one of these freezes lasts."""
    days, day = list[date](), first
    while len(days) < count and day - first < _FAR:
        if not any(_within(day, one.from_, one.to) for one in rests):
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
            if _within(several[0].copy_from, freeze.from_, freeze.to):
                yield (
                    f"{several[0].system}: {several[0].copy_from} 起复制，正在封网 {freeze.name} 内 / its "
                    "copy begins in a freeze of copies"
                )
        if len({(one.copy_from, one.copy_nights) for one in several}) > 1:
            yield f"{road}: 同组同线的复制须同始同止 / one copy with several beginnings"
        each = Fraction(sum(one.copy_mib for one in several), several[0].copy_nights)
        for day in _copied(several[0].copy_from, several[0].copy_nights, rests[group, road]):
            load[road, day] += each
        if each > _mib(road, estate, city) * city.lines.one_item / 100 + 1:
            yield (
                f"{road}: {several[0].system} 等的复制超过单项份额 / "
                "one copy takes more than its share"
            )
    for (road, day), mib in sorted(load.items()):
        if mib > (most := _mib(road, estate, city)):
            yield (
                f"{road}: {day} 须传 {float(mib):.0f} MiB，至多 {float(most):.0f} / "
                "more than the line carries"
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


def _crews(
    at: dict[str, Appointment], systems: dict[str, System], city: CityMeans
) -> Iterator[str]:
    busy: dict[tuple[str, str, date], int] = defaultdict(int)
    for code, one in at.items():
        busy["room", systems[code].place or "", one.night] += 1
        busy["cloud", systems[code].target or "", one.night] += 1
        busy["total", "", one.night] += 1
    for (kind, code, night), count in sorted(busy.items()):
        most = {
            "room": city.crews.rooms.get(code, city.crews.room),
            "cloud": city.crews.clouds.get(code, city.crews.cloud),
            "total": city.crews.total,
        }[kind]
        if count > most:
            yield (
                f"{kind} {code}: {night} 须割接 {count} 次，至多 {most} 次 / "
                "more cutovers than its crew takes"
            )


def _clouds(
    at: dict[str, Appointment], systems: dict[str, System], table: Timetable, city: CityMeans
) -> Iterator[str]:
    used = {one.what: one.amount for one in table.used}
    counted = {
        (d.cloud, name)
        for d in city.deliveries
        for name in ("cores", "memory_gib", "storage_gib")
        if getattr(d, name) is not None
    }
    fields = {"cores": "cpu_cores", "memory_gib": "memory_gib", "storage_gib": "storage_gib"}
    for cloud, name in sorted(counted):
        for day in sorted({one.copy_from for one in at.values()}):
            # a delivery before the first night is there from it on
            held = sum(
                getattr(d, name) or 0
                for d in city.deliveries
                if d.cloud == cloud and max(d.on, city.plan.from_) <= day
            ) - sum(
                n
                for what, n in used.items()
                if what.startswith(f"cloud:{cloud}:") and what.endswith(f":{name}")
            )
            taken = sum(
                getattr(systems[code], fields[name])
                for code, one in at.items()
                if systems[code].target == cloud and one.copy_from <= day
            )
            if taken > held:
                yield f"{cloud} {name}: 至 {day} 占用 {taken}，仅交付 {held} / more taken than delivered"


def _order(
    at: dict[str, Appointment], systems: dict[str, System], estate: Estate, city: CityMeans
) -> Iterator[str]:
    needs: dict[int, set[int]] = defaultdict(set)
    for edge in estate.dependencies:
        if edge.system in at and edge.needs in at:
            needs[at[edge.system].group].add(at[edge.needs].group)

    def reaches(one: int, other: int) -> bool:
        seen, todo = {one}, [one]
        while todo:
            for more in needs[todo.pop()] - seen:
                seen.add(more)
                todo.append(more)
        return other in seen

    for edge in estate.dependencies:
        if edge.system not in at or edge.needs not in at:
            continue
        first, then = at[edge.needs], at[edge.system]
        if first.night == then.night and first.turn > then.turn:
            yield (
                f"{edge.system} 依赖 {edge.needs}，当晚次序却在其前 / has an earlier turn in the night "
                "than what it needs"
            )
        if first.group == then.group or reaches(first.group, then.group):
            continue  # they move together, or need each other and were split
        if first.night + (1 + city.trial) * DAY > then.night:
            yield (
                f"{edge.system} 依赖 {edge.needs}: {then.night} 不在 {first.night} 试运行之后 / "
                "not after what it needs, its trial over"
            )
    pilots = {c for c, s in systems.items() if s.pilot or c in city.pilots.systems}
    with_needs = {c for c in at if any(reaches(at[p].group, at[c].group) for p in pilots)}
    for code in sorted(set(at) - with_needs):
        for pilot in sorted(pilots):
            if at[pilot].night + (1 + city.pilots.days) * DAY > at[code].night:
                yield (
                    f"{code}: {at[code].night} 须待试点 {pilot}（{at[pilot].night}）期满 / "
                    "pilots come first"
                )


def _engineer(at: dict[str, Appointment], table: Timetable, city: CityMeans) -> Iterator[str]:
    for one in at.values():
        if one.system not in table.groups[one.group].systems:
            yield f"{one.system}: 不属于所写的组 / not of its group"
    for group in table.groups:
        names = "、".join(group.systems)
        if len({at[code].night for code in group.systems if code in at}) > 1:
            yield f"{names}: 同组不在同一晚 / a group in several nights"
    for told in city.groups.pin:
        if len({at[code].group for code in told.systems if code in at}) > 1:
            yield f"{'、'.join(told.systems)}: 须同批而分开 / pinned together and apart"
    for told in city.groups.forbid:
        nights = [at[code].night for code in told.systems if code in at]
        if len(nights) != len(set(nights)):
            yield f"{'、'.join(told.systems)}: 不得同晚而同晚 / forbidden to be in one night"
    for fixed in city.groups.at:
        if fixed.system in at and at[fixed.system].night != fixed.night:
            yield (
                f"{fixed.system}: 指定 {fixed.night}，今排 {at[fixed.system].night} / "
                "not on the night that was told"
            )


def _told(at: dict[str, Appointment], city: CityMeans) -> Iterator[str]:
    waves = sorted({one.night for one in at.values()})
    for code, one in at.items():
        if waves[one.wave - 1] != one.night:
            yield f"{code}: 第 {one.wave} 批不是 {one.night} 的批次 / another wave than its night has"
        done = one.night + (1 + city.trial) * DAY
        if one.due and one.late < max(0, (done - one.due).days):
            yield f"{code}: 实际更迟 / is later than told"
