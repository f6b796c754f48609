"""A plan with a timetable: nights for everything that moves, items for what a playbook can move now.

A system that has a night and no item yet (its new host is not there, an address is missing) is told
with what is missing; a plan that is made nearer to its night will have the item.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from inventory.halves import labelled, together
from inventory.model import Estate
from inventory.seen import Seen
from migrator.planning.dispositions import Ruling, dispose
from migrator.planning.groups import shared_databases, ties_of
from migrator.planning.items import Index, gather
from migrator.planning.orders import Orders
from migrator.planning.plan import Disposition, Item, Limit, Means, Plan, Verdict, Wave
from migrator.planning.timetable import Appointment, Used
from migrator.timing.again import NOTHING, Former
from migrator.timing.arranging import arrange
from migrator.timing.dues import dues_of, told
from migrator.timing.jobs import Measures, rulings, takes_of
from migrator.timing.keeping import Keeping
from migrator.timing.notes import notes_of
from migrator.timing.origin import with_origin


def timed_plan(
    estate: Estate,
    means: Means,
    orders: Orders,
    *,
    seen: Seen | None = None,
    former: Plan | None = None,
    today: date | None = None,
    gains: bool = False,
    began: frozenset[str] = frozenset(),
) -> Plan:
    """`means` are a city's. A system of which something is not told, or which no night can hold, is
    blocked by itself. `today`: the first night that is left; `began`: whose copies are under way;
    `gains`: systems go to other nights than the former plan's where it is worth something."""
    city = means.city
    assert city is not None
    index = Index.of(estate)
    ruled = {s.code: dispose(s, index.places, orders) for s in estate.systems}
    moving = [s for s in estate.systems if ruled[s.code].disposition is Disposition.MOVE]
    known = Measures.of(estate, city)
    jobs, blocked = rulings(moving, known)
    ruled |= blocked
    before = _former(
        former, {c for c, r in ruled.items() if r.disposition is Disposition.DONE}, known
    )
    found = arrange(
        jobs,
        ties_of(estate, seen),
        city,
        dues_of(jobs, orders.duties, city),
        databases=shared_databases(seen),
        former=replace(before, today=today, gains=gains, began=began),
    )
    ruled |= {c: Ruling(Disposition.BLOCKED, why) for c, why in found.refused.items()}
    table = found.timetable
    placed = {one.system: one for one in table.appointments} if table else {}
    items: dict[str, Item] = {}
    missing: dict[str, Ruling] = {}
    for code in placed:
        gathered = gather(jobs[code].system, index, means)
        if isinstance(gathered, Item):
            items[code] = gathered
        else:
            missing[code] = gathered
    if table:
        keeping = Keeping(found, known, jobs)
        duties = told(orders.duties, city, jobs, table.appointments, keeping.takes)
        used = tuple(Used(what=w, amount=n) for w, n in sorted(before.used.items()))
        appointments = tuple(with_origin(one, known) for one in table.appointments)
        told_too = {"duties": duties, "used": used, "appointments": appointments}
        table = table.model_copy(update=told_too)
        table = table.model_copy(update={"notes": notes_of(table, jobs, known)})
    return Plan(
        estate=estate.digest,
        means=means,
        limits=_limits(items, placed),
        waves=_waves(items, placed),
        verdicts=tuple(
            _verdict(
                ruled[system.code].verdict(system, orders),
                placed.get(system.code),
                missing.get(system.code),
            )
            for system in estate.systems
        ),
        timetable=table,
    )


def _former(plan: Plan | None, done: set[str], known: Measures) -> Former:
    """What a plan had in mind, and what of the clouds was taken by it and those before it."""
    table = plan.timetable if plan else None
    if table is None:
        return NOTHING
    used = Counter({one.what: one.amount for one in table.used})
    for one in table.appointments:
        if one.system in done:
            used.update(dict(takes_of(known.estate.system(one.system), known)))
    return Former(
        nights={one.system: one.night for one in table.appointments},
        copies={one.system: one.copy_from for one in table.appointments},
        used=used,
    )


def _verdict(verdict: Verdict, at: Appointment | None, missing: Ruling | None) -> Verdict:
    """With its wave, and what its playbook still lacks."""
    if at is None:
        return verdict
    told = verdict.reason
    if missing:
        told = together(told, labelled("执行前须补 / still missing", missing.reason))
    asks = missing.asks if missing and missing.asks else None
    return verdict.model_copy(update={"wave": at.wave, "reason": told, "asks": asks})


def _waves(items: Mapping[str, Item], placed: Mapping[str, Appointment]) -> tuple[Wave, ...]:
    """A wave for each night on which something can be moved by a playbook; waves keep the numbers
    that they have in the whole timetable."""
    by_wave: dict[int, list[Item]] = {}
    for code in sorted(items):
        by_wave.setdefault(placed[code].wave, []).append(items[code])
    return tuple(Wave(number=n, items=tuple(by_wave[n])) for n in sorted(by_wave))


def _limits(items: Mapping[str, Item], placed: Mapping[str, Appointment]) -> tuple[Limit, ...]:
    """As many items together as the timetable itself has under way, from a copy's first night to
    the cutover: who is late queues behind what was planned."""
    days: dict[str, Counter[date]] = {}
    for code, item in items.items():
        at = placed[code]
        for resource in item.resources:
            days.setdefault(resource, Counter()).update(_days(at.copy_from, at.night))
    return tuple(
        Limit(resource=name, count=max(count.values())) for name, count in sorted(days.items())
    )


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)
