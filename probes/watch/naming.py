"""Where names lead to now. Nobody waits for a resolver: what is known is given at once, what is old is
looked up again meanwhile, and stands for a day while no resolver answers (RFC 8767).
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from probes.answers import Answer, Found, Nameless, Silent
from probes.look import Look
from probes.model import Failure, Family, ProbeResult, Target

if TYPE_CHECKING:
    from probes.names import Resolver

AT_ONCE = 16  # questions under way: a resolver that hangs holds these and nothing else
DEADLINE = 5.0
AGAIN = 10.0  # seconds until a resolver that said nothing is asked again
NAMELESS = 60.0  # seconds for which "no such name" is believed
STANDS = 86400.0  # seconds an address is used while nobody tells another
PENDING = Silent("尚未查到 / not looked up yet")


@dataclass(slots=True)
class _Known:
    """`until`: when it is looked up again; `found_at`: when `address` was last told."""

    address: str = ""
    found_at: float = 0.0
    until: float = 0.0
    said: Nameless | Silent | None = None
    asking: bool = False


class Naming:
    """Of one event loop. Times are the loop's. `resolver`: by default this machine's own."""

    def __init__(self, resolver: "Resolver | None" = None) -> None:
        self._given = resolver
        self._known: dict[tuple[str, Family], _Known] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._free = asyncio.Semaphore(AT_ONCE)

    @property
    def _resolver(self) -> "Resolver":
        """Made when it is wanted: its library takes as long to load as all the rest of a prober."""
        if self._given is None:
            from probes.names import Resolver  # noqa: PLC0415

            self._given = Resolver()
        return self._given

    def prepare(self) -> None:
        """Before the first question: what it takes must not hold up looks that are under way."""
        _ = self._resolver

    def now(self, host: str, family: Family, now: float) -> str | Nameless | Silent:
        """Its address, that it has none, or that nobody tells."""
        known = self._known.setdefault((host, family), _Known())
        if now >= known.until and not known.asking:
            known.asking = True
            task = asyncio.create_task(self._look_up(host, family, known))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if isinstance(known.said, Nameless):
            return known.said
        if known.address and now - known.found_at <= STANDS:
            return known.address
        return known.said or PENDING

    def placed(self, target: Target, now: float) -> Target | ProbeResult:
        """The target where it is now, or what keeps it from being looked at."""
        if not target.host or target.address:
            return target
        found = self.now(target.host, target.family, now)
        if isinstance(found, str):
            return replace(target, address=found)
        silent = isinstance(found, Silent)
        failure = Failure.NO_RESOLVER if silent else Failure.NO_ADDRESS
        return Look(target).done(failure, read=found.told)

    def keep(self, names: Collection[tuple[str, Family]]) -> None:
        """Forget all others."""
        self._known = {name: known for name, known in self._known.items() if name in names}

    @property
    def known(self) -> int:
        """Names that it keeps in mind."""
        return len(self._known)

    @property
    def untold(self) -> int:
        """Names of which the resolver says nothing, whether an address stands or not."""
        return sum(isinstance(known.said, Silent) for known in self._known.values())

    async def _look_up(self, host: str, family: Family, known: _Known) -> None:
        answer: Answer = PENDING
        try:
            async with self._free:
                answer = await self._resolver.addresses(host, family, DEADLINE)
        finally:
            now = asyncio.get_running_loop().time()
            known.asking = False
            if isinstance(answer, Found):
                known.address, known.found_at, known.said = answer.addresses[0], now, None
                known.until = now + answer.ttl
            else:
                known.said = answer
                known.until = now + (NAMELESS if isinstance(answer, Nameless) else AGAIN)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
