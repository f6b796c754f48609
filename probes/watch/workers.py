"""Looks that speak with their target: a fixed number of workers, so that many at once wait in line."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from probes.errors import Exhausted
from probes.model import Failure, ProbeResult
from probes.table import probe
from probes.watch.connects import Connection
from probes.watch.counting import Counting
from probes.watch.echo import Ping
from probes.watch.naming import Naming
from probes.watch.table import Head
from probes.watch.watched import Watch

AT_ONCE = 256  # looks under way
LAGGING = 0.1  # share of a look's time by which our own loop may be late: more voids a timeout
TIMEOUTS = frozenset(
    {
        Failure.TIMEOUT_CONNECT,
        Failure.TIMEOUT_TLS,
        Failure.TIMEOUT_ANSWER,
        Failure.TIMEOUT_BODY,
    }
)


@dataclass(slots=True, eq=False)
class Seated:
    """One target with its slot; `ping` where it is looked at by ICMP, `connection` where by TCP."""

    watch: Watch
    slot: int
    wait: float
    ping: Ping | None = None
    connection: Connection | None = None
    queued: bool = False


@dataclass
class Workers:
    """`is_here`: whether it is still on the list; `lagged`: seconds by which the loop was late so far."""

    counting: Counting
    names: Naming
    is_here: Callable[[Seated], bool]
    lagged: Callable[[], float]
    running: int = 0
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self._backlog: asyncio.Queue[Seated] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._tasks = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, seated: Seated) -> bool:
        """False where the look before is still waiting or under way."""
        if seated.queued:
            return False
        seated.queued = True
        self._backlog.put_nowait(seated)
        return True

    async def _work(self) -> None:
        while True:
            seated = await self._backlog.get()
            self.running += 1
            try:
                await self._look(seated)
            except Exhausted:
                self.counting.exhausted(seated.slot)
            except Exception:  # a fault of ours must not cost a worker, nor accuse the target
                self.counting.table.count(Head.FAULTS)
                self.counting.unmeasured(seated.slot)
            finally:
                self.running -= 1
                seated.queued = False

    async def _look(self, seated: Seated) -> None:
        if not self.is_here(seated):
            return  # it left the list while it waited: its name is forgotten, and stays so
        lag = self.lagged()
        target = self.names.placed(seated.watch.target, self._loop.time())
        result = target if isinstance(target, ProbeResult) else await probe(target, seated.wait)
        if not self.is_here(seated):
            return  # it left the list meanwhile
        if result.failure in TIMEOUTS and self.lagged() - lag > LAGGING * seated.wait:
            self.counting.unmeasured(seated.slot)  # it was we who were slow
        else:
            self.counting.ended(seated.slot, result)
