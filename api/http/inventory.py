"""/api/v1/inventory: objects looked at and taken away, tasks, what expires."""

import tempfile
from datetime import date
from pathlib import Path as File
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from api import drift
from api.http.estate_cache import EstateCache
from api.http.inventory_answers import (
    Counts,
    Pulled,
    Pulling,
    Settling,
    Thing,
    ThingWhole,
    Told,
)
from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Look, Product
from api.http.problems import problems
from api.http.rights import right
from api.http.routing import Route
from api.http.rows import Rows, thing
from inventory.changes import WORDS
from inventory.ledger_write.export import export
from inventory.ledger_write.template import template
from inventory.model import Estate, content
from inventory.tasks import Task
from migrator.errors import NotFound
from migrator.people.rights import Deed

router = APIRouter(prefix="/inventory", tags=["inventory"], route_class=Route)
Kind = Literal[
    "organisations",
    "sites",
    "rooms",
    "clouds",
    "lines",
    "links",
    "nodes",
    "hosts",
    "services",
    "systems",
    "dependencies",
    "projects",
    "resources",
]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get(
    "", summary="台账库 / what it holds", responses=problems(), **right(Deed.INVENTORY_READ)
)
def counts(person: Asking, look: Look) -> Counts:
    """摘要与各类数目 / its digest, and how many of each kind."""
    estate = look.estate(person)
    found = {kind: len(objects) for kind, objects in estate.collections()}
    return Counts(digest=estate.digest, counts=found)


@router.get(
    "/objects/{kind}",
    summary="一类对象 / objects of a kind",
    response_model=Page[Thing],
    responses=problems(),
    **right(Deed.INVENTORY_READ),
)
def objects(
    kind: Annotated[Kind, Path(description="种类 / kind")],
    person: Asking,
    look: Look,
    paging: Paging,
    request: Request,
    organisation: Annotated[str | None, Query(max_length=63, description="单位 / its code")] = None,
) -> Response:
    """只见本单位的（有范围者）；涉密的只计数；不含电话与邮箱 / one's own for who is bound; what is
    classified is only counted; without phones and addresses of people."""
    estates: EstateCache = request.app.state.estates
    estate = look.estate(person)
    rows = estates.view_of(estate, f"rows {kind}", lambda: Rows(kind, getattr(estate, kind)))
    return Response(rows.page(paging, organisation), media_type="application/json")


@router.get(
    "/codes/{code}",
    summary="一个对象 / one object by its code",
    responses=problems(404),
    **right(Deed.INVENTORY_READ),
)
def show(code: Annotated[str, Path(max_length=63)], person: Asking, look: Look) -> list[ThingWhole]:
    """事实、出处与依赖；看到联系方式时记入审计 / facts, where they were read, dependencies; to be shown how
    to reach somebody is noted."""
    estate = look.estate(person)
    found = [
        (kind, one) for kind, every in estate.collections() for one in every if one.code == code
    ]
    if not found:
        raise NotFound(f"台账库中没有此编号 / the inventory has no such code: {code}")
    for _, one in found:
        look.about(person, code, getattr(one, "contacts", None) or ())
    return [ThingWhole.model_validate(_whole(estate, kind, one)) for kind, one in found]


def _whole(estate: Estate, kind: str, one: Any) -> dict[str, Any]:
    names = Told.model_fields
    data = thing(kind, one)
    data["facts"] = content(one)  # whole: the reading is noted
    data["provenance"] = [{n: getattr(p, n) for n in names} for p in one.provenance]
    if kind == "systems":
        data["needs"] = [d.needs for d in estate.dependencies if d.system == one.code]
        data["needed_by"] = [d.system for d in estate.dependencies if d.needs == one.code]
    return data


@router.get(
    "/export.xlsx",
    summary="导出台账 / the inventory as ledgers",
    response_class=Response,
    responses=problems(409) | {200: {"content": {XLSX: {}}}},
    **right(Deed.INVENTORY_READ),
)
def export_xlsx(
    person: Asking,
    look: Look,
    kind: Annotated[list[Kind] | None, Query(description="种类，可多个 / kinds")] = None,
    organisation: Annotated[
        str | None, Query(max_length=200, description="只导出一个单位的 / one organisation's")
    ] = None,
    county: Annotated[
        str | None, Query(max_length=200, description="只导出一个区县的 / one county's")
    ] = None,
) -> Response:
    """阅读记入审计 / the reading stands in the audit."""
    estate = look.estate(person, export=True)
    with tempfile.TemporaryDirectory() as folder:
        path = File(folder) / "export.xlsx"
        export(
            estate, path, kinds=tuple(kind or ()), organisation=organisation, county=county,
            replace=False,
        )  # fmt: skip
        return _file(path.read_bytes(), "inventory.xlsx")


@router.get(
    "/template.xlsx",
    summary="空白台账 / ledgers to fill in",
    response_class=Response,
    responses=problems(409) | {200: {"content": {XLSX: {}}}},
    **right(Deed.INVENTORY_READ),
)
def template_xlsx(
    person: Asking,
    look: Look,
    kind: Annotated[list[Kind] | None, Query(description="种类，可多个 / kinds")] = None,
) -> Response:
    """表头、批注、选项与示例 / headers, notes, lists, an example."""
    return _file(template(tuple(kind or WORDS), known=look.estate(person)), "template.xlsx")


def _file(body: bytes, name: str) -> Response:
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=XLSX, headers=told)


@router.get(
    "/tasks", summary="冲突 / conflicts", responses=problems(), **right(Deed.INVENTORY_READ)
)
def tasks(
    person: Asking,
    product: Product,
    look: Look,
    paging: Paging,
    settled: Annotated[bool, Query(description="含已裁定 / the settled ones too")] = False,
) -> Page[Task]:
    """待人裁定的冲突 / conflicts that wait for a person."""
    found = drift.seen_tasks(product, person, settled=settled, load=look.whole)
    return listed(found, paging, ("id", "kind", "code", "opened_at"))


@router.post(
    "/tasks/{id}/settle",
    summary="裁定一项冲突 / decide a conflict",
    responses=problems(404, 409),
    **right(Deed.INVENTORY_SETTLE),
)
def settle(
    id: Annotated[int, Path(ge=1, le=2**31)], told: Settling, person: Asking, product: Product
) -> Task:
    """取谁的值，须有理由 / whose value is taken, and why."""
    return drift.settle(product, id, told.take, reason=told.reason, actor=person)


@router.post(
    "/pull",
    summary="读取 NetBox / read NetBox anew",
    responses=problems(409),
    **right(Deed.INVENTORY_PULL),
)
def pull(told: Pulling, person: Asking, product: Product) -> Pulled:
    """只读所变，或全部 / what changed, or everything."""
    pulled = drift.pull(product, full=told.full, actor=person)
    found = {kind: len(objects) for kind, objects in pulled.estate.collections()}
    return Pulled(
        digest=pulled.estate.digest, counts=found, full=pulled.full, requests=pulled.requests
    )


@router.get(
    "/expiring",
    summary="将到期的线路 / lines whose contract ends",
    responses=problems(),
    **right(Deed.INVENTORY_READ),
)
def expiring(
    until: Annotated[date, Query(description="在此日之前 / by this day")],
    person: Asking,
    look: Look,
    paging: Paging,
) -> Page[Thing]:
    """按到期日 / by the day on which they end."""
    estate = look.estate(person)
    found = [one for one in estate.lines if one.contract_end and one.contract_end <= until]
    found.sort(key=lambda one: (one.contract_end or until, one.code))
    things = [Thing.model_validate(thing("lines", one)) for one in found]
    return listed(things, paging, ("code", "name", "organisation"))
