"""/api/v1/runs: approvals and papers in flight, limits, when it may end, an item's dossier; machines."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field, JsonValue

from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Look, Product
from api.http.plan_work import Digest
from api.http.problems import Refusal, problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from api.http.runs import Code, System
from migrator.engine import dossier
from migrator.engine.outlooks import outlook_of
from migrator.errors import EngineDown
from migrator.people.rights import Deed
from migrator.store.machines import Machine

router = APIRouter(tags=["runs"], route_class=Route)

Name = Annotated[str, Path(min_length=1, max_length=63, description="机器名 / the machine's name")]


class Deciding(Answer):
    """Of a wave, or of items; approve and reject bind to the plan's digest."""

    decision: Literal["approve", "reject", "withdraw", "evidence", "no-evidence"]
    systems: list[str] = Field(default=[], max_length=5000)
    wave: int | None = Field(default=None, ge=1, le=100_000)
    reason: str = Field(default="", max_length=2000)
    kind: str = Field(default="", max_length=60, description="依据种类 / kind of the paper")
    reference: str = Field(default="", max_length=200, description="文号 / its number")
    content: Digest = ""


class Decided(Answer):
    """`subjects`: what was decided now; told twice by one person, nothing is."""

    run: str
    decision: str
    subjects: list[str]
    engine: bool


class Limits(Answer):
    limits: dict[str, Annotated[int, Field(ge=0, le=10**9)]] = Field(
        min_length=1,
        max_length=100,
        description="0 恢复方案的限制；rate: 为 kbit/s / 0: the plan's again; rate: in kbit/s",
        examples=[{"line:YZ-1": 1, "rate:YZ-1": 20_000, "total": 8}],
    )
    reason: str = Field(default="", max_length=2000)


class LimitsNow(Answer):
    run: str
    limits: dict[str, int]


class OutlookAnswer(Answer):
    run: str
    percent: int
    left_seconds: float | None = Field(description="null：不知 / not known")
    ends: datetime | None
    items: dict[str, float | None]
    waits: list[str]


class Dossier(Answer):
    """As `qianyun run dossier` writes it; whoever has it can verify it elsewhere."""

    dossier: dict[str, JsonValue]


class DossierVerified(Answer):
    ok: bool
    faults: list[str]


class Gone(Answer):
    reason: str = Field(min_length=1, max_length=2000, description="如何确认 / how that was seen")


class Build(Answer):
    build: str = Field(min_length=1, max_length=100, description="worker_build")


class Lines(Answer):
    """`after`: give it to have the next page; null at the end."""

    lines: list[dict[str, Any]]
    after: int | None


@router.post(
    "/runs/{code}/decisions",
    summary="在途审批与依据 / approvals and papers of a wave or of items",
    responses=problems(404, 409),
    **right(Deed.RUN_READ),
)
def decide(code: Code, told: Deciding, person: Asking, product: Product) -> Decided:
    """审批须有审批权，依据须有登记权；方案编制人不能批准 / deciding needs the right to decide, papers that to
    put them down; the plan's author cannot approve."""
    if not told.systems and told.wave is None:
        raise Refusal(422, "须给出系统或批次 / expected systems or a wave: read none")
    papers = {n: v for n in ("kind", "reference", "content") if (v := getattr(told, n))}
    if "evidence" in told.decision and not (told.kind and told.reference):
        raise Refusal(422, "依据须有种类与文号 / a paper needs its kind and its number")
    engine, fresh = True, tuple[str, ...]()
    try:
        fresh = product.running.decide(
            code,
            told.decision,
            person,
            told.reason,
            wave=told.wave,
            systems=told.systems,
            **papers,
        )
    except EngineDown:  # it is recorded; the engine acts on it when it is back
        engine = False
    return Decided(run=code, decision=told.decision, subjects=list(fresh), engine=engine)


@router.get(
    "/runs/{code}/ready",
    summary="待审批而已就绪的 / what is ready and waits for an approval",
    responses=problems(404),
    **right(Deed.RUN_READ),
)
def ready(code: Code, person: Asking, look: Look, product: Product) -> list[str]:
    """系统编号 / codes of systems."""
    mine = {item.system for item in look.run(person, code).items}
    return [system for system in product.running.ready(code) if system in mine]


@router.post(
    "/runs/{code}/limits",
    summary="在途调整限制 / change limits in flight",
    responses=problems(404, 409),
    **right(Deed.RUN_CONTROL),
)
def limit(code: Code, told: Limits, person: Asking, product: Product) -> LimitsNow:
    """在途超出的做完为止 / what is under way beyond a lower limit comes to its end."""
    try:
        stands = product.running.limit(code, told.limits, person, told.reason)
    except EngineDown:
        stands = product.truth.runs.get(code).limits
    return LimitsNow(run=code, limits=dict(stands))


@router.get(
    "/runs/{code}/outlook",
    summary="进度与预计结束 / how far it is and when it may end",
    responses=problems(404, 409),
    **right(Deed.RUN_READ),
)
def outlook(code: Code, person: Asking, look: Look, product: Product) -> OutlookAnswer:
    """由各步骤往次用时推算 / from what the steps took before."""
    mine = {item.system for item in look.run(person, code).items}
    found = outlook_of(product.truth, product.gates.rules, code)
    return OutlookAnswer(
        run=code,
        percent=found.percent,
        left_seconds=found.left_seconds,
        ends=found.ends,
        items={system: left for system, left in found.items.items() if system in mine},
        waits=list(found.waits) if person.whole_city else [],
    )


@router.get(
    "/runs/{code}/lines",
    summary="翻页与查找日志 / page and search the log",
    responses=problems(404),
    **right(Deed.RUN_READ),
)
def lines(
    code: Code,
    person: Asking,
    look: Look,
    product: Product,
    system: Annotated[str | None, Query(max_length=63)] = None,
    attempt: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=5000)] = 200,
) -> Lines:
    """按编号往后 / by number, onwards."""
    mine = {item.system for item in look.run(person, code).items}
    page = product.truth.logs.page(
        code, system=system, token=attempt, text=q, after=after, limit=limit
    )
    shown = [one.model_dump(mode="json") for one in page]
    if not person.whole_city:
        shown = [one for one in shown if one["system"] in mine]
    return Lines(lines=shown, after=page[-1].id if len(page) == limit else None)


@router.get(
    "/runs/{code}/items/{system}/dossier",
    summary="迁移项卷宗，可离线核验 / an item's dossier, verifiable offline",
    responses=problems(404, 409),
    **right(Deed.EVIDENCE_READ),
)
def made(code: Code, system: System, person: Asking, product: Product) -> Dossier:
    """阅读记入审计 / the reading stands in the audit."""
    return Dossier(dossier=dossier.make(product.truth, code, system, person.name))


@router.post(
    "/dossiers/verify",
    summary="核验卷宗 / whether a dossier holds",
    responses=problems(),
    **right(Deed.RUN_READ),
)
def verify(told: Dossier) -> DossierVerified:
    """不查本库 / without the database."""
    try:
        faults = dossier.verify(told.dossier)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        faults = [f"不是卷宗 / no dossier: {type(error).__name__} {str(error)[:200]}"]
    return DossierVerified(ok=not faults, faults=faults)


@router.get(
    "/machines",
    summary="执行机器 / machines on which workers run",
    responses=problems(),
    **right(Deed.SYSTEM_READ),
)
def machines(product: Product, paging: Paging) -> Page[Machine]:
    """何时见过、是否停用 / when each was seen, whether it is gone."""
    return listed(product.truth.machines.all(), paging, ("name", "zone", "seen_at"))


@router.post(
    "/machines/{name}/gone",
    summary="确认已关机，他机接手 / seen to be off: others take its attempts over",
    responses=problems(404, 409),
    **right(Deed.RUN_START),
)
def gone(name: Name, told: Gone, person: Asking, product: Product) -> Machine:
    """须写明如何确认 / needs how that was seen."""
    return product.truth.machines.declare_gone(name, person.name, told.reason)


@router.post(
    "/machines/{name}/back",
    summary="恢复使用 / it works again",
    responses=problems(404, 409),
    **right(Deed.RUN_START),
)
def back(name: Name, person: Asking, product: Product) -> Machine:
    """其执行进程又可启动 / its worker may start again."""
    return product.truth.machines.back(name, person.name)


@router.post(
    "/machines/promote",
    summary="切换执行进程版本 / workers of this build take all runs from now on",
    responses=problems(409),
    **right(Deed.RUN_START),
)
async def promote(told: Build, person: Asking, product: Product) -> Build:
    """见 docs/deployment.md / see there."""
    await (await product.engine()).promote(told.build)
    product.truth.audit(person.name, "engine.promoted", told.build)
    return told
