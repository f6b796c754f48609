"""/api/v1/events, /api/v1/runs/{code}/events: server-sent events (WHATWG HTML, 9.2).

The cursor of the last event that was seen comes as Last-Event-ID, or as `?cursor=` for who has to open
the stream anew. A comment keeps the line alive every 15 seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, ServerSentEvent

from api.errors import ApiError
from api.http.feed import PACE, Feeds, Happened
from api.http.people import Asking, Look, who_listens
from api.http.problems import problems
from api.http.rights import right
from inventory.errors import InventoryError
from migrator.errors import MigratorError
from migrator.people.rights import Deed, Person

router = APIRouter(tags=["events"])

TOLD = ("run.", "plan.", "inventory.", "alert.", "report.", "policy.")
"""Beginnings of the actions that everybody who may look is told of; sign-ins and reads are not."""
AT_ONCE = 500
ASKED_AGAIN = 5.0
"""Seconds after which it is asked again who listens."""
ALIVE = 15.0
"""Seconds of silence after which a comment is sent: proxies close what is silent."""


class Stream(StreamingResponse):
    """Events that were put into bytes before: FastAPI's own class takes them one by one, and for each
    listener anew."""

    media_type = "text/event-stream"


Cursor = Annotated[str | None, Query(max_length=40, description="自此之后 / after this event")]
LastId = Annotated[str | None, Header(alias="Last-Event-ID", max_length=40)]
Code = Annotated[str, Path(pattern=r"^R-\d{8}-\d{1,9}$", examples=["R-20261122-1"])]


def _seen_run(code: Code, person: Asking, look: Look) -> frozenset[str] | None:
    """The systems of the run that a person sees, None for all: asked before the stream begins, so that
    a refusal is an answer and not a stream."""
    look.head(person, code)
    return look.among(person)


@router.get(
    "/runs/{code}/events",
    summary="一次执行的实时事件 / what happens in a run",
    response_class=Stream,
    responses=problems(404),
    **right(Deed.RUN_READ),
)
async def of_run(
    code: Code,
    request: Request,
    mine: Annotated[frozenset[str] | None, Depends(_seen_run)],
    person: Asking,
    cursor: Cursor = None,
    last: LastId = None,
) -> Stream:
    """state：状态；log：日志；end：结束；reset：请重新载入 / state, log, end; reset: load the run anew."""
    feeds: Feeds = request.app.state.feeds
    told = _told(feeds.batches(code, last or cursor), mine, Listener(request, person))
    return Stream(told, headers={"X-Accel-Buffering": "no"})


class Listener:
    """Who listens, asked anew while they do: a stream outlives no session, token, role or scope."""

    def __init__(self, request: Request, person: Person) -> None:
        self._request, self._person = request, person
        self._asked = time.monotonic()

    async def may_still(self) -> bool:
        if time.monotonic() - self._asked < ASKED_AGAIN:
            return True
        self._asked = time.monotonic()
        try:
            now = await who_listens(self._request)
        except (MigratorError, InventoryError, ApiError):
            return False
        return now == self._person


async def _told(
    batches: AsyncIterator[list[Happened]], mine: frozenset[str] | None, listener: Listener
) -> AsyncIterator[bytes]:
    """Bytes for a listener: those of a batch together, since each sending costs more than its event."""
    spoke = time.monotonic()
    yield KEEPALIVE_COMMENT  # the stream is open before anything happens
    async for batch in batches:
        if not await listener.may_still():
            return
        told = b"".join(event.wire for event in batch if _sees(mine, event))
        now = time.monotonic()
        if told or now - spoke >= ALIVE:
            spoke = now
            yield told or KEEPALIVE_COMMENT


def _sees(mine: frozenset[str] | None, event: Happened) -> bool:
    system = event.data.get("system")
    return mine is None or system is None or system in mine


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
    place, listener = start, Listener(request, person)
    while not request.app.state.stopping.is_set() and await listener.may_still():
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
