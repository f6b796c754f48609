"""What copies really reached: from the measured passes of finished presyncs to a share of what each
line was allowed, as a planner may count on it.

    learned(city, transfers_in(truth))
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from migrator.planning.means import CityMeans, Measured
from migrator.planning.plan import Item, StepKind
from migrator.store.truth import Truth

TRUSTED = 5
"""Samples that weigh as much as what is declared."""
LEAST = 16 * 1024 * 1024
"""Bytes of a pass that is looked at: less is over before it has any speed."""
_FULL = 100


@dataclass(frozen=True)
class Transfer:
    """One presync: what its passes carried over a line, in how long, and what it was allowed."""

    line: str
    size: int  # bytes
    seconds: float
    allowed_kbps: int

    @property
    def percent(self) -> float:
        """Of the rate that it was allowed; no more than all of it counts."""
        return min(_FULL, _FULL * self.size * 8 / 1000 / self.seconds / self.allowed_kbps)


def transfers_in(truth: Truth) -> tuple[Transfer, ...]:
    """Of all runs, as far as their plans name a line."""
    found: list[Transfer] = []
    for run in truth.runs.all():
        items = {item.code: item for item in truth.plans.load(run.plan).items}
        for kept in truth.attempts.evidence_of(run.code):
            item = items.get(kept.system)
            if kept.step is StepKind.PRESYNC and item is not None:
                found += _measured(item, kept.content)
    return tuple(found)


def _measured(item: Item, body: Mapping[str, Any]) -> Iterable[Transfer]:
    """Passes of one presync together; figures with a point are kept as text."""
    passes = [
        (int(one["bytes"]), float(one["seconds"]))
        for one in body.get("passes", ())
        if int(one["bytes"]) >= LEAST and float(one["seconds"]) > 0
    ]
    if passes and item.line is not None:
        size, seconds = (sum(column) for column in zip(*passes, strict=True))
        yield Transfer(item.line.code, int(size), float(seconds), item.rate_kbps)


def estimates(transfers: Iterable[Transfer]) -> dict[str, Measured]:
    """By line. The mean of its samples drawn to that of all lines, and that to what is declared,
    each as if that were `TRUSTED` samples more: one slow night does not halve a line."""
    by_line: dict[str, list[float]] = defaultdict(list)
    for one in transfers:
        by_line[one.line].append(one.percent)
    every = [percent for several in by_line.values() for percent in several]
    city = (TRUSTED * _FULL + sum(every)) / (TRUSTED + len(every))
    return {
        line: Measured(
            percent=max(1, round((TRUSTED * city + sum(several)) / (TRUSTED + len(several)))),
            samples=len(several),
        )
        for line, several in sorted(by_line.items())
    }


def learned(city: CityMeans, transfers: Iterable[Transfer]) -> CityMeans:
    """The means with what was measured; what their file says of a line stays."""
    measured = estimates(transfers) | city.lines.measured
    return city.model_copy(update={"lines": city.lines.model_copy(update={"measured": measured})})
