"""Lines, rooms and the network as pages show them. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest
from typing import Any

from api.pages.city import City
from api.pages.frame import url
from api.pages.listing import Listing, Query, last_if_none, listed
from api.pages.looks import Looks
from api.pages.system import Fact
from api.pages.topology import Graph, line_tone, line_tones, rate_text
from inventory.model import Contact, Line, Room
from probes.watch.outages import Outage

SOON = 90
"""Days before a contract's end from which a line is told to end soon."""
WORST = 25
"""Lines that stand beside the picture."""
_ORDER = {"bad": 0, "warn": 1, "busy": 2, "good": 3, "mute": 4}


@dataclass(frozen=True)
class LineRow:
    """`days`: until its contract ends, negative once it has; `load`: share of its rate that moves
    under way may take, None where nothing moves over it."""

    code: str
    name: str
    provider: str
    a: str
    z: str
    rate: str
    load: float | None
    rent: int | None
    end: date | None
    days: int | None
    v4: str
    v6: str
    tone: str
    cancelled: bool


@dataclass(frozen=True)
class RoomRow:
    code: str
    name: str
    organisation: str
    county: str
    systems: int
    left: int
    racks: int | None
    cost: int | None
    lines: int
    disposition: str | None


@dataclass(frozen=True)
class NetworkPage:
    """The picture's numbers beside it; `worst` are the lines that need a look, worst first."""

    rooms: int
    clouds: int
    nodes: int
    lines: int
    left_out: int
    probed: bool
    counts: Mapping[str, int]
    worst: tuple[LineRow, ...]
    focus: str
    hops: int
    graph: str


@dataclass(frozen=True)
class SystemAt:
    code: str
    name: str
    organisation: str
    target: str
    cloud: str | None


@dataclass(frozen=True)
class RoomPage:
    code: str
    name: str
    organisation: str
    site: str
    facts: tuple[Fact, ...]
    contacts: tuple[Contact, ...]
    systems: tuple[SystemAt, ...]
    hosts: int
    lines: tuple[LineRow, ...]
    nodes: tuple[tuple[str, str, str, str], ...]
    rent: int
    cost: int | None


@dataclass(frozen=True)
class LinePage:
    row: LineRow
    organisation: str
    ends: tuple[tuple[str, str, str], ...]
    facts: tuple[Fact, ...]
    contacts: tuple[Contact, ...]
    outages: tuple[Outage, ...]
    behind: tuple[SystemAt, ...]
    probed: bool


def line_row(
    city: City, line: Line, seen: Looks, load: Mapping[str, float], today: date
) -> LineRow:
    """One line as lists show it."""
    return LineRow(
        code=line.code,
        name=line.name,
        provider=line.provider or "",
        a=city.name(line.a_end),
        z=city.name(line.z_end),
        rate=rate_text(line.bandwidth_kbps),
        load=load.get(line.code),
        rent=line.rent_per_year,
        end=line.contract_end,
        days=(line.contract_end - today).days if line.contract_end else None,
        v4=seen.worst(line.code, (4,)),
        v6=seen.worst(line.code, (6,)),
        tone=line_tone(line, seen, load),
        cancelled=line.cancelled_on is not None,
    )


def network_page(
    city: City,
    seen: Looks,
    load: Mapping[str, float],
    today: date,
    graph: Graph,
    *,
    focus: str,
    hops: int,
) -> NetworkPage:
    """What stands beside the picture: the same numbers as a table."""
    tones = line_tones(city.lines, seen, load)

    def urgency(line: Line) -> tuple[int, date, str]:
        return _ORDER[tones[line.code]], line.contract_end or date.max, line.code

    worst = nsmallest(WORST, city.lines, key=urgency)
    return NetworkPage(
        rooms=len(city.estate.rooms),
        clouds=len(city.estate.clouds),
        nodes=len(city.nodes),
        lines=len(city.lines),
        left_out=graph.left_out,
        probed=seen.any,
        counts=Counter(tones.values()),
        worst=tuple(line_row(city, line, seen, load, today) for line in worst),
        focus=focus,
        hops=hops,
        graph=url("/network/graph", focus=focus, hops=hops if focus else None),
    )


LINE_FILTERS, LINE_SORTS = (
    ("q", "provider", "state", "end"),
    ("code", "name", "rate", "rent", "end"),
)
ROOM_FILTERS, ROOM_SORTS = ("q", "county"), ("systems", "code", "name", "org", "racks", "cost")


def lines_page(
    city: City, seen: Looks, load: Mapping[str, float], today: date, query: Query
) -> Listing[LineRow]:
    """Lines by filters: `state` up, down, unknown, cancelled; `end` soon, past, untold."""
    words = query["q"].casefold().split()
    read: Mapping[str, Callable[[Any], Any]] = {
        "code": lambda k: k.code,
        "name": lambda k: k.name,
        "rate": lambda k: k.bandwidth_kbps,
        "rent": lambda k: k.rent_per_year,
        "end": lambda k: k.contract_end,
    }
    by = read[query.sort]

    def keep(line: Line) -> bool:
        if query["provider"] and line.provider != query["provider"]:
            return False
        gone = line.cancelled_on is not None
        if query["state"] == "cancelled":
            if not gone:
                return False
        elif query["state"] and (gone or seen.worst(line.code) != query["state"]):
            return False
        if query["end"] and (gone or end_of(line, today) != query["end"]):
            return False
        text = f"{line.code} {line.name} {city.name(line.a_end)} {city.name(line.z_end)}".casefold()
        return all(word in text for word in words)

    return listed(
        "/lines",
        query,
        city.estate.lines,
        keep=keep,
        key=lambda k: (*last_if_none(by(k)), k.code),
        row=lambda k: line_row(city, k, seen, load, today),
    )


def end_of(line: Line, today: date) -> str:
    if line.contract_end is None:
        return "untold"
    days = (line.contract_end - today).days
    return "past" if days < 0 else "soon" if days <= SOON else "later"


def rooms_page(city: City, query: Query) -> Listing[RoomRow]:
    words = query["q"].casefold().split()
    counts = {code: len(systems) for code, systems in city.systems_at.items()}
    read: Mapping[str, Callable[[Any], Any]] = {
        "systems": lambda r: -counts.get(r.code, 0),
        "code": lambda r: r.code,
        "name": lambda r: r.name,
        "org": lambda r: city.name(r.organisation) or None,
        "racks": lambda r: r.racks,
        "cost": lambda r: r.running_cost_per_year,
    }
    by = read[query.sort]

    def keep(room: Room) -> bool:
        text = f"{room.code} {room.name} {city.name(room.organisation)}".casefold()
        right = not query["county"] or (room.county or "") == query["county"]
        return right and all(word in text for word in words)

    def row(room: Room) -> RoomRow:
        systems = city.systems_at.get(room.code, ())
        return RoomRow(
            code=room.code,
            name=room.name,
            organisation=city.name(room.organisation),
            county=room.county or "",
            systems=len(systems),
            left=sum(s.cloud_status not in ("migrated", "verified") for s in systems),
            racks=room.racks,
            cost=room.running_cost_per_year,
            lines=len(city.lines_at.get(room.code, ())),
            disposition=room.disposition,
        )

    key = lambda r: (*last_if_none(by(r)), r.code)  # noqa: E731
    return listed("/rooms", query, city.estate.rooms, keep=keep, key=key, row=row)
