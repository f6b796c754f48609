"""A run as a stream of events, for whoever watches it live.

    async for event in stream(truth, "R-20261122-1", last=17): …

It reads the truth, so it needs no engine, misses nothing and tells nothing twice: who was cut off goes on
after the id that it saw last. `None` is a sign of life while nothing happens (a comment, in SSE).
"""

import asyncio
import time
from collections.abc import AsyncIterator

from migrator.store.events import Event
from migrator.store.truth import Truth

PACE = 0.5
"""Seconds between two looks at the truth."""

ALIVE = 15.0
"""Seconds of silence after which a sign of life is given: proxies close what is silent for a minute."""

PAGE = 500


async def stream(
    truth: Truth, run: str, last: int = 0, *, pace: float = PACE, alive: float = ALIVE
) -> AsyncIterator[Event | None]:
    """Events of the run after the id `last`, until it has ended and all are told. Raises NotFound,
    StoreDown."""
    spoke = time.monotonic()
    while True:
        # asked before the events are read: what ends the run is among them
        ended = (await asyncio.to_thread(truth.runs.head, run)).ended_at is not None
        found = await asyncio.to_thread(truth.events.after, last, run, PAGE)
        for event in found:
            last = event.id
            yield event
        if found:
            spoke = time.monotonic()
            continue
        if ended:
            return
        if time.monotonic() - spoke >= alive:
            spoke = time.monotonic()
            yield None
        await asyncio.sleep(pace)


def as_sse(event: Event | None) -> str:
    """The event as text/event-stream (WHATWG HTML, 9.2.6): its id, its kind, JSON on one line."""
    if event is None:
        return ": alive\n\n"
    return f"id: {event.id}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n"
