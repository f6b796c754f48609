"""What happens in a run, as numbered events that many listeners share.

One task looks at a run while anybody listens, however many they are; what it finds is kept in a
journal, and each listener goes through the journal by its own cursor. A cursor names this process and
a number: after a cut the stream goes on there, without a gap or a repeat; where that cannot be (another
process, too long ago) it says `reset`, and the page loads the run anew.
"""

import asyncio
import json
import secrets
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from migrator.engine.run_log import Tail
from migrator.runs.records import ItemRecord, RunRecord
from migrator.store.truth import Truth

PACE = 0.5
"""Seconds between two looks."""
REREAD = 5.0
"""Seconds after which a run is asked for changes that no event told."""
MANY = 500
"""Events of one look from which the run is read whole."""
KEPT = 20_000
"""Events of a run that can be told again."""
AT_ONCE = 500
"""Events of one batch: a listener that is slow holds up no memory of ours."""
WAITED = 5.0
"""Seconds of silence after which a listener is given an empty batch."""
LINGER = 120.0
"""Seconds that a journal is kept after its last listener has gone."""


@dataclass(frozen=True)
class Happened:
    """One event: `name` is state, log, end or reset."""

    cursor: str
    name: str
    data: dict[str, Any]

    @cached_property
    def wire(self) -> bytes:
        """As text/event-stream (WHATWG HTML, 9.2.6); made once, however many listen."""
        data = json.dumps(self.data, ensure_ascii=False, default=str)
        return f"event: {self.name}\ndata: {data}\nid: {self.cursor}\n\n".encode()


@dataclass
class Journal:
    """Of one run. The task alone adds to it."""

    truth: Truth
    code: str
    boot: str
    events: list[Happened] = field(default_factory=list)  # the last ones, numbered without a gap
    number: int = 0
    ended: bool = False
    listeners: int = 0
    left: float = 0.0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _event: int = 0
    _read_at: float = -1e9
    _mark: int | None = None
    _known: dict[str, RunRecord | ItemRecord] = field(default_factory=dict)

    @cached_property
    def _tail(self) -> Tail:
        return Tail(self.truth, self.code)

    def look(self) -> list[tuple[str, dict[str, Any]]]:
        """What is new since the last look: of a run with thousands of items those are read to which
        something happened, and now and then it is asked for what no event tells."""
        found: list[tuple[str, dict[str, Any]]] = []
        happened = self.truth.events.after(self._event, self.code, MANY)
        run = None
        if happened and self._known and len(happened) < MANY:
            run = self.truth.runs.head(self.code)
            found += self._states(
                run, self.truth.tallies.some(self.code, {e.system for e in happened})
            )
        elif happened or not self._known or self._silent_change():
            run = self.truth.runs.get(self.code)
            found += self._states(run, run.items)
        self._event = happened[-1].id if happened else self._event
        found += [("log", line) for line in self._tail.new()]
        if run is not None and run.ended_at is not None:
            self.ended = True
            found.append(("end", {"state": run.state.value}))
        return found

    def stale(self) -> None:
        """What no event tells is looked for at the next look."""
        self._read_at = -1e9

    def _silent_change(self) -> bool:
        """Whether, once in a while, the run is seen to be another without an event that says so."""
        if time.monotonic() - self._read_at < REREAD:
            return False
        before, self._mark = self._mark, self.truth.tallies.mark(self.code)
        self._read_at = time.monotonic()
        return before != self._mark

    def _states(
        self, run: RunRecord, items: Iterable[ItemRecord]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Run and items that are not as they were. Records are frozen: an equal one is not put into
        JSON again."""
        told: dict[str, RunRecord | ItemRecord] = {i.system: i for i in items}
        told[""] = run.model_copy(update={"items": ()})
        for key, one in told.items():
            if self._known.get(key) != one:
                yield "state", one.model_dump(mode="json", exclude={"items"})
        self._known |= told

    def add(self, found: list[tuple[str, dict[str, Any]]]) -> None:
        for name, data in found:
            self.number += 1
            self.events.append(Happened(f"{self.boot}.{self.number}", name, data))
        if len(self.events) > 2 * KEPT:
            del self.events[:-KEPT]

    def after(self, number: int) -> list[Happened]:
        return self.events[max(0, len(self.events) - (self.number - number)) :]

    def place(self, cursor: str | None) -> int | None:
        """Where a cursor stands; 0 without one; None where it cannot go on."""
        if not cursor:
            return 0
        boot, _, told = cursor.partition(".")
        if boot != self.boot or not told.isascii() or not told.isdigit() or len(told) > 15:
            return None
        number = int(told)
        first = self.number - len(self.events) + 1
        return number if first - 1 <= number <= self.number else None


class Feeds:
    """The journals of this process."""

    def __init__(self, truth: Any, stopping: threading.Event) -> None:
        self._truth = truth
        self._stopping = stopping
        self._boot = secrets.token_hex(4)
        self._journals: dict[str, Journal] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, code: str, cursor: str | None) -> AsyncIterator[Happened]:
        """Events of a run after the cursor, until it has ended or the server stops."""
        async for batch in self.batches(code, cursor):
            for event in batch:
                yield event

    async def batches(self, code: str, cursor: str | None) -> AsyncIterator[list[Happened]]:
        """The same, all that came together at once; an empty one now and then while nothing comes."""
        journal = self._journals.get(code)
        if journal is None:
            journal = self._journals[code] = Journal(self._truth(), code, self._boot)
            task = asyncio.create_task(self._keep(journal))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        journal.listeners += 1
        try:
            place = journal.place(cursor)
            if place is None:
                yield [Happened(f"{self._boot}.{journal.number}", "reset", {"run": code})]
                place = journal.number
            while not self._stopping.is_set():
                batch = journal.after(place)[:AT_ONCE]
                place += len(batch)
                yield batch
                if journal.ended and place >= journal.number:
                    return
                async with journal.changed:
                    if journal.number <= place and not journal.ended:
                        await _within(journal.changed)
        finally:
            journal.listeners -= 1
            journal.left = time.monotonic()

    async def _keep(self, journal: Journal) -> None:
        try:
            while not self._stopping.is_set():
                found = await asyncio.to_thread(journal.look)
                async with journal.changed:
                    journal.add(found)
                    journal.changed.notify_all()
                idle = not journal.listeners and time.monotonic() - journal.left > LINGER
                if journal.ended or (idle and journal.left):
                    return
                await asyncio.sleep(PACE)
        finally:
            self._journals.pop(journal.code, None)
            async with journal.changed:
                journal.ended = True
                journal.changed.notify_all()


async def _within(changed: asyncio.Condition) -> None:
    """Wait for a change: a stopping server is one."""
    try:
        await asyncio.wait_for(changed.wait(), WAITED)
    except TimeoutError:
        return
