"""方案: plans, one plan (waves or nights, why, who does not move), deciding on it with its digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell
from api.pages.plan_names import name_in
from api.pages.plan_picture import Gantt, gantt_of
from api.pages.plan_rehearsal import add_rehearsal
from api.pages.plan_trials import add_trials
from api.pages.site import Site
from api.pages.tones import tone
from migrator.dispositions import grounds_text
from migrator.errors import EngineDown, MigratorError, NotFound
from migrator.people import Deed
from migrator.plan import Disposition, Item, Plan, Wave
from migrator.store_plans import PlanRecord, same_person
from migrator.timetable import Appointment, DutyTold, StageTold

ROWS = 60
"""Systems of a timetable's page."""


@dataclass(frozen=True)
class ItemRow:
    wave: int
    first: bool
    system: str
    name: str
    source: str
    target: str
    line: str
    window: str
    reason: str
    night: Appointment | None


@dataclass(frozen=True)
class LeftRow:
    """Who does not move, and why."""

    system: str
    name: str
    disposition: str
    tone: str
    reason: str
    grounds: str


@dataclass(frozen=True)
class PlanPage:
    record: PlanRecord
    tone: str
    waves: int
    items: int
    placed: int
    last: date | None
    rows: tuple[ItemRow, ...]
    left: tuple[LeftRow, ...]
    left_all: int
    gantt: Gantt | None
    stages: tuple[StageTold, ...]
    duties: tuple[DutyTold, ...]
    page: int
    pages: int
    kept: int
    soak: int
    hold: int
    zone: str
    ignored: bool
    others: tuple[str, ...]
    can_start: bool
    own: bool


def plan_page(
    record: PlanRecord,
    plan: Plan,
    plans: Sequence[PlanRecord],
    started: bool,
    who: str,
    today: date,
    page: int = 1,
    secret: frozenset[str] = frozenset(),
) -> PlanPage:
    """The page as a value; pure. `who`: the name of who looks, since an author cannot approve;
    `secret`: systems that are classified by now, whatever they were when the plan was made."""
    appointments = sorted(
        plan.timetable.appointments if plan.timetable else (),
        key=lambda a: (a.night, a.group, a.system),
    )
    placed = [(w, number, item) for w in plan.waves for number, item in enumerate(w.items)]
    pages = max(1, -(-len(appointments or placed) // ROWS))
    page = min(max(1, page), pages)
    cut = slice((page - 1) * ROWS, page * ROWS)
    shows = {a.system for a in appointments[cut]} or {item.code for _, _, item in placed[cut]}
    reasons = {
        v.system: v.model_copy(update={"name": name_in(v, secret)})
        for v in plan.verdicts
        if v.system in shows
    }
    rows = (
        _timed(appointments, cut, reasons) if appointments else _waved(plan, placed[cut], reasons)
    )
    left = [v for v in plan.verdicts if v.disposition is not Disposition.MOVE]
    shown = [r.night for r in rows if r.night]
    return PlanPage(
        record=record,
        tone=tone(record.state),
        waves=len(plan.waves) or len({a.night for a in appointments}),
        items=len(plan.items),
        placed=len(appointments),
        last=max((a.night for a in appointments), default=None),
        rows=tuple(rows),
        left=tuple(
            LeftRow(
                v.system,
                name_in(v, secret),
                str(v.disposition),
                tone(v.disposition),
                v.reason,
                grounds_text(v.grounds),
            )
            for v in left[:200]
        ),
        left_all=len(left),
        gantt=gantt_of(shown, reasons, plan.means.timezone, today) if shown else None,
        stages=plan.timetable.stages if plan.timetable else (),
        duties=plan.timetable.duties if plan.timetable else (),
        page=page,
        pages=pages,
        kept=plan.means.moves_at_once,
        soak=plan.means.soak_seconds,
        hold=plan.means.hold_seconds,
        zone=plan.means.timezone,
        ignored=plan.means.ignore_windows,
        others=tuple(p.code for p in plans if p.code != record.code)[::-1][:20],
        can_start=record.state == "approved" and not started and bool(plan.items),
        own=same_person(record.author, who),
    )


def _waved(
    plan: Plan, placed: Sequence[tuple[Wave, int, Item]], reasons: Mapping[str, object]
) -> list[ItemRow]:
    return [
        ItemRow(
            wave=wave.number,
            first=number == 0,
            system=item.code,
            name=str(getattr(reasons.get(item.code), "name", "")),
            source=f"{item.source.code} · {item.source.place}",
            target=f"{item.target.code} · {item.target.place}",
            line=item.line.code if item.line else "",
            window="" if plan.means.ignore_windows else item.system.window or "",
            reason=str(getattr(reasons.get(item.code), "reason", "")),
            night=None,
        )
        for wave, number, item in placed
    ]


def _timed(
    appointments: Sequence[Appointment], cut: slice, reasons: Mapping[str, object]
) -> list[ItemRow]:
    rows = []
    before = appointments[cut.start - 1].night if cut.start else None
    for one in appointments[cut]:
        verdict = reasons.get(one.system)
        rows.append(
            ItemRow(
                wave=one.wave,
                first=one.night != before,
                system=one.system,
                name=str(getattr(verdict, "name", "")),
                source="",
                target="",
                line=one.by,
                window=f"{one.begins[11:16]}–{one.ends[11:16]}",
                reason=str(getattr(verdict, "reason", "")),
                night=one,
            )
        )
        before = one.night
    return rows


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    @router.get("/plans")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        plans = site.looking(request).plans(viewer.person)[::-1]
        shell = Shell(title=viewer.say("page.nav.plans"), at="plans")
        given: dict[str, Any] = {"plans": plans[:200], "tone": tone, "means": site.product.settings}
        return site.page(request, "plans.html", shell, viewer=viewer, **given)

    def whole(request: Request, code: str, fault: str = "", status: int = 200) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        looking = site.looking(request)
        record, plan = looking.plan(viewer.person, code)
        told = request.query_params.get("page", "1")
        page = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 1
        started = any(run.plan == code for run in looking.heads(viewer.person))
        plans = looking.plans(viewer.person)
        secret = site.city(viewer).secret.systems
        view = plan_page(record, plan, plans, started, viewer.name, site.cities.today, page, secret)
        crumbs = (Crumb(viewer.say("page.nav.plans"), "/plans"), Crumb(code))
        shell = Shell(title=code, at="plans", crumbs=crumbs)
        given: dict[str, Any] = {"view": view, "fault": fault}
        return site.page(request, "plan.html", shell, viewer=viewer, status=status, **given)

    @router.get("/plans/{code}")
    def one(request: Request, code: str) -> Response:
        return whole(request, code)

    @router.post("/plans")
    def make(request: Request, moves: Annotated[int, Form(ge=1, le=999)] = 4) -> Response:
        viewer = site.viewer(request, Deed.PLAN_MAKE)
        from api.scheduling import orders_on  # noqa: PLC0415  brings the planner

        product = site.product
        orders = orders_on(product, None, site.cities.today)
        record, _ = product.planning.make(
            viewer.person, product.means(moves_at_once=moves), orders, today=site.cities.today
        )
        return site.back(request, f"/plans/{record.code}")

    def ask(request: Request, code: str, what: str, reason: str = "", fault: str = "") -> Response:
        if what not in _DECISIONS:
            raise NotFound(f"没有此操作 / no such command: {what}")
        viewer = site.viewer(request, _DECISIONS[what])
        record, plan = site.looking(request).plan(viewer.person, code)
        title = viewer.say(f"page.plan.{what}", plan=code)
        crumbs = (
            Crumb(viewer.say("page.nav.plans"), "/plans"),
            Crumb(code, f"/plans/{code}"),
            Crumb(title),
        )
        shell = Shell(title=title, at="plans", crumbs=crumbs)
        drifted = site.product.planning.drifted(code) if what != "reject" else {}
        given: dict[str, Any] = {
            "record": record,
            "plan": plan,
            "what": what,
            "title": title,
            "reason": reason,
            "fault": fault,
            "drifted": drifted,
            "names": {
                v.system: name_in(v, site.city(viewer).secret.systems) for v in plan.verdicts
            },
            "own": same_person(record.author, viewer.name),
        }
        status = 409 if fault else 200
        return site.page(request, "confirm_plan.html", shell, viewer=viewer, status=status, **given)

    @router.get("/plans/{code}/do/{what}")
    def show(request: Request, code: str, what: str) -> Response:
        return ask(request, code, what)

    @router.post("/plans/{code}/do/{what}")
    def decide(
        request: Request,
        code: str,
        what: str,
        digest: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
    ) -> Response:
        if what not in _DECISIONS:
            raise NotFound(f"没有此操作 / no such command: {what}")
        viewer = site.viewer(request, _DECISIONS[what])
        product, reason = site.product, reason.strip()[:1000]
        if what == "reject" and not reason:
            return ask(request, code, what, reason, viewer.say("page.do.say_why"))
        try:
            if what == "start":
                _same_digest(product.truth.plans.record(code), digest)
                run = product.running.start(code, viewer.person)
                return site.back(request, f"/runs/{run.code}")
            decide_on = product.planning.approve if what == "approve" else product.planning.reject
            decide_on(code, digest, viewer.person, reason)
        except EngineDown:  # it is recorded and begins when the engine is back
            return site.back(request, "/runs")
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, code, what, reason, str(error))
        return site.back(request, f"/plans/{code}")

    add_trials(site, router)
    add_rehearsal(site, router)
    return router


_DECISIONS = {
    "approve": Deed.PLAN_DECIDE,
    "reject": Deed.PLAN_DECIDE,
    "start": Deed.RUN_START,
}


def _same_digest(record: PlanRecord, digest: str) -> None:
    """What is started is what was looked at. Raises Refused."""
    from migrator.errors import Refused  # noqa: PLC0415

    if digest != record.digest:
        raise Refused(
            f"摘要不符 / another digest: read {digest[:80]!r}, plan {record.code} has {record.digest}; look "
            "at the plan again"
        )
