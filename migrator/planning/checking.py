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
from migrator.planning.means import Allowed, CityMeans, Freeze
from migrator.planning.timetable import Appointment, Timetable

DAY = timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def faults(table: Timetable, estate: Estate, city: CityMeans) -> list[str]:
    """Everything that is wrong, in both languages; none when it can be kept."""
    at = {one.system: one for one in table.appointments}
    systems = {one.code: one for one in estate.systems if one.code in at}
    if len(at) != len(table.appointments):
        return ["同一系统有两晚 / a system has two nights"]
    gone = sorted(set(at) - set(systems))
    at = {code: one for code, one in at.items() if code in systems}
    return [
        *(f"{code}: 台账中无此系统 / {code}: the inventory has no such system" for code in gone),
        *_holidays(at, city),
        *_nights(at, systems, city),
        *_copies(at, systems, estate, city),
        *_crews(at, systems, {one.code for one in estate.clouds}, city),
        *_clouds(at, systems, table, city),
        *_order(at, systems, estate, city),
        *_engineer(at, table, city),
        *_one_night(at, systems, table, city),
        *_told(at, city),
    ]


def _nights(
    at: dict[str, Appointment], systems: dict[str, System], city: CityMeans
) -> Iterator[str]:
    for code, one in at.items():
        night, owner, room = one.night, systems[code].organisation, systems[code].place
        if night < city.plan.from_:
            yield _both(code, f"{night} 早于首夜", f"{night} is before the first night")
        if NAMES[night.weekday()] not in city.crews.nights:
            yield _both(code, f"{night} 非割接日", f"nobody works on {night}")
        for freeze in city.freezes:
            if _meant(freeze, code, owner, room):
                yield from _frozen(code, one, freeze)
        if any(_outside(rule, code, owner, night) for rule in city.allowed):
            yield _both(code, f"{night} 不在允许的夜晚内", f"{night} is none of its allowed nights")
        yield from _hours(one, systems[code].window or city.nights.window, city)


def _frozen(code: str, one: Appointment, freeze: Freeze) -> Iterator[str]:
    """No day on which it may begin is one of the freeze's."""
    first, ends = datetime.fromisoformat(one.begins), datetime.fromisoformat(one.ends)
    last = max(first.date(), (ends - timedelta(minutes=1)).date())
    days = (first.date() + n * DAY for n in range((last - first.date()).days + 1))
    if any(_within(day, freeze.from_, freeze.to) for day in days):
        at, until = one.begins.replace("T", " "), one.ends.replace("T", " ")
        yield _both(
            code,
            f"割接 {at} 至 {until} 在封网 {freeze.name} 内",
            f"its cutover {at} to {until} is in the freeze {freeze.name}",
        )


def _hours(one: Appointment, wanted: str | None, city: CityMeans) -> Iterator[str]:
    """A cutover begins within its window of its own night, and no later than it says."""
    code, night = one.system, one.night
    begins, ends = (datetime.fromisoformat(told) for told in (one.begins, one.ends))
    at, until = one.begins.replace("T", " "), one.ends.replace("T", " ")
    if not night <= begins.date() <= night + DAY:
        yield _both(
            code, f"割接开始 {at} 不在 {night} 夜", f"begins {at}, not in the night {night}"
        )
        return
    if ends < begins:
        yield _both(code, f"割接 {at} 开始，晚于 {until}", f"begins {at}, later than {until}")
        return
    dark = _span(city.nights.hours)
    own = _span(wanted) if wanted else dark
    if own is None or dark is None:  # no window: that is told as a fact that is another one
        return
    opens, long = dark if own[1] == DAY else own
    # what opens before the night does is of the next day
    first = datetime.combine(night, datetime.min.time()) + opens
    first += DAY if opens < dark[0] else timedelta()
    if not first <= begins <= ends <= first + long:
        hours = wanted if wanted and own[1] < DAY else city.nights.hours
        yield _both(
            code,
            f"割接 {at} 至 {until} 不在窗口 {hours} 内",
            f"its cutover {at} to {until} is outside its window {hours}",
        )


def _span(hours: str) -> tuple[timedelta, timedelta] | None:
    """After midnight, and how long; the same time twice is a whole day."""
    try:
        first, last = (
            datetime.strptime(t.replace("24:", "00:"), "%H:%M") for t in hours.split("-")
        )
    except ValueError:
        return None
    return first - datetime.combine(first, datetime.min.time()), (last - first) % DAY or DAY


def _both(of: str, zh: str, en: str) -> str:
    """A fault of both languages, each with whose it is."""
    return f"{of}: {zh} / {of}: {en}"


def _one_night(
    at: dict[str, Appointment], systems: dict[str, System], table: Timetable, city: CityMeans
) -> Iterator[str]:
    """A group's windows: every one reaches into the night, or all meet in one minute of the day."""
    night = _minutes(city.nights.hours)
    for group in table.groups:
        windows = [
            _minutes(systems[code].window or city.nights.window or city.nights.hours)
            for code in group.systems
            if code in at
        ]
        if windows and not all(night & one for one in windows) and not set.intersection(*windows):
            names = "、".join(group.systems)
            yield f"{names}: 窗口不在同一晚 / their windows are not of one night"


def _minutes(hours: str) -> set[int]:
    first, last = (60 * int(t[:2]) + int(t[3:]) for t in hours.split("-"))
    return {minute % 1440 for minute in range(first, last if last > first else last + 1440)}


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
                yield _both(
                    code,
                    f"{one.night} 为节假日或其前夜",
                    f"{one.night} is a holiday, or the night before one",
                )
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
            yield _both(code, "数据量未申报", "its size is not told")
            continue
        if one.copy_mib != size * 1024:
            yield _both(
                code,
                f"复制 {one.copy_mib} MiB，数据 {size} GiB",
                f"a copy of {one.copy_mib} MiB, its data has {size} GiB",
            )
        if one.copy_from < city.plan.from_:
            day = one.copy_from
            yield _both(
                code, f"{day} 开始复制，早于首夜", f"copied from {day}, before the first night"
            )
        if _copied(one.copy_from, one.copy_nights, rests[one.group, one.by])[-1] >= one.night:
            yield _both(
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
                day = several[0].copy_from
                yield _both(
                    several[0].system,
                    f"{day} 起复制，正在封网 {freeze.name} 内",
                    f"its copy begins in a freeze of copies, on {day} in {freeze.name}",
                )
        if len({(one.copy_from, one.copy_nights) for one in several}) > 1:
            names = "、".join(one.system for one in several)
            yield _both(
                road,
                f"{names} 同组同线，复制须同始同止",
                f"{names} share one copy, which has several beginnings",
            )
        each = Fraction(sum(one.copy_mib for one in several), several[0].copy_nights)
        for day in _copied(several[0].copy_from, several[0].copy_nights, rests[group, road]):
            load[road, day] += each
        if each > _mib(road, estate, city) * city.lines.one_item / 100 + 1:
            one = several[0]
            yield _both(
                road,
                f"{one.system} 等自 {one.copy_from} 的复制超过单项份额",
                f"the copy of {one.system} from {one.copy_from} takes more than one item's share",
            )
    for (road, day), mib in sorted(load.items()):
        if mib > (most := _mib(road, estate, city)):
            amounts = f"{float(mib):.0f}", f"{float(most):.0f}"
            yield _both(
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


def _crews(
    at: dict[str, Appointment], systems: dict[str, System], clouds: set[str], city: CityMeans
) -> Iterator[str]:
    busy: dict[tuple[str, str, date], int] = defaultdict(int)
    for code, one in at.items():
        place = systems[code].place or ""
        busy["cloud" if place in clouds else "room", place, one.night] += 1
        busy["cloud", systems[code].target or "", one.night] += 1
        busy["total", "", one.night] += 1
    for (kind, code, night), count in sorted(busy.items()):
        most = {
            "room": city.crews.rooms.get(code, city.crews.room),
            "cloud": city.crews.clouds.get(code, city.crews.cloud),
            "total": city.crews.total,
        }[kind]
        if count > most:
            zh = {"room": f"机房 {code} 班组", "cloud": f"云 {code} 班组", "total": "全市班组"}[
                kind
            ]
            en = {"room": f"room {code}", "cloud": f"cloud {code}", "total": "the city"}[kind]
            yield (
                f"{zh}: {night} 须割接 {count} 次，至多 {most} 次 / "
                f"{en}: {count} cutovers on {night}, its crew takes {most}"
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
                getattr(systems[code], fields[name]) or 0
                for code, one in at.items()
                if systems[code].target == cloud and one.copy_from <= day
            )
            if taken > held:
                yield _both(
                    f"{cloud} {name}",
                    f"至 {day} 占用 {taken}，仅交付 {held}",
                    f"{taken} taken by {day}, {held} delivered",
                )


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
                f"{edge.system} 依赖 {edge.needs}，当晚次序却在其前 / {edge.system} needs {edge.needs} "
                "and has an earlier turn in the night"
            )
        if first.group == then.group or reaches(first.group, then.group):
            continue  # they move together, or need each other and were split
        if first.night + (1 + city.trial) * DAY > then.night:
            yield (
                f"{edge.system} 依赖 {edge.needs}: {then.night} 不在 {first.night} 试运行之后 / "
                f"{edge.system} needs {edge.needs}: {then.night} is not after {first.night} and its trial"
            )
    pilots = {c for c, s in systems.items() if s.pilot or c in city.pilots.systems}
    with_needs = {c for c in at if any(reaches(at[p].group, at[c].group) for p in pilots)}
    for code in sorted(set(at) - with_needs):
        for pilot in sorted(pilots):
            if at[pilot].night + (1 + city.pilots.days) * DAY > at[code].night:
                nights = at[code].night, at[pilot].night
                yield _both(
                    code,
                    f"{nights[0]} 须待试点 {pilot}（{nights[1]}）期满",
                    f"{nights[0]} is before the days of the pilot {pilot} ({nights[1]}) are over",
                )


def _engineer(at: dict[str, Appointment], table: Timetable, city: CityMeans) -> Iterator[str]:
    for one in at.values():
        if one.system not in table.groups[one.group].systems:
            yield _both(one.system, "不属于所写的组", "not of its group")
    for group in table.groups:
        names = "、".join(group.systems)
        if len({at[code].night for code in group.systems if code in at}) > 1:
            yield _both(names, "同组不在同一晚", "one group, in several nights")
    for told in city.groups.pin:
        if len({at[code].group for code in told.systems if code in at}) > 1:
            yield _both("、".join(told.systems), "须同批而分开", "pinned together, and apart")
    for told in city.groups.forbid:
        nights = [at[code].night for code in told.systems if code in at]
        if len(nights) != len(set(nights)):
            yield _both(
                "、".join(told.systems), "不得同晚而同晚", "forbidden in one night, and in one"
            )
    for fixed in city.groups.at:
        if fixed.system in at and at[fixed.system].night != fixed.night:
            wanted, got = fixed.night, at[fixed.system].night
            yield _both(
                fixed.system,
                f"指定 {wanted}，今排 {got}",
                f"told {wanted}, is on {got}",
            )


def _told(at: dict[str, Appointment], city: CityMeans) -> Iterator[str]:
    waves = sorted({one.night for one in at.values()})
    for code, one in at.items():
        if waves[one.wave - 1] != one.night:
            zh, en = (
                f"第 {one.wave} 批不是 {one.night} 的批次",
                f"wave {one.wave} is not that of {one.night}",
            )
            yield _both(code, zh, en)
        done = one.night + (1 + city.trial) * DAY
        if one.due and one.late < max(0, (done - one.due).days):
            yield _both(
                code, f"迟于期限 {one.due} 比所写更多", f"later against {one.due} than told"
            )
