"""A plan with nights, made by page: its means are edited as text, the search goes on in this process
while the page tells that it does. Nothing that was typed is lost when it is refused."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.bootstrap import Qianyun
from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from migrator.errors import MigratorError, NothingMoves, Refused
from migrator.people.rights import Deed, Person
from migrator.planning.plan import Verdict
from migrator.use_cases.means_to_edit import means_to_edit

LONGEST = 200_000
"""Characters of means, as over HTTP."""
SHOWN = 200
"""Verdicts that a page tells where nothing moves."""


@dataclass(frozen=True)
class Wanted:
    """What was typed. `after`: the plan whose nights are kept where they can be, or nothing."""

    means: str
    after: str = ""


@dataclass
class Making:
    """`code`: the plan, once it is made; `fault`: why there is none; `verdicts`: why nothing moves."""

    began: datetime
    wanted: Wanted
    code: str = ""
    fault: str = ""
    verdicts: tuple[Verdict, ...] = field(default=())

    @property
    def ended(self) -> bool:
        return bool(self.code or self.fault)


class Makings:
    """The latest of each person. Safe between threads."""

    def __init__(self, product: Qianyun) -> None:
        self._product = product
        self._lock = threading.Lock()
        self._of: dict[str, Making] = {}

    def of(self, name: str) -> Making | None:
        return self._of.get(name)

    def forget(self, name: str) -> None:
        """One that has ended; one that is under way stays."""
        with self._lock:
            if (found := self._of.get(name)) and found.ended:
                del self._of[name]

    def begin(self, person: Person, wanted: Wanted) -> None:
        """Raises Refused where one of this person is under way, Forbidden."""
        self._product.truth.permit(person, Deed.PLAN_MAKE, "estate")
        mine = Making(self._product.truth.clock(), wanted)
        with self._lock:
            before = self._of.get(person.name)
            if before and not before.ended:
                raise Refused("您的方案正在编制 / a plan of yours is being made: wait for it")
            self._of[person.name] = mine
        name = f"plan-of-{person.name}"
        threading.Thread(target=self._work, args=(person, mine), name=name, daemon=True).start()

    def _work(self, person: Person, mine: Making) -> None:
        try:
            mine.code = made(self._product, person, mine.wanted)
        except NothingMoves as error:
            mine.verdicts = tuple(error.verdicts[:SHOWN])
            mine.fault = (
                "没有可迁移的系统，逐个原因如下 / nothing is left to move; why, system by system:"
            )
        except Exception as error:  # whatever it is, who looks must be told
            mine.fault = str(error) or type(error).__name__


def made(product: Qianyun, person: Person, wanted: Wanted) -> str:
    """The code of the plan. Raises MeansRefused, BadUsage, Refused, NotFound."""
    from api.days import city_today  # noqa: PLC0415  these bring the planner
    from api.scheduling import means_told, orders_on, seen_within  # noqa: PLC0415

    day = city_today(product.settings)
    city = means_told(wanted.means, (), product.estate.load())
    record, _ = product.planning.make(
        person,
        product.means().model_copy(update={"city": city}),
        orders_on(product, None, day),
        seen=seen_within(product),
        former=wanted.after or None,
        today=day,
    )
    return record.code


def add_making(site: Site, router: APIRouter) -> None:
    """GET and POST /plans/new."""
    makings = Makings(site.product)

    def shown(
        request: Request, viewer: Viewer, wanted: Wanted, fault: str = "", status: int = 200
    ) -> Response:
        title = viewer.say("page.plan.new")
        crumbs = (Crumb(viewer.say("page.nav.plans"), "/plans"), Crumb(title))
        found = makings.of(viewer.name)
        given: dict[str, Any] = {
            "found": found,
            "fault": fault or (found.fault if found else ""),
            "wanted": wanted,
            "plans": [p.code for p in site.looking(request).plans(viewer.person)[::-1]][:50],
            "longest": LONGEST,
        }
        shell = Shell(title=title, at="plans", crumbs=crumbs)
        return site.page(request, "plan_new.html", shell, viewer=viewer, status=status, **given)

    @router.get("/plans/new")
    def show(request: Request, like: str = "", again: str = "") -> Response:
        viewer = site.viewer(request, Deed.PLAN_MAKE)
        found = makings.of(viewer.name)
        if found and found.code:
            makings.forget(viewer.name)
            return site.back(request, f"/plans/{found.code}")
        if again or like:
            makings.forget(viewer.name)
        elif found:
            return shown(request, viewer, found.wanted)
        today = site.cities.today
        text = means_to_edit(site.product.truth, viewer.person, like or None, today)
        return shown(request, viewer, Wanted(text, like))

    @router.post("/plans/new")
    def begin(
        request: Request,
        means: Annotated[str, Form()] = "",
        after: Annotated[str, Form(max_length=63)] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.PLAN_MAKE)
        wanted = Wanted(means.replace("\r\n", "\n"), after)
        if len(means) > LONGEST or not means.strip():
            fault = (
                f"读到 {len(means)} 字，应为 1 到 {LONGEST} / read {len(means)} characters of means, "
                f"expected 1 to {LONGEST}"
            )
            return shown(request, viewer, wanted, fault, 422)
        try:
            makings.begin(viewer.person, wanted)
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return shown(request, viewer, wanted, str(error), 409)
        return site.back(request, "/plans/new")
