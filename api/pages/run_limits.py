"""Limits of a run in flight: what the plan and the rules allow, what holds now, and changing it. The change
is confirmed on a page that names it from what to what."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from migrator.errors import EngineDown, MigratorError
from migrator.people.rights import Deed
from migrator.planning.plan import Plan
from migrator.runs.of_run import limits_of
from migrator.runs.rates import RATE, allowed_kbps
from migrator.runs.records import RunRecord

MOST = 10**9
SHOWN = 200
"""Of a run over many lines and hosts: the rest is found by its code."""


@dataclass(frozen=True)
class Limit:
    """`name` as the command line takes it; `planned` by plan and rules, None for none; `told`: what an
    operator set for this run, None for nothing. Items, or kbit/s of a rate."""

    name: str
    planned: int | None
    told: int | None

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def code(self) -> str:
        return self.name.partition(":")[2]


@dataclass(frozen=True)
class Change:
    """`after`: 0 gives it back to the plan."""

    limit: Limit
    after: int


@dataclass(frozen=True)
class Changing:
    """What a confirmation says."""

    run: str
    changes: tuple[Change, ...]

    @property
    def mark(self) -> str:
        """Of all that the confirmation says: who confirms has seen exactly this."""
        told = "\n".join((self.run, *(repr(one) for one in self.changes)))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def asked(self) -> Mapping[str, int]:
        return {one.limit.name: one.after for one in self.changes}


def limits_in(site: Site, run: RunRecord, plan: Plan) -> tuple[Limit, ...]:
    """Those that can be set for the run, a line's items and its rate beside each other."""
    planned: dict[str, int] = limits_of(
        run.model_copy(update={"limits": {}}), plan, site.product.gates.rules.limits
    )
    now = site.product.truth.clock()
    lines = {item.line.code: item for item in plan.items if item.line}
    rates = {f"{RATE}{code}": allowed_kbps(plan, item, {}, now) for code, item in lines.items()}
    names = {name for item in plan.items for name in item.resources} | rates.keys()
    return tuple(
        Limit(name, rates.get(name, planned.get(name, 1)), run.limits.get(name))
        for name in sorted(names, key=_place)
    )


def _place(name: str) -> tuple[int, str, str]:
    """The total first, then lines with their rates, rooms, clouds, hosts."""
    kind, _, code = name.partition(":")
    order = ("total", "line", "rate", "room", "cloud", "host")
    at = 1 if kind == "rate" else order.index(kind) if kind in order else len(order)
    return at, code, kind


def changing(
    run: str, limits: tuple[Limit, ...], told: Mapping[str, str]
) -> tuple[Changing, tuple[str, ...]]:
    """What the form asks to change; names whose value is none. What is left empty is the plan's, what was
    not on the page stays."""
    changes: list[Change] = []
    wrong: list[str] = []
    for limit in limits:
        if limit.name not in told:  # it was not on the page
            continue
        text = told[limit.name].strip()
        good = text.isascii() and text.isdigit() and len(text) < 11 and 1 <= int(text) <= MOST
        if text and not good:
            wrong.append(limit.name)
            continue
        after = int(text) if text else 0
        if after != (limit.told or 0):
            changes.append(Change(limit, after))
    return Changing(run, tuple(changes)), tuple(wrong)


def add_limits(site: Site, router: APIRouter) -> None:
    """GET /runs/{code}/limits, POST the form to be looked at, POST …/limits/change to change."""

    def known(request: Request, viewer: Viewer, code: str) -> tuple[RunRecord, tuple[Limit, ...]]:
        looking = site.looking(request)
        run = looking.run(viewer.person, code)
        _, plan = looking.plan(viewer.person, run.plan)
        return run, limits_in(site, run, plan)

    def page(
        request: Request, viewer: Viewer, code: str, told: Mapping[str, str], faults: list[str]
    ) -> Response:
        run, limits = known(request, viewer, code)
        q = (told.get("q") or request.query_params.get("q", "")).strip()[:80]
        fit = [one for one in limits if q.casefold() in one.code.casefold()]
        title = viewer.say("page.limits")
        shell = Shell(title=f"{title} · {code}", at="runs", crumbs=_crumbs(viewer, code, title))
        given: dict[str, Any] = {
            "run": run,
            "limits": fit[:SHOWN],
            "left": len(fit) - SHOWN,
            "q": q,
            "told": told,
            "faults": faults,
        }
        status = 422 if faults else 200
        return site.page(request, "run_limits.html", shell, viewer=viewer, status=status, **given)

    def ask(
        request: Request, viewer: Viewer, told: Changing, reason: str = "", fault: str = ""
    ) -> Response:
        title = viewer.say("page.limits.confirm")
        shell = Shell(title=title, at="runs", crumbs=_crumbs(viewer, told.run, title))
        given: dict[str, Any] = {"told": told, "title": title, "reason": reason, "fault": fault}
        status = 422 if fault else 200
        name = "confirm_limits.html"
        return site.page(request, name, shell, viewer=viewer, status=status, **given)

    @router.get("/runs/{code}/limits")
    def show(request: Request, code: str) -> Response:
        return page(request, site.viewer(request, Deed.RUN_READ), code, {}, [])

    @router.post("/runs/{code}/limits")
    def look(
        request: Request, code: str, told: Annotated[dict[str, str], Depends(_told)]
    ) -> Response:
        viewer = site.viewer(request, Deed.RUN_CONTROL)
        _, limits = known(request, viewer, code)
        made, wrong = changing(code, limits, told)
        if wrong:
            faults = [viewer.say("page.limits.bad", name=name) for name in wrong]
            return page(request, viewer, code, told, faults)
        if not made.changes:
            return page(request, viewer, code, told, [viewer.say("page.limits.same")])
        return ask(request, viewer, made)

    @router.post("/runs/{code}/limits/change")
    def change(
        request: Request,
        code: str,
        *,
        name: Annotated[list[str], Form(max_length=1000)] = [],  # noqa: B006
        value: Annotated[list[str], Form(max_length=1000)] = [],  # noqa: B006
        reason: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.RUN_CONTROL)
        _, limits = known(request, viewer, code)
        asked = dict(zip(name, value, strict=False))
        made, _ = changing(code, limits, asked)
        reason = reason.strip()[:1000]
        if seen != made.mark:  # what was agreed to is no longer what would happen
            return ask(request, viewer, made, reason, viewer.say("page.do.changed"))
        try:
            site.product.running.limit(code, made.asked, viewer.person, reason)
        except EngineDown:
            return site.back(request, f"/runs/{code}?late=1")
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, viewer, made, reason, str(error))
        return site.back(request, f"/runs/{code}/limits")


async def _told(request: Request) -> dict[str, str]:
    form = await request.form(max_fields=1000)
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _crumbs(viewer: Viewer, code: str, title: str) -> tuple[Crumb, ...]:
    return (
        Crumb(viewer.say("page.nav.runs"), "/runs"),
        Crumb(code, f"/runs/{code}"),
        Crumb(title),
    )
