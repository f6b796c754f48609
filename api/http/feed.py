"""What happens in a run, as numbered events that many listeners share.

One task looks at a run while anybody listens, however many they are; what it finds is kept in a
journal, and each listener goes through the journal by its own cursor. A cursor names this process and
a number: after a cut the stream goes on there, without a gap or a repeat; where that cannot be (another
process, too long ago) it says `reset`, and the page loads the run anew.
"""

import asyncio
import secrets
import threading
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from migrator.run_log import fresh, log_of
from migrator.store import Truth

PACE = 0.5
"""Seconds between two looks."""
KEPT = 20_000
"""Events of a run that can be told again."""
LINGER = 120.0
"""Seconds that a journal is kept after its last listener has gone."""


@dataclass(frozen=True)
class Happened:
    """One event: `name` is state, log, end or reset."""

    cursor: str
    name: str
    data: dict[str, Any]


@dataclass
class Journal:
    """Of one run. The task alone adds to it."""

    truth: Truth
    code: str
    boot: str
    events: deque[tuple[int, str, dict[str, Any]]] = field(
        default_factory=lambda: deque(maxlen=KEPT)
    )
    number: int = 0
    ended: bool = False
    listeners: int = 0
    left: float = 0.0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _known: dict[str, Any] = field(default_factory=dict)
    _seen: set[tuple[object, ...]] = field(default_factory=set)

    def look(self) -> list[tuple[str, dict[str, Any]]]:
        """What is new since the last look."""
        run = self.truth.runs.get(self.code)
        found: list[tuple[str, dict[str, Any]]] = []
        told: dict[str, Any] = {
            "": run.model_dump(mode="json", exclude={"items"}),
            **{item.system: item.model_dump(mode="json") for item in run.items},
        }
        for key, data in told.items():
            if self._known.get(key) != data:
                found.append(("state", data))
        self._known = told
        found += [
            ("log", dict(line)) for line in fresh(log_of(self.truth, self.code, None), self._seen)
        ]
        if run.ended_at is not None:
            self.ended = True
            found.append(("end", {"state": run.state.value}))
        return found

    def add(self, found: list[tuple[str, dict[str, Any]]]) -> None:
        for name, data in found:
            self.number += 1
            self.events.append((self.number, name, data))

    def after(self, number: int) -> list[Happened]:
        return [
            Happened(f"{self.boot}.{n}", name, data) for n, name, data in self.events if n > number
        ]

    def place(self, cursor: str | None) -> int | None:
        """Where a cursor stands; 0 without one; None where it cannot go on."""
        if not cursor:
            return 0
        boot, _, told = cursor.partition(".")
        if boot != self.boot or not told.isascii() or not told.isdigit() or len(told) > 15:
            return None
        number = int(told)
        first = self.events[0][0] if self.events else self.number + 1
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
                yield Happened(f"{self._boot}.{journal.number}", "reset", {"run": code})
                place = journal.number
            while not self._stopping.is_set():
                for event in journal.after(place):
                    place += 1
                    yield event
                if journal.ended and place >= journal.number:
                    return
                async with journal.changed:
                    if journal.number <= place:
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
    """Wait for a change, and look about now and then whether the server stops."""
    try:
        await asyncio.wait_for(changed.wait(), 1.0)
    except TimeoutError:
        return
