"""The table of counters: fixed records in a mapped file, written by one process, read by others.

A word is written whole (eight aligned bytes), so a reader and a process killed at any moment leave
or see nothing half; the kernel keeps the pages when the process is gone. Layout in words of eight
bytes: a head of HEAD words, then one record of WORDS words per slot. `_total` figures only grow.
"""

import mmap
import os
import sys
import time
from bisect import bisect_left
from enum import IntEnum
from pathlib import Path

from probes.errors import Misuse
from probes.model import Failure

MAGIC = 0x716979756E_0001  # "qiyun", version of the layout
HEAD, WORDS = 512, 64
BUCKETS, REASONS = 16, 32
COARSE = (0.005, 0.02, 0.1, 0.5)
FINE = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01),
    *(0.015, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5),
)
FAILURES = tuple(Failure)
UNMEASURED_FOR = (Failure.NO_RESOLVER, Failure.ECHO_RATIONED)
"""Reasons with which a look ends that was neither answered nor lost."""
DOWN_AFTER = 2
"""Looks in a row that must fail before a target is down: the last of them ends within three
intervals of the cut, since no look outlasts its interval."""


class State(IntEnum):
    DOWN = 0
    UP = 1
    UNKNOWN = 2


class Word(IntEnum):
    """Places in a record; all words are integers."""

    KEY = 0
    ANSWERED = 1
    FAILED = 2
    UNMEASURED = 3
    DUPLICATES = 4
    LATE = 5
    STATE = 6
    SINCE = 7  # ns since 1970: when the state began
    LAST = 8  # ns since 1970: when the last look ended
    REASON = 9  # 1 + index of FAILURES while the last look failed, else 0
    ROW = 10  # failures in a row
    SUM = 11  # ns
    JITTER = 12  # ns
    RTT = 13  # ns
    NOT_AFTER = 14  # ns since 1970: a certificate's end
    WATCHED = 15  # ns between looks of one run of the prober: counted here, since a kill spares it
    BUCKET = 16  # and following: cumulative, as they are shown; the last is of all
    FAILURE = 32  # and following: counters by reason


EMPTY = memoryview(
    b"".join(
        (State.UNKNOWN if n == Word.STATE else 0).to_bytes(8, sys.byteorder)
        for n in range(1, WORDS)
    )
).cast("q")


class Head(IntEnum):
    """Places in the head: what the prober says of itself."""

    MAGIC = 0
    CAPACITY = 1
    GENERATION = 2
    BEAT = 3  # ns since 1970: the prober's last turn
    STARTED = 4
    STARTS = 5
    TARGETS = 6
    SENT = 7
    RECEIVED = 8
    STRAY = 9  # replies to nothing of ours
    SKIPPED = 10  # looks left out because the prober was behind
    UNSENT = 11  # requests that this machine would not take
    DROPS = 12  # replies that this machine threw away before we read them
    RELOADS = 13
    REFUSED = 14  # lists of targets that could not be read
    EXHAUSTED = 15
    RUNNING = 16
    PRIVILEGED = 17
    TURNS = 18
    FAULTS = 19  # looks that ended in an error of our own
    LATENESS_SUM = 20  # ns
    LATENESS = 21  # and following: one bucket each, the last is the rest
    UNTOLD = 30  # names that no resolver says anything of


LONGEST_GAP = 3600 * 10**9
"""Between two looks at one target, ns: more than that was not watched."""
LATENESS_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1.0)


class Table:
    """A mapping of the file; `writable` makes and grows it. Close it when done."""

    def __init__(self, path: Path, *, writable: bool, capacity: int = 0) -> None:
        """Raises Misuse for a file that is no table of this layout."""
        flags = os.O_RDWR | os.O_CREAT if writable else os.O_RDONLY
        descriptor = os.open(path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            wanted = (HEAD + capacity * WORDS) * 8
            if writable and size < wanted:
                os.ftruncate(descriptor, wanted)
                size = wanted
            if size < HEAD * 8:
                raise Misuse(f"{path}: 文件不完整 / not a whole table: {size}")
            access = mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ
            self._map = mmap.mmap(descriptor, size, access=access)
        finally:
            os.close(descriptor)
        self.capacity = (size // 8 - HEAD) // WORDS
        self.q = memoryview(self._map).cast("q")
        magic = self.q[Head.MAGIC]
        if writable and magic == 0:
            self.q[Head.MAGIC] = MAGIC
        elif magic != MAGIC:
            self.close()
            raise Misuse(
                f"{path}: 不是本版本的计数表 / read {magic:#x}, expected a table of this version "
                f"({MAGIC:#x}); 移走此文件后重启 / move the file away and start again"
            )
        if writable:
            self.q[Head.CAPACITY] = self.capacity

    def copy(self) -> memoryview:
        """All words at one moment."""
        return memoryview(bytes(self.q.cast("B"))).cast("q")

    def close(self) -> None:
        self.q.release()
        self._map.close()

    def base(self, slot: int) -> int:
        return HEAD + slot * WORDS

    def clear(self, slot: int, number: int) -> None:
        """A slot for somebody else: the key last, so that a kill leaves a slot that is nobody's."""
        base = self.base(slot)
        self.q[base] = 0
        self.q[base + 1 : base + WORDS] = EMPTY
        self.q[base] = number

    def restart(self, slot: int) -> None:
        """Nothing is known of it any more; what was counted stays."""
        base = self.base(slot)
        self.q[base + Word.STATE] = State.UNKNOWN
        for word in (Word.SINCE, Word.LAST, Word.REASON, Word.ROW, Word.RTT):
            self.q[base + word] = 0

    def count(self, what: Head, by: int = 1) -> None:
        self.q[what] += by

    def answered(self, slot: int, seconds: float, bounds: tuple[float, ...]) -> State | None:
        """A look that was ok; the new state where it turned."""
        q = self.q
        base = HEAD + slot * WORDS
        first = base + 16 + bisect_left(bounds, seconds)
        # the widest first: whoever reads meanwhile, or after a kill, sees no bucket above a wider one
        for place in range(base + 16 + len(bounds), first - 1, -1):
            q[place] += 1
        took = int(seconds * 1e9)
        q[base + 11] += took
        if before := q[base + 13]:
            q[base + 12] += (abs(took - before) - q[base + 12]) >> 4  # RFC 3550, 6.4.1
        q[base + 13] = took
        q[base + 1] += 1
        now = time.time_ns()
        if q[4] <= (last := q[base + 8]) < now:
            q[base + 15] += min(now - last, LONGEST_GAP)
        q[base + 8] = now
        if q[base + 9]:
            q[base + 10] = q[base + 9] = 0
        if q[base + 6] == 1:
            return None
        q[base + 7] = now
        q[base + 6] = 1
        return State.UP

    def failed(self, slot: int, failure: Failure) -> State | None:
        """A look that failed; the new state where it turned."""
        q = self.q
        base = HEAD + slot * WORDS
        index = FAILURES.index(failure)
        q[base + Word.FAILURE + index] += 1
        q[base + Word.FAILED] += 1
        q[base + Word.REASON] = index + 1
        now = time.time_ns()
        if q[Head.STARTED] <= (last := q[base + Word.LAST]) < now:
            q[base + Word.WATCHED] += min(now - last, LONGEST_GAP)
        q[base + Word.LAST] = now
        q[base + Word.ROW] += 1
        if q[base + Word.ROW] < DOWN_AFTER or q[base + Word.STATE] == State.DOWN:
            return None
        q[base + Word.SINCE] = now
        q[base + Word.STATE] = State.DOWN
        return State.DOWN

    def unmeasured(self, slot: int) -> None:
        """A look of which nothing is known by our own fault: neither loss nor answer."""
        self.q[HEAD + slot * WORDS + Word.UNMEASURED] += 1

    def unmeasured_for(self, slot: int, reason: Failure) -> None:
        """A look that says nothing of the target, for a reason of its own (see UNMEASURED_FOR)."""
        base = HEAD + slot * WORDS
        index = FAILURES.index(reason)
        self.q[base + Word.FAILURE + index] += 1
        self.q[base + Word.REASON] = index + 1
        self.q[base + Word.UNMEASURED] += 1

    def late(self, seconds: float) -> None:
        """How long after it was due a look was begun."""
        place = Head.LATENESS
        for bound in LATENESS_BUCKETS:
            if seconds <= bound:
                break
            place += 1  # type: ignore[assignment]
        self.q[place] += 1
        self.q[Head.LATENESS_SUM] += int(seconds * 1e9)
