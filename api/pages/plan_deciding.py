"""Deciding on a plan by its digest: approve, reject, start, each after a page that names it."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell
from api.pages.plan_names import name_in
from api.pages.site import Site
from migrator.errors import EngineDown, MigratorError, NotFound
from migrator.people.names import same_person
from migrator.people.rights import Deed
from migrator.runs.approvals import PlanRecord

_DECISIONS = {
    "approve": Deed.PLAN_DECIDE,
    "reject": Deed.PLAN_DECIDE,
    "start": Deed.RUN_START,
}


def add_deciding(site: Site, router: APIRouter) -> None:
    """The routes below a plan's page."""

    @router.get("/plans/{code}/do/{what}")
    def show(request: Request, code: str, what: str) -> Response:
        return _ask(site, request, code, what)

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
            return _ask(site, request, code, what, reason, viewer.say("page.do.say_why"))
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
            return _ask(site, request, code, what, reason, str(error))
        return site.back(request, f"/plans/{code}")


def _ask(
    site: Site, request: Request, code: str, what: str, reason: str = "", fault: str = ""
) -> Response:
    """The page that names what will happen."""
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
        "names": {v.system: name_in(v, site.city(viewer).secret.systems) for v in plan.verdicts},
        "own": same_person(record.author, viewer.name),
    }
    status = 409 if fault else 200
    return site.page(request, "confirm_plan.html", shell, viewer=viewer, status=status, **given)


def _same_digest(record: PlanRecord, digest: str) -> None:
    """What is started is what was looked at. Raises Refused."""
    from migrator.errors import Refused  # noqa: PLC0415

    if digest != record.digest:
        raise Refused(
            f"摘要不符 / another digest: read {digest[:80]!r}, plan {record.code} has {record.digest}; look "
            "at the plan again"
        )
