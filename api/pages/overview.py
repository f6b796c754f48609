"""总览: what needs somebody now, targets with days left, systems by phase, waves, nodes, money."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.pages.alerts import AlertRow, alerts_of
from api.pages.city import Case, City, Judged
from api.pages.frame import Shell, url
from api.pages.looks import Looks, looks
from api.pages.site import Site
from api.pages.tones import tone
from inventory.model import Estate
from inventory.policies.assessment import TargetResult, Verdict
from inventory.policies.holds import total
from inventory.policies.wording import Severity
from migrator.people.rights import Deed
from migrator.runs.approvals import PlanRecord
from migrator.runs.records import ItemState, RunRecord, RunState
from migrator.store.tallies import Tally

MOST = 12
"""Lines of a list on this page; the rest is one click away."""


@dataclass(frozen=True)
class Call:
    """Something that waits for a person. `text` is a key of the words, `values` fill it."""

    tone: str
    text: str
    values: Mapping[str, object]
    to: str


@dataclass(frozen=True)
class Goal:
    """A target with its day. `share` and `limit` are parts of one, None where there is no ratio."""

    policy: str
    entry: str
    title: str
    title_en: str
    clause: str
    verdict: str
    tone: str
    days: int | None
    deadline: date | None
    share: float | None
    limit: float | None
    done: int | None
    total: int | None
    to: str


@dataclass(frozen=True)
class PhaseCount:
    """How many systems stand in a phase; `late` of them are past its day."""

    title: str
    title_en: str
    count: int
    late: int
    to: str


@dataclass(frozen=True)
class Wave:
    """A wave of a run, or a plan that waits for its start."""

    run: str
    plan: str
    number: int
    waves: int
    state: str
    tone: str
    done: int
    total: int
    stuck: tuple[str, ...]
    to: str


@dataclass(frozen=True)
class Money:
    """Yuan on hold, and how many of the holds have no amount told."""

    yuan: int
    unknown: int
    holds: int
    shrinking: int


@dataclass(frozen=True)
class Overview:
    """`judged_at` None: the first judgement is being made."""

    empty: bool
    calls: tuple[Call, ...]
    systems: int
    moved: int
    rooms: int
    lines: int
    nodes: int
    nodes_down: tuple[str, ...]
    nodes_known: int
    probed: bool
    goals: tuple[Goal, ...]
    goals_all: int
    alarms: int
    phases: tuple[PhaseCount, ...]
    phases_of: str
    waves: tuple[Wave, ...]
    drafts: tuple[PlanRecord, ...]
    ready: tuple[PlanRecord, ...]
    money: Money | None
    judged_at: datetime | None
    own: bool


def overview(
    city: City,
    judged: Judged | None,
    seen: Looks,
    heads: Sequence[RunRecord],
    open_runs: Sequence[Tally],
    plans: Sequence[PlanRecord],
    alerts: Sequence[AlertRow] = (),
) -> Overview:
    """The page as a value; pure. `heads`: of every run; `open_runs`: those that have not ended."""
    estate = city.estate
    cases = judged.cases if judged else ()
    known = [(n.code, seen.worst(n.code)) for n in city.nodes]
    down = tuple(code for code, state in known if state == "down")
    goals = sorted((g for case in cases for g in _goals(case)), key=_urgency)
    started = {run.plan for run in heads}
    phases_of, phases = _phases(cases, estate)
    return Overview(
        empty=not any(objects for _, objects in estate.collections()),
        calls=tuple(_calls(city, open_runs, plans, goals, down, alerts)),
        systems=len(estate.systems),
        moved=city.moved,
        rooms=len(estate.rooms),
        lines=len(city.lines),
        nodes=len(city.nodes),
        nodes_down=down,
        nodes_known=sum(state != "unknown" for _, state in known),
        probed=seen.any,
        goals=tuple(goals[:MOST]),
        goals_all=len(goals),
        alarms=sum(case.assessed.alarms for case in cases),
        phases=phases,
        phases_of=phases_of,
        waves=tuple(_wave(run) for run in open_runs),
        drafts=tuple(p for p in plans if p.state == "draft")[-MOST:],
        ready=tuple(p for p in plans if p.state == "approved" and p.code not in started)[-MOST:],
        money=_money(cases) if judged else None,
        judged_at=judged.made_at if judged else None,
        own=judged.own if judged else True,
    )


_SETTLED = (Verdict.MET, Verdict.NOT_IN_FORCE, Verdict.TOLD, Verdict.BORN_LATE)


def goal_of(found: TargetResult) -> Goal:
    """A target as lists show it."""
    ratio = found.today
    share = float(ratio.value) if ratio and ratio.value is not None else None
    limit = None
    if found.threshold and not found.at_most and share is not None:
        limit = float(found.threshold)
    counted = found.kind in ("count", "fewer")
    return Goal(
        policy=found.policy,
        entry=found.entry,
        title=found.title,
        title_en=found.title_en,
        clause=found.clause,
        verdict=str(found.verdict),
        tone="warn" if found.unsettled else tone(found.verdict),
        days=found.days,
        deadline=found.deadline,
        share=None if counted else share,
        limit=None if counted else limit,
        done=ratio.done if ratio else None,
        total=None if counted or ratio is None else ratio.total,
        to=f"/policies/{found.policy}#{found.entry}",
    )


def _goals(case: Case) -> Iterator[Goal]:
    for found in case.assessed.targets:
        soft = found.severity is Severity.INFO
        if found.verdict not in _SETTLED and not soft and found.deadline is not None:
            yield goal_of(found)


def _urgency(goal: Goal) -> tuple[bool, int]:
    """What is late first, the longest; then what comes next."""
    return goal.verdict != "late", goal.days if goal.days is not None else 99_999


def _calls(
    city: City,
    runs: Iterable[Tally],
    plans: Iterable[PlanRecord],
    goals: Iterable[Goal],
    down: Sequence[str],
    alerts: Sequence[AlertRow],
) -> Iterator[Call]:
    for tally in runs:
        run = tally.run
        for system in tally.waiting:
            values: dict[str, object] = {"system": city.system_name(system), "run": run.code}
            to = url(f"/runs/{run.code}", at=system)
            yield Call("bad", "page.call.stuck", values, f"{to}#{system}")
        if run.state is RunState.PAUSED:
            yield Call("warn", "page.call.paused", {"run": run.code}, f"/runs/{run.code}")
    if down:
        names = "、".join(city.name(code) for code in down[:3])
        values = {"n": len(down), "names": names}
        yield Call("bad", "page.call.down", values, "/probes?state=down")
    if firing := [one for one in alerts if one.state == "firing"]:
        names = "、".join(f"{one.alert.name} {one.title}".strip() for one in firing[:3])
        values = {"n": len(firing), "names": names}
        yield Call("bad", "page.call.alerts", values, "/probes#alerts")
    if late := sum(goal.verdict == "late" for goal in goals):
        yield Call("bad", "page.call.late", {"n": late}, "/policies")
    for plan in plans:
        if plan.state == "draft":
            values = {"plan": plan.code, "author": plan.author}
            yield Call("busy", "page.call.draft", values, f"/plans/{plan.code}")


def _phases(cases: Iterable[Case], estate: Estate) -> tuple[str, tuple[PhaseCount, ...]]:
    """By the phases of the first policy that has any; else by what ledgers say of the cloud."""
    for case in cases:
        of = [p for p in case.pack.phases if p.set == "systems"]
        if of and case.assessed.in_force:
            return case.pack.id, tuple(_by_phase(case))
    counts = Counter(str(s.cloud_status or "") for s in estate.systems)
    states = [state for state in ("", "none", "connected", "migrated", "verified") if counts[state]]
    return "", tuple(
        PhaseCount(state, state, counts[state], 0, url("/systems", cloud=state or "unknown"))
        for state in states
    )


def _by_phase(case: Case) -> Iterator[PhaseCount]:
    counts, late = case.of_systems
    phases = (p for p in case.pack.phases if p.set == "systems")
    for phase in sorted(phases, key=lambda p: (p.number, p.id)):
        to = url("/systems", phase=f"{case.pack.id}:{phase.id}")
        yield PhaseCount(phase.title, phase.title_en, counts[phase.id], late[phase.id], to)
    if counts[None]:
        to = url("/systems", phase=f"{case.pack.id}:done")
        yield PhaseCount("全部完成", "all left", counts[None], 0, to)


def _wave(tally: Tally) -> Wave:
    run, counts = tally.run, tally.waves
    last = max((wave for wave, _ in counts), default=0)
    number = min((wave for wave, state in counts if not state.ended), default=last)
    return Wave(
        run=run.code,
        plan=run.plan,
        number=number,
        waves=last,
        state=str(run.state),
        tone=tone(run.state),
        done=counts.get((number, ItemState.DONE), 0),
        total=sum(count for (wave, _), count in counts.items() if wave == number),
        stuck=tally.waiting,
        to=f"/runs/{run.code}",
    )


def _money(cases: Iterable[Case]) -> Money:
    found = [hold for case in cases for hold in case.holds]
    yuan, unknown = total(found, "hold")
    held = sum(hold.kind == "hold" for hold in found)
    return Money(yuan, unknown, held, len(found) - held)


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def show(request: Request) -> Response:
        viewer, looking = site.viewer(request, Deed.INVENTORY_READ), site.looking(request)
        heads = looking.heads(viewer.person)
        city = site.city(viewer)
        view = overview(
            city,
            site.judged(viewer),
            looks(site.product),
            heads,
            looking.tallies(viewer.person, [run for run in heads if not run.ended_at]),
            looking.plans(viewer.person),
            alerts_of(site, city, viewer.person),
        )
        shell = Shell(title=viewer.say("page.nav.overview"), at="overview")
        return site.page(request, "overview.html", shell, viewer=viewer, view=view)

    return router
