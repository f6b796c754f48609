"""How much weight can be begun with so much work, where each comes with all that it needs first.

The sets that hold with each member everything before it are closures; the heaviest one at a price
for work is a minimum cut (Picard 1976), and prices from dear to free draw the upper hull over all.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from ortools.graph.python import max_flow

from migrator.schedule.kernel import Ints

PRICES = 12
"""Points of the hull: more of them make the bound a little better and take longer."""


class Hull:
    """`weights` and `works` by activity, `before`: what each needs, as far as it is among `works`."""

    def __init__(
        self,
        weights: Mapping[int, int],
        works: Mapping[int, int],
        before: Mapping[int, Sequence[int]],
    ) -> None:
        self.whole = sum(weights.values())
        place = {x: at for at, x in enumerate(works)}
        self._weights: Ints = np.array([weights.get(x, 0) for x in works], np.int64)
        self._works: Ints = np.array(list(works.values()), np.int64)
        self._arcs: Ints = np.array(
            [(place[x], place[y]) for x in works for y in before.get(x, ()) if y in place],
            np.int64,
        ).reshape(-1, 2)
        dearest = float((self._weights / np.maximum(1, self._works)).max(initial=0))
        # Whole numbers: a price is so many thousandths of weight for a unit of work.
        self._lines = [
            (self._left(price), price)
            for price in sorted(
                {round(1000 * dearest * (n / PRICES) ** 2) for n in range(PRICES + 1)}
            )
        ]

    def most(self, work: int) -> int:
        """No closure with so much work weighs more."""
        return min(self.whole, *((left + price * work) // 1000 for left, price in self._lines))

    def _left(self, price: int) -> int:
        """The most that the weight of a closure is above the price of its work, in thousandths."""
        if not len(self._arcs):
            return int(np.maximum(0, 1000 * self._weights - price * self._works).sum())
        count = len(self._works)
        source, sink = count, count + 1
        every = np.arange(count)
        endless = 1000 * self.whole + 1
        flow = max_flow.SimpleMaxFlow()
        flow.add_arcs_with_capacity(
            np.full(count, source), every, np.asarray(1000 * self._weights, np.int64)
        )
        flow.add_arcs_with_capacity(every, np.full(count, sink), price * self._works)
        if len(self._arcs):
            flow.add_arcs_with_capacity(
                self._arcs[:, 0], self._arcs[:, 1], np.full(len(self._arcs), endless)
            )
        if flow.solve(source, sink) != flow.OPTIMAL:
            return 1000 * self.whole
        return 1000 * self.whole - int(flow.optimal_flow())
