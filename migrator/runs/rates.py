"""What an item's copy may take of its line, now. Pure.

The share that moving may take of a line differs by day and by night (a city's means), and an operator
may set the rate of a line for a run (`rate:LINE` among its limits). What is allowed is divided evenly by
the items that may be on the line together, so that all of them never take more, whoever begins next.
"""

from collections.abc import Mapping
from datetime import datetime

from migrator.planning.means import LineShare
from migrator.planning.plan import Item, Plan
from migrator.planning.windows import Window

RATE = "rate:"
"""Before a line's code among the limits of a run: kbit/s for all its items together."""


def allowed_kbps(plan: Plan, item: Item, limits: Mapping[str, int], now: datetime) -> int:
    """What moving may take of the item's line now, in kbit/s; 0 where it may take nothing."""
    code = item.line.code if item.line else ""
    if f"{RATE}{code}" in limits:
        return limits[f"{RATE}{code}"]
    whole = (item.line.bandwidth_kbps if item.line else None) or 1_000_000
    city = plan.means.city
    if city is None:
        return whole * plan.means.line_share_percent // 100
    own = city.lines.own.get(code, LineShare())
    night = Window.parse(city.nights.hours).holds(now, plan.means.timezone)
    told = own.night if night else own.day
    share = told if told is not None else (city.lines.night if night else city.lines.day)
    return (own.rate or whole) * share // 100


def rate_of(plan: Plan, item: Item, limits: Mapping[str, int], now: datetime) -> int:
    """What one item on its line gets of that: an even share for as many as may be on it together."""
    code = item.line.code if item.line else ""
    at_once = limits.get(f"line:{code}", 1)
    most = allowed_kbps(plan, item, limits, now)
    if plan.means.city is not None:
        return min(most // at_once, most * plan.means.city.lines.one_item // 100)
    return most // at_once
