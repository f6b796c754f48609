"""How quickly a copy may go, changed while it goes; and how far it is.

The source sends: there `sending` lets rsync's bytes through at a rate that a file says. The target
is told (`agent pace`, from the engine), hands the rate on over the copy's own port, and asks for the
bytes sent meanwhile. Files lie in /run: after a boot nothing is under way.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Sequence, TextIO

from . import record
from .errors import AgentError
from .files import ensure_folder, read_json

RUN = Path("/run/qianyun")
WIRE = 0.95
"""Of a rate, what rsync's bytes may take: the rest is for ssh, TCP, IP and Ethernet (66 of 1,514)."""
DEPTH = 0.25
"""Seconds of the rate that may be made up for after a pause: a busy machine wakes us late."""
FORGIVEN = 0.5
"""Seconds of a lower rate that nobody makes up for: ten seconds of it take 5 % more for that, and
those after it are not starved."""
LOOK = 0.2
COUNT = 1.0
WINDOW = 10.0
"""Seconds over which the rate that is told is taken."""


def _file(code: str, what: str) -> Path:
    return RUN / f"{code}.{what}"


def _put(path: Path, value: dict[str, Any]) -> None:
    """Whole or not at all; nothing of it outlives a boot, so it is not synced."""
    ensure_folder(RUN, 0o700)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(value))
    aside.chmod(0o600)
    aside.replace(path)


def _read(path: Path) -> tuple[dict[str, Any], float]:
    """What it holds, and when that was written (unix seconds); ({}, 0) where there is none."""
    try:
        return read_json(path), path.stat().st_mtime
    except (OSError, ValueError):
        return {}, 0.0


class Bucket:
    """Lets bytes through at a rate. Pure but for `now`, a steady clock in seconds."""

    def __init__(self, kbps: int, now: float) -> None:
        self.rate = self._bytes(kbps)
        self._credit, self._at = 0.0, now

    @staticmethod
    def _bytes(kbps: int) -> float:
        return max(1, kbps) * 1000 / 8 * WIRE

    def change(self, kbps: int, late: float) -> None:
        """Another rate, that should have held for `late` seconds already: what went through too much
        since then is waited for."""
        new = self._bytes(kbps)
        above = (self.rate - new) * max(0.0, min(late, 30.0))
        self._credit -= max(0.0, above - new * FORGIVEN)
        self.rate = new

    def take(self, size: int, now: float) -> float:
        """Seconds to wait after `size` bytes went through."""
        self._credit = min(self._credit + (now - self._at) * self.rate, self.rate * DEPTH) - size
        self._at = now
        return max(0.0, -self._credit / self.rate)

    @property
    def block(self) -> int:
        """Bytes to pass at once: some twenty milliseconds of the rate."""
        return int(min(262_144, max(2_048, self.rate / 50)))


def order(code: str, kbps: int, late: float) -> int:
    """On the source: the rate from now on, where one is told; the bytes sent since the copy began."""
    if kbps:
        _put(_file(code, "pace"), {"kbps": kbps, "late": late})
    return int(_read(_file(code, "sent"))[0].get("bytes", 0))


def sending(code: str, kbps: int, command: Sequence[str], env: dict[str, str]) -> int:
    """Runs `command` on our standard input; its output goes to ours at the rate. Its exit code."""
    started, seen = time.time(), time.monotonic()
    bucket, sent = Bucket(kbps, seen), 0
    with suppress(OSError):  # not what a pass before this one has sent
        _put(_file(code, "sent"), {"bytes": 0})
    child = subprocess.Popen(list(command), stdout=subprocess.PIPE, env=env)
    assert child.stdout is not None
    source = child.stdout.fileno()
    try:
        while True:
            block = os.read(source, bucket.block)
            if not block:
                break
            _write(1, block)
            sent += len(block)
            left = bucket.take(len(block), time.monotonic())
            while True:
                if time.monotonic() - seen >= LOOK:
                    seen = time.monotonic()
                    _put(_file(code, "sent"), {"bytes": sent})
                    told, at = _read(_file(code, "pace"))
                    if at > started:
                        started = at
                        bucket.change(int(told["kbps"]), float(told["late"]) + time.time() - at)
                        left = bucket.take(0, time.monotonic())
                if left <= 0:
                    break
                time.sleep(min(left, LOOK))
                left = bucket.take(0, time.monotonic())
    except OSError:  # the line is gone: so is who asked
        child.send_signal(signal.SIGTERM)
    finally:
        child.stdout.close()
        with suppress(OSError):
            _put(_file(code, "sent"), {"bytes": sent})
    return child.wait()


def _write(handle: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(handle, view) :]


def session(code: str, token: int, source: TextIO, sink: TextIO) -> None:
    """Lines of an order each (kbit/s, seconds late), answered by one line of JSON, until the engine goes
    away. Anything else is passed over: where sudo asks for no password, it comes to us."""
    for line in source:
        if re.fullmatch(r"[0-9]{1,9} [0-9]{1,9}\.[0-9]{1,3}\n", line):
            kbps, late = line.split()
            sink.write(json.dumps(wanted(code, token, int(kbps), float(late))) + "\n")
            sink.flush()


def wanted(code: str, token: int, kbps: int, late: float) -> dict[str, Any]:
    """On the target, by an order of the engine: the rate from now on; how far the copy is, where one is
    under way: {"done", "total", "rate", "kbps"}. Raises Fenced for a lower token."""
    record.refuse_lower(record.read(code), token)
    _put(_file(code, "wanted"), {"kbps": kbps, "late": late})
    told, at = _read(_file(code, "progress"))
    return told if time.time() - at < WINDOW else {}


class Progress:
    """On the target, while a copy runs: hands orders on and keeps count. `ask`: the source's port."""

    def __init__(self, code: str, kbps: int, total: int, ask: Callable[..., Any]) -> None:
        self.code, self.kbps, self.total = code, kbps, total
        self._ask = ask
        self._began = self._heard = time.time()
        self._before = 0  # bytes of passes that have ended
        self._sent = 0
        self._told: list[tuple[float, int]] = []

    def tick(self) -> None:
        """Often. A source that does not answer keeps its rate, and the engine hears so."""
        order_, at = _read(_file(self.code, "wanted"))
        new = at > self._heard and int(order_["kbps"]) != self.kbps
        args: dict[str, Any] = {}
        if not new and self._told and time.monotonic() - self._told[-1][0] < COUNT:
            return
        if new:
            now = time.time()  # what was ordered before we began was too much since then only
            late = min(float(order_["late"]) + now - at, now - self._began)
            args = {"kbps": int(order_["kbps"]), "late": late}
        with suppress(AgentError, OSError):
            self._sent = int(self._ask("pace", 5, **args))
            if new:
                self._heard, self.kbps = at, int(order_["kbps"])
            self._tell()

    def passed(self) -> None:
        """One pass has ended."""
        self._before, self._sent = self._before + self._sent, 0

    def _tell(self) -> None:
        now, done = time.monotonic(), self._before + self._sent
        self._told = [one for one in self._told if now - one[0] <= WINDOW] + [(now, done)]
        since, before = self._told[0]
        rate = (done - before) / (now - since) if now - since >= 1 else 0
        told = {"done": min(done, self.total), "total": self.total, "rate": int(rate)}
        _put(_file(self.code, "progress"), {**told, "kbps": self.kbps})
