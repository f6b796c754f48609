"""Cities with sizes, lines and means, for timetables: small ones to draw, large ones to measure."""

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

from inventory.choices import Secrecy
from inventory.model import Cloud, Dependency, Estate, Line, Organisation, Room, System
from migrator.planning.means import CityMeans

FIRST = date(2026, 12, 1)
CLOUD = "CLOUD"


def means(**given: Any) -> CityMeans:
    """Generous ones: what a test is about is given."""
    plain: dict[str, Any] = {
        "plan": {"from": FIRST, "nights": 60},
        "lines": {"day": 20, "night": 80},
        "crews": {"room": 2},
        "nights": {"window": "22:00-06:00"},
        "search": {"seconds": 60, "work": 1},
    }
    return CityMeans.model_validate(plain | given)


def system(code: str, room: str = "R1", **facts: Any) -> System:
    known: dict[str, Any] = {
        "code": code,
        "name": f"系统{code}",
        "organisation": "O1",
        "secrecy": Secrecy.NONE,
        "room": room,
        "target": CLOUD,
        "storage_gib": 100,
        "cpu_cores": 4,
        "memory_gib": 8,
    }
    return System(**known | facts)


def estate(
    systems: Iterable[System],
    needs: Iterable[tuple[str, str] | tuple[str, str, str]] = (),
    *,
    rooms: Iterable[str] = ("R1", "R2"),
    kbps: int = 100_000,
    more: Iterable[Line] = (),
) -> Estate:
    """`needs`: (system, needed) or with the kind."""
    rooms = tuple(rooms)
    return Estate(
        organisations=(Organisation(code="O1", name="甲局"), Organisation(code="O2", name="乙局")),
        rooms=tuple(Room(code=code, name=code) for code in rooms),
        clouds=(Cloud(code=CLOUD, name="政务云"),),
        lines=(
            *(
                Line(code=f"L-{code}", name=code, a_end=code, z_end=CLOUD, bandwidth_kbps=kbps)
                for code in rooms
            ),
            *more,
        ),
        systems=tuple(systems),
        dependencies=tuple(
            Dependency(system=n[0], needs=n[1], kind=n[2] if len(n) > 2 else "declared")
            for n in needs
        ),
    )


def _pairs(every: list[System], count: int, draw: Random) -> set[tuple[str, str]]:
    """Who needs whom: platforms that everybody uses (one system in a hundred) are needed across the
    city, the rest inside one organisation and downward through at most five layers; one in five
    hundred points back up, which makes small rings."""
    layer = {one.code: draw.randrange(1, 6) for one in every}
    platforms = [one.code for one in every[::100]]
    layer |= dict.fromkeys(platforms, 0)
    own: dict[str, list[str]] = {}
    for one in every:
        own.setdefault(one.organisation or "", []).append(one.code)
    found: set[tuple[str, str]] = set()
    while len(found) < count:
        one = draw.choice(every)
        other = draw.choice(platforms if draw.random() < 0.2 else own[one.organisation or ""])
        if layer[one.code] > layer[other]:
            pair = (one.code, other)
            back = layer[other] and draw.random() < 0.002
            found |= {pair, pair[::-1]} if back else {pair}
    return found


def large(
    systems: int, rooms: int, lines: int, dependencies: int, seed: int = 1
) -> tuple[Estate, dict[str, Any]]:
    """A city as the figures ask for it, and its means as they stand in a file. Sizes are drawn
    log-uniformly from 10 GiB to 4 TiB."""
    draw = Random(seed)
    codes = [f"R{n:03}" for n in range(rooms)]
    every = []
    for n in range(systems):
        place = draw.randrange(rooms)
        every.append(
            system(
                f"S{n:05}",
                codes[place],
                organisation=f"O{place % 60:02}",
                storage_gib=int(10 * 400 ** draw.random()),
                cpu_cores=draw.choice((2, 4, 8, 16, 32)),
                memory_gib=draw.choice((4, 8, 16, 32, 64)),
                om_funds_per_year=draw.randrange(20) * 10_000,
                pilot=n < systems // 100 or None,
            )
        )
    pairs = _pairs(every, dependencies, draw)
    ends = [
        Line(
            code=f"L{n:03}",
            name=f"专线{n}",
            a_end=codes[n % rooms],
            z_end=CLOUD,
            bandwidth_kbps=draw.choice((50_000, 100_000, 200_000, 1_000_000)),
        )
        for n in range(lines)
    ]
    found = Estate(
        organisations=tuple(Organisation(code=f"O{n:02}", name=f"单位{n}") for n in range(60)),
        rooms=tuple(Room(code=code, name=code) for code in codes),
        clouds=(Cloud(code=CLOUD, name="政务云"),),
        lines=tuple(ends),
        systems=tuple(every),
        dependencies=tuple(
            Dependency(system=a, needs=b, kind=draw.choice(("接口", "数据", "declared")))
            for a, b in sorted(pairs)
        ),
    )
    cores = sum(one.cpu_cores or 0 for one in every)
    storage = sum(one.storage_gib or 0 for one in every)
    months = [FIRST + timedelta(days=30 * n) for n in range(12)]
    return found, {
        "plan": {"from": FIRST, "nights": 540},
        "lines": {"day": 20, "night": 80},
        "crews": {"room": 2, "total": max(4, systems // 200)},
        "nights": {"window": "22:00-06:00", "holidays": "closed"},
        "deliveries": [
            {
                "cloud": CLOUD,
                "on": month,
                "cores": cores // 10,
                "memory_gib": 32 * systems // 10 * 2,
                "storage_gib": storage // 10,
            }
            for month in months
        ],
        "freezes": [
            {"name": "两会", "from": date(2027, 3, 1), "to": date(2027, 3, 15)},
            {"name": "高考", "from": "06-05", "to": "06-10"},
            {"name": "年终决算", "from": "12-25", "to": "01-05"},
        ],
        "pilots": {"days": 14},
        "trial": 3,
        "deadlines": [
            {
                "name": "年内半数单位",
                "on": date(2027, 12, 31),
                "organisations": [f"O{n:02}" for n in range(30)],
            }
        ],
    }
