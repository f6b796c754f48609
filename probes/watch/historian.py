"""The historian: folds the prober's counters into the history and surveys entrances once a day.

A process of its own beside prober and exporter: it reads what they read, and whatever it does or
suffers costs no look. Surveys are spread over the day by the entrance's own phase, one at a time.
"""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from probes.errors import Exhausted, Misuse
from probes.model import Target
from probes.names import Resolver
from probes.survey.alone import ipv6_alone
from probes.survey.store import every, put
from probes.survey.survey import Surveyor
from probes.watch.folder import Folder
from probes.watch.history import YEARS_KEPT, History, begins, date_of
from probes.watch.outages import forget
from probes.watch.picture import vantage_of
from probes.watch.watched import number_of, read

FOLD = 300.0  # seconds
LOOK = 30.0  # seconds between two questions whether a survey is due


def entrances_of(folder: Folder) -> dict[str, list[Target]]:
    """What the list of targets says of entrances, by code. Raises Misuse, OSError."""
    found: dict[str, list[Target]] = {}
    for watch in read(folder.targets):
        if watch.target.check == "http" and not watch.target.host:
            found.setdefault(watch.target.code, []).append(watch.target)
    return found


def nodes_of(folder: Folder) -> dict[str, list[Target]]:
    """Nodes' own echo and ports, by code; what is looked at of lines, links, services is not."""
    found: dict[str, list[Target]] = {}
    ends = {"line", "link", "service", "portal", "system"}
    for watch in read(folder.targets):
        if watch.kind not in ends and watch.target.check in ("icmp", "tcp"):
            found.setdefault(watch.target.code, []).append(watch.target)
    return found


@dataclass
class Historian:
    """`on_trouble` hears what went wrong, once a time; nothing ends it but `stop`."""

    folder: Folder
    on_trouble: Callable[[Exception], None]
    surveyor: Surveyor | None = None
    clock: Callable[[], int] = time.time_ns

    async def run(self, stop: asyncio.Event) -> None:
        await asyncio.gather(
            self._again(stop, FOLD, self.fold), self._again(stop, LOOK, self.survey)
        )

    async def _again(
        self, stop: asyncio.Event, pause: float, what: Callable[[], Awaitable[None]]
    ) -> None:
        while not stop.is_set():
            try:
                await what()
            except (Misuse, Exhausted, OSError, sqlite3.Error) as error:
                self.on_trouble(error)
            # on the clock's own multiples, so that what belongs to an hour lies in it
            wait = pause - time.time() % pause
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), wait)

    async def fold(self) -> None:
        await asyncio.to_thread(self._fold)

    def _fold(self) -> None:
        if not (self.folder.table.exists() and self.folder.slots.exists()):
            return  # the prober has not begun
        with History(self.folder.history) as history:
            history.fold(self.folder)
            history.forget(self.clock())
        if self.folder.outages.exists():
            forget(self.folder.outages, self.clock() - YEARS_KEPT * 366 * 86400 * 10**9)

    async def survey(self) -> None:
        """The entrance whose time has come, if there is one."""
        if not self.folder.targets.exists():
            return
        code = await asyncio.to_thread(self.due)
        if code is not None:
            await self.survey_now(code)

    def due(self) -> str | None:
        """An entrance that was never surveyed, else one that was not today and whose phase of the
        day is over. Raises Misuse, OSError."""
        now = self.clock()
        today = date_of(now)
        known = every([self.folder.surveys], today - timedelta(days=30))
        last = {code: max(one.day for one in seen) for (code, _), seen in known.items()}
        within = (now - begins(today)) / 1e9
        for code in entrances_of(self.folder):
            done = last.get(code)
            if done is None or (done < today and number_of(code) % 86400 <= within):
                return code
        return None

    async def survey_now(self, code: str) -> None:
        surveyor = self.surveyor or Surveyor(Resolver())
        seen = await surveyor.entrance(entrances_of(self.folder)[code])
        await asyncio.to_thread(put, self.folder.surveys, vantage_of(self.folder), seen)


async def surveyed(
    folder: Folder, codes: list[str] | None, surveyor: Surveyor, vantage: str
) -> list[str]:
    """Entrances and (from a network with IPv6 alone) nodes of the list, now; what was seen is kept.
    The codes that were surveyed. Raises Misuse for one that the list does not hold."""
    entrances, nodes = entrances_of(folder), nodes_of(folder)
    alone = ipv6_alone()
    known = {*entrances, *(nodes if alone else ())}
    named = {code.partition("@")[0]: code for code in entrances}
    wanted = [named.get(code, code) for code in codes] if codes else sorted(known)
    for code in wanted:
        if code not in known:
            raise Misuse(
                f"读到 / read {code!r}; 应为目标清单中的入口（纯 IPv6 网络中也可为节点） / expected an "
                "entrance of the list of targets, from an IPv6-only network also a node"
            )
    for code in wanted:
        if code in entrances:
            seen = await surveyor.entrance(entrances[code])
        else:
            seen = await surveyor.node(code, nodes[code])
        put(folder.surveys, vantage, seen)
    return wanted
