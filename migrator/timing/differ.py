"""Two plans beside each other: who moves on another night, who was added or lost, what it costs."""

from datetime import date

from inventory.frozen import Frozen
from migrator.planning.plan import Plan
from migrator.planning.timetable import Appointment


class Shift(Frozen):
    """`before` or `after` is None where that plan has no night for the system; `days`: how much
    later, negative for earlier; `why`: of what has none after, the reason, in both languages."""

    system: str
    before: date | None
    after: date | None
    why: str = ""

    @property
    def days(self) -> int | None:
        return (self.after - self.before).days if self.before and self.after else None


class Change(Frozen):
    """A figure of both plans; None where a plan does not have it."""

    what: str
    before: int | None
    after: int | None


class Differences(Frozen):
    """`shifts`: the systems that differ, by code; `same`: how many keep their night. `figures`: the
    stages of the objective, systems placed, days that are kept whole, and what is in time for them."""

    shifts: tuple[Shift, ...]
    same: int
    figures: tuple[Change, ...]


def compared(before: Plan, after: Plan) -> Differences:
    """Plans without a timetable have no nights."""
    old, new = _nights(before), _nights(after)
    reasons = {v.system: v.reason for v in after.verdicts}
    shifts = [
        Shift(
            system=code,
            before=old.get(code),
            after=new.get(code),
            why="" if code in new else reasons.get(code, ""),
        )
        for code in sorted(old.keys() | new.keys())
        if old.get(code) != new.get(code)
    ]
    one, other = _figures(before, old), _figures(after, new)
    names = list(dict.fromkeys((*one, *other)))
    return Differences(
        shifts=tuple(shifts),
        same=len(old.keys() & new.keys()) - sum(s.days is not None for s in shifts),
        figures=tuple(Change(what=n, before=one.get(n), after=other.get(n)) for n in names),
    )


def _nights(plan: Plan) -> dict[str, date]:
    table = plan.timetable
    return {one.system: one.night for one in table.appointments} if table else {}


def _figures(plan: Plan, nights: dict[str, date]) -> dict[str, int]:
    table = plan.timetable
    if table is None:
        return {}
    late: list[Appointment] = [one for one in table.appointments if one.late]
    found = {"placed": len(nights), "late": len(late)}
    found |= {stage.name: stage.value for stage in table.stages}
    found["duties"] = sum(duty.kept for duty in table.duties)
    found["in_time"] = sum(min(duty.in_time, duty.needed) for duty in table.duties)
    return found
