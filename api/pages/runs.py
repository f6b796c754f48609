"""执行: runs, one run as it goes (waves, items, steps, log), one item, the log searched."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic_core import to_json

from api.pages.frame import Crumb, Shell, Viewer, render
from api.pages.run_doing import add_doings, doings_of
from api.pages.run_dossier import add_dossier
from api.pages.run_feed import SHOWN, Feeds, Said, matches, said
from api.pages.site import Site
from api.pages.tones import tone
from api.times import seconds_between
from migrator.eta import rest
from migrator.looking import Looking
from migrator.people import Deed
from migrator.plan import WAY, StepKind
from migrator.progress import ItemRecord, ItemState, RunRecord, StepState
from migrator.store_tallies import Tally

BEAT = 5.0
"""Seconds between two signs of life of a stream: a page calls itself stale after 15."""
LOOK = 1.0
"""Seconds between two looks of a stream at the truth."""
FOUND = 200
"""Lines that a search shows a page."""
ITEMS = 100
"""Items of a page: of a run with more, the page whose items go now is shown first."""
_PASSED = (StepState.DONE, StepState.SKIPPED)
_UNDER_WAY = (ItemState.RUNNING, ItemState.FAILED, ItemState.HELD)


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
    ended: bool
    note: str
    steps: tuple[StepView, ...]
    stuck: str
    since: str | None
    doings: tuple[str, ...]


@dataclass(frozen=True)
class WaveView:
    """`items`: those of the page; `done` of `total` are of the whole wave."""

    number: int
    items: tuple[ItemView, ...]
    done: int
    total: int


@dataclass(frozen=True)
class RunView:
    """`share` of all steps that are done; `eta` in seconds, None while too little is known. `waves`: those
    of the page; `here`: systems whose items stand on it."""

    code: str
    plan: str
    state: str
    tone: str
    note: str
    by: str
    began: str
    ended: str | None
    waves: tuple[WaveView, ...]
    here: frozenset[str]
    page: int
    pages: int
    done: int
    total: int
    share: float
    eta: float | None
    waiting: tuple[str, ...]
    doings: tuple[str, ...]


def run_view(
    tally: Tally,
    items: Sequence[ItemRecord],
    names: Mapping[str, str],
    now: str,
    *,
    page: int = 1,
) -> RunView:
    """A run as a page shows it, with these of its items; `now`: ISO, for what is under way."""
    run, counts = tally.run, tally.waves
    waves: dict[int, list[ItemView]] = defaultdict(list)
    for item in items:
        waves[item.wave].append(item_view(item, names.get(item.system, ""), now))
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
            WaveView(
                n,
                tuple(waves[n]),
                counts.get((n, ItemState.DONE), 0),
                sum(count for (wave, _), count in counts.items() if wave == n),
            )
            for n in sorted(waves)
        ),
        here=frozenset(item.system for item in items),
        page=page,
        pages=max(1, -(-tally.items // ITEMS)),
        done=sum(n for (_, state), n in counts.items() if state is ItemState.DONE),
        total=tally.items,
        share=share_of(tally),
        eta=None if run.ended_at else eta_of(tally, now),
        waiting=tally.waiting,
        doings=() if run.ended_at else (("resume", "abort") if run.paused else ("pause", "abort")),
    )


def share_of(tally: Tally) -> float:
    """Of all steps on the way, the part that is done or was passed over; items that ended without being
    done have none left."""
    passed = sum(s.many for s in tally.steps if s.step in WAY and s.state in _PASSED)
    over = sum(n for (_, s), n in tally.waves.items() if s.ended and s is not ItemState.DONE)
    return passed / max(1, (tally.items - over) * len(WAY))


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
        ended=item.state.ended,
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


def eta_of(tally: Tally, now: str) -> float | None:
    """Seconds until what is under way and waits would be done, by what each kind of step took in this
    run and how many items went at once; None before every kind that is left was done once."""
    at_once = sum(n for (_, state), n in tally.waves.items() if state in _UNDER_WAY)
    open_items = sum(n for (_, state), n in tally.waves.items() if not state.ended)
    whole, under_way = 0.0, list[float]()
    for kind in WAY:
        of = [s for s in tally.steps if s.step is kind]
        gone = sum(s.many for s in of if s.state is StepState.SKIPPED and not s.ended)
        done = [s for s in of if s.state is StepState.DONE]
        begun = [at for step, at in tally.running if step is kind]
        left = open_items - gone - sum(s.timed for s in done if not s.ended) - len(begun)
        timed = sum(s.timed for s in done)
        if left <= 0 and not begun:
            continue
        if not timed:
            return None
        usual = sum(s.seconds for s in done) / timed
        whole += max(0, left) * usual
        under_way += [rest(usual, seconds_between(at, now) or 0.0) for at in begun]
    whole += sum(under_way)
    return max([whole / max(1, at_once), *under_way]) if whole else None


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
        looking = site.looking(request)
        heads = looking.heads(viewer.person)[::-1][:100]
        tallies = looking.tallies(viewer.person, heads, stepped=True)
        view = [run_view(tally, (), {}, now()) for tally in tallies]
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
        items, page = _items(looking, viewer, code, told.get("page", ""), told.get("at", ""))
        view = run_view(tally, items, names(viewer), now(), page=page)
        crumbs = (Crumb(viewer.say("page.nav.runs"), "/runs"), Crumb(code))
        scripts = () if run.ended_at else ("live.js",)
        shell = Shell(title=code, at="runs", crumbs=crumbs, scripts=scripts)
        given: dict[str, Any] = {
            "view": view,
            "log": last_said(_of(known, among), viewer, SHOWN // 4),
            "cursor": feed().cursor(len(known)),
        }
        return site.page(request, "run.html", shell, viewer=viewer, tone=tone, **given)

    @router.get("/runs/{code}/live")
    async def live(request: Request, code: str, after: str = "") -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        await asyncio.to_thread(looking.head, viewer.person, code)  # NotFound before the stream
        page = request.query_params.get("page", "")
        cursor = request.headers.get("last-event-id") or after
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        events = _events(_Sight(site, looking, feed(), viewer, code, page), cursor, request)
        return StreamingResponse(events, media_type="text/event-stream", headers=headers)

    @router.get("/runs/{code}/log")
    def log(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        run, among = looking.head(viewer.person, code), looking.among(viewer.person)
        told = request.query_params
        page = told.get("page", "1")
        asked = {n: told.get(n, "")[:200] for n in ("q", "system", "step")}
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        found = found_in(_of(feed().lines(code), among), viewer, page=number, **asked)
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
        run = looking.head(viewer.person, code)
        record = looking.item(viewer.person, code, system)
        attempts = looking.attempts(viewer.person, code, system)
        allowed = viewer.may(Deed.EVIDENCE_READ)
        kept = looking.evidence(viewer.person, code, system) if allowed else []
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
            "evidence": kept,
            "allowed": allowed,
            "log": last_said(lines, viewer, 300),
            "step_tone": tone,
        }
        return site.page(request, "run_item.html", shell, viewer=viewer, **given)

    add_doings(site, router)
    add_dossier(site, router)
    return router


class _Names(dict[str, str]):
    """Names of systems, looked up as they are asked for."""

    def __init__(self, city: object) -> None:
        super().__init__()
        self._city = city

    def get(self, key: str, default: str | None = None) -> str:  # type: ignore[override]
        del default
        return str(self._city.system_name(key))  # type: ignore[attr-defined]


def _of(
    lines: Sequence[dict[str, object]], among: frozenset[str] | None
) -> Sequence[dict[str, object]]:
    """Lines of the systems that a person sees."""
    return lines if among is None else [line for line in lines if line["system"] in among]


def _items(
    looking: Looking, viewer: Viewer, code: str, page: str, at: str = ""
) -> tuple[Sequence[ItemRecord], int]:
    """The items of a page and its number: the one that was asked for, the one that the system `at`
    stands on, else the one whose items go now."""
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 6 else 0
    found, offset = looking.items(viewer.person, code, ITEMS, number, at[:80])
    return found, offset // ITEMS + 1


@dataclass(frozen=True)
class _Sight:
    """What a stream looks at, and who looks."""

    site: Site
    looking: Looking
    feeds: Feeds
    viewer: Viewer
    code: str
    page: str

    def look(self) -> tuple[RunRecord, Sequence[dict[str, object]], str]:
        """The run without its items, all its lines, and how it stands as HTML."""
        viewer, code = self.viewer, self.code
        tally = self.looking.tally(viewer.person, code)
        lines = list(self.feeds.lines(code))
        items, page = _items(self.looking, viewer, code, self.page)
        names, now = _Names(self.site.city(viewer)), datetime.now(UTC).isoformat()
        view = run_view(tally, items, names, now, page=page)
        path, shell = f"/runs/{code}", Shell(title=code)
        return tally.run, lines, render("run_state.html", viewer, shell, path, view=view, tone=tone)

    def told(self, lines: Sequence[dict[str, object]]) -> list[dict[str, str]]:
        """Those of these lines that the viewer sees and that have words."""
        seen = _of(lines, self.looking.among(self.viewer.person))
        return [s.plain() for one in seen if (s := said(one, self.viewer.say, self.viewer.zone))]


async def _events(sight: _Sight, cursor: str, request: Request) -> AsyncIterator[bytes]:
    """lines (JSON), state (HTML), beat, end. Each has its cursor as id, so that a browser that comes
    back goes on where it was."""
    feeds = sight.feeds
    number = feeds.number(cursor)
    if number is None:
        yield _event("end", "", feeds.cursor(0))
        return
    before, silent = "", 0.0
    while not await request.is_disconnected():
        run, lines, html = await asyncio.to_thread(sight.look)
        if len(lines) > number:
            told = await asyncio.to_thread(sight.told, lines[number:][-SHOWN:])
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


def _event(name: str, data: str, number: str) -> bytes:
    body = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\nid: {number}\n{body}\n".encode()
