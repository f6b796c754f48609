"""A schedule as a timetable with dates, hours and turns.

timetable = told(task, slots, outcome)
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from datetime import time as midnight

from migrator.planning.means import CityMeans
from migrator.planning.timetable import Appointment, Rest, StageTold, Timetable
from migrator.schedule.solve import Outcome
from migrator.timing.jobs import Job
from migrator.timing.lots import Copy, Lot, Task
from migrator.timing.nights import of_night
from migrator.timing.turns import turns


def told(task: Task, slots: Mapping[str, int], outcome: Outcome) -> Timetable:
    nights = sorted({slots[lot.cut] for lot in task.lots})
    waves = {slot: number for number, slot in enumerate(nights, start=1)}
    needs: dict[str, set[str]] = {}
    for tie in task.needs:
        needs.setdefault(tie.system, set()).add(tie.needs)
    turn = _turns(task, slots)
    appointments = [
        _appointment(task, lot, job, slots, place, turn=turn[job.code]).model_copy(
            update={
                "wave": waves[slots[lot.cut]],
                "after": tuple(sorted(needs.get(job.code, ()))),
            }
        )
        for place, lot in enumerate(task.lots)
        for job in lot.jobs
    ]
    return Timetable(
        first=task.city.plan.from_,
        nights=task.city.plan.nights,
        groups=tuple(lot.group for lot in task.lots),
        appointments=tuple(sorted(appointments, key=lambda one: one.system)),
        stages=tuple(
            StageTold(name=one.name, value=one.value, bound=one.bound) for one in outcome.stages
        ),
        repeatable=outcome.repeatable,
    )


def _turns(task: Task, slots: Mapping[str, int]) -> dict[str, int]:
    """The order within each night, of one group or of several: those that were split may share one."""
    night = {job.code: slots[lot.cut] for lot in task.lots for job in lot.jobs}
    pairs: dict[int, list[tuple[str, str]]] = {}
    for tie in (*task.inside, *task.ties):
        if night[tie.system] == night[tie.needs]:
            pairs.setdefault(night[tie.system], []).append((tie.system, tie.needs))
    together: dict[int, list[str]] = {}
    for code, slot in night.items():
        together.setdefault(slot, []).append(code)
    found: dict[str, int] = {}
    for slot, codes in together.items():
        found |= turns(codes, pairs.get(slot, ()))
    return found


def _appointment(
    task: Task, lot: Lot, job: Job, slots: Mapping[str, int], place: int, *, turn: int
) -> Appointment:
    span = task.city.plan
    slot = slots[lot.cut]
    at = next(n for n, copy in enumerate(lot.copies) if copy.road == job.road.code)
    begins, ends = _hours(job.window, span.night(slot), task.city, turn)
    dues = task.dues.get(job.code, ())
    done = span.night(slot) + timedelta(days=1 + task.city.trial)
    return Appointment(
        system=job.code,
        group=place,
        turn=turn,
        wave=1,
        night=span.night(slot),
        begins=begins,
        ends=ends,
        copy_from=span.night(slots[lot.copy(at)]),
        copy_nights=lot.copies[at].slots,
        copy_mib=job.mib,
        by=job.road.code,
        due=min((due.day for due in dues), default=None),
        late=max((max(0, (done - due.day).days) for due in dues), default=0),
        rests=_rests(lot.copies[at], slots[lot.copy(at)], task.city),
    )


def _rests(copy: Copy, start: int, city: CityMeans) -> tuple[Rest, ...] | None:
    """Only those in its midst; None where there is none, so that plans without any have the digest
    that they always had."""
    if start < 0:  # it was begun by a former plan
        return None
    night, end = city.plan.night, copy.over(start)
    return (
        tuple(
            Rest(first=night(pause.first), last=night(pause.last))
            for pause in copy.pauses
            if start < pause.first and pause.last < end
        )
        or None
    )


def _hours(window: str, night: date, city: CityMeans, turn: int) -> tuple[str, str]:
    """Local times from and to which a cutover of that night may begin. Later turns begin later, as
    far as the window lets them."""
    opens, closes = of_night(window, city.nights.hours)
    first = datetime.combine(night, midnight()) + timedelta(minutes=opens)
    last = first + timedelta(minutes=closes - opens)
    first = min(first + timedelta(minutes=city.nights.turn * (turn - 1)), last)
    return first.isoformat(timespec="minutes"), last.isoformat(timespec="minutes")
