"""/api/v1/events, /api/v1/runs/{code}/events: server-sent events (WHATWG HTML, 9.2).

The cursor of the last event that was seen comes as Last-Event-ID, or as `?cursor=` for who has to open
the stream anew. A comment keeps the line alive every 15 seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.http.feed import PACE, Feeds
from api.http.people import Asking, Look
from api.http.problems import problems
from api.http.rights import right
from migrator.people import Deed

router = APIRouter(tags=["events"])

TOLD = ("run.", "plan.", "inventory.", "alert.", "report.", "policy.")
"""Beginnings of the actions that everybody who may look is told of; sign-ins and reads are not."""
AT_ONCE = 500

Cursor = Annotated[str | None, Query(max_length=40, description="自此之后 / after this event")]
LastId = Annotated[str | None, Header(alias="Last-Event-ID", max_length=40)]
Code = Annotated[str, Path(pattern=r"^R-\d{8}-\d{1,9}$", examples=["R-20261122-1"])]


def _seen_run(code: Code, person: Asking, look: Look) -> frozenset[str] | None:
    """The systems of the run that a person sees, None for all: asked before the stream begins, so that
    a refusal is an answer and not a stream."""
    run = look.run(person, code)
    return None if person.whole_city else frozenset(item.system for item in run.items)


@router.get(
    "/runs/{code}/events",
    summary="一次执行的实时事件 / what happens in a run",
    response_class=EventSourceResponse,
    responses=problems(404),
    **right(Deed.RUN_READ),
)
async def of_run(
    code: Code,
    request: Request,
    mine: Annotated[frozenset[str] | None, Depends(_seen_run)],
    cursor: Cursor = None,
    last: LastId = None,
) -> AsyncIterator[ServerSentEvent]:
    """state：状态；log：日志；end：结束；reset：请重新载入 / state, log, end; reset: load the run anew."""
    feeds: Feeds = request.app.state.feeds
    async for event in feeds.listen(code, last or cursor):
        system = event.data.get("system")
        if mine is not None and system is not None and system not in mine:
            continue
        yield ServerSentEvent(event=event.name, id=event.cursor, data=event.data)


def _start(look: Look, cursor: Cursor = None, last: LastId = None) -> int:
    told = last or cursor or ""
    head = look.truth.audit_head()
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 16 else head
    return min(number, head)


@router.get(
    "/events",
    summary="全市实时事件 / what happens in the city",
    response_class=EventSourceResponse,
    responses=problems(),
    **right(Deed.RUN_READ),
)
async def of_city(
    request: Request, person: Asking, look: Look, start: Annotated[int, Depends(_start)]
) -> AsyncIterator[ServerSentEvent]:
    """方案、执行、台账、告警的变化 / plans, runs, inventory, alerts; numbered as the audit."""
    place = start
    while not request.app.state.stopping.is_set():
        entries = await asyncio.to_thread(look.truth.audit_after, place, AT_ONCE)
        for entry in entries:
            place = entry.seq
            if not entry.action.startswith(TOLD) or entry.action.endswith((".read", ".export")):
                continue
            if not person.whole_city and not await asyncio.to_thread(
                look.concerns, person, entry.object
            ):
                continue
            data = {"at": entry.at, "action": entry.action, "object": entry.object}
            yield ServerSentEvent(event=entry.action, id=str(entry.seq), data=data)
        if len(entries) < AT_ONCE:
            await asyncio.sleep(PACE * 2)
