"""Whether a timetable keeps every constraint: judged from the estate and the means alone, day by day.
It judges what the planner made in the tests, and what people edited by hand (`qianyun plan check`).

Nothing of the planner's is used but the values that it gives; what it shares with nobody is written
anew from the constraints (docs/planning.md), so that a fault there is found here.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from inventory.model import Estate, System
from migrator.planning.checking_copies import copies
from migrator.planning.checking_nights import (
    DAY,
    both,
    holidays,
    nights,
    one_night,
)
from migrator.planning.means import CityMeans
from migrator.planning.timetable import Appointment, Timetable


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
        *holidays(at, city),
        *nights(at, systems, city),
        *copies(at, systems, estate, city),
        *_crews(at, systems, {one.code for one in estate.clouds}, city),
        *_clouds(at, systems, table, city),
        *_order(at, systems, estate, city),
        *_engineer(at, table, city),
        *one_night(at, systems, table, city),
        *_told(at, table, city),
    ]


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
                yield both(
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
                yield both(
                    code,
                    f"{nights[0]} 须待试点 {pilot}（{nights[1]}）期满",
                    f"{nights[0]} is before the days of the pilot {pilot} ({nights[1]}) are over",
                )


def _engineer(at: dict[str, Appointment], table: Timetable, city: CityMeans) -> Iterator[str]:
    for one in at.values():
        if not any(one.system in group.systems for group in table.groups[one.group :][:1]):
            yield both(one.system, "不属于所写的组", "not of its group")
    for group in table.groups:
        names = "、".join(group.systems)
        if len({at[code].night for code in group.systems if code in at}) > 1:
            yield both(names, "同组不在同一晚", "one group, in several nights")
    for told in city.groups.pin:
        if len({at[code].group for code in told.systems if code in at}) > 1:
            yield both("、".join(told.systems), "须同批而分开", "pinned together, and apart")
    for told in city.groups.forbid:
        nights = [at[code].night for code in told.systems if code in at]
        if len(nights) != len(set(nights)):
            yield both(
                "、".join(told.systems), "不得同晚而同晚", "forbidden in one night, and in one"
            )
    for fixed in city.groups.at:
        if fixed.system in at and at[fixed.system].night != fixed.night:
            wanted, got = fixed.night, at[fixed.system].night
            yield both(
                fixed.system,
                f"指定 {wanted}，今排 {got}",
                f"told {wanted}, is on {got}",
            )


def _told(at: dict[str, Appointment], table: Timetable, city: CityMeans) -> Iterator[str]:
    waves = dict(enumerate(sorted({one.night for one in table.appointments}), start=1))
    for code, one in at.items():
        if waves.get(one.wave) != one.night:
            zh, en = (
                f"第 {one.wave} 批不是 {one.night} 的批次",
                f"wave {one.wave} is not that of {one.night}",
            )
            yield both(code, zh, en)
        done = one.night + (1 + city.trial) * DAY
        if one.due and one.late < max(0, (done - one.due).days):
            yield both(code, f"迟于期限 {one.due} 比所写更多", f"later against {one.due} than told")
