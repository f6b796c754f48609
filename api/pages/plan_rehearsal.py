"""A plan's dry run: begun after a confirmation, shown as it goes; no host is changed. It goes on in this
process whoever looks, one for each plan, and is cut off when the process stops."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.bootstrap import Qianyun
from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.plan_names import name_in
from api.pages.site import Site
from migrator.errors import MigratorError, Refused
from migrator.people.rights import Deed, Person
from migrator.use_cases.planning import Rehearsal

KEPT = 20
"""Dry runs that are remembered; each stands in the audit with what failed."""


@dataclass
class DryRun:
    """`steps` grows; `fault`: why it came to no end of its own."""

    by: str
    began: str
    steps: list[Rehearsal] = field(default_factory=list)
    ended: str = ""
    fault: str = ""

    @property
    def bad(self) -> int:
        return sum(not step.ok for step in self.steps)


class DryRuns:
    """The latest of each plan. Safe between threads."""

    def __init__(self, product: Qianyun, stopping: Callable[[], bool]) -> None:
        self._product = product
        self._stopping = stopping
        self._lock = threading.Lock()
        self._of: dict[str, DryRun] = {}

    def get(self, code: str) -> DryRun | None:
        return self._of.get(code)

    def begin(self, code: str, person: Person) -> None:
        """Raises Refused where one is under way or the facts changed, Forbidden, NotFound."""
        product = self._product
        product.truth.permit(person, Deed.PLAN_REHEARSE, code)
        product.planning.require_same_facts(code)
        crew = product.crew
        mine = DryRun(person.name, product.truth.now())
        with self._lock:
            before = self._of.pop(code, None)
            self._of[code] = before if before and not before.ended else mine
            while len(self._of) > KEPT:
                del self._of[next(iter(self._of))]
            if self._of[code] is not mine:
                raise Refused("此方案正在预演 / a dry run of this plan is under way: look at it")

        def stop() -> str | None:
            return "接口服务停止 / the API stops" if self._stopping() else None

        def work() -> None:
            try:
                product.planning.rehearse(code, crew, person, on_done=mine.steps.append, stop=stop)
                mine.fault = stop() or ""
            except Exception as error:  # whatever it is, who looks must be told
                mine.fault = str(error) or type(error).__name__
            mine.ended = product.truth.now()

        context = copy_context()  # by what the person came in stands in the audit
        threading.Thread(
            target=context.run, args=(work,), name=f"dry-run-{code}", daemon=True
        ).start()


def add_rehearsal(site: Site, router: APIRouter) -> None:
    """GET and POST /plans/{code}/dry-run."""
    runs = DryRuns(site.product, site.stopping.is_set)

    def shown(request: Request, viewer: Viewer, code: str, fault: str = "") -> Response:
        record, plan = site.looking(request).plan(viewer.person, code)
        title = viewer.say("page.dry_run")
        crumbs = (
            Crumb(viewer.say("page.nav.plans"), "/plans"),
            Crumb(code, f"/plans/{code}"),
            Crumb(title),
        )
        shell = Shell(title=f"{title} · {code}", at="plans", crumbs=crumbs)
        secret = site.city(viewer).secret.systems
        given: dict[str, Any] = {
            "record": record,
            "plan": plan,
            "found": runs.get(code),
            "fault": fault,
            "names": {v.system: name_in(v, secret) for v in plan.verdicts},
        }
        status = 409 if fault else 200
        return site.page(request, "plan_dry_run.html", shell, viewer=viewer, status=status, **given)

    @router.get("/plans/{code}/dry-run")
    def show(request: Request, code: str) -> Response:
        return shown(request, site.viewer(request, Deed.PLAN_REHEARSE), code)

    @router.post("/plans/{code}/dry-run")
    def begin(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.PLAN_REHEARSE)
        try:
            runs.begin(code, viewer.person)
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return shown(request, viewer, code, str(error))
        return site.back(request, f"/plans/{code}/dry-run")
