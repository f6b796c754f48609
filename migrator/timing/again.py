"""Planning again: what began stays as it is, what was only planned keeps its night where it can.

A plan that moves everything for a small gain can't be lived with, so nights are kept before anything
is made better; who wants the best plan anew makes one without the former.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from migrator.timing.load import Load
from migrator.timing.lots import Copy, Lot, Task


@dataclass(frozen=True)
class Former:
    """The plan before, by system: its night and when its copy begins (or began, of those in `began`).
    `today`: the first night that is left; `used`: what systems that have moved took of each capacity
    of a cloud; `gains`: nights are kept, and each system that gains by it goes to another one."""

    nights: Mapping[str, date] = field(default_factory=dict)
    copies: Mapping[str, date] = field(default_factory=dict)
    today: date | None = None
    used: Mapping[str, int] = field(default_factory=dict)
    gains: bool = False
    began: frozenset[str] = frozenset()


NOTHING = Former()


def attempts(task: Task, former: Former) -> Iterator[Task]:
    """With everything kept that fits; then without what waits for a system that lost its night: the
    first that has a schedule counts."""
    if former.nights:
        began = _begun(task, former)
        yield replace(task, pins=_kept(task, former, began, waits=False))
        yield replace(task, pins=_kept(task, former, began, waits=True))


def with_begun(task: Task, former: Former) -> Task:
    """With only what is under way kept."""
    return replace(task, pins=_begun(task, former))


def _begun(task: Task, former: Former) -> dict[str, int]:
    """Copies that are under way, and the cutovers that they are for."""
    slot, found = task.city.plan.slot, dict[str, int]()
    for lot in task.lots:
        if not _is_begun(lot, task, former):
            continue
        found[lot.cut] = slot(former.nights[lot.jobs[0].code])
        for at, copy in enumerate(lot.copies):
            one = next(job.code for job in lot.jobs if job.road.code == copy.road)
            found[lot.copy(at)] = slot(former.copies[one])
    return found


def _is_begun(lot: Lot, task: Task, former: Former) -> bool:
    """Whether a copy of it has begun for a night that is to come. A group that has other systems now
    is another group, and begins anew."""
    codes = [job.code for job in lot.jobs]
    nights = {former.nights.get(code) for code in codes}
    night = nights.pop()
    if former.today is None or nights or night is None or night < former.today:
        return False
    fits = all(
        _copy(lot, code).over(task.city.plan.slot(former.copies[code]))
        <= task.city.plan.slot(night)
        for code in codes
    )
    return fits and any(
        code in former.began and former.copies[code] < former.today for code in codes
    )


def _copy(lot: Lot, code: str) -> Copy:
    road = next(job.road.code for job in lot.jobs if job.code == code)
    return next(copy for copy in lot.copies if copy.road == road)


def _kept(task: Task, former: Former, began: Mapping[str, int], *, waits: bool) -> dict[str, int]:
    """The former nights that still can be, one after another as they come; `waits`: a system whose
    need lost its night loses its own."""
    load, pins = Load.empty(task), dict(began)
    for lot in task.lots:
        if lot.cut in began:
            load.put(lot, pins)
    needs: dict[int, set[int]] = {}
    for tie in task.needs:
        needs.setdefault(task.of[tie.system].number, set()).add(task.of[tie.needs].number)
    numbers = {lot.number: lot for lot in task.lots}
    for lot in sorted(task.lots, key=lambda one: (task.former.get(one.number, 0), one.number)):
        if lot.cut in pins or lot.number not in task.former:
            continue
        ready = [pins.get(numbers[n].cut) for n in needs.get(lot.number, ())]
        night = task.former[lot.number]
        if any(waits if at is None else at + 1 + task.city.trial > night for at in ready):
            continue
        if placed := _placed(lot, night, load, former):
            pins |= placed
            load.put(lot, placed)
    return pins


def _placed(lot: Lot, night: int, load: Load, former: Former) -> dict[str, int] | None:
    """Its cutover on that night, its copies where they were or as late as they go; None where it
    can't be."""
    if not 0 <= night < load.task.calendar.count or not load.opened(lot)[night]:
        return None
    if any(load.left[code][night] < amount for code, amount in load.needs(lot)):
        return None
    placed = {lot.cut: night}
    for at, (copy, begins) in enumerate(zip(lot.copies, load.begins(lot), strict=True)):
        one = next(job.code for job in lot.jobs if job.road.code == copy.road)
        start = load.task.city.plan.slot(former.copies[one]) if one in former.copies else -1
        if not (start >= 0 and copy.over(start) <= night and begins[start]):
            start = int(load.latest(copy, begins)[night])
        if start < 0:
            return None
        placed[lot.copy(at)] = start
    return placed
