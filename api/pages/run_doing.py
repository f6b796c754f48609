"""Commands on runs: each asks first, on a page of its own that says what will happen to whom; what
can't be taken back wants the name typed. The use case decides again whether it may be."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
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

Wave = Annotated[int, Query(ge=0, le=100_000)]
WaveTold = Annotated[int, Form(ge=0, le=100_000)]
RUN_VERBS = ("pause", "resume", "abort")
ITEM_VERBS = ("pause", "resume", "retry", "skip", "rollback")
WAVE_VERBS = ("pause", "resume", "rollback")
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


def doings_of_wave(items: Sequence[ItemRecord]) -> tuple[str, ...]:
    """What an operator can do with these items of a wave together."""
    onward = [i for i in items if not i.state.ended and i.wanted is Wanted.FORWARD]
    can = {
        "pause": any(not i.paused for i in onward),
        "resume": any(i.paused for i in onward),
        "rollback": any(i.begun and not i.committed for i in onward),
    }
    return tuple(verb for verb in WAVE_VERBS if can[verb])


@dataclass(frozen=True)
class Aim:
    """What of a run a command is for: an item, a wave (from 1), or with neither the whole run."""

    system: str = ""
    wave: int = 0

    @property
    def kind(self) -> str:
        return "item" if self.system else "wave" if self.wave else "run"

    def takes(self, item: ItemRecord) -> bool:
        return item.system == self.system if self.system else self.wave in (0, item.wave)


VERBS: Mapping[str, tuple[str, ...]] = {"run": RUN_VERBS, "wave": WAVE_VERBS, "item": ITEM_VERBS}


@dataclass(frozen=True)
class Doing:
    """What a confirmation says. `names`: the systems that it touches; `typed`: what must be typed,
    "" for nothing; `step`: the step that is concerned; `early`: its cutover has not begun."""

    verb: str
    run: str
    aim: Aim
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
        return f"page.do.{self.aim.kind}.{self.verb}{early}.what"

    @property
    def mark(self) -> str:
        """Of all that the confirmation says: who confirms has seen exactly this."""
        told = "\n".join((self.what, self.verb, self.run, str(self.aim), self.step, *self.names))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def doing(run: RunRecord, verb: str, aim: Aim, name: Callable[[str], str]) -> Doing:
    """Raises NotFound for a verb, an item or a wave that there is not."""
    if verb not in VERBS[aim.kind]:
        raise NotFound(f"没有此操作 / no such command: {verb}")
    items = [i for i in run.items if aim.takes(i)]
    if not items:
        raise NotFound(
            f"执行 {run.code} 中没有 {aim.system or aim.wave} / the run has no {aim.kind} "
            f"{aim.system or aim.wave}"
        )
    touched = [i for i in items if not i.state.ended]
    if verb == "abort" or (verb == "rollback" and aim.wave):
        touched = [i for i in touched if not i.committed]
    blocked = items[0].blocked if aim.system else None
    names = {"run": run.code, "wave": str(aim.wave), "item": name(aim.system) if aim.system else ""}
    return Doing(
        verb=verb,
        run=run.code,
        aim=aim,
        name=names[aim.kind],
        names=tuple(f"{i.system} {name(i.system)}" for i in touched),
        step=str(blocked.step) if blocked else "",
        typed=(aim.system or run.code) if verb in GRAVE else "",
        reasoned=verb in REASONED,
        early=bool(aim.system) and not any(items[0].step(kind).started_at for kind in CUTOVER),
    )


def act(running: Running, told: Doing, actor: Person, reason: str) -> None:
    """Do it. Raises Refused, Forbidden, NotFound; EngineDown when it is recorded and comes later."""
    run, system, wave = told.run, told.aim.system, told.aim.wave
    verbs: Mapping[str, Callable[[], object]] = {
        "pause": lambda: running.pause(run, system or None, actor, reason),
        "resume": lambda: running.resume(run, system or None, actor, reason),
        "retry": lambda: running.retry(run, system, actor, reason),
        "skip": lambda: running.skip(run, system, actor, reason),
        "rollback": lambda: running.rollback(run, system, actor, reason),
        "abort": lambda: running.abort(run, actor, reason),
    }
    waves: Mapping[str, Callable[[], object]] = {
        "pause": lambda: running.pause_wave(run, wave, actor, reason),
        "resume": lambda: running.resume_wave(run, wave, actor, reason),
        "rollback": lambda: running.rollback_wave(run, wave, actor, reason),
    }
    (waves if wave else verbs)[told.verb]()


def add_doings(site: Site, router: APIRouter) -> None:
    """GET and POST /runs/{code}/do/{verb}?system= or ?wave="""

    def ask(
        request: Request, code: str, verb: str, aim: Aim, reason: str = "", fault: str = ""
    ) -> Response:
        viewer = site.viewer(request, Deed.RUN_CONTROL)
        run = site.looking(request).run(viewer.person, code)
        told = doing(run, verb, aim, site.city(viewer).system_name)
        title = viewer.say(f"page.do.{aim.kind}.{verb}", name=told.name or aim.system)
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
    def show(request: Request, code: str, verb: str, system: str = "", wave: Wave = 0) -> Response:
        return ask(request, code, verb, Aim(system, wave))

    @router.post("/runs/{code}/do/{verb}")
    def do(
        request: Request,
        code: str,
        verb: str,
        system: Annotated[str, Form()] = "",
        wave: WaveTold = 0,
        reason: Annotated[str, Form()] = "",
        typed: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.RUN_CONTROL)
        run, aim = site.looking(request).run(viewer.person, code), Aim(system, wave)
        told = doing(run, verb, aim, site.city(viewer).system_name)
        reason = reason.strip()[:1000]
        if seen != told.mark:  # what was agreed to is no longer what would happen
            return ask(request, code, verb, aim, reason, viewer.say("page.do.changed"))
        if told.typed and typed.strip() != told.typed:
            fault = viewer.say("page.do.type_it", name=told.typed)
            return ask(request, code, verb, aim, reason, fault)
        if told.reasoned and not reason:
            return ask(request, code, verb, aim, reason, viewer.say("page.do.say_why"))
        try:
            act(site.product.running, told, viewer.person, reason)
        except EngineDown:
            return site.back(request, f"/runs/{code}?late=1")
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, code, verb, aim, reason, str(error))
        place = f"#{system}" if system else f"#wave-{wave}" if wave else ""
        return site.back(request, f"/runs/{code}{place}")
