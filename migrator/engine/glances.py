"""What every step under way asks twice a second, looked up once for all of them.

Two hundred steps that each read their own row and their run's limits as often cost more than the
steps' own work; two short queries a run and second answer them all.
"""

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from migrator.runs.records import RunRecord
from migrator.store.truth import Truth

LOOK_SECONDS = 0.5
"""How old an answer may be: so late, at most, does a step notice what an operator said."""

_KEPT = 64
"""Answers kept: of the runs that are under way, and a few that were."""


class Glances:
    """The truth, seen at most `LOOK_SECONDS` ago. Threads may share it."""

    def __init__(self, truth: Truth, steady: Callable[[], float] = time.monotonic) -> None:
        self._truth = truth
        self._steady = steady
        self._lock = Lock()
        self._seen: dict[tuple[str, str], tuple[float, Any]] = {}

    def turned(self, run: str) -> Mapping[str, str]:
        """Systems whose items are to go back, with what was said of it."""
        found: Mapping[str, str] = self._of("turned", run, self._truth.runs.turned)
        return found

    def head(self, run: str) -> RunRecord:
        """The run without its items."""
        found: RunRecord = self._of("head", run, self._truth.runs.head)
        return found

    def _of(self, what: str, run: str, look: Callable[[str], Any]) -> Any:
        with (
            self._lock
        ):  # also while looking: the others wait for this answer instead of asking too
            kept = self._seen.get((what, run))
            if kept and self._steady() < kept[0]:
                return kept[1]
            if len(self._seen) >= _KEPT:
                self._seen.clear()
            answer = look(run)
            self._seen[what, run] = (self._steady() + LOOK_SECONDS, answer)
            return answer
