"""执行: runs, one run as it goes (waves, items, steps, log), one item, the log searched."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse

from api.pages.frame import Crumb, Shell
from api.pages.run_deciding import add_deciding
from api.pages.run_doing import add_doings
from api.pages.run_dossier import add_dossier
from api.pages.run_feed import SHOWN, Feeds
from api.pages.run_limits import add_limits
from api.pages.run_live import Names, Sight, events, items_at, of_those
from api.pages.run_old_host import add_old_host
from api.pages.run_view import found_in, item_view, last_said, run_view
from api.pages.site import Site
from api.pages.tones import tone
from migrator.people.rights import Deed
from migrator.planning.plan import StepKind


def routes(site: Site) -> APIRouter:
    router, feed = APIRouter(), cache(lambda: Feeds(site.product.truth))  # opened at the first look
    _add_pages(site, router, feed)
    _add_live(site, router, feed)
    _add_log(site, router, feed)
    _add_item(site, router, feed)
    add_doings(site, router)
    add_deciding(site, router)
    add_limits(site, router)
    add_dossier(site, router)
    add_old_host(site, router)
    return router


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _add_pages(site: Site, router: APIRouter, feed: Callable[[], Feeds]) -> None:
    @router.get("/runs")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        heads = looking.heads(viewer.person)[::-1][:100]
        tallies = looking.tallies(viewer.person, heads, stepped=True)
        view = [run_view(tally, (), {}, _now()) for tally in tallies]
        shell = Shell(title=viewer.say("page.nav.runs"), at="runs")
        return site.page(request, "runs.html", shell, viewer=viewer, view=view)

    @router.get("/runs/{code}")
    def one(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        tally = looking.tally(viewer.person, code)
        run, among = tally.run, looking.among(viewer.person)
        known = feed().lines(code)
        told = request.query_params
        items, page = items_at(looking, viewer, code, told.get("page", ""), told.get("at", ""))
        view = run_view(tally, items, Names(site.city(viewer)), _now(), page=page)
        crumbs = (Crumb(viewer.say("page.nav.runs"), "/runs"), Crumb(code))
        scripts = () if run.ended_at else ("live.js",)
        shell = Shell(title=code, at="runs", crumbs=crumbs, scripts=scripts)
        given: dict[str, Any] = {
            "view": view,
            "log": last_said(of_those(known, among), viewer, SHOWN // 4),
            "cursor": feed().cursor(len(known)),
            "late": told.get("late") == "1",
        }
        return site.page(request, "run.html", shell, viewer=viewer, tone=tone, **given)


def _add_live(site: Site, router: APIRouter, feed: Callable[[], Feeds]) -> None:
    @router.get("/runs/{code}/live")
    async def live(request: Request, code: str, after: str = "") -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        await asyncio.to_thread(looking.head, viewer.person, code)  # NotFound before the stream
        page = request.query_params.get("page", "")
        cursor = request.headers.get("last-event-id") or after
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        sight = Sight(site, looking, feed(), viewer, code, page)
        return StreamingResponse(
            events(sight, cursor, request), media_type="text/event-stream", headers=headers
        )


def _add_log(site: Site, router: APIRouter, feed: Callable[[], Feeds]) -> None:
    @router.get("/runs/{code}/log")
    def log(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        run, among = looking.head(viewer.person, code), looking.among(viewer.person)
        told = request.query_params
        page = told.get("page", "1")
        asked = {n: told.get(n, "")[:200] for n in ("q", "system", "step")}
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        found = found_in(of_those(feed().lines(code), among), viewer, page=number, **asked)
        crumbs = (
            Crumb(viewer.say("page.nav.runs"), "/runs"),
            Crumb(code, f"/runs/{code}"),
            Crumb(viewer.say("page.log")),
        )
        shell = Shell(title=f"{code} {viewer.say('page.log')}", at="runs", crumbs=crumbs)
        given: dict[str, Any] = {
            "run": run,
            "found": found,
            "asked": asked,
            "steps": [str(k) for k in StepKind],
        }
        return site.page(request, "run_log.html", shell, viewer=viewer, **given)


def _add_item(site: Site, router: APIRouter, feed: Callable[[], Feeds]) -> None:
    @router.get("/runs/{code}/items/{system}")
    def item(request: Request, code: str, system: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        run = looking.head(viewer.person, code)
        record = looking.item(viewer.person, code, system)
        attempts = looking.attempts(viewer.person, code, system)
        allowed = viewer.may(Deed.EVIDENCE_READ)
        kept = looking.evidence(viewer.person, code, system) if allowed else []
        view = item_view(record, Names(site.city(viewer)).get(system, ""), _now())
        lines = [line for line in feed().lines(code) if line["system"] == system]
        crumbs = (
            Crumb(viewer.say("page.nav.runs"), "/runs"),
            Crumb(code, f"/runs/{code}"),
            Crumb(system),
        )
        shell = Shell(title=f"{system} · {code}", at="runs", crumbs=crumbs)
        given: dict[str, Any] = {
            "view": view,
            "run": run,
            "attempts": attempts,
            "evidence": kept,
            "allowed": allowed,
            "log": last_said(lines, viewer, 300),
            "step_tone": tone,
        }
        return site.page(request, "run_item.html", shell, viewer=viewer, **given)
