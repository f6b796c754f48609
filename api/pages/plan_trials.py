"""Questions to a plan: why a system moves when it does, what if, how two plans differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.frame import Crumb, Shell, Viewer
from api.pages.plan_names import name_in
from api.pages.site import Site
from inventory.seen import Seen
from migrator.errors import MigratorError, NotFound
from migrator.people.rights import Deed
from migrator.planning.orders import Orders
from migrator.planning.plan import Plan, Verdict


@dataclass(frozen=True)
class Hold:
    """Something that stands against an earlier night: how many, and what it alone would gain."""

    told: str
    nights: int
    gain: int


@dataclass(frozen=True)
class WhyPage:
    system: str
    name: str
    together: tuple[str, ...]
    night: date
    earliest: date
    free: int
    holds: tuple[Hold, ...]


def add_trials(site: Site, router: APIRouter) -> None:
    """GET /plans/{code}/why/{system}, /what-if?set=…, /compare/{other}."""

    def orders() -> Orders:
        from api.scheduling import orders_on  # noqa: PLC0415

        return orders_on(site.product, None, site.cities.today)

    def seen() -> Seen:
        from api.scheduling import seen_within  # noqa: PLC0415

        return seen_within(site.product)

    def shell(viewer: Viewer, code: str, title: str) -> Shell:
        crumbs = (
            Crumb(viewer.say("page.nav.plans"), "/plans"),
            Crumb(code, f"/plans/{code}"),
            Crumb(title),
        )
        return Shell(title=f"{title} · {code}", at="plans", crumbs=crumbs)

    def names(viewer: Viewer, *plans: Plan) -> dict[str, str]:
        secret = site.city(viewer).secret.systems
        return {v.system: name_in(v, secret) for plan in plans for v in plan.verdicts}

    @router.get("/plans/{code}/why/{system}")
    def why(request: Request, code: str, system: str) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        _, plan = site.looking(request).plan(viewer.person, code)
        verdict = next((v for v in plan.verdicts if v.system == system), None)
        if verdict is None:
            raise NotFound(f"方案 {code} 中没有系统 {system} / the plan has no such system")
        verdict = verdict.model_copy(update={"name": names(viewer, plan)[system]})
        view, fault = None, ""
        if plan.timetable is not None:
            try:
                view = _why(plan, site, orders(), seen(), system, verdict.name)
            except MigratorError as error:
                fault = str(error)
        given: dict[str, Any] = {
            "verdict": verdict,
            "view": view,
            "fault": fault,
            "code": code,
            "plan": plan,
        }
        title = viewer.say("page.why")
        return site.page(
            request, "plan_why.html", shell(viewer, code, title), viewer=viewer, **given
        )

    @router.get("/plans/{code}/what-if")
    def what_if(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        record, plan = site.looking(request).plan(viewer.person, code)
        told = request.query_params.get("set", "")[:2000]
        settings = [line.strip() for line in told.splitlines() if line.strip()]
        found, fault = None, ""
        if settings:
            from migrator.timing.differ import compared  # noqa: PLC0415

            try:
                before, after = site.product.planning.what_if(code, settings, orders(), seen=seen())
                found = compared(before, after)
            except MigratorError as error:
                fault = str(error)
        given: dict[str, Any] = {
            "record": record,
            "plan": plan,
            "told": told,
            "found": found,
            "fault": fault,
        }
        given["names"] = names(viewer, plan)
        page = shell(viewer, code, viewer.say("page.what_if"))
        status = 422 if fault else 200
        return site.page(request, "plan_what_if.html", page, viewer=viewer, status=status, **given)

    @router.get("/plans/{code}/compare")
    def compare(request: Request, code: str, other: str = "") -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        looking = site.looking(request)
        record, plan = looking.plan(viewer.person, code)
        from migrator.timing.differ import compared  # noqa: PLC0415

        former, before = looking.plan(viewer.person, other)
        if former.made_at > record.made_at:  # what was made first is what was before
            former, before, record, plan = record, plan, former, before
        changed = _verdicts(before, plan, names(viewer, before, plan))
        given: dict[str, Any] = {
            "record": record,
            "former": former,
            "found": compared(before, plan),
        }
        given |= {"changed": changed, "names": names(viewer, plan)}
        page = shell(viewer, code, viewer.say("page.compare"))
        return site.page(request, "plan_compare.html", page, viewer=viewer, **given)


@dataclass(frozen=True)
class Changed:
    """A system of which the two plans decide otherwise."""

    system: str
    name: str
    before: str
    after: str


def _verdicts(before: Plan, after: Plan, names: Mapping[str, str]) -> Sequence[Changed]:
    old = {v.system: v for v in before.verdicts}
    new = {v.system: v for v in after.verdicts}

    def told(verdicts: Mapping[str, Verdict], system: str) -> str:
        found = verdicts.get(system)
        return (
            "" if found is None else f"{found.disposition}{f' {found.wave}' if found.wave else ''}"
        )

    return tuple(
        Changed(code, names.get(code, ""), one, two)
        for code in sorted(old.keys() | new.keys())
        if (one := told(old, code)) != (two := told(new, code))
    )


def _why(
    plan: Plan, site: Site, orders: Orders, seen: Seen, system: str, name: str
) -> WhyPage | None:
    from migrator.timing.case import reasons_of  # noqa: PLC0415
    from migrator.timing.why import told  # noqa: PLC0415

    reasons = reasons_of(plan, site.product.estate.load(), orders, seen)
    lot = reasons.task.of.get(system)
    if lot is None:
        return None
    found = reasons.of(lot)
    night = reasons.task.city.plan.night
    holds = tuple(Hold(told(b.what), b.nights, b.gain) for b in found.bindings)
    together = tuple(job.code for job in lot.jobs if job.code != system)
    return WhyPage(system, name, together, night(found.slot), night(found.first), found.free, holds)
