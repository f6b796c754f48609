"""The prober: one event loop that looks at every target in its time and counts into the table.

    prober = Prober(Folder(path), vantage="city")
    await prober.run(stop)

A turn (every five milliseconds while there is work) reads what came, ends what is overdue, begins
what is due, in this order: so nothing is called lost that lies in a socket of ours. Echoes and TCP
connections live in these turns; whatever has more to say to its target has a worker (`workers`).
"""

import asyncio
import gc
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from probes.errors import Misuse
from probes.failures import BY_ERRNO
from probes.literal import fault_of
from probes.model import Family
from probes.table import load
from probes.watch.connects import Connection, Connects
from probes.watch.counting import Counting
from probes.watch.echo import Echo, Ping
from probes.watch.folder import Folder
from probes.watch.limits import EchoLimits
from probes.watch.naming import Naming
from probes.watch.outages import Outages, Turn
from probes.watch.ring import Ring
from probes.watch.slots import Slots
from probes.watch.table import Head, State, Table, Word
from probes.watch.watched import Watch, number_of, read, share
from probes.watch.workers import Seated, Workers

if TYPE_CHECKING:
    from probes.names import Resolver

TURN = 0.005  # seconds between two turns while there is work: each wakes a sleeping processor
IDLE = 0.05  # and at most, so that replies are read soon
BURST = 1024  # looks begun in one turn: the rest is late by a turn, and told so
LONGEST = 5.0  # seconds that any look may take
SHARE = 0.8  # and of its interval: two that fail are over well within three intervals
REREAD = 0.25  # seconds between two looks at the list of targets


@dataclass
class Prober:
    """`shard` of `shards` (0-based) looks at its share of the list alone."""

    folder: Folder
    vantage: str = "local"
    shard: int = 0
    shards: int = 1
    resolver: "Resolver | None" = None  # by default this machine's own
    seated: dict[str, Seated] = field(default_factory=dict)
    _rings: dict[float, Ring[Seated]] = field(default_factory=dict)
    _echoes: dict[Family, Echo] = field(default_factory=dict)
    _stamp: tuple[int, int] = (0, 0)
    _lines: dict[str, Watch] = field(default_factory=dict)
    _lag: float = 0.0
    _wake: float = float("inf")

    async def run(self, stop: asyncio.Event, ready: asyncio.Event | None = None) -> None:
        """Until `stop`. Raises Misuse for a table or a first list that cannot be used."""
        self._loop = asyncio.get_running_loop()
        self._table = Table(self.folder.table, writable=True)
        self._slots = Slots.load(self.folder.slots, self.vantage)
        outages, names = Outages(self.folder.outages), Naming(self.resolver)
        self._counting = Counting(self._table, outages, {}, EchoLimits())
        self._connects = Connects(self._counting)
        self._table.q[Head.STARTED] = time.time_ns()
        self._table.count(Head.STARTS)
        self._workers = Workers(self._counting, names, self._is_here, self._lagged)
        self._names = names
        self._workers.start()
        try:
            self._reload()
            outages.reconcile(self._counting.standing(), self._left)
            if ready:
                ready.set()
            await self._turns(stop)
        finally:
            await self._workers.stop()
            await names.close()
            self._connects.close()
            for echo in self._echoes.values():
                echo.close()
            outages.close()
            self._table.close()

    def _is_here(self, seated: Seated) -> bool:
        return self.seated.get(seated.watch.key) is seated

    def _left(self, key: str) -> Turn | None:
        """How the outage of a key ends that left the list while nobody looked."""
        if key in self.seated:
            return None
        seat = self._slots.seats.get(key)
        return self._counting.left(key, seat.slot if seat else None)

    async def _turns(self, stop: asyncio.Event) -> None:
        reread = self._loop.time() + REREAD
        while not stop.is_set():
            now = self._loop.time()
            self._turn(now)
            if now >= reread:
                reread = now + REREAD
                self._table.q[Head.UNTOLD] = self._names.untold
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
        self._connects.read()
        self._connects.expire(now)
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
        elif seated.connection is not None:
            if not self._connects.begin(seated.connection, now, seated.wait):
                self._table.count(Head.SKIPPED)
        elif not self._workers.begin(seated):
            self._table.count(Head.SKIPPED)

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
        load({watch.target.check for watch in watches})
        named = {(w.target.host, w.target.family) for w in watches if w.target.host}
        self._names.keep(named)
        if named:
            self._names.prepare()
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
            self._counting.table = self._table

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
        for key, left in before.items():
            down = self._table.q[self._table.base(left.slot) + Word.STATE] == State.DOWN
            if key not in seats and down:
                self._counting.outages.tell(self._counting.left(key, left.slot))
            if left.ping is not None:
                self._echoes[left.watch.target.family].remove(left.ping)
            elif left.connection is not None:
                self._connects.drop(left.connection)
        by_slot = {seated.slot: seated.watch for seated in self.seated.values()}
        self._counting.by_slot = by_slot
        self._counting.limits.know((watch, slot) for slot, watch in by_slot.items())
        rings: dict[float, list[tuple[int, Seated]]] = {}
        for key, seated in self.seated.items():
            self._equip(seated)
            rings.setdefault(seated.watch.interval, []).append((number_of(key), seated))
        now = self._loop.time()
        for interval in self._rings.keys() - rings.keys():
            del self._rings[interval]
        for interval, placed in rings.items():
            self._rings.setdefault(interval, Ring(interval, now)).put(placed, now)

    def _equip(self, seated: Seated) -> None:
        """What echoes and connections need; the others are the workers'."""
        target = seated.watch.target
        if seated.ping is not None or seated.connection is not None:
            return
        if target.check == "icmp" and fault_of(target) is None:
            seated.ping = self._ping(seated)
        elif target.check == "tcp" and fault_of(target) is None:
            seated.connection = Connection(seated.slot, target)

    def _ping(self, seated: Seated) -> Ping | None:
        """None where no socket is to be had: `probe` then says which right is missing."""
        family = seated.watch.target.family
        if family not in self._echoes:
            try:
                self._echoes[family] = Echo(family, self._counting.outcomes())
            except OSError as error:
                if BY_ERRNO.get(error.errno or 0) is None:
                    raise
                return None
            self._table.q[Head.PRIVILEGED] = int(self._echoes[family].raw)
        return self._echoes[family].add(seated.slot, seated.watch.target.address)

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
        q[Head.RUNNING] = self._workers.running + len(self._connects)
        q[Head.TURNS] += 1
        q[Head.BEAT] = time.time_ns()


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_mtime_ns, found.st_ino
