"""A timetable that is on record as what it was scheduled from, to be asked again."""

from datetime import date

from inventory.model import Estate
from inventory.seen import Seen
from migrator.errors import Refused
from migrator.planning.dispositions import dispose
from migrator.planning.groups import ties_of
from migrator.planning.items import Index
from migrator.planning.orders import Orders
from migrator.planning.plan import Disposition, Plan
from migrator.timing.dues import dues_of
from migrator.timing.jobs import Measures, rulings
from migrator.timing.lots import Lot, Task, lot_of, task_of
from migrator.timing.mapping import PILOTS, pilots_of
from migrator.timing.nights import Calendar
from migrator.timing.why import Reasons


def reasons_of(plan: Plan, estate: Estate, orders: Orders, seen: Seen | None = None) -> Reasons:
    """Raises Refused for a plan without a timetable, or of which the facts are other ones now."""
    table, city = plan.timetable, plan.means.city
    if table is None or city is None:
        raise Refused(
            "此方案没有时间表，请以 --means 编制 / the plan has no timetable: make one with --means"
        )
    if estate.digest != plan.estate:
        raise Refused(
            "台账已变，理由须以当时的台账说明：请重新编制 / the inventory changed since the plan was "
            "made: make it anew"
        )
    places = Index.of(estate).places
    moving = [
        s for s in estate.systems if dispose(s, places, orders).disposition is Disposition.MOVE
    ]
    jobs, _ = rulings(moving, Measures.of(estate, city))
    last = max(city.plan.slot(one.night) for one in table.appointments) + 1
    calendar = Calendar(
        city, max(city.plan.nights, last), used={u.what: u.amount for u in table.used}
    )
    lots = [
        lot_of(at, group, [jobs[code] for code in group.systems], calendar)
        for at, group in enumerate(table.groups)
    ]
    task = task_of(
        lots,
        ties_of(estate, seen),
        city,
        calendar,
        dues=dues_of(jobs, orders.duties, city),
        former={},
    )
    return Reasons(task, _slots(task, plan))


def _slots(task: Task, plan: Plan) -> dict[str, int]:
    assert plan.timetable is not None
    at = {one.system: one for one in plan.timetable.appointments}
    slot = task.city.plan.slot
    found: dict[str, int] = {}
    for lot in task.lots:
        found[lot.cut] = slot(at[lot.jobs[0].code].night)
        for number, copy in enumerate(lot.copies):
            one = next(job.code for job in lot.jobs if job.road.code == copy.road)
            found[lot.copy(number)] = slot(at[one].copy_from)
    first = pilots_of(task)
    if first and len(first) < len(lots := task.lots):
        found[PILOTS] = max(found[lot.cut] + 1 for lot in lots if lot.number in first)
    return found


def lot_of_system(reasons: Reasons, system: str) -> Lot | None:
    """The group of a system, None where the timetable has none."""
    return reasons.task.of.get(system)


def night_of(task: Task, slot: int) -> date:
    return task.city.plan.night(slot)
