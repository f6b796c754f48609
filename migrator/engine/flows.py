"""What moves over each line and out of each room now: of runs that have not ended, for metrics.

Labels are bounded by the lines and rooms of the plans of those runs; a series ends with its run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from migrator.engine.outlooks import COPIED, copied
from migrator.runs.of_run import limits_of
from migrator.runs.rates import allowed_kbps
from migrator.store.figures import moving
from migrator.store.truth import Truth


@dataclass
class LineFlow:
    """`items`: under way; `allowed_kbps`: what copies may take together, of several runs the most;
    `copied` and `per_second`: bytes that the copies under way have told last."""

    items: int = 0
    allowed_kbps: int = 0
    copied: int = 0
    per_second: float = 0.0


@dataclass
class Flows:
    lines: dict[str, LineFlow] = field(default_factory=dict)
    rooms: dict[str, int] = field(default_factory=dict)


def flows(truth: Truth, city: Mapping[str, int]) -> Flows:
    """As of now; `city`: the limits of the engine's rules. Raises StoreDown."""
    found = Flows()
    busy, copies = moving(truth)
    for code in truth.runs.open_codes():
        run = truth.runs.head(code)
        plan = truth.plans.known(run.plan)
        limits = limits_of(run, plan, city)
        asked: set[str] = set()  # lines of this run: two thousand items share a few
        for item in plan.items:
            key = (code, item.code)
            if room := item.source.place:
                found.rooms[room] = found.rooms.get(room, 0) + (key in busy)
            if item.line is None:
                continue
            flow = found.lines.setdefault(item.line.code, LineFlow())
            flow.items += key in busy
            if item.line.code not in asked:
                asked.add(item.line.code)
                most = allowed_kbps(plan, item, limits, truth.clock())
                flow.allowed_kbps = max(flow.allowed_kbps, most)
            if key in copies:
                _add(flow, truth, copies[key])
    return found


def _add(flow: LineFlow, truth: Truth, token: int) -> None:
    line = truth.logs.last(token, COPIED)
    if line is not None and (told := copied([line])) is not None:
        flow.copied += told.done
        flow.per_second += told.per_second
