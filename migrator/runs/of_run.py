"""What comes next in a run: which items begin, whether it pauses or has ended."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import islice, takewhile

from pydantic import Field

from inventory.model import Frozen
from migrator.planning.plan import Plan, StepKind
from migrator.runs.admission import PATIENCE, Claim, admit
from migrator.runs.gates import GateVerdict
from migrator.runs.of_item import unasked
from migrator.runs.records import ItemRecord, ItemState, RunRecord, RunState, Wanted


class RunMove(Frozen):
    """What a run does next: items to start now; whether it pauses itself or has ended. `ready`: all
    that could start but for limits; `told`: why others can't, by system."""

    start: tuple[str, ...] = ()
    pause: str = ""
    end: RunState | None = None
    ready: tuple[str, ...] = ()
    told: dict[str, str] = Field(default_factory=dict)


Admission = RunMove


@dataclass(frozen=True)
class Around:
    """What a run's next move hangs on beside itself. `claims`: of items of other runs that are under
    way; `limits`: the city's, under those of plan and run; `gates`: of an item's first step."""

    claims: tuple[Claim, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    gates: Callable[[ItemRecord], GateVerdict] = lambda item: unasked(StepKind.PREFLIGHT)  # noqa: ARG005


ALONE = Around()


def claims_of(run: RunRecord, plan: Plan) -> tuple[Claim, ...]:
    """Of the run's items that are under way."""
    return tuple(
        Claim(
            code=f"{run.code}/{i.system}",
            group=f"{run.code}/{i.wave}",
            resources=plan.item(i.system).resources,
        )
        for i in run.items
        if not i.state.ended and i.state is not ItemState.WAITING
    )


def next_of_run(
    run: RunRecord, plan: Plan, today: date | None = None, around: Around = ALONE
) -> RunMove:
    """Start what the current wave and the limits allow. By a timetable an item starts when the night
    of its copy has come and what it needs is done, whatever its wave; `today` is the city's.

    An item holds its resources until it has ended, also while it waits for an operator: limits
    are never exceeded by a retry. A wave that lost an item pauses the run, so that a person
    decides before what needs that item is moved.
    """
    open_items = [item for item in run.items if not item.state.ended]
    if not open_items:
        done = all(item.state is ItemState.DONE for item in run.items)
        return RunMove(end=RunState.DONE if done else RunState.ENDED)
    turned = [
        i.system for i in open_items if i.wanted is Wanted.ROLLBACK and i.state is ItemState.WAITING
    ]
    if turned:  # aborted before their turn: they only have to end
        return RunMove(start=tuple(turned))
    if plan.appointments and today is not None:
        return _by_timetable(run, plan, today, around)
    wave = min(item.wave for item in open_items)
    lost = [i.system for i in run.items if i.wave < wave and i.state is not ItemState.DONE]
    fresh = all(i.state is ItemState.WAITING for i in run.items if i.wave == wave)
    if lost and fresh and f"wave {wave}" not in run.note:
        names = ", ".join(lost)
        return RunMove(
            pause=f"{names} 未完成，继续请 resume / did not finish; resume to begin wave {wave}"
        )
    if run.paused:
        return RunMove()
    return _startable(run, plan, [i for i in open_items if i.wave == wave], around)


def limits_of(run: RunRecord, plan: Plan, city: Mapping[str, int]) -> dict[str, int]:
    """Items that may hold a resource together: the plan's, no more than the city's rules say, and over
    both what an operator told for this run."""
    planned = {limit.resource: limit.count for limit in plan.limits}
    least = {r: min(n, planned.get(r, n)) for r, n in city.items()}
    return planned | least | run.limits


def _startable(run: RunRecord, plan: Plan, among: Sequence[ItemRecord], around: Around) -> RunMove:
    """Of the waiting items those whose gates are open and that the limits leave room for."""
    told: dict[str, str] = {}
    waiting: list[Claim] = []
    overtaken = _overtaken(run, plan)
    for item in among:
        if item.state is not ItemState.WAITING or item.paused:
            continue
        verdict = around.gates(item)
        if not verdict.open:
            told[item.system] = "; ".join(verdict.reasons)
            continue
        needed = plan.item(item.system).resources
        over = overtaken(item.ready_at, needed) if item.ready_at else 0
        waiting.append(
            Claim(
                code=item.system, group=f"{run.code}/{item.wave}", resources=needed, overtaken=over
            )
        )
    under_way = (*claims_of(run, plan), *around.claims)
    start = admit(waiting, under_way, limits_of(run, plan, around.limits))
    same = {i.system for i in run.items if told.get(i.system) == i.note}
    return RunMove(
        start=start,
        ready=tuple(claim.code for claim in waiting),
        told={system: why for system, why in told.items() if system not in same},
    )


def _overtaken(run: RunRecord, plan: Plan) -> Callable[[str, tuple[str, ...]], int]:
    """How many items that share one of these resources began since a moment; counted no further than
    `PATIENCE`, and once for all that have waited as long for the same."""
    begun = sorted(((i.begun_at, i.system) for i in run.items if i.begun_at), reverse=True)

    @cache
    def since(moment: str, needed: tuple[str, ...]) -> int:
        later = takewhile(lambda one: one[0] > moment, begun)
        shared = (1 for _, s in later if not set(needed).isdisjoint(plan.item(s).resources))
        return sum(islice(shared, PATIENCE))

    return since


def _by_timetable(run: RunRecord, plan: Plan, today: date, around: Around) -> RunMove:
    """What needs a lost item waits for a person, who re-plans or aborts it; the rest goes on."""
    states = {item.system: item.state for item in run.items}
    due: list[ItemRecord] = []
    for item in run.items:
        at = plan.appointments[item.system]
        if item.state is not ItemState.WAITING or at.copy_from > today:
            continue
        inside = [code for code in at.after if code in states]
        lost = [c for c in inside if states[c].ended and states[c] is not ItemState.DONE]
        if lost and f"before {item.system}" not in run.note:
            return RunMove(
                pause=f"{', '.join(lost)} 未完成，{item.system} 不会开始；resume 继续其余 / did not finish, "
                f"before {item.system}: it will not begin, resume for the rest"
            )
        if all(states[code] is ItemState.DONE for code in inside):
            due.append(item)
    return RunMove() if run.paused else _startable(run, plan, due, around)
