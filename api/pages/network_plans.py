"""网络方案: plans of changes of network devices: filing one, what it sends, its approvals, how far it is, and
commands that each ask first. The use case decides again whether it may be."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response

from api.errors import Exit, exit_of
from api.http.network import CHANGES, LISTING
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.site import Site
from api.pages.tones import tone
from inventory.errors import InventoryError
from migrator.engine.network_dossier import make
from migrator.errors import EngineDown, MigratorError, NotFound, Refused
from migrator.people.names import same_person
from migrator.people.rights import Deed
from migrator.runs.network_plan import NetworkPlan, NetworkRecord
from migrator.runs.network_plan import NetworkState as State
from migrator.runs.records import Wanted

VERBS: Mapping[str, Deed] = {
    "approve": Deed.PLAN_DECIDE,
    "reject": Deed.PLAN_DECIDE,
    "withdraw": Deed.PLAN_DECIDE,
    "start": Deed.RUN_START,
    "back": Deed.RUN_CONTROL,
    "told": Deed.RUN_CONTROL,
}
REASONED = frozenset({"reject", "withdraw", "back", "told"})
SHOWN = 200
"""Of the list, the last that were filed."""
LARGEST = 500_000
"""Characters of a list or a listing, as over HTTP."""


@dataclass(frozen=True)
class Filing:
    """What a form of a new plan said; it is all there when it is refused."""

    title: str = ""
    window: str = ""
    changes: str = ""


def doings_of(record: NetworkRecord, viewer: Viewer) -> tuple[str, ...]:
    """What the viewer can do with it now (`Networking` says the last word)."""
    waiting = record.state in (State.FILED, State.FAILED, State.ROLLED_BACK)
    own = same_person(record.author, viewer.name)
    mine = any(same_person(one, viewer.name) for one in record.approvals)
    forward = record.wanted is Wanted.FORWARD
    can = {
        "approve": waiting and not own and not mine,
        "reject": waiting,
        "withdraw": waiting and mine,
        "start": waiting and bool(record.approvals),
        "back": record.state in (State.DONE, State.FAILED)
        or (record.state is State.RUNNING and forward),
        "told": record.state is State.RUNNING,
    }
    return tuple(verb for verb, deed in VERBS.items() if can[verb] and viewer.may(deed))


def mark_of(record: NetworkRecord, verb: str) -> str:
    """Of what a confirmation says: who confirms has seen exactly this."""
    told = f"{verb}\n{record.code}\n{record.digest}\n{record.state}\n{record.wanted}"
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def routes(site: Site) -> APIRouter:
    router = APIRouter()
    _add_filing(site, router)  # before a plan's address
    _add_looking(site, router)
    _add_doings(site, router)
    return router


def _frame(viewer: Viewer, *titles: tuple[str, str]) -> Shell:
    crumbs = (
        Crumb(viewer.say("page.nav.network"), "/network"),
        Crumb(viewer.say("page.netplans"), "/network/plans" if titles else ""),
        *(Crumb(text, to) for text, to in titles),
    )
    return Shell(title=crumbs[-1].name, at="network", crumbs=crumbs)


def _add_looking(site: Site, router: APIRouter) -> None:
    @router.get("/network/plans")
    def many(request: Request) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        found = site.product.networking.all(viewer.person)[: -SHOWN - 1 : -1]
        given: dict[str, Any] = {"found": found, "state_tone": tone}
        return site.page(request, "netplans.html", _frame(viewer), viewer=viewer, **given)

    @router.get("/network/plans/{code}")
    def one(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.PLAN_READ)
        record, plan = site.product.networking.look(viewer.person, code)
        over = record.state in (State.DONE, State.RUNNING)
        gates = () if over else site.product.networking.gates(record, plan).reasons
        given: dict[str, Any] = {
            "record": record,
            "plan": plan,
            "doings": doings_of(record, viewer),
            "gates": gates,
            "systems": sorted({one.code for one in plan.touches if one.code}),
            "state_tone": tone,
            "late": request.query_params.get("late") == "1",
        }
        shell = _frame(viewer, (code, ""))
        return site.page(request, "netplan.html", shell, viewer=viewer, **given)

    @router.get("/network/plans/{code}/dossier.json")
    def dossier(request: Request, code: str) -> Response:
        viewer = site.viewer(request, Deed.EVIDENCE_READ)
        made = make(site.product.truth, code, viewer.person)
        body = json.dumps(made, ensure_ascii=False, indent=1).encode() + b"\n"
        headers = {
            "Content-Disposition": f'attachment; filename="{code}.json"',
            "Cache-Control": "no-store",
        }
        return Response(body, media_type="application/json", headers=headers)


def _add_filing(site: Site, router: APIRouter) -> None:
    def form(request: Request, viewer: Viewer, told: Filing, fault: str = "") -> Response:
        shell = _frame(viewer, (viewer.say("page.netplan.new"), ""))
        status = 422 if fault else 200
        given: dict[str, Any] = {"told": told, "fault": fault}
        return site.page(request, "netplan_new.html", shell, viewer=viewer, status=status, **given)

    @router.get("/network/plans/new")
    def new(request: Request) -> Response:
        return form(request, site.viewer(request, Deed.PLAN_MAKE), Filing())

    @router.post("/network/plans/new")
    def file(
        request: Request,
        *,
        title: Annotated[str, Form()] = "",
        window: Annotated[str, Form()] = "",
        changes: Annotated[str, Form()] = "",
        listings: list[UploadFile] = [],  # noqa: B006  FastAPI copies it
    ) -> Response:
        viewer = site.viewer(request, Deed.PLAN_MAKE)
        told = Filing(title.strip()[:200], window.strip()[:60], changes)
        try:
            with TemporaryDirectory(prefix="qy-network-") as name:
                path = _written(Path(name), told, listings)
                record = site.product.networking.file(
                    viewer.person, path, title=told.title, window=told.window
                )
        except (MigratorError, InventoryError) as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return form(request, viewer, told, str(error))
        return site.back(request, f"/network/plans/{record.code}")


def _written(folder: Path, told: Filing, listings: list[UploadFile]) -> Path:
    """The list and what it names, in a folder of ours. Raises Refused."""
    for one in listings:
        name = one.filename or ""
        if not name:  # a form without a file
            continue
        if not re.fullmatch(LISTING, name) or name == CHANGES:
            raise Refused(
                f"附件文件名应由字母、数字与 . _ - 组成 / a listing's name: read {name[:80]!r}, expected "
                "letters, digits, . _ -"
            )
        (folder / name).write_bytes(one.file.read())
    if len(told.changes) > LARGEST:
        raise Refused(f"清单过长 / the list is too long: expected at most {LARGEST} characters")
    path = folder / CHANGES
    path.write_text(told.changes.replace("\r\n", "\n"), "utf-8")
    return path


def _add_doings(site: Site, router: APIRouter) -> None:
    def found(request: Request, code: str, verb: str) -> tuple[Viewer, NetworkRecord, NetworkPlan]:
        if verb not in VERBS:
            raise NotFound(f"没有此操作 / no such command: {verb}")
        viewer = site.viewer(request, VERBS[verb])
        return viewer, *site.product.networking.look(viewer.person, code)

    def ask(
        request: Request,
        viewer: Viewer,
        record: NetworkRecord,
        plan: NetworkPlan,
        verb: str,
        told: Mapping[str, str],
        fault: str = "",
    ) -> Response:
        title = viewer.say(f"page.netplan.{verb}", code=record.code)
        shell = _frame(viewer, (record.code, f"/network/plans/{record.code}"), (title, ""))
        given: dict[str, Any] = {
            "record": record,
            "plan": plan,
            "verb": verb,
            "title": title,
            "told": told,
            "fault": fault,
            "reasoned": verb in REASONED,
            "mark": mark_of(record, verb),
            "hands": [one for one in plan.changes if not one.playbook],
        }
        page, status = "confirm_netplan.html", 422 if fault else 200
        return site.page(request, page, shell, viewer=viewer, status=status, **given)

    @router.get("/network/plans/{code}/do/{verb}")
    def confirm(request: Request, code: str, verb: str) -> Response:
        viewer, record, plan = found(request, code, verb)
        return ask(request, viewer, record, plan, verb, {})

    @router.post("/network/plans/{code}/do/{verb}")
    def do(
        request: Request,
        code: str,
        verb: str,
        *,
        reason: Annotated[str, Form()] = "",
        change: Annotated[str, Form()] = "",
        reference: Annotated[str, Form()] = "",
        typed: Annotated[str, Form()] = "",
        seen: Annotated[str, Form()] = "",
    ) -> Response:
        viewer, record, plan = found(request, code, verb)
        told = {"reason": reason.strip()[:2000], "reference": reference.strip()[:200]}
        told["change"] = change
        fault = ""
        if seen != mark_of(record, verb):
            fault = viewer.say("page.do.changed")
        elif verb == "back" and typed.strip() != code:
            fault = viewer.say("page.do.type_it", name=code)
        elif verb == "told" and not told["reference"]:
            fault = viewer.say("page.netplan.paper")
        if fault:
            return ask(request, viewer, record, plan, verb, told, fault)
        try:
            _act(site, record, verb, viewer, told)
        except EngineDown:
            return site.back(request, f"/network/plans/{code}?late=1")
        except MigratorError as error:
            if exit_of(error) is Exit.OUTSIDE:
                raise
            return ask(request, viewer, record, plan, verb, told, str(error))
        return site.back(request, f"/network/plans/{code}")


def _act(
    site: Site, record: NetworkRecord, verb: str, viewer: Viewer, told: Mapping[str, str]
) -> None:
    """Do it. Raises Refused, Forbidden, NotFound; EngineDown where it is recorded and comes later."""
    use, code, digest, who = site.product.networking, record.code, record.digest, viewer.person
    why = told["reason"]
    verbs: Mapping[str, Callable[[], object]] = {
        "approve": lambda: use.approve(code, digest, who, why),
        "reject": lambda: use.reject(code, digest, who, why),
        "withdraw": lambda: use.withdraw(code, digest, who, why),
        "start": lambda: use.start(code, who),
        "back": lambda: use.back(code, who, why),
        "told": lambda: use.told(code, told["change"], who, why, reference=told["reference"]),
    }
    verbs[verb]()
