"""How quickly a copy may go, changed while it goes; and how far it is.

Who sends has a limit: whatever leaves a host for a system's move (rsync's bytes, a database's) goes
through one bucket, in however many processes. The target is told (`agent pace`, from the engine),
hands the rate on over the copy's own port, and asks for the bytes sent meanwhile. Files lie in /run:
after a boot nothing is under way.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import struct
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence, TextIO

from . import record
from .errors import AgentError
from .files import ensure_folder, read_json

RUN = Path("/run/qianyun")
WIRE = 0.95
"""Of a rate, what a copy's bytes may take: the rest is for ssh, TCP, IP and Ethernet (66 of 1,514)."""
DEPTH = 0.25
"""Seconds of the rate that may be made up for after a pause: a busy machine wakes us late."""
FORGIVEN = 0.5
"""Seconds of a lower rate that nobody makes up for: ten seconds of it take 5 % more for that, and
those after it are not starved."""
LOOK = 0.2
COUNT = 1.0
WINDOW = 10.0
"""Seconds over which the rate that is told is taken; a bucket that nobody used for so long is begun anew."""
STATE = struct.Struct("=dddq")


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
        self.credit, self.at = 0.0, now

    @staticmethod
    def _bytes(kbps: int) -> float:
        return max(1, kbps) * 1000 / 8 * WIRE

    def change(self, kbps: int, late: float) -> None:
        """Another rate, that should have held for `late` seconds already: what went through too much
        since then is waited for."""
        new = self._bytes(kbps)
        above = (self.rate - new) * max(0.0, min(late, 30.0))
        self.credit -= max(0.0, above - new * FORGIVEN)
        self.rate = new

    def take(self, size: int, now: float) -> float:
        """Seconds to wait after `size` bytes went through."""
        self.credit = min(self.credit + (now - self.at) * self.rate, self.rate * DEPTH) - size
        self.at = now
        return max(0.0, -self.credit / self.rate)

    @property
    def block(self) -> int:
        """Bytes to pass at once: some twenty milliseconds of the rate."""
        return int(min(262_144, max(2_048, self.rate / 50)))


class Limit:
    """One system's bucket on this host, shared by all processes that send for it. `kbps` is for a
    bucket that nobody used of late; a rate under way is changed by `order` alone."""

    def __init__(self, code: str, kbps: int) -> None:
        ensure_folder(RUN, 0o700)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        self._handle = os.open(_file(code, "limit"), flags, 0o600)
        self._sent = 0
        with self._held(Bucket(kbps, time.monotonic())) as bucket:
            self.block = bucket.block

    def close(self) -> None:
        os.close(self._handle)

    @contextmanager
    def _held(self, fresh: Bucket | None = None) -> Iterator[Bucket]:
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        try:
            bucket = fresh or Bucket(1, time.monotonic())
            raw = os.pread(self._handle, STATE.size, 0)
            if len(raw) == STATE.size:
                rate, credit, at, self._sent = STATE.unpack(raw)
                if fresh is None or 0 <= fresh.at - at < WINDOW:
                    bucket.rate, bucket.credit, bucket.at = rate, credit, at
            yield bucket
            told = STATE.pack(bucket.rate, bucket.credit, bucket.at, self._sent)
            os.pwrite(self._handle, told, 0)
        finally:
            fcntl.flock(self._handle, fcntl.LOCK_UN)

    def change(self, kbps: int, late: float) -> int:
        """Another rate, as Bucket's; the bytes sent since the boot."""
        with self._held() as bucket:
            bucket.take(0, time.monotonic())
            bucket.change(kbps, late)
        return self._sent

    def take(self, size: int) -> float:
        with self._held() as bucket:
            self._sent += size
            left = bucket.take(size, time.monotonic())
            self.block = bucket.block
        return left

    def pass_on(self, source: int, sink: int) -> None:
        """All that comes from a descriptor to another, at the rate. Raises OSError."""
        while block := os.read(source, self.block):
            write_all(sink, block)
            left = self.take(len(block))
            while left > 0:
                time.sleep(min(left, LOOK))
                left = self.take(0)


def order(code: str, kbps: int, late: float) -> int:
    """Where it is sent from: the rate from now on; the bytes sent since the boot."""
    limit = Limit(code, kbps)
    try:
        return limit.change(kbps, late)
    finally:
        limit.close()


def sending(code: str, kbps: int, command: Sequence[str], env: dict[str, str]) -> int:
    """Runs `command` on our standard input; its output goes to ours at the rate. Its exit code."""
    child = subprocess.Popen(list(command), stdout=subprocess.PIPE, env=env)
    assert child.stdout is not None
    try:
        Limit(code, kbps).pass_on(child.stdout.fileno(), 1)
    except OSError:  # the line is gone: so is who asked
        child.send_signal(signal.SIGTERM)
    finally:
        child.stdout.close()
    return child.wait()


def outgoing(code: str, kbps: int, command: Sequence[str]) -> int:
    """Runs `command` (ssh, for rsync) with our output; our standard input goes to its at the rate.

    It ends with the command: rsync waits for that before it closes what we read.
    """
    child = subprocess.Popen(list(command), stdin=subprocess.PIPE)
    assert child.stdin is not None
    sink = child.stdin

    def feed() -> None:
        with suppress(OSError):
            Limit(code, kbps).pass_on(0, sink.fileno())
            sink.close()

    threading.Thread(target=feed, daemon=True).start()
    return child.wait()


def write_all(handle: int, block: bytes) -> None:
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
    """On the target, while a copy runs: hands orders on and keeps count. `ask`: the port of who sends."""

    def __init__(self, code: str, kbps: int, total: int, ask: Callable[..., Any]) -> None:
        self.code, self.kbps, self.total = code, kbps, total
        self._ask = ask
        self._began = self._heard = time.time()
        self._done, self._sent = 0, -1
        self._told: list[tuple[float, int]] = []

    def tick(self) -> None:
        """Often. A source that does not answer keeps its rate, and the engine hears so. The rate is
        told each time: who began to send just then had an older one."""
        order_, at = _read(_file(self.code, "wanted"))
        new = at > self._heard and int(order_["kbps"]) != self.kbps
        if not new and self._told and time.monotonic() - self._told[-1][0] < COUNT:
            return
        kbps, late = self.kbps, 0.0
        if new:
            now = time.time()  # what was ordered before we began was too much since then only
            late = min(float(order_["late"]) + now - at, now - self._began)
            kbps = int(order_["kbps"])
        with suppress(AgentError, OSError):
            sent = int(self._ask("pace", 5, kbps=kbps, late=late))
            if new:
                self._heard, self.kbps = at, kbps
            self._done += max(0, sent - self._sent) if self._sent >= 0 else 0
            self._sent = sent
            self._tell()

    def _tell(self) -> None:
        now = time.monotonic()
        self._told = [one for one in self._told if now - one[0] <= WINDOW] + [(now, self._done)]
        since, before = self._told[0]
        rate = (self._done - before) / (now - since) if now - since >= 1 else 0
        told = {"done": min(self._done, self.total), "total": self.total, "rate": int(rate)}
        _put(_file(self.code, "progress"), {**told, "kbps": self.kbps})
