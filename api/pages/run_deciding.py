"""Approvals and papers of a run in flight: what waits for them, what was said, and saying it. Each decision
is confirmed on a page that names its systems and the plan's digest; the use case decides again."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response

from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from migrator.errors import EngineDown, MigratorError, NotFound, Refused
from migrator.people.rights import Deed
from migrator.runs.approvals import ApprovalRecord, PlanRecord
from migrator.runs.records import RunRecord

DECISIONS: Mapping[str, Deed] = {
    "approve": Deed.PLAN_DECIDE,
    "reject": Deed.PLAN_DECIDE,
    "withdraw": Deed.PLAN_DECIDE,
    "evidence": Deed.PLAN_EVIDENCE,
    "no-evidence": Deed.PLAN_EVIDENCE,
}
REASONED = frozenset({"reject", "withdraw"})
MOST = 500
"""Single systems of one decision: what an address and a form can hold."""
Systems = Annotated[list[str], Query(max_length=5000)]
SystemsTold = Annotated[list[str], Form(max_length=5000)]
Wave = Annotated[int, Query(ge=0, le=100_000)]
WaveTold = Annotated[int, Form(ge=0, le=100_000)]


@dataclass(frozen=True)
class Deciding:
    """What a confirmation says. `names`: the systems that it is about; `wave`: 0 for single systems."""

    decision: str
    run: str
    plan: str
    digest: str
    wave: int
    systems: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def papers(self) -> bool:
        return "evidence" in self.decision

    @property
    def reasoned(self) -> bool:
        return self.decision in REASONED

    @property
    def mark(self) -> str:
        """Of all that the confirmation says: who confirms has seen exactly this."""
        told = "\n".join((self.decision, self.run, self.digest, str(self.wave), *self.names))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Paper:
    """A paper as it was told; `content`: SHA-256 of its file, "" for none."""

    kind: str = ""
    reference: str = ""
    content: str = ""

    @property
    def whole(self) -> bool:
        return bool(self.kind and self.reference)


def deciding(
    run: RunRecord,
    record: PlanRecord,
    decision: str,
    *,
    wave: int,
    systems: Sequence[str],
    name: Callable[[str], str],
) -> Deciding:
    """Raises NotFound for a decision, a wave or an item that there is not, Refused for nothing."""
    if decision not in DECISIONS:
        raise NotFound(f"没有此操作 / no such command: {decision}")
    if not wave and not systems:
        raise Refused("请先选择系统或批次 / choose systems or a wave first: read none")
    if len(systems) > MOST:
        raise Refused(
            f"一次至多 {MOST} 个系统，更多请按批次 / at most {MOST} systems at once: decide on a wave; read "
            f"{len(systems)}"
        )
    found = [i.system for i in run.items if (i.wave == wave if wave else i.system in systems)]
    if not found or (not wave and len(found) < len(set(systems))):
        missing = sorted(set(systems) - set(found)) or [str(wave)]
        raise NotFound(f"执行 {run.code} 中没有 / the run has no {', '.join(missing)}")
    return Deciding(
        decision=decision,
        run=run.code,
        plan=record.code,
        digest=record.digest,
        wave=wave,
        systems=() if wave else tuple(found),
        names=tuple(f"{system} {name(system)}" for system in found),
    )


def said_of(
    record: PlanRecord, waves: Collection[int], systems: Collection[str]
) -> list[ApprovalRecord]:
    """What was decided on these, and on the plan as a whole, the last first."""
    mine = {"item": {*systems}, "wave": {str(wave) for wave in waves}}
    return [
        one
        for one in reversed(record.decisions)
        if one.scope not in mine or one.subject in mine[one.scope]
    ]


def add_deciding(site: Site, router: APIRouter) -> None:
    """/runs/{code}/decisions, and /runs/{code}/decide, which asks first."""

    @router.get("/runs/{code}/decisions")
    def many(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.RUN_READ)
        looking = site.looking(request)
        run = looking.run(viewer.person, code)
        record, _ = looking.plan(viewer.person, run.plan)
        mine = {item.system for item in run.items}
        ready = () if run.ended_at else site.product.running.ready(code)
        title = viewer.say("page.decisions")
        shell = Shell(title=f"{title} · {code}", at="runs", crumbs=_crumbs(viewer, code, title))
        given: dict[str, Any] = {
            "run": run,
            "record": record,
            "ready": [system for system in ready if system in mine][:MOST],
            "open": [i for i in run.items if not i.state.ended][:MOST],
            "left": max(0, sum(not i.state.ended for i in run.items) - MOST),
            "waves": sorted({i.wave for i in run.items if not i.state.ended}),
            "said": said_of(record, {i.wave for i in run.items}, mine),
            "name": site.city(viewer).system_name,
        }
        return site.page(request, "run_decisions.html", shell, viewer=viewer, **given)

    def told_of(
        request: Request, code: str, decision: str, wave: int, systems: Sequence[str]
    ) -> tuple[Viewer, Deciding]:
        viewer = site.viewer(request, DECISIONS.get(decision, Deed.RUN_READ))
        looking = site.looking(request)
        run = looking.run(viewer.person, code)
        record, _ = looking.plan(viewer.person, run.plan)
        name = site.city(viewer).system_name
        return viewer, deciding(run, record, decision, wave=wave, systems=systems, name=name)

    def ask(
        request: Request,
        viewer: Viewer,
        told: Deciding,
        paper: Paper,
        reason: str = "",
        fault: str = "",
    ) -> Response:
        title = viewer.say(f"page.decide.{told.decision}")
        crumbs = _crumbs(viewer, told.run, viewer.say("page.decisions"), title)
        shell = Shell(title=title, at="runs", crumbs=crumbs)
        given: dict[str, Any] = {
            "told": told,
            "title": title,
            "paper": paper,
            "reason": reason,
            "fault": fault,
        }
        status = 422 if fault else 200
        page = "confirm_decision.html"
        return site.page(request, page, shell, viewer=viewer, status=status, **given)

    @router.get("/runs/{code}/decide")
    def show(
        request: Request,
        code: str,
        *,
        decision: str = "",
        system: Systems = [],  # noqa: B006  FastAPI copies it
        wave: Wave = 0,
        kind: str = "",
        reference: str = "",
    ) -> Response:
        viewer, told = told_of(request, code, decision, wave, system)
        return ask(request, viewer, told, Paper(kind[:60], reference[:200]))

    @router.post("/runs/{code}/decide")
    def decide(
        request: Request,
        code: str,
        *,
        decision: Annotated[str, Form()] = "",
        system: SystemsTold = [],  # noqa: B006
        wave: WaveTold = 0,
        reason: Annotated[str, Form()] = "",
        kind: Annotated[str, Form()] = "",
        reference: Annotated[str, Form()] = "",
        content: Annotated[UploadFile | None, File()] = None,
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        viewer, told = told_of(request, code, decision, wave, system)
        reason = reason.strip()[:1000]
        paper = Paper(kind.strip()[:60], reference.strip()[:200], _digest(content))
        if seen != told.mark:  # what was agreed to is no longer what would happen
            return ask(request, viewer, told, paper, reason, viewer.say("page.do.changed"))
        if told.papers and not paper.whole:
            return ask(request, viewer, told, paper, reason, viewer.say("page.decide.paper"))
        if told.reasoned and not reason:
            return ask(request, viewer, told, paper, reason, viewer.say("page.do.say_why"))
        try:
            site.product.running.decide(
                code,
                decision,
                viewer.person,
                reason,
                wave=wave or None,
                systems=told.systems,
                **(vars(paper) if told.papers else {}),
            )
        except EngineDown:
            return site.back(request, f"/runs/{code}?late=1")
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, viewer, told, paper, reason, str(error))
        return site.back(request, f"/runs/{code}/decisions")


def _crumbs(viewer: Viewer, code: str, *titles: str) -> tuple[Crumb, ...]:
    *between, last = titles
    return (
        Crumb(viewer.say("page.nav.runs"), "/runs"),
        Crumb(code, f"/runs/{code}"),
        *(Crumb(title, f"/runs/{code}/decisions") for title in between),
        Crumb(last),
    )


def _digest(file: UploadFile | None) -> str:
    """Of a paper only its digest is kept."""
    if file is None or not file.filename:
        return ""
    return hashlib.sha256(file.file.read()).hexdigest()
