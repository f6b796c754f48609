"""Whether a timetable keeps every constraint: judged from the estate and the means alone, day by day.

Nothing of the planner's is used but the values that it gives; what it shares with nobody is written
anew from the constraints (docs/planning.md), so that a fault there is found here.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

from inventory.model import Estate, Line, System
from migrator.means import CityMeans
from migrator.timetable import Appointment, Timetable

DAY = timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def faults(table: Timetable, estate: Estate, city: CityMeans) -> list[str]:
    """Everything that is wrong; none when it can be kept."""
    at = {one.system: one for one in table.appointments}
    systems = {one.code: one for one in estate.systems if one.code in at}
    assert len(at) == len(table.appointments), "a system has two nights"
    assert set(at) == set(systems), "a night of a system that is not there"
    return [
        *_nights(at, systems, city),
        *_copies(at, systems, estate, city),
        *_crews(at, systems, city),
        *_clouds(at, systems, city),
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
            yield f"{code}: before the first night"
        if NAMES[night.weekday()] not in city.crews.nights:
            yield f"{code}: nobody works on {night}"
        for freeze in city.freezes:
            named = freeze.organisations or freeze.rooms or freeze.systems
            meant = (
                not named
                or owner in freeze.organisations
                or room in freeze.rooms
                or code in freeze.systems
            )
            if meant and _within(night, freeze.from_, freeze.to):
                yield f"{code}: {freeze.name} on {night}"
        for rule in city.allowed:
            named = rule.organisations or rule.systems
            if named and owner not in rule.organisations and code not in rule.systems:
                continue
            early = rule.from_ is not None and night < rule.from_
            late = rule.to is not None and night > rule.to
            if early or late or NAMES[night.weekday()] not in rule.nights:
                yield f"{code}: not allowed on {night}"
        begins = datetime.fromisoformat(one.begins)
        if not night <= begins.date() <= night + DAY:
            yield f"{code}: begins on another night"
        wanted = systems[code].window or city.nights.window
        if wanted and wanted != "00:00-00:00" and begins.strftime("%H:%M") != wanted[:5]:
            yield f"{code}: begins outside of its window"


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
    for code, one in at.items():
        shared[one.group, one.by].append(one)
        size = systems[code].storage_gib
        assert size is not None
        if one.copy_mib != size * 1024:
            yield f"{code}: copies {one.copy_mib} MiB of {size} GiB"
        if one.copy_from < city.plan.from_:
            yield f"{code}: copied before the first night"
        if one.copy_from + one.copy_nights * DAY > one.night:
            yield f"{code}: its copy is not over by its night"
    load: dict[tuple[str, date], Fraction] = defaultdict(Fraction)
    for (_, road), several in shared.items():
        if len({(one.copy_from, one.copy_nights) for one in several}) > 1:
            yield f"{road}: one copy with several beginnings"
        each = Fraction(sum(one.copy_mib for one in several), several[0].copy_nights)
        for n in range(several[0].copy_nights):
            load[road, several[0].copy_from + n * DAY] += each
        if each > _mib(road, estate, city) * city.lines.one_item / 100 + 1:
            yield f"{road}: one copy takes more than its share"
    for (road, day), mib in sorted(load.items()):
        if mib > _mib(road, estate, city):
            yield f"{road}: {float(mib)} MiB on {day}"
        for freeze in city.freezes:
            everybody = not (freeze.organisations or freeze.rooms or freeze.systems)
            if freeze.copies and everybody and _within(day, freeze.from_, freeze.to):
                yield f"{road}: copies in {freeze.name} on {day}"


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
            yield f"{kind} {code}: {count} on {night}, {most} can be"


def _clouds(
    at: dict[str, Appointment], systems: dict[str, System], city: CityMeans
) -> Iterator[str]:
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
            )
            taken = sum(
                getattr(systems[code], fields[name])
                for code, one in at.items()
                if systems[code].target == cloud and one.copy_from <= day
            )
            if taken > held:
                yield f"{cloud} {name}: {taken} taken of {held} on {day}"


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
        if first.group == then.group or reaches(first.group, then.group):
            continue  # they move together, or need each other and were split
        if first.night + (1 + city.trial) * DAY > then.night:
            yield f"{edge.system} needs {edge.needs}: {then.night} after {first.night}"
    first = {c for c, s in systems.items() if s.pilot or c in city.pilots.systems}
    with_needs = {c for c in at if any(reaches(at[p].group, at[c].group) for p in first)}
    for code in set(at) - with_needs:
        for pilot in first:
            if at[pilot].night + (1 + city.pilots.days) * DAY > at[code].night:
                yield f"{code}: on {at[code].night}, pilot {pilot} on {at[pilot].night}"


def _engineer(at: dict[str, Appointment], table: Timetable, city: CityMeans) -> Iterator[str]:
    for one in at.values():
        if one.system not in table.groups[one.group].systems:
            yield f"{one.system}: not of its group"
    for group in table.groups:
        if len({at[code].night for code in group.systems}) != 1:
            yield f"{group.systems}: not in one night"
    for told in city.groups.pin:
        if len({at[code].group for code in told.systems if code in at}) > 1:
            yield f"{told.systems}: pinned and apart"
    for told in city.groups.forbid:
        nights = [at[code].night for code in told.systems if code in at]
        if len(nights) != len(set(nights)):
            yield f"{told.systems}: forbidden and together"
    for one in city.groups.at:
        if one.system in at and at[one.system].night != one.night:
            yield f"{one.system}: not on {one.night}"


def _told(at: dict[str, Appointment], city: CityMeans) -> Iterator[str]:
    waves = sorted({one.night for one in at.values()})
    for code, one in at.items():
        if waves[one.wave - 1] != one.night:
            yield f"{code}: wave {one.wave} is not that of {one.night}"
        done = one.night + (1 + city.trial) * DAY
        if one.due and one.late < max(0, (done - one.due).days):
            yield f"{code}: is later than told"
