"""探测: every node in both families, what was down and when, how far each is ready for IPv6."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.alerts import AlertRow, alerts_of
from api.pages.city import City
from api.pages.frame import Crumb, Shell
from api.pages.listing import Listing, Query, listed, query_of
from api.pages.looks import Looks, looks, outages
from api.pages.probe_doing import add_probe_doings, mine
from api.pages.site import Site
from api.pages.system import Fact, facts_of
from api.pages.tones import tone
from api.words import Words
from inventory.model import Node
from migrator.people.rights import Deed
from probes.readiness.evidence import Readiness
from probes.watch.outages import Outage

FILTERS, SORTS = ("q", "state", "level"), ("state", "code", "name", "level")
_RANK = {"down": 0, "unknown": 1, "up": 2}


@dataclass(frozen=True)
class NodeRow:
    """v4 and v6 apart, never one for the other. `level`: L0 to L6."""

    code: str
    name: str
    kind: str
    organisation: str
    place: str
    v4: str
    v6: str
    level: int
    blocks: str
    since: int | None


@dataclass(frozen=True)
class Check:
    """One look of one family."""

    check: str
    family: int
    state: str
    answered: int
    failed: int
    mean_ms: float
    last: int


@dataclass(frozen=True)
class ProbesPage:
    """`targets`: looks by state; `open`: outages that last; `silent`: probers nothing is heard of."""

    list: Listing[NodeRow]
    probed: bool
    silent: tuple[tuple[str, str], ...]
    targets: Mapping[str, int]
    levels: tuple[int, ...]
    open: tuple[Outage, ...]
    past: tuple[Outage, ...]
    names: Mapping[str, str]
    alerts: tuple[AlertRow, ...]


@dataclass(frozen=True)
class NodePage:
    row: NodeRow
    readiness: Readiness
    checks: tuple[Check, ...]
    outages: tuple[Outage, ...]
    facts: tuple[Fact, ...]
    probed: bool


def node_row(
    city: City, node: Node, seen: Looks, ready: Readiness, down: Mapping[str, int]
) -> NodeRow:
    return NodeRow(
        code=node.code,
        name=node.name,
        kind=node.kind or "",
        organisation=city.name(node.organisation),
        place=city.name(node.place),
        v4=seen.worst(node.code, (4,)) if node.ipv4 else "none",
        v6=seen.worst(node.code, (6,)) if node.ipv6 else "none",
        level=ready.level,
        blocks=ready.blocks.told if ready.blocks else "",
        since=down.get(node.code),
    )


def probes_page(
    city: City,
    seen: Looks,
    told: Sequence[Outage],
    query: Query,
    alerts: tuple[AlertRow, ...] = (),
) -> ProbesPage:
    """Worst first; pure."""
    judge = city.judge.told(seen.evidence)
    ready = {n.code: judge.node(n.code) for n in city.nodes}
    open_ones = [o for o in told if o.ended is None]
    down = {o.code: o.began for o in open_ones}
    states = {n.code: seen.worst(n.code) for n in city.nodes}
    words = query["q"].casefold().split()

    def keep(node: Node) -> bool:
        if query["state"] and states[node.code] != query["state"]:
            return False
        if query["level"] and str(ready[node.code].level) != query["level"]:
            return False
        text = f"{node.code} {node.name} {city.name(node.organisation)}".casefold()
        return all(word in text for word in words)

    read: Mapping[str, Callable[[Node], int | str]] = {
        "state": lambda n: _RANK[states[n.code]],
        "code": lambda n: n.code,
        "name": lambda n: n.name,
        "level": lambda n: ready[n.code].level,
    }
    by = read[query.sort]
    found = listed(
        "/probes",
        query,
        city.nodes,
        keep=keep,
        key=lambda n: (by(n), n.code),
        row=lambda n: node_row(city, n, seen, ready[n.code], down),
    )
    levels = Counter(r.level for r in ready.values())
    return ProbesPage(
        list=found,
        probed=seen.any,
        silent=seen.silent,
        targets=seen.counts,
        levels=tuple(levels[n] for n in range(7)),
        open=tuple(open_ones[:100]),
        past=tuple(o for o in told if o.ended is not None)[:50],
        names={o.code: city.name(o.code) for o in told},
        alerts=alerts,
    )


def node_page(city: City, code: str, seen: Looks, told: Sequence[Outage], say: Words) -> NodePage:
    """Raises NotFound; also for a node of a classified system."""
    node: Node = city.get("nodes", code if code in {n.code for n in city.nodes} else "")
    ready = city.judge.told(seen.evidence).node(node.code)
    down = {o.code: o.began for o in told if o.ended is None}
    checks = [
        Check(
            check=check,
            family=family,
            state=seen.state(known, check, family),
            answered=one.answered,
            failed=one.failed,
            mean_ms=one.mean * 1000,
            last=one.last,
        )
        for (known, check, family), one in sorted(seen.known.items())
        if known == code
    ]
    return NodePage(
        row=node_row(city, node, seen, ready, down),
        readiness=ready,
        checks=tuple(checks),
        outages=tuple(told)[:50],
        facts=tuple(facts_of("nodes", node, ("code", "name"), say)),
        probed=seen.any,
    )


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/probes")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.PROBE_READ)
        query = query_of(request.query_params, FILTERS, SORTS)
        city = site.city(viewer)
        told = mine(city, outages(site.product), whole=viewer.person.whole_city)
        alerts = alerts_of(site, city, viewer.person)
        view = probes_page(city, looks(site.product), told, query, alerts)
        shell = Shell(title=viewer.say("page.nav.probes"), at="probes")
        told_of = site.product.settings.alertmanager_token is not None
        return site.page(
            request, "probes.html", shell, viewer=viewer, view=view, alertmanager=told_of
        )

    add_probe_doings(site, router)

    @router.get("/probes/{code}")
    def one(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.PROBE_READ)
        told = outages(site.product, code)
        view = node_page(site.city(viewer), code, looks(site.product), told, viewer.say)
        crumbs = (Crumb(viewer.say("page.nav.probes"), "/probes"), Crumb(view.row.name))
        shell = Shell(title=view.row.name, at="probes", crumbs=crumbs)
        return site.page(request, "node.html", shell, viewer=viewer, view=view, tone=tone)

    return router
