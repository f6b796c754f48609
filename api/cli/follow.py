"""Waiting for a run by looking at the truth: its end, an item that waits, new log lines."""

import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

from api.http.views import self_paused, waiting
from migrator.engine.run_log import fresh
from migrator.runs.records import RunRecord, RunState
from migrator.store.truth import Truth
from migrator.use_cases.running import Running

PACE = 0.5
"""Seconds between two looks at the truth."""


class Ending(StrEnum):
    DONE = "done"
    ENDED = "ended"  # but not every item is done
    WAITING = "waiting"  # an operator must decide
    TIMEOUT = "timeout"


def await_end(
    truth: Truth,
    code: str,
    timeout: float | None,
    *,
    stop_when_stuck: bool = True,
    each: Callable[[RunRecord], None] | None = None,
) -> tuple[Ending, RunRecord]:
    """Look until the run has ended, needs an operator, or `timeout` seconds have passed."""
    until = None if timeout is None else time.monotonic() + timeout
    while True:
        run = truth.runs.get(code)
        if each:
            each(run)
        if run.ended_at:
            return (Ending.DONE if run.state is RunState.DONE else Ending.ENDED), run
        if stop_when_stuck and (waiting(run) or self_paused(run)):
            return Ending.WAITING, run
        if until is not None and time.monotonic() >= until:
            return Ending.TIMEOUT, run
        time.sleep(PACE)


def log_lines(
    running: Running, code: str, system: str | None, *, follow: bool
) -> Iterator[dict[str, Any]]:
    """Lines so far in order of time; with `follow` also the new ones, until the run has ended.

    The phases of a cutover are known when its attempt has ended: followed, they come then, with the
    times that they had.
    """
    seen: set[tuple[object, ...]] = set()
    while True:
        ended = running.truth.runs.get(code).ended_at is not None
        yield from fresh(running.log(code, system), seen)
        if ended or not follow:
            return
        time.sleep(PACE)
