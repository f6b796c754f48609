"""方案: plans, one plan (waves or nights, why, who does not move), deciding on it with its digest."""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.pages.frame import Crumb, Shell
from api.pages.plan_deciding import add_deciding
from api.pages.plan_making import add_making
from api.pages.plan_rehearsal import add_rehearsal
from api.pages.plan_trials import add_trials
from api.pages.plan_view import plan_page
from api.pages.site import Site
from api.pages.tones import tone
from migrator.people.rights import Deed

MOST_SHOWN = 200
_MOVES = re.compile(r"[1-9][0-9]{0,2}")


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    def listed(request: Request, fault: str = "", moves: str = "") -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        plans = site.looking(request).plans(viewer.person)[::-1]
        shell = Shell(title=viewer.say("page.nav.plans"), at="plans")
        given: dict[str, Any] = {"plans": plans[:MOST_SHOWN], "tone": tone, "fault": fault}
        given["moves"] = moves or site.product.settings.moves_at_once
        status = 422 if fault else 200
        return site.page(request, "plans.html", shell, viewer=viewer, status=status, **given)

    @router.get("/plans")
    def many(request: Request) -> Response:
        return listed(request)

    add_making(site, router)  # before {code}

    def whole(request: Request, code: str, fault: str = "", status: int = 200) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        looking = site.looking(request)
        record, plan = looking.plan(viewer.person, code)
        told = request.query_params.get("page", "1")
        page = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 1
        started = any(run.plan == code for run in looking.heads(viewer.person))
        plans = looking.plans(viewer.person)
        city = site.city(viewer)
        gone = site.product.planning.missed_of(code, plan, lambda: city.estate)
        missed = [why for system, why in gone.items() if system in plan.appointments]
        today = site.cities.today
        view = plan_page(
            record, plan, plans, started, viewer.name, today, page, city.secret.systems, missed
        )
        crumbs = (Crumb(viewer.say("page.nav.plans"), "/plans"), Crumb(code))
        shell = Shell(title=code, at="plans", crumbs=crumbs)
        given: dict[str, Any] = {"view": view, "fault": fault}
        return site.page(request, "plan.html", shell, viewer=viewer, status=status, **given)

    @router.get("/plans/{code}")
    def one(request: Request, code: str) -> Response:
        return whole(request, code)

    @router.get("/plans/{code}/timetable.{kind}")
    def file(request: Request, code: str, kind: Literal["xlsx", "ics", "svg"]) -> Response:
        from api.http.plan_files import timetable_file  # noqa: PLC0415  brings the planner

        viewer = site.viewer(request, Deed.PLAN_READ)
        return timetable_file(site.looking(request), viewer.person, code, kind, viewer.lang)

    @router.post("/plans")
    def make(request: Request, moves: Annotated[str, Form()] = "") -> Response:
        viewer = site.viewer(request, Deed.PLAN_MAKE)
        if not _MOVES.fullmatch(moves.strip()):
            return listed(request, viewer.say("page.plan.moves.wrong"), moves[:20])
        from api.scheduling import orders_on  # noqa: PLC0415  brings the planner

        product = site.product
        orders = orders_on(product, None, site.cities.today)
        record, _ = product.planning.make(
            viewer.person, product.means(moves_at_once=int(moves)), orders, today=site.cities.today
        )
        return site.back(request, f"/plans/{record.code}")

    add_deciding(site, router)
    add_trials(site, router)
    add_rehearsal(site, router)
    return router
