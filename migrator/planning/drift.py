"""Whether the facts that an item was planned from still hold, field by field."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from inventory.halves import labelled, together
from inventory.model import Estate
from migrator.planning.dispositions import dispose
from migrator.planning.items import Today, facts_now
from migrator.planning.orders import NO_ORDERS
from migrator.planning.plan import Disposition, Item, Plan, Verdict
from migrator.planning.timetable import Appointment, Timetable
from migrator.timing.jobs import Measures
from migrator.timing.origin import differences


def facts_changed(lines: Iterable[str], do: str) -> str:
    """Why a plan is not gone on with; `lines` and `do` in both languages."""
    told = "方案依据的事实已变 / the facts changed since the plan was made"
    return together(labelled(told, together(*lines)), do)


def drift(plan: Plan, system: str, estate: Estate) -> tuple[str, ...]:
    """Differences between the plan's facts and today's, as lines; empty when nothing changed."""
    return _drift(plan.item(system), facts_now(estate, system, plan.means))


def drifts(plan: Plan, estate: Estate) -> dict[str, tuple[str, ...]]:
    """Of every item that has some; the estate is looked through once."""
    today = Today.of(estate)
    found = {item.code: _drift(item, today.facts(item.code, plan.means)) for item in plan.items}
    return {system: lines for system, lines in found.items() if lines}


def planned_drifts(plan: Plan, estate: Estate) -> dict[str, tuple[str, ...]]:
    """The same, and of everything that has a night and no item yet."""
    found = drifts(plan, estate)
    city = plan.means.city
    if plan.timetable is None or city is None:
        return found
    known = Measures.of(estate, city)
    for one in plan.timetable.appointments:
        if one.system not in plan.wave_of and (lines := tuple(_of_night(one, known))):
            found[one.system] = lines
    return found


def _of_night(one: Appointment, known: Measures) -> Iterator[str]:
    system = known.systems.get(one.system)
    if system is None:
        yield "台账中已无此系统 / the inventory no longer has this system"
        return
    ruling = dispose(system, known.clouds, NO_ORDERS)
    if ruling.disposition is not Disposition.MOVE:
        yield ruling.reason
    # nobody asks how it went of what is there, and of what is classified nothing more is told
    if ruling.disposition not in (Disposition.DONE, Disposition.STUB):
        yield from differences(one, known)


def there(plan: Plan, estate: Estate) -> frozenset[str]:
    """Systems with a night in the plan that stand at their target today."""
    if plan.timetable is None:
        return frozenset()
    planned = {one.system for one in plan.timetable.appointments}
    return frozenset(
        s.code for s in estate.systems if s.code in planned and s.target and s.place == s.target
    )


def as_planned(table: Timetable, estate: Estate, arrived: Collection[str]) -> Estate | None:
    """The estate with those that arrived in the rooms they were planned from, where their crews' nights
    count; None where the plan does not have the rooms."""
    rooms = {one.system: one.made_from for one in table.appointments if one.system in arrived}
    if None in rooms.values():
        return None
    if not rooms:
        return estate
    systems = (
        s.model_copy(update={"room": known.room, "placement": None})
        if (known := rooms.get(s.code))
        else s
        for s in estate.systems
    )
    return estate.model_copy(update={"systems": tuple(systems)})


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
