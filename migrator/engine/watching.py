"""What the worker does itself, with probes: the gate before the cutover, the soak after it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from inventory.halves import labelled, together
from inventory.model import Host
from migrator.planning.plan import Item
from probes.model import ProbeResult, Target
from probes.system import targets_of
from probes.table import probe

DEADLINE = 5.0
"""Seconds that one look may take."""

PACE = 1.0
"""Seconds between two rounds of a soak."""

TOLERATED = 2
"""Rounds in a row that a target may fail in a soak before the item is turned round."""


@dataclass
class Tally:
    """Rounds of looks at one target: how many, how many failed, how many in a row at the end."""

    looks: int = 0
    failed: int = 0
    row: int = 0
    last: str = ""
    slowest_ms: float = 0.0

    def add(self, result: ProbeResult) -> None:
        self.looks += 1
        self.slowest_ms = max(self.slowest_ms, result.timings.get("total", 0.0))
        self.row = 0 if result.ok else self.row + 1
        self.failed += not result.ok
        if not result.ok:
            told = ", ".join(f"{k}={v}" for k, v in result.evidence.items())
            self.last = f"{result.failure}" + (f" ({told})" if told else "")


def look(targets: tuple[Target, ...]) -> list[ProbeResult]:
    """One round: every target at once, v4 and v6 apart."""

    async def round_() -> list[ProbeResult]:
        return list(await asyncio.gather(*(probe(t, DEADLINE) for t in targets)))

    return asyncio.run(round_())


def targets(item: Item, host: Host) -> tuple[Target, ...]:
    """What proves that the item's system serves from `host` and through its entrance."""
    return targets_of(item.system, host, item.entrance)


def red(results: list[ProbeResult]) -> list[str]:
    """One line for each look that failed."""
    return [
        f"{r.target.code} {r.target.check} v{r.target.family}: {r.failure} "
        + " ".join(f"{k}={v}" for k, v in r.evidence.items())
        for r in results
        if not r.ok
    ]


def soak(
    looked_at: tuple[Target, ...],
    seconds: int,
    beat: Callable[[], None],
    stop: Callable[[], str | None],
) -> tuple[dict[str, Tally], str | None]:
    """Look each `PACE` seconds for `seconds`; ends early on a target that stays red or on `stop`.

    Gives the tallies by "code check vN", and why it ended early, if it did.
    """
    tallies = {name(t): Tally() for t in looked_at}
    until = time.monotonic() + seconds
    while True:
        started = time.monotonic()
        for result in look(looked_at):
            tallies[name(result.target)].add(result)
        beat()
        lasting = [n for n, t in tallies.items() if t.row > TOLERATED]
        if lasting:
            return tallies, together(*(labelled(n, tallies[n].last) for n in lasting))
        if reason := stop():
            return tallies, reason
        if time.monotonic() >= until and not any(t.row for t in tallies.values()):
            return tallies, None
        time.sleep(max(0.0, PACE - (time.monotonic() - started)))


def name(target: Target) -> str:
    return f"{target.code} {target.check} v{target.family}"
