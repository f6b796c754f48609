"""旧主机: an old host after the trial, as it stands; archiving it and wiping it, each after a confirmation.
The work goes on in this process whoever looks, one for each host, and is shown as it stands."""

import threading
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from api.bootstrap import Qianyun
from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from migrator.attempts.ansible import Outcome
from migrator.errors import MigratorError, NotFound, Refused
from migrator.people.names import same_person
from migrator.people.rights import Deed, Person
from migrator.use_cases.decommissioning import OldHost

VERBS = {"archive": Deed.RUN_CONTROL, "wipe": Deed.PLAN_DECIDE}
KEPT = 50
"""Works that are remembered; each stands in the audit with how it ended."""


@dataclass
class Work:
    """`fault`: why it did not come to a good end."""

    verb: str
    by: str
    began: str
    ended: str = ""
    fault: str = ""


class Works:
    """The latest of each old host. Safe between threads."""

    def __init__(self, product: Qianyun, stopping: Callable[[], bool]) -> None:
        self._product = product
        self._stopping = stopping
        self._lock = threading.Lock()
        self._of: dict[tuple[str, str], Work] = {}

    def get(self, run: str, system: str) -> Work | None:
        """As it stands now: ask before reading what it leaves behind."""
        found = self._of.get((run, system))
        return found and replace(found)

    def begin(self, verb: str, old: OldHost, digest: str, person: Person) -> None:
        """Raises Refused where work is under way on it, or for what may not be begun."""
        product, run, system = self._product, old.run, old.item.code
        mine = Work(verb, person.name, product.truth.now())
        with self._lock:
            before = self._of.pop((run, system), None)
            self._of[run, system] = before if before and not before.ended else mine
            while len(self._of) > KEPT:
                del self._of[next(iter(self._of))]
            if self._of[run, system] is not mine:
                raise Refused("正在进行 / work on this host is under way: look at it")

        def stop() -> str | None:
            return "接口服务停止 / the API stops" if self._stopping() else None

        def work() -> None:
            use = product.decommissioning
            try:
                outcome = (
                    use.archive(run, system, lambda: product.crew, person, stop)
                    if verb == "archive"
                    else use.wipe(run, system, digest, lambda: product.crew, person)
                )
                mine.fault = _fault(outcome)
            except Exception as error:  # whatever it is, who looks must be told
                mine.fault = str(error) or type(error).__name__
            mine.ended = product.truth.now()

        context = copy_context()  # by what the person came in stands in the audit
        threading.Thread(
            target=context.run, args=(work,), name=f"old-host-{run}-{system}", daemon=True
        ).start()


def _fault(outcome: Outcome) -> str:
    return "" if outcome.ok else outcome.message or "失败 / failed"


def doings_of(old: OldHost, viewer: Viewer, today: object) -> tuple[str, ...]:
    """What may be begun now (the use case says the last word)."""
    if old.wipe is not None or str(today) < old.trial_until.isoformat():
        return ()
    found = []
    if old.archive is None and viewer.may(VERBS["archive"]):
        found.append("archive")
    if (
        old.archive is not None
        and viewer.may(VERBS["wipe"])
        and not same_person(old.archived_by, viewer.name)
    ):
        found.append("wipe")
    return tuple(found)


def add_old_host(site: Site, router: APIRouter) -> None:
    """/runs/{code}/items/{system}/old-host and …/old-host/{verb}, which asks first."""
    works = Works(site.product, site.stopping.is_set)

    def frame(viewer: Viewer, code: str, system: str, *titles: str) -> Shell:
        item = f"/runs/{code}/items/{system}"
        crumbs = (
            Crumb(viewer.say("page.nav.runs"), "/runs"),
            Crumb(code, f"/runs/{code}"),
            Crumb(system, item),
            *(Crumb(one, f"{item}/old-host") for one in titles[:-1]),
            Crumb(titles[-1]),
        )
        return Shell(title=f"{titles[-1]} · {system}", at="runs", crumbs=crumbs)

    def seen(request: Request, viewer: Viewer, code: str, system: str) -> OldHost:
        """Raises NotFound for what the person does not see, Refused before the commit."""
        site.looking(request).item(viewer.person, code, system)
        return site.product.decommissioning.standing(code, system)

    @router.get("/runs/{code}/items/{system}/old-host")
    def show(request: Request, code: str, system: str) -> Response:
        viewer = site.viewer(request, Deed.EVIDENCE_READ)
        work = works.get(code, system)
        old = seen(request, viewer, code, system)
        today = site.product.decommissioning.today()
        shell = frame(viewer, code, system, viewer.say("page.old"))
        given: dict[str, Any] = {
            "old": old,
            "work": work,
            "doings": () if work and not work.ended else doings_of(old, viewer, today),
            "name": site.city(viewer).system_name(system),
            "trial": str(today) < old.trial_until.isoformat(),
        }
        return site.page(request, "old_host.html", shell, viewer=viewer, **given)

    def ask(
        request: Request, viewer: Viewer, old: OldHost, verb: str, digest: str = "", fault: str = ""
    ) -> Response:
        title = viewer.say(f"page.old.{verb}", host=old.item.source.code)
        shell = frame(viewer, old.run, old.item.code, viewer.say("page.old"), title)
        given: dict[str, Any] = {
            "old": old,
            "verb": verb,
            "title": title,
            "digest": digest,
            "fault": fault,
        }
        page, status = "confirm_old_host.html", 422 if fault else 200
        return site.page(request, page, shell, viewer=viewer, status=status, **given)

    @router.get("/runs/{code}/items/{system}/old-host/{verb}")
    def confirm(request: Request, code: str, system: str, verb: str) -> Response:
        viewer = site.viewer(request, _deed(verb))
        return ask(request, viewer, seen(request, viewer, code, system), verb)

    @router.post("/runs/{code}/items/{system}/old-host/{verb}")
    def do(
        request: Request,
        code: str,
        system: str,
        verb: str,
        digest: Annotated[str, Form()] = "",
        host: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, _deed(verb))
        old, digest = seen(request, viewer, code, system), digest.strip()[:64]
        if host != old.item.source.code:
            return ask(request, viewer, old, verb, digest, viewer.say("page.do.changed"))
        if verb == "wipe" and (old.archive is None or digest != old.archive["digest"]):
            return ask(request, viewer, old, verb, digest, viewer.say("page.old.other"))
        try:
            works.begin(verb, old, digest, viewer.person)
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, viewer, old, verb, digest, str(error))
        return site.back(request, f"/runs/{code}/items/{system}/old-host")


def _deed(verb: str) -> Deed:
    """Raises NotFound."""
    if verb not in VERBS:
        raise NotFound(f"没有此操作 / no such command: {verb}")
    return VERBS[verb]
