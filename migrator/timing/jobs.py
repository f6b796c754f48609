"""What moving each system takes: data over a line, machines of a cloud, a night of a crew."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from inventory.labels import field_label
from inventory.model import Estate, Line, System
from migrator.planning.dispositions import Ruling, way_of
from migrator.planning.means import CityMeans, LineShare, Measured
from migrator.planning.orders import Topic
from migrator.planning.plan import Disposition, Way
from migrator.planning.roads import preference
from migrator.planning.windows import Window

_DAY = 24 * 60
_MIB_KBIT = 8 * 1024 * 1024  # bits of a MiB; a rate in kbit/s counts a thousand bits


@dataclass(frozen=True)
class Road:
    """What carries copies from a room to its cloud: `mib`, in 24 hours, of what moving may use."""

    code: str
    mib: int


@dataclass(frozen=True)
class Basis:
    """What a road's capacity was counted from: the rate that is declared (or told in the means), the
    percent of it that moving may use by day and by night, and what copies reached of that, None
    where nothing was measured. `mib`: in 24 hours."""

    code: str
    rate_kbps: int
    day: int
    night: int
    measured: Measured | None
    mib: int


@dataclass(frozen=True)
class Job:
    """`takes`: of a cloud's capacities, by resource; `window`: when its cutover may begin; `anytime`:
    that it has one was taken away, to ask what stands against what."""

    system: System
    room: str
    cloud: str
    road: Road
    mib: int
    takes: tuple[tuple[str, int], ...]
    window: str
    anytime: bool = False
    from_cloud: bool = False

    @property
    def code(self) -> str:
        return self.system.code


@dataclass(frozen=True)
class Measures:
    """What is looked up for every system."""

    estate: Estate
    city: CityMeans
    clouds: frozenset[str]
    lines: dict[frozenset[str], Line] = field(default_factory=dict)
    kinds: dict[str, frozenset[str]] = field(default_factory=dict)  # cloud → its architectures
    counted: dict[str, frozenset[str]] = field(default_factory=dict)  # cloud → fields it counts

    @cached_property
    def systems(self) -> dict[str, System]:
        return {one.code: one for one in self.estate.systems}

    @classmethod
    def of(cls, estate: Estate, city: CityMeans) -> "Measures":
        lines: dict[frozenset[str], Line] = {}
        for line in sorted(estate.lines, key=lambda one: preference(one, _rate(one, city))):
            if line.a_end and line.z_end:
                lines[frozenset((line.a_end, line.z_end))] = line  # the last counts
        kinds: dict[str, set[str]] = {}
        counted: dict[str, set[str]] = {}
        for one in city.deliveries:
            kinds.setdefault(one.cloud, set()).add(one.arch)
            told = (name for name in CAPACITIES if getattr(one, name) is not None)
            counted.setdefault(one.cloud, set()).update(told)
        return cls(
            estate,
            city,
            frozenset(cloud.code for cloud in estate.clouds),
            lines,
            {cloud: frozenset(found) for cloud, found in kinds.items()},
            {cloud: frozenset(found) for cloud, found in counted.items()},
        )


CAPACITIES = {"cores": "cpu_cores", "memory_gib": "memory_gib", "storage_gib": "storage_gib"}
"""What a cloud delivers → the system's field that takes of it."""


def job_of(system: System, known: Measures) -> Job | Ruling:
    """What moving it takes, or what has to be told first."""
    if missing := _untold(system, known):
        names = "、".join(field_label("systems", name) for name in missing)
        reason = f"排期所需未申报：{names} / not told, needed for a timetable: {', '.join(missing)}"
        topic = Topic.WINDOW if missing == ("window",) else None
        return Ruling(Disposition.BLOCKED, reason, topic, asks=missing)
    assert system.place is not None
    assert system.target is not None
    assert system.storage_gib is not None
    road = _road(system.place, system.target, known)
    if isinstance(road, str):
        return Ruling(Disposition.BLOCKED, road)
    arch = _arch(system, known)
    if arch is None:
        kinds = "、".join(sorted(known.kinds[system.target]))
        reason = (
            f"{system.target} 交付 {kinds}，系统架构为 {system.cpu_arch or '未申报'} / its cloud has other "
            "machines than it needs"
        )
        return Ruling(Disposition.BLOCKED, reason, asks=("cpu_arch",))
    takes = _takes(system, arch, known)
    window = system.window or known.city.nights.window or known.city.nights.hours
    mib = system.storage_gib * 1024
    leaves = system.place in known.clouds
    return Job(system, system.place, system.target, road, mib, takes, window, from_cloud=leaves)


def takes_of(system: System, known: Measures) -> tuple[tuple[str, int], ...]:
    """What a system takes of the capacities of its cloud, as far as that is told."""
    arch = _arch(system, known) if system.target else None
    return () if arch is None else _takes(system, arch, known)


def _takes(system: System, arch: str, known: Measures) -> tuple[tuple[str, int], ...]:
    assert system.target is not None
    return tuple(
        (store_of(system.target, arch, name), amount)
        for name, told in CAPACITIES.items()
        if name in known.counted.get(system.target, ()) and (amount := getattr(system, told))
    )


def store_of(cloud: str, arch: str, name: str) -> str:
    """The resource that stands for one capacity of a cloud."""
    return f"cloud:{cloud}:{arch + ':' if arch else ''}{name}"


def _untold(system: System, known: Measures) -> tuple[str, ...]:
    counted = known.counted.get(system.target or "", frozenset())
    needed = {"organisation", "storage_gib", *(CAPACITIES[name] for name in counted)}
    if known.city.nights.window is None:
        needed.add("window")
    order = ("organisation", "cpu_cores", "memory_gib", "storage_gib", "window")
    return tuple(n for n in order if n in needed and getattr(system, n) is None)


def _arch(system: System, known: Measures) -> str | None:
    """The kind of machine that it takes at its cloud; None where the cloud has none that fits."""
    assert system.target is not None
    kinds = known.kinds.get(system.target, frozenset({""}))
    if "" in kinds:
        return ""
    own = (system.cpu_arch or "").lower()
    if way_of(system, known.clouds) is Way.X86_TO_XINCHUANG or system.xinchuang:
        others = sorted(kind for kind in kinds if not kind.startswith("x86"))
        return others[0] if others else None
    return own if own in kinds else None


def _rate(line: Line, city: CityMeans) -> int | None:
    return city.lines.own.get(line.code, LineShare()).rate or line.bandwidth_kbps


def basis_of(place: str, target: str, known: Measures) -> Basis | str:
    """Of the line between the two that is preferred, else of the network; or why there is none."""
    city = known.city
    line = known.lines.get(frozenset((place, target)))
    if line is None and city.lines.network is None:
        return (
            f"{place} 与 {target} 之间没有线路，means 也未给 lines.network / no line between them, and the "
            "means have no lines.network"
        )
    share = city.lines.own.get(line.code, LineShare()) if line else LineShare()
    rate = _rate(line, city) if line else city.lines.network
    code = f"line:{line.code}" if line else f"network:{place}"
    if rate is None:
        return f"线路 {code} 带宽未知 / the line's bandwidth is not told"
    measured = city.lines.measured.get(line.code) if line else None
    day = city.lines.day if share.day is None else share.day
    night = city.lines.night if share.night is None else share.night
    hours = Window.parse(city.nights.hours)
    dark = hours.end - hours.start
    seconds = 60 * (night * dark + day * (_DAY - dark))  # in hundredths: the shares are percent
    reached = rate * measured.percent // 100 if measured else rate
    mib = reached * 1000 * seconds // (100 * _MIB_KBIT)
    return Basis(code, rate, day, night, measured, mib)


def bases_of(jobs: Iterable[Job], known: Measures) -> list[Basis]:
    """Of the roads that these are copied over, each once."""
    ends = sorted({(job.room, job.cloud) for job in jobs})
    found = (basis_of(place, target, known) for place, target in ends)
    return [one for one in found if isinstance(one, Basis)]


def _road(place: str, target: str, known: Measures) -> Road | str:
    found = basis_of(place, target, known)
    if isinstance(found, str):
        return found
    if found.mib == 0:
        return f"线路 {found.code} 不让迁移使用 / moving may use nothing of that line"
    return Road(found.code, found.mib)


def rulings(systems: Iterable[System], known: Measures) -> tuple[dict[str, Job], dict[str, Ruling]]:
    """Of each system its job, or why it has none."""
    jobs: dict[str, Job] = {}
    others: dict[str, Ruling] = {}
    for system in systems:
        found = job_of(system, known)
        if isinstance(found, Job):
            jobs[system.code] = found
        else:
            others[system.code] = found
    return jobs, others
