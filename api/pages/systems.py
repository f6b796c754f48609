"""信息系统: the list (its URL is the filter), and one system with everything known of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.city import City, Judged
from api.pages.frame import Crumb, Shell, url
from api.pages.listing import Listing, Query, last_if_none, listed, query_of
from api.pages.looks import looks
from api.pages.saved_filters import chips
from api.pages.site import Site
from api.pages.system import system_page
from api.pages.tones import tone
from api.words import Words
from inventory.model import System
from inventory.policies.phases import Standing
from inventory.secrecy import is_classified, shown_name
from migrator.people.rights import Deed
from migrator.use_cases.saved_filters import Listed

FILTERS = ("q", "org", "place", "zone", "cloud", "secrecy", "phase", "missing")
SORTS = ("code", "name", "org", "place", "level", "funds", "phase")
MISSING = ("target", "entrance", "workload", "window", "ipv6", "mlps_level", "organisation")
"""Facts whose want stops a move or a report; `missing=` finds the systems that lack one."""


@dataclass(frozen=True)
class Row:
    """One system in the list; `phase` in both languages."""

    code: str
    name: str
    organisation: str
    place: str
    place_code: str
    target: str
    zone: str | None
    cloud: str | None
    level: int | None
    funds: int | None
    phase: tuple[str, str] | None
    late: bool
    secrecy: str
    classified: bool


@dataclass(frozen=True)
class Choice:
    """One entry of a filter's list."""

    value: str
    text: str


@dataclass(frozen=True)
class SystemsPage:
    list: Listing[Row]
    organisations: tuple[Choice, ...]
    places: tuple[Choice, ...]
    phases: tuple[tuple[str, str, str], ...]


def systems_page(city: City, judged: Judged | None, query: Query) -> SystemsPage:
    """Filtered, sorted and cut here, never in the browser."""
    standing = _standings(judged)
    found = listed(
        "/systems",
        query,
        city.estate.systems,
        keep=_keep(city, standing, query),
        key=_key(city, standing, query.sort),
        row=lambda s: _row(city, standing.get(s.code), s),
    )
    organisations = sorted({s.organisation for s in city.estate.systems if s.organisation})
    places = sorted({s.place for s in city.estate.systems if s.place})
    return SystemsPage(
        list=found,
        organisations=tuple(Choice(code, city.name(code)) for code in organisations),
        places=tuple(Choice(code, city.name(code)) for code in places),
        phases=_phases(judged),
    )


def _standings(judged: Judged | None) -> Mapping[str, Standing]:
    """Of the first policy that holds and has phases of systems."""
    for case in judged.cases if judged else ():
        if case.assessed.in_force and any(p.set == "systems" for p in case.pack.phases):
            return {s.code: s for s in case.standings if s.set == "systems"}
    return {}


def _phases(judged: Judged | None) -> tuple[tuple[str, str, str], ...]:
    for case in judged.cases if judged else ():
        of = [p for p in case.pack.phases if p.set == "systems"]
        if case.assessed.in_force and of:
            ordered = sorted(of, key=lambda p: (p.number, p.id))
            return tuple((f"{case.pack.id}:{p.id}", p.title, p.title_en) for p in ordered)
    return ()


def _keep(city: City, standing: Mapping[str, Standing], query: Query) -> Callable[[System], bool]:
    words = query["q"].casefold().split()
    phase = query["phase"].partition(":")[2]
    exact = {n: query[n] for n in ("org", "place", "zone", "cloud", "secrecy") if query[n]}

    def keep(one: System) -> bool:
        told = {
            "org": one.organisation or "unknown",
            "place": one.place or "unknown",
            "zone": str(one.network_domain or "unknown"),
            "cloud": str(one.cloud_status or "unknown"),
            "secrecy": str(one.secrecy),
        }
        if any(told[name] != value for name, value in exact.items()):
            return False
        if phase and _phase_of(standing.get(one.code)) != phase:
            return False
        if query["missing"] in MISSING and getattr(one, query["missing"]) is not None:
            return False
        if not words:
            return True
        text = f"{one.code} {shown_name(one)} {city.name(one.organisation)}".casefold()
        return all(word in text for word in words)

    return keep


def _phase_of(standing: Standing | None) -> str:
    return "" if standing is None else standing.phase or "done"


def _key(
    city: City, standing: Mapping[str, Standing], sort: str
) -> Callable[[System], tuple[Any, ...]]:
    phases = {s.phase: n for s in standing.values() for n, _ in enumerate((s.phase,))}
    del phases
    by: Mapping[str, Callable[[System], Any]] = {
        "code": lambda s: s.code,
        "name": shown_name,
        "org": lambda s: city.name(s.organisation) or None,
        "place": lambda s: city.name(s.place) or None,
        "level": lambda s: s.mlps_level,
        "funds": lambda s: None if is_classified(s) else s.om_funds_per_year,
        "phase": lambda s: _phase_of(standing.get(s.code)) or None,
    }
    read = by[sort]
    return lambda one: (*last_if_none(read(one)), one.code)


def _row(city: City, standing: Standing | None, one: System) -> Row:
    now = standing.now if standing else None
    secret = is_classified(one)
    phase = ("全部完成", "all left") if standing and not standing.phase else None
    return Row(
        code=one.code,
        name=shown_name(one),
        organisation=city.name(one.organisation),
        place=city.name(one.place),
        place_code=one.place or "",
        target=city.name(one.target),
        zone=one.network_domain,
        cloud=one.cloud_status,
        level=one.mlps_level,
        funds=None if secret else one.om_funds_per_year,
        phase=(now.title, now.title_en) if now else phase,
        late=bool(now and now.late),
        secrecy=str(one.secrecy),
        classified=secret,
    )


_SAVED: tuple[tuple[str, dict[str, str]], ...] = (
    ("page.saved.all", {}),
    ("page.saved.unmoved", {"cloud": "none"}),
    ("page.saved.migrated", {"cloud": "migrated"}),
    ("page.saved.no_target", {"missing": "target"}),
    ("page.saved.no_window", {"missing": "window"}),
    ("page.saved.no_ipv6", {"missing": "ipv6"}),
    ("page.saved.secrecy", {"secrecy": "unknown"}),
)


def everybodys(say: Words) -> list[tuple[str, str]]:
    """Filters worth a click: (text, address)."""
    return [(say(key), url("/systems", **told)) for key, told in _SAVED]


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/systems")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        query = query_of(request.query_params, FILTERS, SORTS)
        view = systems_page(site.city(viewer), site.judged(viewer), query)
        shell = Shell(title=viewer.say("page.nav.systems"), at="systems")
        row = chips(site.product.filters, viewer, request, Listed.SYSTEMS, everybodys(viewer.say))
        given: dict[str, Any] = {"view": view, "chips": row, "missing": MISSING, "tone": tone}
        return site.page(request, "systems.html", shell, viewer=viewer, **given)

    @router.get("/systems/{code}")
    def one(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        view = system_page(
            site.city(viewer),
            code,
            site.judged(viewer),
            looks(site.product),
            site.looking(request).moves(viewer.person, code),
            viewer.say,
        )
        site.looking(request).about(viewer.person, code, view.contacts)
        name = view.name
        crumbs = (Crumb(viewer.say("systems"), "/systems"), Crumb(name))
        shell = Shell(title=f"{code} {name}", at="systems", crumbs=crumbs)
        return site.page(request, "system.html", shell, viewer=viewer, view=view, tone=tone)

    return router
