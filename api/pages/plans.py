"""方案: plans, one plan (waves or nights, why, who does not move), deciding on it with its digest."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell
from api.pages.plan_names import name_in
from api.pages.plan_rehearsal import add_rehearsal
from api.pages.plan_trials import add_trials
from api.pages.plan_view import plan_page
from api.pages.site import Site
from api.pages.tones import tone
from migrator.errors import EngineDown, MigratorError, NotFound
from migrator.people.names import same_person
from migrator.people.rights import Deed
from migrator.runs.approvals import PlanRecord


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/plans")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        plans = site.looking(request).plans(viewer.person)[::-1]
        shell = Shell(title=viewer.say("page.nav.plans"), at="plans")
        given: dict[str, Any] = {"plans": plans[:200], "tone": tone, "means": site.product.settings}
        return site.page(request, "plans.html", shell, viewer=viewer, **given)

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
    def make(request: Request, moves: Annotated[int, Form(ge=1, le=999)] = 4) -> Response:
        viewer = site.viewer(request, Deed.PLAN_MAKE)
        from api.scheduling import orders_on  # noqa: PLC0415  brings the planner

        product = site.product
        orders = orders_on(product, None, site.cities.today)
        record, _ = product.planning.make(
            viewer.person, product.means(moves_at_once=moves), orders, today=site.cities.today
        )
        return site.back(request, f"/plans/{record.code}")

    def ask(request: Request, code: str, what: str, reason: str = "", fault: str = "") -> Response:
        if what not in _DECISIONS:
            raise NotFound(f"没有此操作 / no such command: {what}")
        viewer = site.viewer(request, _DECISIONS[what])
        record, plan = site.looking(request).plan(viewer.person, code)
        title = viewer.say(f"page.plan.{what}", plan=code)
        crumbs = (
            Crumb(viewer.say("page.nav.plans"), "/plans"),
            Crumb(code, f"/plans/{code}"),
            Crumb(title),
        )
        shell = Shell(title=title, at="plans", crumbs=crumbs)
        drifted = site.product.planning.drifted(code) if what != "reject" else {}
        given: dict[str, Any] = {
            "record": record,
            "plan": plan,
            "what": what,
            "title": title,
            "reason": reason,
            "fault": fault,
            "drifted": drifted,
            "names": {
                v.system: name_in(v, site.city(viewer).secret.systems) for v in plan.verdicts
            },
            "own": same_person(record.author, viewer.name),
        }
        status = 409 if fault else 200
        return site.page(request, "confirm_plan.html", shell, viewer=viewer, status=status, **given)

    @router.get("/plans/{code}/do/{what}")
    def show(request: Request, code: str, what: str) -> Response:
        return ask(request, code, what)

    @router.post("/plans/{code}/do/{what}")
    def decide(
        request: Request,
        code: str,
        what: str,
        digest: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        if what not in _DECISIONS:
            raise NotFound(f"没有此操作 / no such command: {what}")
        viewer = site.viewer(request, _DECISIONS[what])
        product, reason = site.product, reason.strip()[:1000]
        if what == "reject" and not reason:
            return ask(request, code, what, reason, viewer.say("page.do.say_why"))
        try:
            if what == "start":
                _same_digest(product.truth.plans.record(code), digest)
                run = product.running.start(code, viewer.person)
                return site.back(request, f"/runs/{run.code}")
            decide_on = product.planning.approve if what == "approve" else product.planning.reject
            decide_on(code, digest, viewer.person, reason)
        except EngineDown:  # it is recorded and begins when the engine is back
            return site.back(request, "/runs")
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, code, what, reason, str(error))
        return site.back(request, f"/plans/{code}")

    add_trials(site, router)
    add_rehearsal(site, router)
    return router


_DECISIONS = {
    "approve": Deed.PLAN_DECIDE,
    "reject": Deed.PLAN_DECIDE,
    "start": Deed.RUN_START,
}


def _same_digest(record: PlanRecord, digest: str) -> None:
    """What is started is what was looked at. Raises Refused."""
    from migrator.errors import Refused  # noqa: PLC0415

    if digest != record.digest:
        raise Refused(
            f"摘要不符 / another digest: read {digest[:80]!r}, plan {record.code} has {record.digest}; look "
            "at the plan again"
        )
