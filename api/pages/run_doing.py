"""Commands on runs: each asks first, on a page of its own that says what will happen to whom; what
can't be taken back wants the name typed. The use case decides again whether it may be."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell
from api.pages.site import Site
from migrator.errors import EngineDown, MigratorError, NotFound
from migrator.people.rights import Deed, Person
from migrator.planning.plan import CUTOVER, StepKind
from migrator.runs.kinds import KINDS
from migrator.runs.records import ItemRecord, ItemState, RunRecord, StepState, Wanted
from migrator.use_cases.running import Running

RUN_VERBS = ("pause", "resume", "abort")
ITEM_VERBS = ("pause", "resume", "retry", "skip", "rollback")
GRAVE = frozenset({"abort", "rollback"})
"""Cannot be taken back: the name must be typed."""
REASONED = frozenset({"abort", "rollback", "skip"})
"""Want a reason, for the audit and the dossier."""


def doings_of(item: ItemRecord) -> tuple[str, ...]:
    """What an operator can do with an item now (`Running` says the last word)."""
    if item.state.ended:
        return ()
    back = item.step(StepKind.ROLLBACK)
    if item.wanted is Wanted.ROLLBACK:
        return ("retry",) if back.state in (StepState.FAILED, StepState.HELD) else ()
    found: list[str] = []
    blocked = item.blocked
    if blocked is not None:
        found.append("retry")
        if blocked.step not in CUTOVER and KINDS[blocked.step].skippable:
            found.append("skip")
    elif item.paused:
        found.append("resume")
    elif item.state in (ItemState.RUNNING, ItemState.WAITING):
        found.append("pause")
    if item.begun and not item.committed:
        found.append("rollback")
    return tuple(found)


@dataclass(frozen=True)
class Doing:
    """What a confirmation says. `names`: the systems that it touches; `typed`: what must be typed,
    "" for nothing; `step`: the step that is concerned; `early`: its cutover has not begun."""

    verb: str
    run: str
    system: str
    name: str
    names: tuple[str, ...]
    step: str
    typed: str
    reasoned: bool
    early: bool = False

    @property
    def what(self) -> str:
        """The words for what will happen."""
        early = ".early" if self.early and self.verb == "rollback" else ""
        return f"page.do.{self.of}.{self.verb}{early}.what"

    @property
    def mark(self) -> str:
        """Of all that the confirmation says: who confirms has seen exactly this."""
        told = "\n".join((self.what, self.verb, self.run, self.system, self.step, *self.names))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @property
    def of(self) -> str:
        """run or item: which words describe it."""
        return "item" if self.system else "run"


def doing(run: RunRecord, verb: str, system: str, name: Callable[[str], str]) -> Doing:
    """Raises NotFound for a verb or an item that there is not."""
    if verb not in (ITEM_VERBS if system else RUN_VERBS):
        raise NotFound(f"没有此操作 / no such command: {verb}")
    items = [i for i in run.items if system in ("", i.system)]
    if not items:
        raise NotFound(f"执行 {run.code} 中没有系统 {system} / the run has no item {system}")
    touched = [i for i in items if not i.state.ended]
    if verb == "abort":
        touched = [i for i in touched if not i.committed]
    blocked = items[0].blocked if system else None
    return Doing(
        verb=verb,
        run=run.code,
        system=system,
        name=name(system) if system else "",
        names=tuple(f"{i.system} {name(i.system)}" for i in touched),
        step=str(blocked.step) if blocked else "",
        typed=(system or run.code) if verb in GRAVE else "",
        reasoned=verb in REASONED,
        early=not any(items[0].step(kind).started_at for kind in CUTOVER),
    )


def act(running: Running, told: Doing, actor: Person, reason: str) -> None:
    """Do it. Raises Refused, Forbidden, NotFound; EngineDown when it is recorded and comes later."""
    run, system = told.run, told.system
    verbs: Mapping[str, Callable[[], None]] = {
        "pause": lambda: running.pause(run, system or None, actor, reason),
        "resume": lambda: running.resume(run, system or None, actor, reason),
        "retry": lambda: running.retry(run, system, actor, reason),
        "skip": lambda: running.skip(run, system, actor, reason),
        "rollback": lambda: running.rollback(run, system, actor, reason),
        "abort": lambda: running.abort(run, actor, reason),
    }
    verbs[told.verb]()


def add_doings(site: Site, router: APIRouter) -> None:
    """GET and POST /runs/{code}/do/{verb}?system="""

    def ask(
        request: Request, code: str, verb: str, system: str, reason: str = "", fault: str = ""
    ) -> Response:
        viewer = site.viewer(request, Deed.RUN_CONTROL)
        run = site.looking(request).run(viewer.person, code)
        told = doing(run, verb, system, site.city(viewer).system_name)
        title = viewer.say(f"page.do.{told.of}.{verb}", name=told.name or code)
        crumbs = (
            Crumb(viewer.say("page.nav.runs"), "/runs"),
            Crumb(code, f"/runs/{code}"),
            Crumb(title),
        )
        shell = Shell(title=title, at="runs", crumbs=crumbs)
        given: dict[str, Any] = {"told": told, "title": title, "reason": reason, "fault": fault}
        status = 422 if fault else 200
        return site.page(request, "confirm_run.html", shell, viewer=viewer, status=status, **given)

    @router.get("/runs/{code}/do/{verb}")
    def show(request: Request, code: str, verb: str, system: str = "") -> Response:
        return ask(request, code, verb, system)

    @router.post("/runs/{code}/do/{verb}")
    def do(
        request: Request,
        code: str,
        verb: str,
        system: Annotated[str, Form()] = "",
        reason: Annotated[str, Form()] = "",
        typed: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.RUN_CONTROL)
        run = site.looking(request).run(viewer.person, code)
        told = doing(run, verb, system, site.city(viewer).system_name)
        reason = reason.strip()[:1000]
        if seen != told.mark:  # what was agreed to is no longer what would happen
            return ask(request, code, verb, system, reason, viewer.say("page.do.changed"))
        if told.typed and typed.strip() != told.typed:
            fault = viewer.say("page.do.type_it", name=told.typed)
            return ask(request, code, verb, system, reason, fault)
        if told.reasoned and not reason:
            return ask(request, code, verb, system, reason, viewer.say("page.do.say_why"))
        try:
            act(site.product.running, told, viewer.person, reason)
        except EngineDown:
            return site.back(request, f"/runs/{code}?late=1")
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, code, verb, system, reason, str(error))
        return site.back(request, f"/runs/{code}#{system}" if system else f"/runs/{code}")
