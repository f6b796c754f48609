"""探测, further pages: silences in force, availability by month, an outage taken note of."""

import time
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.acknowledging import LONGEST, acknowledge
from api.errors import ApiError
from api.pages.city import City
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.listing import Listing, last_if_none, listed, query_of
from api.pages.looks import outages
from api.pages.site import Site
from migrator.errors import AlertmanagerDown, MigratorError, NotFound
from migrator.people.rights import Deed
from probes.errors import ProbeError
from probes.watch.availability import Available, months, of_folder, thing_of
from probes.watch.folder import Folder
from probes.watch.outages import Outage

SORTS = ("share", "code", "down", "outages")
LAST_MONTHS = 24
"""Months that can be chosen."""


@dataclass(frozen=True)
class HistoryRow:
    """`share` 0 to 1, None where it was not measured; `down`, `longest` in seconds."""

    code: str
    name: str
    kind: str
    share: float | None
    down: float
    outages: int
    longest: float
    v4: float | None
    v6: float | None


def mine(city: City, found: list[Outage], *, whole: bool) -> list[Outage]:
    """Outages of what a person sees; all for who sees the whole city."""
    if whole:
        return found
    kinds = [codes for kind, codes in city.by.items() if kind != "dependencies"]
    return [one for one in found if any(thing_of(one.code) in codes for codes in kinds)]


def history_row(city: City, one: Available) -> HistoryRow:
    code = thing_of(one.code)
    kind = next((k for k in ("nodes", "lines", "links", "services") if code in city.by[k]), "")
    shares = {family.family: family.share for family in one.families}
    return HistoryRow(
        code=one.code,
        name=str(getattr(city.by[kind][code], "name", code)) if kind else code,
        kind=kind,
        share=one.share,
        down=one.down,
        outages=one.outages,
        longest=one.longest,
        v4=shares.get(4),
        v6=shares.get(6),
    )


def history_page(
    site: Site, viewer: Viewer, params: Any, today: date
) -> tuple[Listing[HistoryRow], list[str], str]:
    """The rows of a month, the months that can be chosen, and the one that is."""
    query = query_of(params, ("q", "month"), SORTS)
    choices = _months(today)
    chosen = query["month"] if query["month"] in choices else choices[0]
    first = date.fromisoformat(f"{chosen}-01")
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    folder = Folder(site.product.settings.state / "probes")
    city = site.city(viewer)
    found = of_folder(folder, months(first, last), time.time_ns())
    if not viewer.person.whole_city:
        seen = {code for codes in city.by.values() for code in codes}
        found = [one for one in found if thing_of(one.code) in seen]
    rows = [history_row(city, one) for one in found]
    words = query["q"].casefold().split()
    page = listed(
        "/probes/history",
        query,
        rows,
        keep=lambda r: all(word in f"{r.code} {r.name}".casefold() for word in words),
        key=lambda r: (*last_if_none(getattr(r, query.sort)), r.code),
        row=lambda r: r,
    )
    return page, choices, chosen


def _months(today: date) -> list[str]:
    first, found = today.replace(day=1), []
    for _ in range(LAST_MONTHS):
        found.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def _shell(viewer: Viewer, title: str) -> Shell:
    crumbs = (Crumb(viewer.say("page.nav.probes"), "/probes"), Crumb(title))
    return Shell(title=title, at="probes", crumbs=crumbs)


def add_probe_doings(site: Site, router: APIRouter) -> None:
    """/probes/silences, /probes/history, /probes/outages/{number}/acknowledge."""
    _add_acknowledging(site, router)

    @router.get("/probes/silences")
    def silences(request: Request) -> Response:
        viewer = site.viewer(request, Deed.PROBE_SILENCE)
        alertmanager, fault = site.product.alertmanager, ""
        found: Any = ()
        try:
            found = alertmanager.silences() if alertmanager else ()
        except AlertmanagerDown as error:  # "none" would be a lie
            fault = str(error)
        given: dict[str, Any] = {"found": found, "fault": fault, "set": alertmanager is not None}
        page = _shell(viewer, viewer.say("page.silences"))
        return site.page(request, "silences.html", page, viewer=viewer, **given)

    @router.get("/probes/history")
    def history(request: Request) -> Response:
        viewer = site.viewer(request, Deed.PROBE_READ)
        today = site.cities.today
        view, choices, chosen = history_page(site, viewer, request.query_params, today)
        given: dict[str, Any] = {"list": view, "months": choices, "month": chosen}
        page = _shell(viewer, viewer.say("page.history"))
        return site.page(request, "probe_history.html", page, viewer=viewer, **given)


def _add_acknowledging(site: Site, router: APIRouter) -> None:
    def ask(request: Request, number: int, cause: str = "", fault: str = "") -> Response:
        viewer = site.viewer(request, Deed.PROBE_ACKNOWLEDGE)
        told = [o for o in outages(site.product) if o.id == number and not o.prober]
        if not told:
            raise NotFound(f"没有此中断 / no such outage: {number}; see /probes")
        given: dict[str, Any] = {"one": told[0], "cause": cause, "fault": fault, "longest": LONGEST}
        page = _shell(viewer, viewer.say("page.outage.acknowledge"))
        status = 422 if fault else 200
        return site.page(
            request, "confirm_outage.html", page, viewer=viewer, status=status, **given
        )

    @router.get("/probes/outages/{number}/acknowledge")
    def show(request: Request, number: int) -> Response:
        return ask(request, number)

    @router.post("/probes/outages/{number}/acknowledge")
    def take_note(request: Request, number: int, cause: Annotated[str, Form()] = "") -> Response:
        viewer = site.viewer(request, Deed.PROBE_ACKNOWLEDGE)
        try:
            acknowledge(site.product, (number,), cause, viewer.person)
        except (ApiError, ProbeError, MigratorError) as error:
            return ask(request, number, cause, str(error))
        return site.back(request, "/probes")
