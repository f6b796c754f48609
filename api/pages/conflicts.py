"""待裁定: where NetBox and the ledgers disagree and no rule decides: both values side by side, and a person's
decision, confirmed on a page that names what is taken and what is given up."""

import hashlib
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response
from pydantic import JsonValue

from api import drift
from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from api.show.inventory import field_name, shown_value, thing
from inventory.canonical import canonical_json
from inventory.errors import InventoryError
from inventory.findings import Taken
from inventory.secrecy import CLASSIFIED_NAME, Hidden
from inventory.tasks import Task
from migrator.errors import MigratorError, NotFound
from migrator.people.rights import Deed

SHOWN = 200
"""Of those that are open the first, of those that are settled the last."""
Take = Literal["netbox", "ledger"]


@dataclass(frozen=True)
class Conflict:
    """A task as it is shown; of what is classified no value is. `field` "": the whole object."""

    task: Task
    thing: str
    field: str
    netbox: str
    ledger: str
    snapshot: str

    @property
    def what(self) -> str:
        return " ".join(filter(None, (self.thing, self.task.code, self.field)))

    @property
    def mark(self) -> str:
        """Of both values: who decides has seen exactly these."""
        told = canonical_json([self.task.id, self.task.netbox, self.task.ledger])
        return hashlib.sha256(told).hexdigest()[:16]


def conflict(task: Task, secret: Hidden, viewer: Viewer) -> Conflict:
    veiled = task.code in secret.systems or task.code in secret.hosts

    def said(value: JsonValue) -> str:
        return CLASSIFIED_NAME if veiled else _value(task, value, viewer)

    return Conflict(
        task=task,
        thing=thing(task.kind, viewer.say),
        field=field_name(task.kind, task.field, viewer.say) if task.field else "",
        netbox=said(task.netbox),
        ledger=said(task.ledger),
        snapshot=said(task.snapshot),
    )


def _value(task: Task, value: JsonValue, viewer: Viewer) -> str:
    if value is None:
        return viewer.say("page.conflicts.untold" if task.field else "page.conflicts.absent")
    if not task.field:
        return viewer.say("page.conflicts.there")
    return str(shown_value(task.kind, task.field, value, viewer.say))


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    def seen(request: Request, viewer: Viewer, *, settled: bool) -> list[Task]:
        load = site.looking(request).whole
        return drift.seen_tasks(site.product, viewer.person, settled=settled, load=load)

    @router.get("/ledgers/conflicts")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        secret = site.city(viewer).secret
        every = seen(request, viewer, settled=True)
        waiting = [one for one in every if one.state == "open"]
        over = [one for one in every if one.state != "open"][: -SHOWN - 1 : -1]
        title = viewer.say("page.conflicts")
        crumbs = (Crumb(viewer.say("page.nav.ledgers"), "/ledgers"), Crumb(title))
        shell = Shell(title=title, at="ledgers", crumbs=crumbs)
        given: dict[str, Any] = {
            "open": [conflict(one, secret, viewer) for one in waiting[:SHOWN]],
            "left": len(waiting) - SHOWN,
            "settled": [conflict(one, secret, viewer) for one in over],
        }
        return site.page(request, "conflicts.html", shell, viewer=viewer, **given)

    def one_of(request: Request, viewer: Viewer, id: int) -> Conflict:
        found = next((t for t in seen(request, viewer, settled=True) if t.id == id), None)
        if found is None:
            raise NotFound(f"没有此任务 / no such task: {id}")
        return conflict(found, site.city(viewer).secret, viewer)

    def ask(
        request: Request, viewer: Viewer, told: Conflict, take: Take, reason: str, fault: str
    ) -> Response:
        title = viewer.say("page.conflicts.settle")
        crumbs = (
            Crumb(viewer.say("page.nav.ledgers"), "/ledgers"),
            Crumb(viewer.say("page.conflicts"), "/ledgers/conflicts"),
            Crumb(title),
        )
        shell = Shell(title=title, at="ledgers", crumbs=crumbs)
        given: dict[str, Any] = {"told": told, "take": take, "reason": reason, "fault": fault}
        page, status = "confirm_conflict.html", 422 if fault else 200
        return site.page(request, page, shell, viewer=viewer, status=status, title=title, **given)

    @router.get("/ledgers/conflicts/{id}")
    def confirm(request: Request, id: int, take: Annotated[Take, Query()]) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_SETTLE)
        return ask(request, viewer, one_of(request, viewer, id), take, "", "")

    @router.post("/ledgers/conflicts/{id}")
    def settle(
        request: Request,
        id: int,
        take: Annotated[Take, Form()],
        reason: Annotated[str, Form()] = "",
        seen_mark: Annotated[str, Form(alias="seen")] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_SETTLE)
        told, reason = one_of(request, viewer, id), reason.strip()[:2000]
        if seen_mark != told.mark:  # a comparison meanwhile changed them
            return ask(request, viewer, told, take, reason, viewer.say("page.do.changed"))
        chosen: Taken = take
        try:
            drift.settle(site.product, id, chosen, reason=reason, actor=viewer.person)
        except (MigratorError, InventoryError) as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, viewer, told, take, reason, str(error))
        return site.back(request, "/ledgers/conflicts")

    return router
