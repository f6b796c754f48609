"""Whether the facts that an item was planned from still hold, field by field."""

from collections.abc import Iterator
from typing import Any

from inventory.model import Estate
from migrator.items import facts_now
from migrator.plan import Item, Plan, Verdict


def drift(plan: Plan, system: str, estate: Estate) -> tuple[str, ...]:
    """Differences between the plan's facts and today's, as lines; empty when nothing changed."""
    planned = plan.item(system)
    today = facts_now(estate, system, plan.means)
    if isinstance(today, Verdict):
        return (f"{system}: {today.reason}",)
    return tuple(_differences("", _facts(planned), _facts(today)))


def _facts(item: Item) -> dict[str, Any]:
    return item.model_dump(mode="json")


def _differences(path: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _differences(f"{path}.{key}".lstrip("."), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{path}[{number}]", before, after)
    elif old != new:
        yield f"{path}: {old!r} → {new!r}"
