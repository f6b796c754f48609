"""/api/v1/inventory: ledgers checked, compared, applied; objects looked at and taken away."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path as File
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response, UploadFile
from pydantic import Field, JsonValue

from api import drift
from api.http.estate_cache import EstateCache
from api.http.paging import Page, Paging, page_of
from api.http.people import Asking, Look, Product
from api.http.problems import Refusal, problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from api.http.rows import Rows, thing
from inventory.changes import WORDS, ChangeSet
from inventory.errors import ChangeRefused
from inventory.findings import Finding
from inventory.ledger.report import Ignored
from inventory.ledger.report import Problem as LedgerProblem
from inventory.ledger_write.export import export
from inventory.ledger_write.template import template
from inventory.model import Estate, content
from inventory.store import Objection
from inventory.tasks import Task
from inventory.text import printable
from migrator.errors import NotFound
from migrator.people.rights import Deed

router = APIRouter(prefix="/inventory", tags=["inventory"], route_class=Route)

MOST_FILES = 20
KINDS = ("xlsx", "xls", "ods", "csv", "txt", "tsv")
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
Ledgers = Annotated[list[UploadFile], Field(min_length=1, max_length=MOST_FILES)]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RowProblem(LedgerProblem):
    """A fault of a ledger and its place: under a name of its own in the document."""


class Checked(Answer):
    """What reading the ledgers gives; nothing is written."""

    ok: bool
    counts: dict[str, int]
    problems: list[RowProblem]
    ignored: list[Ignored]


class Compared(Answer):
    """`digest`: of the changes, to be given when they are applied."""

    ok: bool
    digest: str
    counts: dict[str, int]
    problems: list[RowProblem]
    conflicts: int
    changes: ChangeSet
    findings: list[Finding]
    objections: list[Objection] = Field(default=[])


class Applied(Compared):
    applied: bool
    estate: str = Field(description="写入后的摘要 / digest of the inventory afterwards")


class Counts(Answer):
    digest: str
    counts: dict[str, int]


class Thing(Answer):
    kind: str
    code: str
    name: str
    organisation: str | None = None
    facts: dict[str, JsonValue]


class Told(Answer):
    """Where a field was read."""

    field: str
    source: str
    sheet: str
    row: int
    column: str
    raw: str


class ThingWhole(Thing):
    provenance: list[Told]
    needs: list[str] = Field(default=[])
    needed_by: list[str] = Field(default=[])


class Pulling(Answer):
    full: bool = Field(default=False, description="全部重读 / read everything anew")


class Pulled(Answer):
    digest: str
    counts: dict[str, int]
    full: bool
    requests: int


class Settling(Answer):
    take: Literal["netbox", "ledger"]
    reason: str = Field(min_length=1, max_length=2000)


@contextmanager
def uploaded(files: list[UploadFile]) -> Iterator[list[File]]:
    """The uploads as files of a folder that goes afterwards, under names without a path. Raises
    Refusal."""
    with tempfile.TemporaryDirectory(prefix="qianyun-ledgers-") as folder:
        paths: list[File] = []
        for number, upload in enumerate(files, start=1):
            path = File(folder) / str(number) / ledger_name(upload.filename or "", number)
            path.parent.mkdir()
            with path.open("wb") as file:
                while part := upload.file.read(1 << 20):
                    file.write(part)
            paths.append(path)
        yield paths


def ledger_name(told: str, number: int) -> str:
    """A name for a file of ours: the last part of what was told, printable, with a suffix that a
    ledger has. Raises Refusal."""
    name = printable(told.replace("\\", "/").rpartition("/")[2])
    name = name.replace("\\", "_").strip(" .")
    stem, _, suffix = name.rpartition(".")
    if suffix.lower() not in KINDS:
        raise Refusal(
            415,
            f"文件类型不支持 / not a kind of file that a ledger is: read {name[:100]!r}, expected one of: "
            f"{', '.join(KINDS)}",
        )
    return f"{(stem or str(number))[-100:]}.{suffix.lower()}"


@router.post(
    "/check",
    summary="检查台账 / read ledgers and say what is refused",
    responses=problems(409, 413, 415),
    **right(Deed.INVENTORY_READ),
)
def check(ledgers: Ledgers, product: Product) -> Checked:
    """什么都不写 / nothing is written."""
    with uploaded(ledgers) as paths:
        report = drift.read(product, paths)
    return Checked(
        ok=report.ok,
        counts=dict(report.counts),
        problems=_rows(report.problems),
        ignored=list(report.ignored),
    )


@router.post(
    "/diff",
    summary="与台账库比对 / compare ledgers with the inventory",
    responses=problems(409, 413, 415),
    **right(Deed.INVENTORY_APPLY),
)
def diff(ledgers: Ledgers, product: Product, person: Asking) -> Compared:
    """逐字段，旧 → 新；什么都不写 / field by field, old → new; nothing is written."""
    with uploaded(ledgers) as paths:
        compared = drift.compare(product, paths)
    drift.require_own(product, compared, person)
    return Compared.model_validate(_compared(product, compared))


@router.post(
    "/apply",
    summary="写入台账库 / bring ledgers into the inventory",
    responses=problems(409, 413, 415),
    **right(Deed.INVENTORY_APPLY),
)
def apply(
    ledgers: Ledgers,
    digest: Annotated[
        str, Query(pattern=r"^[0-9a-f]{64}$", description="所看变更的摘要 / of the changes seen")
    ],
    product: Product,
    person: Asking,
    partial: Annotated[
        bool, Query(description="有拒收行也收无误的行 / take the good rows")
    ] = False,
) -> Applied:
    """恰为所看变更才写；两次等于一次 / exactly what was seen; twice changes nothing."""
    with uploaded(ledgers) as paths:
        compared = drift.compare(product, paths)
        if not compared.report.ok and not partial:
            raise ChangeRefused(
                f"有 {len(compared.report.problems)} 处被拒收，什么都没有写 / some rows are refused, nothing "
                "was written: correct them, or tell partial=true"
            )
        if compared.changes.digest != digest and not compared.changes.empty:
            raise ChangeRefused(
                f"变更已不是所看的 / the changes are no longer those that were seen: read digest {digest}, "
                f"they have {compared.changes.digest}; look at them again"
            )
        drift.apply(product, compared, ledgers=paths, actor=person, confirmed=digest)
    data = _compared(product, compared, asks=False)
    return Applied.model_validate(data | {"applied": True, "estate": compared.changes.result})


def _rows(problems: Iterable[LedgerProblem]) -> list[RowProblem]:
    return [RowProblem.model_validate(one.model_dump()) for one in problems]


def _compared(product: Product, compared: drift.Comparison, *, asks: bool = True) -> dict[str, Any]:
    changes = compared.changes
    return {
        "ok": compared.report.ok,
        "digest": changes.digest,
        "counts": changes.counts,
        "problems": _rows(compared.report.problems),
        "conflicts": sum(f.conflict for f in compared.findings),
        "changes": changes,
        "findings": [f for f in compared.findings if f.conflict],
        "objections": product.estate.objections(changes) if asks else (),
    }


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
) -> Response:
    """阅读记入审计 / the reading stands in the audit."""
    estate = look.estate(person, export=True)
    with tempfile.TemporaryDirectory() as folder:
        path = File(folder) / "export.xlsx"
        export(estate, path, kinds=tuple(kind or ()), replace=False)
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
    keys = {n: (lambda one, n=n: getattr(one, n)) for n in ("id", "kind", "code", "opened_at")}
    items, total = page_of(found, paging, keys)
    return Page(items=items, total=total, offset=paging.offset, limit=paging.limit)


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
) -> list[Thing]:
    """按到期日 / by the day on which they end."""
    estate = look.estate(person)
    found = [one for one in estate.lines if one.contract_end and one.contract_end <= until]
    found.sort(key=lambda one: (one.contract_end or until, one.code))
    return [Thing.model_validate(thing("lines", one)) for one in found]
