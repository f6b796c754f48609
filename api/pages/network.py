"""机房与线路: the picture of the network, lists of rooms and lines, a room's page, a line's page."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic_core import to_json

from api.pages.frame import Crumb, Shell
from api.pages.listing import query_of
from api.pages.looks import looks, outages
from api.pages.network_view import (
    LINE_FILTERS,
    LINE_SORTS,
    ROOM_FILTERS,
    ROOM_SORTS,
    SOON,
    lines_page,
    network_page,
    rooms_page,
)
from api.pages.place_view import line_page, loads, room_page
from api.pages.saved_filters import chips
from api.pages.site import Site, packed
from api.pages.topology import graph_of
from api.words import Words
from migrator.people.rights import Deed
from migrator.use_cases.saved_filters import Listed


def routes(site: Site) -> APIRouter:
    router = APIRouter()
    _add_picture(site, router)
    _add_lists(site, router)
    _add_places(site, router)
    return router


def _asked(request: Request) -> tuple[str, int]:
    hops = request.query_params.get("hops", "2")
    return request.query_params.get("focus", "").strip()[:80], (
        int(hops) if hops in {"1", "2", "3", "4"} else 2
    )


def _add_picture(site: Site, router: APIRouter) -> None:
    @router.get("/network/graph")
    def graph(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        focus, hops = _asked(request)
        made = graph_of(
            site.city(viewer),
            looks(site.product),
            loads(site.product.truth),
            focus=focus,
            hops=hops,
        )
        return packed(request, to_json(made.plain()), "application/json")

    @router.get("/network")
    def network(request: Request) -> Response:
        viewer, seen, load = (
            site.viewer(request, Deed.INVENTORY_READ),
            looks(site.product),
            loads(site.product.truth),
        )
        city, (focus, hops) = site.city(viewer), _asked(request)
        made = graph_of(city, seen, load, focus=focus, hops=hops)
        view = network_page(city, seen, load, site.cities.today, made, focus=focus, hops=hops)
        shell = Shell(
            title=viewer.say("page.nav.network"),
            at="network",
            scripts=("echarts.js", "topology.js"),
        )
        row = chips(site.product.filters, viewer, request, Listed.NETWORK)
        return site.page(request, "network.html", shell, viewer=viewer, view=view, chips=row)


def _add_lists(site: Site, router: APIRouter) -> None:
    @router.get("/rooms")
    def rooms(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        city, query = site.city(viewer), query_of(request.query_params, ROOM_FILTERS, ROOM_SORTS)
        counties = sorted({r.county for r in city.estate.rooms if r.county})
        shell = Shell(
            title=viewer.say("rooms").capitalize(), at="network", crumbs=_way(viewer.say, "rooms")
        )
        given: dict[str, Any] = {"view": rooms_page(city, query), "counties": counties}
        given["chips"] = chips(site.product.filters, viewer, request, Listed.ROOMS)
        return site.page(request, "rooms.html", shell, viewer=viewer, **given)

    @router.get("/lines")
    def lines(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        city, query = site.city(viewer), query_of(request.query_params, LINE_FILTERS, LINE_SORTS)
        view = lines_page(
            city, looks(site.product), loads(site.product.truth), site.cities.today, query
        )
        providers = sorted({k.provider for k in city.estate.lines if k.provider})
        shell = Shell(
            title=viewer.say("lines").capitalize(), at="network", crumbs=_way(viewer.say, "lines")
        )
        given: dict[str, Any] = {"view": view, "providers": providers, "soon": SOON}
        given["chips"] = chips(site.product.filters, viewer, request, Listed.LINES)
        return site.page(request, "lines.html", shell, viewer=viewer, **given)


def _add_places(site: Site, router: APIRouter) -> None:
    @router.get("/rooms/{code}")
    def room(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        view = room_page(
            site.city(viewer),
            code,
            looks(site.product),
            loads(site.product.truth),
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
            loads(site.product.truth),
            site.cities.today,
            told,
            viewer.say,
        )
        site.looking(request).about(viewer.person, code, view.contacts)
        crumbs = (*_way(viewer.say, "lines", last=False), Crumb(view.row.name))
        shell = Shell(title=view.row.name, at="network", crumbs=crumbs)
        return site.page(request, "line.html", shell, viewer=viewer, view=view, soon=SOON)


def _way(say: Words, kind: str, *, last: bool = True) -> tuple[Crumb, ...]:
    to = "" if last else f"/{kind}"
    return Crumb(say("page.nav.network"), "/network"), Crumb(say(kind), to)
