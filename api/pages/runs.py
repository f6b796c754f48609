"""执行: runs, one run as it goes (waves, items, steps, log), one item, the log searched."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic_core import to_json

from api.http.views import waiting
from api.pages.frame import Crumb, Shell, Viewer, render
from api.pages.run_doing import add_doings, doings_of
from api.pages.run_feed import SHOWN, Feeds, Said, matches, said
from api.pages.site import Site
from api.pages.tones import tone
from api.times import seconds_between
from migrator.eta import rest
from migrator.people import Deed
from migrator.plan import WAY, StepKind
from migrator.progress import ItemRecord, ItemState, RunRecord, StepState

BEAT = 5.0
"""Seconds between two signs of life of a stream: a page calls itself stale after 15."""
LOOK = 1.0
"""Seconds between two looks of a stream at the truth."""
FOUND = 200
"""Lines that a search shows a page."""


@dataclass(frozen=True)
class StepView:
    kind: str
    state: str
    message: str
    began: str | None
    ended: str | None
    seconds: float | None


@dataclass(frozen=True)
class ItemView:
    """`doings`: what may be done with it now."""

    system: str
    name: str
    wave: int
    state: str
    tone: str
    note: str
    steps: tuple[StepView, ...]
    stuck: str
    since: str | None
    doings: tuple[str, ...]


@dataclass(frozen=True)
class WaveView:
    number: int
    items: tuple[ItemView, ...]
    done: int


@dataclass(frozen=True)
class RunView:
    """`share` of all steps that are done; `eta` in seconds, None while too little is known."""

    code: str
    plan: str
    state: str
    tone: str
    note: str
    by: str
    began: str
    ended: str | None
    waves: tuple[WaveView, ...]
    done: int
    total: int
    share: float
    eta: float | None
    waiting: tuple[str, ...]
    doings: tuple[str, ...]


def run_view(run: RunRecord, names: Mapping[str, str], now: str) -> RunView:
    """A run as a page shows it; `now`: ISO, for what is under way."""
    waves: dict[int, list[ItemView]] = defaultdict(list)
    for item in run.items:
        waves[item.wave].append(item_view(item, names.get(item.system, ""), now))
    steps = [item.step(kind).state for item in run.items for kind in WAY]
    passed = sum(s in (StepState.DONE, StepState.SKIPPED) for s in steps)
    over = sum(len(WAY) for i in run.items if i.state.ended and i.state is not ItemState.DONE)
    return RunView(
        code=run.code,
        plan=run.plan,
        state=str(run.state),
        tone=tone(run.state),
        note=run.note,
        by=run.started_by,
        began=run.started_at,
        ended=run.ended_at,
        waves=tuple(
            WaveView(n, tuple(waves[n]), sum(i.state == "done" for i in waves[n]))
            for n in sorted(waves)
        ),
        done=sum(i.state is ItemState.DONE for i in run.items),
        total=len(run.items),
        share=passed / max(1, len(steps) - over),
        eta=None if run.ended_at else eta_of(run, now),
        waiting=tuple(waiting(run)),
        doings=() if run.ended_at else (("resume", "abort") if run.paused else ("pause", "abort")),
    )


def item_view(item: ItemRecord, name: str, now: str) -> ItemView:
    shown = [item.step(kind) for kind in WAY]
    back = item.step(StepKind.ROLLBACK)
    if back.state is not StepState.PENDING:
        shown.append(back)
    stuck = next((s for s in shown if s.state in (StepState.FAILED, StepState.HELD)), None)
    running = next((s for s in shown if s.state is StepState.RUNNING), None)
    return ItemView(
        system=item.system,
        name=name,
        wave=item.wave,
        state=str(item.state),
        tone=tone(item.state),
        note=item.note,
        steps=tuple(
            StepView(
                kind=str(s.step),
                state=str(s.state),
                message=s.message,
                began=s.started_at,
                ended=s.ended_at,
                seconds=seconds_between(
                    s.started_at, now if s.state is StepState.RUNNING else s.ended_at
                ),
            )
            for s in shown
        ),
        stuck=str(stuck.step) if stuck else "",
        since=(running or stuck or back).started_at,
        doings=doings_of(item),
    )


def eta_of(run: RunRecord, now: str) -> float | None:
    """Seconds until what is under way and waits would be done, by what each kind of step took in this
    run and how many items went at once; None before every kind that is left was done once."""
    took: dict[StepKind, list[float]] = defaultdict(list)
    left: dict[StepKind, int] = defaultdict(int)
    begun: list[tuple[StepKind, float]] = []
    at_once = 0
    for item in run.items:
        at_once += item.state in (ItemState.RUNNING, ItemState.FAILED, ItemState.HELD)
        for kind in WAY:
            step = item.step(kind)
            seconds = seconds_between(step.started_at, step.ended_at)
            if step.state is StepState.DONE and seconds is not None:
                took[kind].append(seconds)
            elif step.state is StepState.RUNNING:
                begun.append((kind, seconds_between(step.started_at, now) or 0.0))
            elif not item.state.ended and step.state is not StepState.SKIPPED:
                left[kind] += 1
    wanted = {*left, *(kind for kind, _ in begun)}
    if not wanted or any(kind not in took for kind in wanted):
        return None
    usual = {kind: sum(took[kind]) / len(took[kind]) for kind in wanted}
    whole = sum(count * usual[kind] for kind, count in left.items())
    under_way = [rest(usual[kind], spent) for kind, spent in begun]
    return max([(whole + sum(under_way)) / max(1, at_once), *under_way])


@dataclass(frozen=True)
class Found:
    """What a search of the log found: exact totals, one page of it."""

    lines: tuple[Said, ...]
    total: int
    every: int
    page: int
    pages: int


def found_in(
    lines: Sequence[dict[str, object]],
    viewer: Viewer,
    *,
    q: str = "",
    system: str = "",
    step: str = "",
    page: int = 1,
) -> Found:
    """Lines with words in them that fit, the newest page first is page 1 counted from the end."""
    words = q.casefold().split()
    shown = [s for line in lines if (s := said(line, viewer.say, viewer.zone))]
    fit = [
        s
        for line in lines
        if matches(line, words, system, step) and (s := said(line, viewer.say, viewer.zone))
    ]
    pages = max(1, -(-len(fit) // FOUND))
    page = min(max(1, page), pages)
    end = len(fit) - (page - 1) * FOUND
    return Found(tuple(fit[max(0, end - FOUND) : end]), len(fit), len(shown), page, pages)


def last_said(lines: Sequence[dict[str, object]], viewer: Viewer, most: int) -> tuple[Said, ...]:
    """The last lines that have words, at most so many; a long log is not read from its start."""
    found: list[Said] = []
    for line in reversed(lines):
        if shown := said(line, viewer.say, viewer.zone):
            found.append(shown)
            if len(found) == most:
                break
    return tuple(reversed(found))


def routes(site: Site) -> APIRouter:
    router = APIRouter()
    feeds: list[Feeds] = []

    def feed() -> Feeds:
        if not feeds:
            feeds.append(Feeds(site.product.truth))
        return feeds[0]

    def now() -> str:
        return datetime.now(UTC).isoformat()

    def names(viewer: Viewer) -> Mapping[str, str]:
        city = site.city(viewer)
        return _Names(city)

    @router.get("/runs")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        runs = site.looking(request).runs(viewer.person)[::-1]
        view = [run_view(run, {}, now()) for run in runs[:100]]
        shell = Shell(title=viewer.say("page.nav.runs"), at="runs")
        return site.page(request, "runs.html", shell, viewer=viewer, view=view)

    @router.get("/runs/{code}")
    def one(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        run = site.looking(request).run(viewer.person, code)
        lines = _of(feed().lines(code), run)
        cursor = feed().cursor(len(feed().lines(code)))
        view = run_view(run, names(viewer), now())
        crumbs = (Crumb(viewer.say("page.nav.runs"), "/runs"), Crumb(code))
        scripts = () if run.ended_at else ("live.js",)
        shell = Shell(title=code, at="runs", crumbs=crumbs, scripts=scripts)
        given: dict[str, Any] = {
            "view": view,
            "log": last_said(lines, viewer, SHOWN // 4),
            "cursor": cursor,
        }
        return site.page(request, "run.html", shell, viewer=viewer, tone=tone, **given)

    @router.get("/runs/{code}/live")
    async def live(request: Request, code: str, after: str = "") -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        await asyncio.to_thread(looking.run, viewer.person, code)  # NotFound before the stream
        cursor = request.headers.get("last-event-id") or after
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        events = _events(site, looking, feed(), viewer, code, cursor, request)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    @router.get("/runs/{code}/log")
    def log(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        run = site.looking(request).run(viewer.person, code)
        told = request.query_params
        page = told.get("page", "1")
        asked = {n: told.get(n, "")[:200] for n in ("q", "system", "step")}
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        found = found_in(_of(feed().lines(code), run), viewer, page=number, **asked)
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

    @router.get("/runs/{code}/items/{system}")
    def item(request: Request, code: str, system: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        run = looking.run(viewer.person, code)
        record = site.product.truth.runs.item(run.code, system)
        attempts = [a for a in looking.attempts(viewer.person, code) if a.system == system]
        allowed = viewer.may(Deed.EVIDENCE_READ)
        kept = looking.evidence(viewer.person, code) if allowed else []
        view = item_view(record, names(viewer).get(system, ""), now())
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
            "evidence": [e for e in kept if e.system == system],
            "allowed": allowed,
            "log": last_said(lines, viewer, 300),
            "step_tone": tone,
        }
        return site.page(request, "run_item.html", shell, viewer=viewer, **given)

    add_doings(site, router)
    return router


class _Names(dict[str, str]):
    """Names of systems, looked up as they are asked for."""

    def __init__(self, city: object) -> None:
        super().__init__()
        self._city = city

    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        del default
        return str(self._city.system_name(key))  # type: ignore[attr-defined]


def _of(lines: Iterable[dict[str, object]], run: RunRecord) -> list[dict[str, object]]:
    """Lines of the items that a person sees."""
    systems = {item.system for item in run.items}
    return [line for line in lines if line["system"] in systems]


async def _events(
    site: Site,
    looking: "object",
    feeds: Feeds,
    viewer: Viewer,
    code: str,
    cursor: str,
    request: Request,
) -> AsyncIterator[bytes]:
    """lines (JSON), state (HTML), beat, end. Each has its cursor as id, so that a browser that comes
    back goes on where it was."""
    number = feeds.number(cursor)
    if number is None:
        yield _event("end", "", feeds.cursor(0))
        return
    before, silent = "", 0.0
    while not await request.is_disconnected():
        run, lines, html = await asyncio.to_thread(_look, site, looking, feeds, viewer, code)
        if len(lines) > number:
            new = lines[number:][-SHOWN:]
            systems = {item.system for item in run.items}
            told = [
                s.plain()
                for line in new
                if line["system"] in systems and (s := said(line, viewer.say, viewer.zone))
            ]
            number = len(lines)
            yield _event("lines", to_json(told).decode(), feeds.cursor(number))
            silent = 0.0
        if html != before:
            before, silent = html, 0.0
            yield _event("state", html, feeds.cursor(number))
        if run.ended_at:
            yield _event("end", "", feeds.cursor(number))
            return
        if silent >= BEAT:
            silent = 0.0
            yield _event("beat", "", feeds.cursor(number))
        await asyncio.sleep(LOOK)
        silent += LOOK


def _look(
    site: Site, looking: "object", feeds: Feeds, viewer: Viewer, code: str
) -> tuple[RunRecord, Sequence[dict[str, object]], str]:
    run: RunRecord = looking.run(viewer.person, code)  # type: ignore[attr-defined]
    lines = list(feeds.lines(code))
    view = run_view(run, _Names(site.city(viewer)), datetime.now(UTC).isoformat())
    shell = Shell(title=code)
    html = render("run_state.html", viewer, shell, f"/runs/{code}", view=view, tone=tone)
    return run, lines, html


def _event(name: str, data: str, number: str) -> bytes:
    body = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\nid: {number}\n{body}\n".encode()
