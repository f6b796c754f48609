"""登记: what people put on record about policies (declared done, exceptions, clocks, fates, baselines),
putting it down and taking it back. Nothing that was typed is lost when it is refused."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from api.days import city_today
from api.errors import Exit, exit_of
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from api.show.records import said_of
from inventory.errors import InventoryError
from inventory.policies.pack import Pack
from migrator.errors import MigratorError, NotFound
from migrator.people.rights import Deed
from migrator.store.records import Kept

SHOWN = 300
LONGEST = 2000


@dataclass(frozen=True)
class Field:
    """One of a form. `kind`: text, date, policy, entry, became or flag."""

    name: str
    kind: str = "text"
    needed: bool = True


POLICY, ENTRY = Field("policy", "policy"), Field("entry", "entry")
CODE, EVIDENCE = Field("code"), Field("evidence")
FORMS: dict[str, tuple[Field, ...]] = {
    "declaration": (
        POLICY,
        ENTRY,
        Field("code", needed=False),
        Field("item", needed=False),
        Field("by"),
        Field("on", "date"),
        EVIDENCE,
        Field("done", "flag", needed=False),
    ),
    "exception": (
        POLICY,
        ENTRY,
        CODE,
        Field("reason"),
        Field("approver"),
        Field("document"),
        Field("approved_on", "date"),
        Field("review_on", "date"),
    ),
    "event": (
        POLICY,
        ENTRY,
        CODE,
        Field("started", "date"),
        Field("ended", "date", needed=False),
        EVIDENCE,
    ),
    "fate": (
        CODE,
        Field("became", "became"),
        Field("into", needed=False),
        Field("by"),
        Field("on", "date"),
        EVIDENCE,
        Field("policy", "policy", needed=False),
        Field("entry", "entry", needed=False),
    ),
}
"""As the command line asks for them (`qianyun policy declare|except|event|fate`)."""


async def _told(request: Request) -> dict[str, str]:
    form = await request.form(max_fields=50)
    return {n: v.strip()[:LONGEST] for n, v in form.items() if isinstance(v, str)}


def routes(site: Site) -> APIRouter:
    router = APIRouter()

    def frame(viewer: Viewer, title: str) -> Shell:
        crumbs = [Crumb(viewer.say("page.nav.policies"), "/policies")]
        if title != viewer.say("page.records"):
            crumbs.append(Crumb(viewer.say("page.records"), "/policies/records"))
        return Shell(title=title, at="policies", crumbs=(*crumbs, Crumb(title)))

    def kept(request: Request, viewer: Viewer, *, withdrawn: bool) -> list[Kept]:
        whole = site.looking(request).whole
        return site.product.recording.seen(viewer.person, whole, withdrawn=withdrawn)

    @router.get("/policies/records")
    def many(request: Request, policy: str = "", withdrawn: bool = False) -> Response:
        viewer = site.viewer(request, Deed.POLICY_READ)
        every = kept(request, viewer, withdrawn=withdrawn)
        found = [one for one in every if policy in ("", one.record.policy)][::-1]
        given: dict[str, Any] = {
            "found": [(one, said_of(one, viewer.say)) for one in found[:SHOWN]],
            "total": len(found),
            "withdrawn": withdrawn,
            "policy": policy,
            "kinds": tuple(FORMS),
            "packs": _packs(site),
        }
        shell = frame(viewer, viewer.say("page.records"))
        return site.page(request, "records.html", shell, viewer=viewer, **given)

    def form(
        request: Request, viewer: Viewer, kind: str, told: dict[str, str], fault: str = ""
    ) -> Response:
        if kind not in FORMS:
            raise NotFound(f"没有此类登记 / no such kind of record: {kind}")
        title = viewer.say("page.records.put", kind=viewer.say(f"record.{kind}"))
        packs = _packs(site)
        given: dict[str, Any] = {
            "kind": kind,
            "fields": FORMS[kind],
            "told": told,
            "fault": fault,
            "title": title,
            "packs": packs,
            "entries": _entries(packs),
            "today": city_today(site.product.settings).isoformat(),
        }
        status, shell = 422 if fault else 200, frame(viewer, title)
        return site.page(request, "record_new.html", shell, viewer=viewer, status=status, **given)

    @router.get("/policies/records/new/{kind}")
    def new(request: Request, kind: str, policy: str = "", entry: str = "") -> Response:
        viewer = site.viewer(request, Deed.POLICY_RECORD)
        return form(request, viewer, kind, {"policy": policy, "entry": entry, "done": "1"})

    @router.post("/policies/records/new/{kind}")
    def put(
        request: Request, kind: str, told: Annotated[dict[str, str], Depends(_told)]
    ) -> Response:
        viewer = site.viewer(request, Deed.POLICY_RECORD)
        fields = FORMS.get(kind, ())
        asked: dict[str, Any] = {f.name: told[f.name] for f in fields if told.get(f.name)}
        if any(f.kind == "flag" for f in fields):
            asked["done"] = told.get("done") == "1"
        recording, today = site.product.recording, city_today(site.product.settings)
        try:
            if kind in FORMS:
                recording.put(kind, asked, viewer.person, today)
                return site.back(request, "/policies/records")
        except (MigratorError, InventoryError) as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return form(request, viewer, kind, told, str(error))
        return form(request, viewer, kind, told)

    @router.post("/policies/records/baseline")
    def baseline(request: Request, policy: Annotated[str, Form()]) -> Response:
        viewer = site.viewer(request, Deed.POLICY_RECORD)
        recording, today = site.product.recording, city_today(site.product.settings)
        recording.keep_baseline(policy, viewer.person, today)
        return site.back(request, "/policies/records")

    def ask(request: Request, viewer: Viewer, id: int, reason: str, fault: str = "") -> Response:
        found = next((one for one in kept(request, viewer, withdrawn=False) if one.id == id), None)
        if found is None:
            raise NotFound(f"没有此登记 / no such record: {id}")
        title = viewer.say("page.records.withdraw", id=id)
        given: dict[str, Any] = {
            "one": found,
            "said": said_of(found, viewer.say),
            "title": title,
            "reason": reason,
            "fault": fault,
        }
        status, shell = 422 if fault else 200, frame(viewer, title)
        page = "confirm_record.html"
        return site.page(request, page, shell, viewer=viewer, status=status, **given)

    @router.get("/policies/records/{id}/withdraw")
    def confirm(request: Request, id: int) -> Response:
        return ask(request, site.viewer(request, Deed.POLICY_WITHDRAW), id, "")

    @router.post("/policies/records/{id}/withdraw")
    def withdraw(request: Request, id: int, reason: Annotated[str, Form()] = "") -> Response:
        viewer = site.viewer(request, Deed.POLICY_WITHDRAW)
        try:
            site.product.recording.withdraw(id, viewer.person, reason.strip()[:LONGEST])
        except (MigratorError, InventoryError) as error:
            if exit_of(error) is Exit.OUTSIDE or isinstance(error, NotFound):
                raise
            return ask(request, viewer, id, reason, str(error))
        return site.back(request, "/policies/records")

    return router


def _packs(site: Site) -> list[Pack]:
    packs = site.product.recording.shelf.packs()
    return [pack for name in packs.names if (pack := packs.get(name))]


def _entries(packs: list[Pack]) -> list[tuple[str, str, str]]:
    """(entry, its policy, what it is about) of every rule and target."""
    return [(one.id, pack.id, one.title) for pack in packs for one in (*pack.targets, *pack.rules)]
