"""机房与线路: the picture of the network, lists of rooms and lines, a room's page, a line's page."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic_core import to_json

from api.pages.city import City
from api.pages.frame import Crumb, Shell, url
from api.pages.listing import Listing, Query, last_if_none, listed, query_of
from api.pages.looks import Looks, looks, outages
from api.pages.site import Site, packed
from api.pages.system import Fact, facts_of
from api.pages.topology import Graph, graph_of, line_tone, line_tones, rate_text
from api.words import Words
from inventory.model import Contact, Line, Room
from inventory.secrecy import is_classified, shown_name
from migrator.people import Deed
from migrator.store import Truth
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
        if query["end"] and (gone or _end_of(line, today) != query["end"]):
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


def _end_of(line: Line, today: date) -> str:
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


def _at(city: City, code: str) -> tuple[SystemAt, ...]:
    return tuple(
        SystemAt(
            code=s.code,
            name=shown_name(s),
            organisation=city.name(s.organisation),
            target="" if is_classified(s) else city.name(s.target),
            cloud=s.cloud_status,
        )
        for s in city.systems_at.get(code, ())
    )


def room_page(
    city: City, code: str, seen: Looks, load: Mapping[str, float], today: date, say: Words
) -> RoomPage:
    """Raises NotFound."""
    room: Room = city.get("rooms", code)
    lines = [k for k in city.lines_at.get(code, ()) if k.cancelled_on is None]
    return RoomPage(
        code=code,
        name=room.name,
        organisation=city.name(room.organisation),
        site=city.name(room.site),
        facts=tuple(facts_of("rooms", room, ("code", "name", "contacts", "organisation"), say)),
        contacts=room.contacts,
        systems=_at(city, code),
        hosts=len(city.hosts_at.get(code, ())),
        lines=tuple(line_row(city, k, seen, load, today) for k in lines),
        nodes=tuple(
            (n.code, n.name, seen.worst(n.code, (4,)), seen.worst(n.code, (6,)))
            for n in city.nodes_at.get(code, ())
        ),
        rent=sum(k.rent_per_year or 0 for k in lines),
        cost=room.running_cost_per_year,
    )


def line_page(
    city: City,
    code: str,
    seen: Looks,
    load: Mapping[str, float],
    today: date,
    told: Sequence[Outage],
    say: Words,
) -> LinePage:
    """Raises NotFound. `behind`: systems in the rooms that it ends in."""
    line: Line = city.get("lines", code)
    ends = []
    for end in (line.a_end, line.z_end):
        kind = f"/rooms/{end}" if end in city.by["rooms"] else ""
        ends.append((end or "", city.name(end) or "—", kind))
    behind = [s for end, _, to in ends if to for s in _at(city, end)]
    return LinePage(
        row=line_row(city, line, seen, load, today),
        organisation=city.name(line.organisation),
        ends=tuple(ends),
        facts=tuple(facts_of("lines", line, ("code", "name", "contacts", "a_end", "z_end"), say)),
        contacts=line.contacts,
        outages=tuple(told)[:50],
        behind=tuple(behind),
        probed=seen.any,
    )


def loads(truth: Truth) -> dict[str, float]:
    """What the moves under way may take of each line, as a share of its rate."""
    taken: Counter[str] = Counter()
    rates: dict[str, int] = {}
    for code, system in truth.tallies.under_way():
        item = truth.plans.known(code).item(system)
        if item.line is not None and item.line.bandwidth_kbps:
            taken[item.line.code] += item.rate_kbps
            rates[item.line.code] = item.line.bandwidth_kbps
    return {code: taken[code] / rates[code] for code in taken}


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    def busy() -> dict[str, float]:
        return loads(site.product.truth)

    def asked(request: Request) -> tuple[str, int]:
        hops = request.query_params.get("hops", "2")
        return request.query_params.get("focus", "").strip()[:80], (
            int(hops) if hops in {"1", "2", "3", "4"} else 2
        )

    @router.get("/network/graph")
    def graph(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        focus, hops = asked(request)
        made = graph_of(site.city(viewer), looks(site.product), busy(), focus=focus, hops=hops)
        return packed(request, to_json(made.plain()), "application/json")

    @router.get("/network")
    def network(request: Request) -> Response:
        viewer, seen, load = (
            site.viewer(request, Deed.INVENTORY_READ),
            looks(site.product),
            busy(),
        )
        city, (focus, hops) = site.city(viewer), asked(request)
        made = graph_of(city, seen, load, focus=focus, hops=hops)
        view = network_page(city, seen, load, site.cities.today, made, focus=focus, hops=hops)
        shell = Shell(
            title=viewer.say("page.nav.network"),
            at="network",
            scripts=("echarts.js", "topology.js"),
        )
        return site.page(request, "network.html", shell, viewer=viewer, view=view)

    @router.get("/rooms")
    def rooms(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        city, query = site.city(viewer), query_of(request.query_params, ROOM_FILTERS, ROOM_SORTS)
        counties = sorted({r.county for r in city.estate.rooms if r.county})
        shell = Shell(title=viewer.say("rooms"), at="network", crumbs=_way(viewer.say, "rooms"))
        given: dict[str, Any] = {"view": rooms_page(city, query), "counties": counties}
        return site.page(request, "rooms.html", shell, viewer=viewer, **given)

    @router.get("/lines")
    def lines(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        city, query = site.city(viewer), query_of(request.query_params, LINE_FILTERS, LINE_SORTS)
        view = lines_page(city, looks(site.product), busy(), site.cities.today, query)
        providers = sorted({k.provider for k in city.estate.lines if k.provider})
        shell = Shell(title=viewer.say("lines"), at="network", crumbs=_way(viewer.say, "lines"))
        given: dict[str, Any] = {"view": view, "providers": providers, "soon": SOON}
        return site.page(request, "lines.html", shell, viewer=viewer, **given)

    @router.get("/rooms/{code}")
    def room(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        view = room_page(
            site.city(viewer),
            code,
            looks(site.product),
            busy(),
            site.cities.today,
            viewer.say,
        )
        site.looking(request).about(viewer.person, code, view.contacts)
        crumbs = (*_way(viewer.say, "rooms", last=False), Crumb(view.name))
        shell = Shell(title=view.name, at="network", crumbs=crumbs)
        return site.page(request, "room.html", shell, viewer=viewer, view=view, soon=SOON)

    @router.get("/lines/{code}")
    def line(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        told = outages(site.product, code)
        view = line_page(
            site.city(viewer),
            code,
            looks(site.product),
            busy(),
            site.cities.today,
            told,
            viewer.say,
        )
        site.looking(request).about(viewer.person, code, view.contacts)
        crumbs = (*_way(viewer.say, "lines", last=False), Crumb(view.row.name))
        shell = Shell(title=view.row.name, at="network", crumbs=crumbs)
        return site.page(request, "line.html", shell, viewer=viewer, view=view, soon=SOON)

    return router


def _way(say: Words, kind: str, *, last: bool = True) -> tuple[Crumb, ...]:
    to = "" if last else f"/{kind}"
    return Crumb(say("page.nav.network"), "/network"), Crumb(say(kind), to)
