"""What stands against a plan today: facts that are other ones, a timetable that no longer holds, what
is down on its way; and a timetable that people edited, judged."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from api.bootstrap import Qianyun
from api.edited_files import edits_in
from migrator.errors import Refused
from migrator.planning.checking import faults
from migrator.planning.drift import planned_drifts, there
from migrator.planning.edited import edited
from migrator.planning.plan import Plan
from probes.watch.folder import Folder
from probes.watch.outages import Outage, recorded


@dataclass(frozen=True)
class Standing:
    """`drift`: by system; `there`: which of the planned stand at their target already; `broken`: what
    the timetable breaks by today's facts, in both languages, and `missed`: what nobody has begun in
    time; `down`: outages of what the plan goes over that last."""

    drift: dict[str, tuple[str, ...]]
    there: tuple[str, ...]
    broken: tuple[str, ...]
    missed: tuple[str, ...]
    down: tuple[Outage, ...]

    @property
    def ok(self) -> bool:
        return not (self.drift or self.broken or self.missed or self.down)


def standing(product: Qianyun, code: str) -> Standing:
    """By the store as it is now, NetBox where one is set. Raises NotFound."""
    plan, estate = product.truth.plans.load(code), product.estate.load()
    arrived = there(plan, estate)
    moved = {s.code for s in estate.systems if s.code in arrived and s.placement is not None}
    path = Folder(product.settings.state / "probes").outages
    way = codes_on_the_way(plan)
    down = [one for one in (recorded(path) if path.exists() else ()) if one.ended is None]
    drift = planned_drifts(plan, estate)
    return Standing(
        {code: lines for code, lines in drift.items() if code not in moved},
        tuple(sorted(arrived)),
        product.planning.broken(code),
        tuple(product.planning.missed(code).values()),
        tuple(one for one in down if one.code in way),
    )


def codes_on_the_way(plan: Plan) -> frozenset[str]:
    """Hosts, entrances, gateways and lines of what a plan moves."""
    found = set[str]()
    for item in plan.items:
        found |= {item.source.code, item.target.code, item.gateway.code, item.entrance.code}
        found |= {item.line.code} if item.line else set()
    if plan.timetable is not None:
        ways = (one.by.partition(":") for one in plan.timetable.appointments)
        found |= {code for kind, _, code in ways if kind == "line"}
    return frozenset(found)


@dataclass(frozen=True)
class Verdict:
    """Of a timetable that was edited. `late`: systems with how many days; `changed`: how many are not
    as in the plan, `moved`: how many have another night."""

    broken: tuple[str, ...]
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    late: tuple[tuple[str, date | None, int], ...]
    changed: int
    moved: int

    @property
    def ok(self) -> bool:
        return not (self.broken or self.missing or self.unknown)


def edited_verdict(product: Qianyun, code: str, file: Path) -> Verdict:
    """By the plan's means and today's facts. Raises NotFound, BadUsage, LedgerError, Refused for a
    plan that has no timetable."""
    plan, estate = product.truth.plans.load(code), product.estate.load()
    table, city = plan.timetable, plan.means.city
    if table is None or city is None:
        raise Refused(
            f"方案 {code} 没有时间表，请以 --means 编制 / plan {code} has no timetable: make one with "
            "--means"
        )
    needs = ((edge.system, edge.needs) for edge in estate.dependencies)
    found = edited(table, edits_in(file), city, needs)
    return Verdict(
        broken=(*faults(found.timetable, estate, city), *found.broken),
        missing=found.missing,
        unknown=found.unknown,
        late=tuple(
            (one.system, one.due, one.late) for one in found.timetable.appointments if one.late
        ),
        changed=found.changed,
        moved=found.moved,
    )
