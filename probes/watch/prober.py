"""The prober: one event loop that looks at every target in its time and counts into the table.

    prober = Prober(Folder(path), vantage="city")
    await prober.run(stop)

A turn (every five milliseconds while there is work) reads what came, ends what is overdue, begins
what is due, in this order: so nothing is called lost that lies in a socket of ours.
"""

import asyncio
import gc
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from probes.errors import Exhausted, Misuse
from probes.failures import BY_ERRNO
from probes.literal import fault_of
from probes.model import Failure, Family, ProbeResult
from probes.names import Resolver
from probes.table import probe
from probes.watch.echo import Echo, Outcomes, Ping
from probes.watch.folder import Folder
from probes.watch.limits import EchoLimits
from probes.watch.naming import Naming
from probes.watch.outages import Outages, Turn
from probes.watch.ring import Ring
from probes.watch.slots import Slots
from probes.watch.table import COARSE, FAILURES, FINE, Head, State, Table, Word
from probes.watch.watched import Watch, number_of, read, share

TURN = 0.005  # seconds between two turns while there is work: each wakes a sleeping processor
IDLE = 0.05  # and at most, so that replies are read soon
BURST = 1024  # looks begun in one turn: the rest is late by a turn, and told so
AT_ONCE = 256  # looks under way that need a connection
LONGEST = 5.0  # seconds that any look may take
SHARE = 0.8  # and of its interval: two that fail are over well within three intervals
LAGGING = 0.1  # share of a look's time by which our own loop may be late: more voids a timeout
TIMEOUTS = frozenset(
    {
        Failure.TIMEOUT_CONNECT,
        Failure.TIMEOUT_TLS,
        Failure.TIMEOUT_ANSWER,
        Failure.TIMEOUT_BODY,
    }
)
REREAD = 1.0  # seconds between two looks at the list of targets


@dataclass(slots=True, eq=False)
class Seated:
    """One target with its slot; `ping` where it is looked at by ICMP."""

    watch: Watch
    slot: int
    wait: float
    ping: Ping | None = None
    queued: bool = False


@dataclass
class Prober:
    """`shard` of `shards` (0-based) looks at its share of the list alone."""

    folder: Folder
    vantage: str = "local"
    shard: int = 0
    shards: int = 1
    resolver: Resolver | None = None  # by default this machine's own
    seated: dict[str, Seated] = field(default_factory=dict)
    _by_slot: dict[int, Seated] = field(default_factory=dict)
    _rings: dict[float, Ring[Seated]] = field(default_factory=dict)
    _echoes: dict[Family, Echo] = field(default_factory=dict)
    _stamp: tuple[int, int] = (0, 0)
    _lines: dict[str, Watch] = field(default_factory=dict)
    _limits: EchoLimits = field(default_factory=EchoLimits)
    _lag: float = 0.0
    _wake: float = float("inf")

    async def run(self, stop: asyncio.Event, ready: asyncio.Event | None = None) -> None:
        """Until `stop`. Raises Misuse for a table or a first list that cannot be used."""
        self._loop = asyncio.get_running_loop()
        self._backlog: asyncio.Queue[Seated] = asyncio.Queue()
        self._table = Table(self.folder.table, writable=True)
        self._slots = Slots.load(self.folder.slots, self.vantage)
        self._outages = Outages(self.folder.outages)
        self._names = Naming(self.resolver or Resolver())
        self._table.q[Head.STARTED] = time.time_ns()
        self._table.count(Head.STARTS)
        workers = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]
        try:
            self._reload()
            self._outages.reconcile(self._standing())
            if ready:
                ready.set()
            await self._turns(stop)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._names.close()
            for echo in self._echoes.values():
                echo.close()
            self._outages.close()
            self._table.close()

    async def _turns(self, stop: asyncio.Event) -> None:
        reread = self._loop.time() + REREAD
        while not stop.is_set():
            now = self._loop.time()
            self._turn(now)
            if now >= reread:
                reread = now + REREAD
                if _stamp(self.folder.targets) != self._stamp:
                    self._reload()
            due = min((ring.due for ring in self._rings.values()), default=now + IDLE)
            pause = min(IDLE, max(TURN, due - self._loop.time()))
            self._wake = self._loop.time() + pause
            await asyncio.sleep(pause)
            self._lag, self._wake = self._lagged(), float("inf")

    def _lagged(self) -> float:
        """Seconds by which this loop was late so far, the delay under way included."""
        return self._lag + max(0.0, self._loop.time() - self._wake)

    def _turn(self, now: float) -> None:
        for echo in self._echoes.values():
            if echo.read():
                echo.expire(now)
        skipped = 0
        for ring in self._rings.values():
            for seated, due in ring.take(now, BURST):
                self._table.late(now - due)
                self._begin(seated, now)
            skipped, ring.skipped = skipped + ring.skipped, 0
        if skipped:
            self._table.count(Head.SKIPPED, skipped)
        self._tell()

    def _begin(self, seated: Seated, now: float) -> None:
        if seated.ping is not None:
            self._echoes[seated.watch.target.family].send(seated.ping, now, seated.wait)
        elif seated.queued:  # the look before is still waiting or under way
            self._table.count(Head.SKIPPED)
        else:
            seated.queued = True
            self._backlog.put_nowait(seated)

    async def _work(self) -> None:
        """Looks that need a connection, as many at once as there are workers."""
        while True:
            seated = await self._backlog.get()
            self._table.q[Head.RUNNING] += 1
            lag = self._lagged()
            try:
                target = self._names.placed(seated.watch.target, self._loop.time())
                result = (
                    target if isinstance(target, ProbeResult) else await probe(target, seated.wait)
                )
            except Exhausted:
                self._table.count(Head.EXHAUSTED)
                self._unmeasured(seated.slot)
            except Exception:  # a fault of ours must not cost a worker, nor accuse the target
                self._table.count(Head.FAULTS)
                self._unmeasured(seated.slot)
            else:
                if self._by_slot.get(seated.slot) is not seated:
                    pass  # it left the list meanwhile
                elif result.failure in TIMEOUTS and self._lagged() - lag > LAGGING * seated.wait:
                    self._unmeasured(seated.slot)  # it was we who were slow
                else:
                    self._ended(seated.slot, result)
            finally:
                self._table.q[Head.RUNNING] -= 1
                seated.queued = False

    def _ended(self, slot: int, result: ProbeResult) -> None:
        if until := result.evidence.get("not_after"):
            self._table.q[self._table.base(slot) + Word.NOT_AFTER] = _nanoseconds(until)
        if result.failure is Failure.NO_RESOLVER:
            self._table.unmeasured_for(slot, result.failure)
        elif result.failure is None:
            self._answered(slot, result.timings["total"] / 1000)
        else:
            self._failed(slot, result.failure)

    def _reload(self) -> None:
        gc.disable()  # what is made now lasts: looking through it meanwhile finds nothing
        try:
            self._take_over()
        finally:
            gc.enable()

    def _take_over(self) -> None:
        """The list anew; one that cannot be read leaves everything as it is."""
        self._stamp = _stamp(self.folder.targets)
        try:
            watches = share(read(self.folder.targets, self._lines), self.shard, self.shards)
        except (OSError, Misuse):
            self._table.count(Head.REFUSED)
            if not self.seated and not self._table.q[Head.RELOADS]:
                raise
            return
        self._grow(self._slots.needed(watches))
        seats = self._slots.place(watches, self._table)
        self._seat(watches, seats)
        self._slots.write()
        self._table.q[Head.TARGETS] = len(self.seated)
        self._table.count(Head.RELOADS)
        self._table.count(Head.GENERATION)
        gc.collect()
        gc.freeze()  # ten thousands of lasting objects are not walked again and again

    def _grow(self, needed: int) -> None:
        if needed > self._table.capacity:
            self._table.close()
            capacity = max(1024, needed * 5 // 4)
            self._table = Table(self.folder.table, writable=True, capacity=capacity)

    def _seat(self, watches: Iterable[Watch], seats: dict[str, int]) -> None:
        """Those that are the same stay as they are, with the look that is under way."""
        before, self.seated = self.seated, {}
        for watch in watches:
            key = watch.key
            old = before.get(key)
            if old is not None and old.watch == watch and old.slot == seats[key]:
                self.seated[key] = before.pop(key)
            else:
                wait = min(LONGEST, SHARE * watch.interval)
                self.seated[key] = Seated(watch, seats[key], wait)
        for left in before.values():
            if left.ping is not None:
                self._echoes[left.watch.target.family].remove(left.ping)
        self._by_slot = {seated.slot: seated for seated in self.seated.values()}
        self._limits.know((seated.watch, seated.slot) for seated in self.seated.values())
        rings: dict[float, list[tuple[int, Seated]]] = {}
        for key, seated in self.seated.items():
            target = seated.watch.target
            if target.check == "icmp" and seated.ping is None and fault_of(target) is None:
                seated.ping = self._ping(seated)
            rings.setdefault(seated.watch.interval, []).append((number_of(key), seated))
        now = self._loop.time()
        for interval in self._rings.keys() - rings.keys():
            del self._rings[interval]
        for interval, placed in rings.items():
            self._rings.setdefault(interval, Ring(interval, now)).put(placed, now)

    def _ping(self, seated: Seated) -> Ping | None:
        """None where no socket is to be had: `probe` then says which right is missing."""
        family = seated.watch.target.family
        if family not in self._echoes:
            try:
                self._echoes[family] = Echo(family, self._outcomes())
            except OSError as error:
                if BY_ERRNO.get(error.errno or 0) is None:
                    raise
                return None
            self._table.q[Head.PRIVILEGED] = int(self._echoes[family].raw)
        return self._echoes[family].add(seated.slot, seated.watch.target.address)

    def _outcomes(self) -> Outcomes:
        return Outcomes(
            answered=self._answered,
            failed=self._failed,
            unmeasured=self._unmeasured,
            duplicate=lambda slot: self._note(slot, Word.DUPLICATES),
            late=lambda slot: self._note(slot, Word.LATE),
            stray=lambda: self._table.count(Head.STRAY),
        )

    def _note(self, slot: int, what: Word) -> None:
        self._table.q[self._table.base(slot) + what] += 1

    def _unmeasured(self, slot: int) -> None:
        self._table.unmeasured(slot)  # through us: the table changes when it grows

    def _answered(self, slot: int, seconds: float) -> None:
        bounds = FINE if self._by_slot[slot].watch.fine else COARSE
        if self._table.answered(slot, seconds, bounds) is not None:
            self._outages.tell(self._turned(self._by_slot[slot]))

    def _failed(self, slot: int, failure: Failure) -> None:
        watch = self._by_slot[slot].watch
        if failure is Failure.TIMEOUT_ANSWER and self._limits.rationed(watch, slot, self._table):
            self._table.unmeasured_for(slot, Failure.ECHO_RATIONED)
            return
        if self._table.failed(slot, failure) is not None:
            self._outages.tell(self._turned(self._by_slot[slot]))

    def _turned(self, seated: Seated) -> Turn:
        base, target = self._table.base(seated.slot), seated.watch.target
        reason = self._table.q[base + Word.REASON]
        return Turn(
            key=seated.watch.key,
            code=target.code,
            check=seated.watch.check,
            family=target.family,
            down=self._table.q[base + Word.STATE] == State.DOWN,
            at=self._table.q[base + Word.SINCE],
            reason=FAILURES[reason - 1].value if reason else "",
        )

    def _standing(self) -> list[Turn]:
        """What the table says of every target that was looked at before."""
        place = self._table.base
        return [
            self._turned(seated)
            for seated in self.seated.values()
            if self._table.q[place(seated.slot) + Word.STATE] != State.UNKNOWN
        ]

    def _tell(self) -> None:
        """What the prober says of itself: the sums over its sockets are kept over restarts."""
        q = self._table.q
        for echo in self._echoes.values():
            q[Head.SENT] += echo.sent
            q[Head.RECEIVED] += echo.received
            q[Head.UNSENT] += echo.unsent
            echo.sent = echo.received = echo.unsent = 0
            if echo.drops != echo.told_drops:
                q[Head.DROPS] += (echo.drops - echo.told_drops) & 0xFFFFFFFF
                echo.told_drops = echo.drops
        q[Head.TURNS] += 1
        q[Head.BEAT] = time.time_ns()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino


def _nanoseconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp()) * 1_000_000_000
