"""Whether the facts that an item was planned from still hold, field by field."""

from collections.abc import Iterator
from typing import Any

from inventory.model import Estate
from migrator.items import Today, facts_now
from migrator.plan import Item, Plan, Verdict


def drift(plan: Plan, system: str, estate: Estate) -> tuple[str, ...]:
    """Differences between the plan's facts and today's, as lines; empty when nothing changed."""
    return _drift(plan.item(system), facts_now(estate, system, plan.means))


def drifts(plan: Plan, estate: Estate) -> dict[str, tuple[str, ...]]:
    """Of every item that has some; the estate is looked through once."""
    today = Today.of(estate)
    found = {item.code: _drift(item, today.facts(item.code, plan.means)) for item in plan.items}
    return {system: lines for system, lines in found.items() if lines}


def _drift(planned: Item, today: Item | Verdict) -> tuple[str, ...]:
    if isinstance(today, Verdict):
        return (f"{planned.code}: {today.reason}",)
    if planned == today:
        return ()  # of thousands nearly all: only what differs is taken apart
    return tuple(_differences("", _facts(planned), _facts(today)))


def _facts(item: Item) -> dict[str, Any]:
    return item.model_dump(mode="json")


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if old == new:  # nearly always, and compared by C
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(f"{path}.{key}".lstrip("."), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{path}[{number}]", before, after)
    else:
        yield f"{path}: {old!r} → {new!r}"
