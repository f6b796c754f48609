"""The planner: a pure function from an estate, a city's means and its policies' orders to a plan.

`items.py` judges each system (an item, or the reason why there is none). Without a city's means
`waves.py` orders the items; with them they have nights, in `timed.py`.
"""

from datetime import date

from inventory.model import Estate
from inventory.seen import Seen
from migrator.planning.dispositions import dispose
from migrator.planning.items import Index, judge
from migrator.planning.orders import NO_ORDERS, Orders
from migrator.planning.plan import Item, Limit, Means, Plan, Verdict
from migrator.planning.timed import timed_plan
from migrator.planning.waves import arrange


def make_plan(
    estate: Estate,
    means: Means,
    orders: Orders = NO_ORDERS,
    *,
    seen: Seen | None = None,
    former: Plan | None = None,
    today: date | None = None,
    gains: bool = False,
    began: frozenset[str] = frozenset(),
) -> Plan:
    """Waves for every system that can move, and a verdict with its reason and the clauses it stands
    on for every system. Where the means are a city's, `seen` dependencies count beside the declared
    ones, and every system that can keeps its night of the plan before (`former`), of which the
    nights before `today` are over, and nothing is copied on them but by `began`, whose copies are
    under way; with `gains`, no other leaves its night than who is better for it."""
    if means.city is not None:
        return timed_plan(
            estate, means, orders, seen=seen, former=former, today=today, gains=gains, began=began
        )
    index = Index.of(estate)
    verdicts: dict[str, Verdict] = {}
    items: dict[str, Item] = {}
    for system in estate.systems:
        outcome = judge(system, index, means, orders)
        if isinstance(outcome, Item):
            items[system.code] = outcome
        else:
            verdicts[system.code] = outcome.verdict(system, orders)
    limits = limits_of(estate, means)
    waves, reasons = arrange(items, estate.dependencies, {n.resource: n.count for n in limits})
    for wave in waves:
        for item in wave.items:
            ruling = dispose(item.system, index.places, orders)
            placed = {"wave": wave.number, "reason": reasons[item.code]}
            verdicts[item.code] = ruling.verdict(item.system, orders).model_copy(update=placed)
    return Plan(
        estate=estate.digest,
        means=means,
        limits=limits,
        waves=waves,
        verdicts=tuple(verdicts[code] for code in sorted(verdicts)),
    )


def limits_of(estate: Estate, means: Means) -> tuple[Limit, ...]:
    """How many moves a room's or cloud's crew declares that it takes; else what the means say."""
    counts = {"total": means.moves_at_once}
    counts |= {f"room:{r.code}": r.moves_at_once or means.per_room for r in estate.rooms}
    counts |= {f"cloud:{c.code}": c.moves_at_once or means.per_cloud for c in estate.clouds}
    counts |= {f"line:{line.code}": means.per_line for line in estate.lines}
    return tuple(Limit(resource=name, count=count) for name, count in sorted(counts.items()))
