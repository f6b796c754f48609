"""台账: send files, see every problem at its cell, see what would change, apply exactly that."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response

from api import drift
from api.errors import BadUsage
from api.pages.city import City
from api.pages.frame import Crumb, Shell, Viewer
from api.pages.sheets import Picture, Told, grids_of, pictures_of, told_of
from api.pages.site import Site
from api.pages.uploads import KINDS, Upload, Uploads
from api.show.inventory import field_name, shown_value, thing
from api.words import Words
from inventory.changes import Create, Delete, Update
from inventory.errors import InventoryError
from inventory.secrecy import CLASSIFIED_NAME
from migrator.errors import MigratorError
from migrator.people.rights import Deed

CHANGES = 150
"""Objects of a difference on one page; the digest is of all."""
HELD = 8
"""Comparisons that are kept: reading a large ledger takes seconds."""


@dataclass(frozen=True)
class FieldRow:
    name: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangeRow:
    """One object that would be made, changed or deleted: `how` create, update, delete."""

    how: str
    kind: str
    code: str
    name: str
    fields: tuple[FieldRow, ...]


@dataclass(frozen=True)
class LedgerPage:
    upload: Upload
    problems: tuple[Told, ...]
    pictures: tuple[Picture, ...]
    rows: int
    refused: int
    ignored: tuple[tuple[str, str, str], ...]
    changes: tuple[ChangeRow, ...]
    creates: int
    updates: int
    deletes: int
    conflicts: int
    digest: str
    empty: bool
    large: str


def ledger_page(
    upload: Upload, compared: drift.Comparison, grids: object, city: City, say: Words
) -> LedgerPage:
    """The comparison as a value. `large`: why it wants a second look, "" where it does not."""
    changes, report = compared.changes, compared.report
    assert isinstance(grids, dict)
    try:
        changes.check_safety(compared.live)
        large = ""
    except InventoryError as error:
        large = str(error)
    rows = tuple(_changes(compared, city, say))
    return LedgerPage(
        upload=upload,
        problems=told_of(report.problems, grids),
        pictures=pictures_of(report.problems, grids),
        rows=report.counts.get("rows", 0),
        refused=report.counts.get("refused", 0),
        ignored=tuple((i.file, i.sheet, i.reason) for i in report.ignored[:20]),
        changes=rows[:CHANGES],
        creates=len(changes.creates),
        updates=len(changes.updates),
        deletes=len(changes.deletes),
        conflicts=sum(f.conflict for f in compared.findings),
        digest=changes.digest,
        empty=changes.empty,
        large=large,
    )


def _changes(compared: drift.Comparison, city: City, say: Words) -> Iterator[ChangeRow]:
    changes = compared.changes
    for update in changes.updates[:CHANGES]:
        yield _row("update", update, city, say)
    for delete in changes.deletes[:CHANGES]:
        yield _row("delete", delete, city, say)
    new = {one.code for one in changes.creates if one.facts.get("secrecy") == "classified"}
    for create in changes.creates[:CHANGES]:
        row = _row("create", create, city, say)
        of = str(create.facts.get("system") or "")
        hidden = row.name == CLASSIFIED_NAME or of in new or city.classified(of)
        yield row if hidden else replace(row, fields=tuple(_told(create, say)))


def _told(create: Create, say: Words) -> Iterator[FieldRow]:
    """What a new object will hold, apart from people and what has parts of its own."""
    for field, value in create.facts.items():
        plain = value if isinstance(value, list) else [value]
        if field in _HEAD or value in (None, "", []) or any(isinstance(v, dict) for v in plain):
            continue
        yield FieldRow(
            field_name(create.kind, field, say), "", _value(create.kind, field, value, say)
        )


_HEAD = frozenset({"code", "name", "contacts"})


def _row(how: str, one: Create | Update | Delete, city: City, say: Words) -> ChangeRow:
    """Of a classified system nothing but its code is shown (G7)."""
    facts = {} if isinstance(one, Update) else one.facts
    secret = facts.get("secrecy") == "classified" or city.classified(one.code)
    held = city.by.get(one.kind, {}).get(one.code)
    name = str(facts.get("name") or getattr(held, "name", "") or "")
    if secret and one.kind == "systems":
        return ChangeRow(how, thing(one.kind, say), one.code, CLASSIFIED_NAME, ())
    fields: tuple[FieldRow, ...] = ()
    if isinstance(one, Update):
        fields = tuple(
            FieldRow(
                field_name(one.kind, f.field, say),
                _value(one.kind, f.field, f.old, say),
                _value(one.kind, f.field, f.new, say),
            )
            for f in one.fields
        )
    return ChangeRow(how, thing(one.kind, say), one.code, name, fields)


def _value(kind: str, field: str, value: object, say: Words) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "、".join(str(v) for v in value)
    return str(shown_value(kind, field, value, say))


class _Compared:
    """The newest comparisons, by upload and the estate that they were made with."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[str, str], tuple[drift.Comparison, object]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, site: Site, upload: Upload, city: City) -> tuple[drift.Comparison, object]:
        key = upload.id, city.estate.digest
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        files = list(upload.files)
        made = drift.compare(site.product, files), grids_of(files)
        with self._lock:
            self._held[key] = made
            while len(self._held) > HELD:
                self._held.popitem(last=False)
        return made


def routes(site: Site) -> APIRouter:
    router = APIRouter()
    uploads = Uploads(site.product.settings.state / "uploads")
    compared = _Compared()

    def desk(request: Request, faults: tuple[str, ...] = ()) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        shell = Shell(title=viewer.say("page.nav.ledgers"), at="ledgers")
        given: dict[str, Any] = {
            "faults": faults,
            "uploads": uploads.of(viewer.name)[:20],
            "kinds": KINDS,
            "conflicts": len(
                drift.seen_tasks(
                    site.product,
                    viewer.person,
                    settled=False,
                    load=site.looking(request).whole,
                )
            ),
        }
        status = 422 if faults else 200
        return site.page(request, "ledgers.html", shell, viewer=viewer, status=status, **given)

    @router.get("/ledgers")
    def many(request: Request) -> Response:
        return desk(request)

    @router.post("/ledgers")
    def send(request: Request, files: list[UploadFile]) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_APPLY)
        sent = [(f.filename or "", f.file.read()) for f in files if f.filename]
        try:
            upload = uploads.keep(sent, viewer.name, site.product.truth.clock())
        except BadUsage as fault:
            return desk(request, (str(fault),))
        return site.back(request, f"/ledgers/{upload.id}")

    def whole(request: Request, viewer: Viewer, upload: Upload, fault: str = "") -> Response:
        city = site.city(viewer)
        view, broken = None, ""
        try:
            made, grids = compared.get(site, upload, city)
            view = ledger_page(upload, made, grids, city, viewer.say)
        except InventoryError as error:
            broken = str(error)
        name = "、".join(upload.names)
        crumbs = (Crumb(viewer.say("page.nav.ledgers"), "/ledgers"), Crumb(name))
        shell = Shell(title=name, at="ledgers", crumbs=crumbs)
        given: dict[str, Any] = {"view": view, "upload": upload, "broken": broken, "fault": fault}
        status = 409 if fault else 422 if broken else 200
        return site.page(request, "ledger.html", shell, viewer=viewer, status=status, **given)

    @router.get("/ledgers/{id}")
    def one(request: Request, id: str) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_READ)
        return whole(request, viewer, uploads.get(id, viewer.name))

    @router.post("/ledgers/{id}/apply")
    def apply(
        request: Request,
        id: str,
        digest: Annotated[str, Form()] = "",
        partial: Annotated[str, Form()] = "",
    ) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_APPLY)
        upload = uploads.get(id, viewer.name)
        made, _ = compared.get(site, upload, site.city(viewer))
        if not made.report.ok and not partial:
            return whole(request, viewer, upload, viewer.say("page.ledger.partial.needed"))
        if digest != made.changes.digest:
            return whole(request, viewer, upload, viewer.say("page.ledger.stale"))
        try:
            drift.apply(
                site.product,
                made,
                ledgers=list(upload.files),
                actor=viewer.person,
                confirmed=digest,
            )
        except (InventoryError, MigratorError) as error:
            return whole(request, viewer, upload, str(error))
        uploads.drop(upload)
        return site.back(request, "/ledgers?done=1")

    @router.post("/ledgers/{id}/drop")
    def drop(request: Request, id: str) -> Response:
        viewer = site.viewer(request, Deed.INVENTORY_APPLY)
        uploads.drop(uploads.get(id, viewer.name))
        return site.back(request, "/ledgers")

    return router
