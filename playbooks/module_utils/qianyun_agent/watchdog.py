"""The source's dead man's timer: armed before the hold, it takes a forgotten fence back.

It lives in a session of its own, so it survives the death of the cutover, its worker and the
line. Resuming is safe: a fenced side has yielded nothing, so no other side may be active.
It holds watchdog.lock as long as it lives; without it nothing is fenced.
"""

from __future__ import annotations

import time

from . import record
from .files import folder, is_locked, locked, read_json, write_json
from .side import Side

ARMED_SECONDS = 15.0  # beyond the hold: how long it waits for a fence that never comes
POLL = 0.1


def armed(code: str, token: int) -> bool:
    """Whether this token's watchdog lives."""
    home = folder(code)
    return read_json(home / "watchdog.json").get("token") == token and is_locked(
        home / "watchdog.lock"
    )


def watch(side: Side, token: int, seconds: float) -> str:
    """Waits for the end of this token's fence; returns how it ended. `seconds`: the hold's limit."""
    home = folder(side.move.code)
    with locked(home / "watchdog.lock", 10, "watchdog"):
        write_json(home / "watchdog.json", {"token": token})
        return _watch(side, token, seconds)


def _watch(side: Side, token: int, seconds: float) -> str:
    patience = time.monotonic() + seconds + ARMED_SECONDS
    limit = 0.0
    # A recovery may have resumed under this very token just before: then only time disarms.
    before = record.read(side.move.code).token
    while True:
        now = record.read(side.move.code)
        fenced = now.role == record.FENCED and now.token == token
        if fenced and not limit:
            limit = time.monotonic() + now.deadline - time.time()
        if fenced and time.monotonic() >= limit:
            side.resume(token, watchdog=True)
            return "resumed"
        resumed = now.token == token != before
        if not fenced and (limit or now.role != record.ACTIVE or resumed):
            return "ended"
        if not fenced and (now.seen > token or time.monotonic() > patience):
            return "disarmed"
        time.sleep(POLL)
