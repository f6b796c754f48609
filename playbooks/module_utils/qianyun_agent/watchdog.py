"""The source's dead man's timer: armed before the hold, it takes a forgotten fence back.

It lives in a session of its own, so it survives the death of the cutover, its worker and the
line. Resuming is safe: a fenced side has yielded nothing, so no other side may be active.
"""

from __future__ import annotations

import time

from . import record
from .side import Side

ARMED_SECONDS = 900.0  # how long it waits for a fence that never comes
POLL = 0.1


def watch(side: Side, token: int) -> str:
    """Waits for the end of this token's fence; returns how it ended."""
    code = side.move.code
    start, limit = time.monotonic(), 0.0
    while True:
        now = record.read(code)
        fenced = now.role == record.FENCED and now.token == token
        if fenced and not limit:
            limit = time.monotonic() + now.deadline - time.time()
        if fenced and time.monotonic() >= limit:
            side.resume(token, watchdog=True)
            return "resumed"
        if not fenced and (limit or now.role != record.ACTIVE or now.token == token):
            return "ended"
        if not fenced and (now.seen > token or time.monotonic() - start > ARMED_SECONDS):
            return "disarmed"
        time.sleep(POLL)
