"""A lane that improves a schedule block by block: which activities to set free, and CP-SAT on them."""

import time
from dataclasses import dataclass

import numpy as np

from migrator.schedule.cpsat import Ask, Model, Verdict
from migrator.schedule.crowd import Found, costs_of
from migrator.schedule.kernel import DURATION, INTO, NEEDS, OPEN, TAKES, Ints, Shape
from migrator.schedule.part import merged, part
from migrator.schedule.project import Project

EACH = 0.1
"""CP-SAT's deterministic time for a block."""
SMALLEST, LARGEST = 12, 150
"""Activities in a block."""


@dataclass
class Blocks:
    """Blocks grow where CP-SAT is done with them at once and shrink where it is not."""

    project: Project
    shape: Shape
    random: np.random.Generator
    size: float = 30.0

    def run(
        self, stage: int, found: Found, deadline: float, work: float | None
    ) -> tuple[Found, bool]:
        """Improve `found` in this stage, the former ones held, until the deadline or for so much
        work; and whether the clock ended it."""
        rounds = None if work is None else max(1, round(work / EACH))
        while rounds is None or rounds > 0:
            if time.monotonic() >= deadline:
                return found, True
            rounds = None if rounds is None else rounds - 1
            found = self._once(stage, found, deadline)
        return found, False

    def _once(self, stage: int, found: Found, deadline: float) -> Found:
        free = self._chosen(np.array(found.starts))
        small = part(self.project, self.shape, found.starts, free)
        hint = tuple(found.starts[x] for x in sorted(set(free)))
        answer = Model(small).ask(
            Ask(
                stage=stage,
                caps=found.costs[: stage + 1],
                hint=hint,
                seconds=deadline - time.monotonic(),
                work=EACH,
                seed=int(self.random.integers(1 << 30)),
            )
        )
        grown = self.size * (1.1 if answer.verdict is Verdict.OPTIMAL else 0.9)
        self.size = min(LARGEST, max(SMALLEST, grown))
        if answer.starts is None:
            return found
        starts = merged(found.starts, free, answer.starts)
        costs = costs_of(starts, self.shape, len(found.costs))
        # As good counts too: a step to the side is where the next block may find a way down.
        return Found(costs, starts) if costs <= found.costs else found

    def _chosen(self, starts: Ints) -> list[int]:
        """What begins around one activity taken at random: all of it, or what shares resources or
        arcs with it; or what ends last, since only that can make the whole shorter."""
        count = len(starts)
        size = min(count, int(self.size))
        kind = int(self.random.integers(4))
        if kind == 0:
            return _smallest(-(starts + self.shape.acts[:, DURATION]), size)
        pivot = int(self.random.integers(count))
        near = _smallest(np.abs(starts - starts[pivot]), count)
        if kind == 1:
            return near[:size]
        return sorted(near, key=lambda x: x != pivot and not self._kin(pivot, x))[:size]

    def _kin(self, one: int, other: int) -> bool:
        acts, rows = self.shape.acts, self.shape.rows
        if other in rows[acts[one, INTO] : acts[one, OPEN], 0]:
            return True
        for first, last in ((NEEDS, TAKES), (TAKES, INTO)):
            mine = rows[acts[one, first] : acts[one, last], 0]
            if np.isin(mine, rows[acts[other, first] : acts[other, last], 0]).any():
                return True
        return False


def _smallest(keys: Ints, size: int) -> list[int]:
    """The places of the smallest keys."""
    return [int(x) for x in np.argsort(keys, kind="stable")[:size]]
