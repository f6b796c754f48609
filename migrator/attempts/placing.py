"""Where systems live from now on, put into the estate: many at once, since each writing is of the whole.

Items that commit within a second of each other, or some more where a writing is dear, are one change:
an estate of thousands of systems is read, compared and kept once for all of them. Whoever comes first
writes for who comes after; nobody goes on before their own is written.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from inventory.changes import diff
from inventory.errors import StaleEstate
from inventory.model import Placement
from inventory.store import EstateStore

GATHER_SECONDS, GATHER_MOST, GATHER_TIMES = 1.0, 5.0, 10
"""Waited for others: so many times what the last writing cost, but not less and not more than that."""

TRIES = 5
"""How often a change is made again when somebody else changed the estate meanwhile."""

FEW = 50
"""Systems in an estate below which nobody waits for others: the whole is small."""


def gather(cost: float) -> float:
    """Seconds to wait for others where a writing costs so many."""
    return min(GATHER_MOST, max(GATHER_SECONDS, GATHER_TIMES * cost))


@dataclass
class _Batch:
    placements: dict[str, Placement] = field(default_factory=dict)
    done: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None


class Placer:
    """One for all threads of a worker. `actor` of a change is `ACTOR:RUN`."""

    def __init__(self, estate: EstateStore, actor: str) -> None:
        self._estate = estate
        self._actor = actor
        self._lock = threading.Lock()
        self._open: dict[str, _Batch] = {}  # by run
        self._writing = threading.Lock()
        self._cost = 0.0  # seconds of the processor, of the last writing

    def place(self, system: str, placement: Placement, beat: Callable[[], None]) -> None:
        """Return once it is written. Done twice, it changes nothing. Raises what the store raises."""
        with self._lock:
            batch = self._open.get(placement.run)
            first = batch is None
            if batch is None:
                batch = self._open[placement.run] = _Batch()
            batch.placements[system] = placement
        if first:
            self._gather(beat)
            with self._writing:
                with self._lock:
                    self._open.pop(placement.run)
                begun = time.thread_time()
                try:
                    self._write(placement.run, batch.placements)
                except Exception as error:  # theirs as well as ours
                    batch.error = error
                finally:
                    self._cost = time.thread_time() - begun
                    batch.done.set()
        while not batch.done.wait(0.5):
            beat()
        if batch.error is not None:
            raise batch.error

    def _gather(self, beat: Callable[[], None]) -> None:
        if len(self._estate.load().systems) >= FEW:
            until = time.monotonic() + gather(self._cost)
            while (left := until - time.monotonic()) > 0:
                beat()
                time.sleep(min(1.0, left))

    def _write(self, run: str, placements: Mapping[str, Placement]) -> None:
        for left in reversed(range(TRIES)):
            estate = self._estate.load()
            new = {}
            for code, placement in placements.items():
                system = estate.system(code)
                if system.placement is None or system.placement.run != run:
                    new[code] = system.model_copy(update={"placement": placement})
            if not new:
                return
            changes = diff(estate, estate.with_systems(new))
            try:
                self._estate.apply(changes, actor=f"{self._actor}:{run}", confirmed=changes.digest)
            except StaleEstate:
                if not left:
                    raise
                continue
            return
