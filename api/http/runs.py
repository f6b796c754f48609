"""/api/v1/runs: start, look, command, logs."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import Field, JsonValue

from api.http.paging import Page, Paging, page_of
from api.http.people import Asking, Look, Product
from api.http.problems import problems
from api.http.responses import (
    Answer,
    AttemptAnswer,
    EvidenceAnswer,
    ItemAnswer,
    RunCounted,
    RunSummary,
)
from api.http.rights import right
from api.http.routing import Route
from api.http.views import run_summary, waiting
from migrator.errors import EngineDown
from migrator.people.rights import Deed
from migrator.runs.records import RunState

router = APIRouter(prefix="/runs", tags=["runs"], route_class=Route)

Code = Annotated[
    str,
    Path(pattern=r"^R-\d{8}-\d{1,9}$", description="执行编号 / code", examples=["R-20261122-1"]),
]
System = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", description="系统编号 / a system's code"),
]


class Start(Answer):
    plan: str = Field(pattern=r"^P-\d{8}-\d{1,9}$", examples=["P-20261122-1"])


class Why(Answer):
    reason: str = Field(default="", max_length=2000, description="理由 / why")


class WhyOfWave(Why):
    wave: int | None = Field(
        default=None, ge=1, description="整个批次；无则整个执行 / a whole wave; none: the whole run"
    )


class WaveBack(Why):
    wave: int = Field(ge=1, description="批次 / the wave", examples=[1])


class RunWhole(RunSummary):
    """A run with its items; attempts and evidence have routes of their own."""

    items: list[ItemAnswer]  # type: ignore[assignment]
    waiting_for_operator: list[str] = Field(description="等待操作人的系统 / systems that wait")


class Ordered(Answer):
    """What a command did. `engine`: whether it was woken; else it acts when it is back."""

    run: RunSummary
    engine: bool


class LogPage(Answer):
    """`total`: lines that fit in all; `offset` of the first here."""

    lines: list[dict[str, JsonValue]]
    total: int
    offset: int


@router.get("", summary="执行一览 / runs", responses=problems(), **right(Deed.RUN_READ))
def runs(
    person: Asking,
    look: Look,
    paging: Paging,
    state: Annotated[RunState | None, Query(description="状态 / state")] = None,
    plan: Annotated[str | None, Query(max_length=63)] = None,
) -> Page[RunCounted]:
    """按开始时间 / in the order in which they were started."""
    every = look.runs(person) if paging.q else look.heads(person)  # a text may stand in any item
    found = [run for run in every if state in (None, run.state) and plan in (None, run.plan)]
    keys = {
        n: (lambda one, n=n: getattr(one, n))
        for n in ("code", "plan", "state", "started_by", "started_at", "ended_at")
    }
    heads, total = page_of(found, paging, keys)
    states = look.counted(person, [run.code for run in heads])
    shown = [
        RunCounted(**run.model_dump(exclude={"items"}), states=states[run.code]) for run in heads
    ]
    return Page(items=shown, total=total, offset=paging.offset, limit=paging.limit)


@router.post(
    "",
    summary="执行已批准的方案 / start an approved plan",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.RUN_START),
)
def start(told: Start, person: Asking, product: Product) -> Ordered:
    """引擎不在时先登记，恢复后自动开始 / recorded also while the engine is away."""
    try:
        run = product.running.start(told.plan, person)
    except EngineDown:
        heads = product.truth.tallies.heads()
        run = product.truth.runs.get(next(r.code for r in heads[::-1] if r.plan == told.plan))
        return Ordered(run=RunSummary.model_validate(run_summary(run)), engine=False)
    return Ordered(run=RunSummary.model_validate(run_summary(run)), engine=True)


@router.get(
    "/{code}", summary="一次执行 / one run", responses=problems(404), **right(Deed.RUN_READ)
)
def run(code: Code, person: Asking, look: Look) -> RunWhole:
    """各系统的步骤与状态 / its items with their steps."""
    found = look.run(person, code)
    data = found.model_dump(mode="json") | {"waiting_for_operator": waiting(found)}
    return RunWhole.model_validate(data)


@router.get(
    "/{code}/attempts",
    summary="尝试 / attempts",
    responses=problems(404),
    **right(Deed.RUN_READ),
)
def attempts(code: Code, person: Asking, look: Look, paging: Paging) -> Page[AttemptAnswer]:
    """每步的每次尝试 / each run of each step."""
    found = look.attempts(person, code)
    keys = {n: (lambda one, n=n: getattr(one, n)) for n in ("token", "system", "step", "state")}
    items, total = page_of(found, paging, keys)
    shown = [AttemptAnswer.model_validate(one.model_dump(mode="json")) for one in items]
    return Page(items=shown, total=total, offset=paging.offset, limit=paging.limit)


@router.get(
    "/{code}/evidence",
    summary="证据 / evidence",
    responses=problems(404),
    **right(Deed.EVIDENCE_READ),
)
def evidence(code: Code, person: Asking, look: Look, paging: Paging) -> Page[EvidenceAnswer]:
    """各次尝试所得，阅读记入审计 / what the attempts found; the reading stands in the audit."""
    found = look.evidence(person, code)
    keys = {n: (lambda one, n=n: getattr(one, n)) for n in ("token", "system", "step", "at")}
    items, total = page_of(found, paging, keys)
    shown = [
        EvidenceAnswer.model_validate(one.model_dump(mode="json") | {"body": one.content})
        for one in items
    ]
    return Page(items=shown, total=total, offset=paging.offset, limit=paging.limit)


@router.get(
    "/{code}/log", summary="日志 / log lines", responses=problems(404), **right(Deed.RUN_READ)
)
def log(
    code: Code,
    person: Asking,
    look: Look,
    system: Annotated[str | None, Query(max_length=63)] = None,
    q: Annotated[str, Query(max_length=200, description="查找 / text to look for")] = "",
    offset: Annotated[
        int | None, Query(ge=0, le=10_000_000, description="默认末尾 / the end")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
) -> LogPage:
    """按时间；默认给出末尾 / in order of time; the last ones where no offset is told."""
    lines: list[dict[str, Any]] = look.log(person, code, system)
    if q:
        text = q.casefold()
        lines = [one for one in lines if text in str(one.get("text", one)).casefold()]
    begin = max(0, len(lines) - limit) if offset is None else offset
    return LogPage(lines=lines[begin : begin + limit], total=len(lines), offset=begin)


def _ordered(product: Product, code: str, give: Any) -> Ordered:
    """Give a command; it is recorded also when only the engine could not be woken."""
    engine = True
    try:
        give()
    except EngineDown:
        engine = False
    found = product.truth.runs.get(code)
    return Ordered(run=RunSummary.model_validate(run_summary(found)), engine=engine)


@router.post(
    "/{code}/pause", summary="暂停 / pause", responses=problems(404, 409), **right(Deed.RUN_CONTROL)
)
def pause(code: Code, told: WhyOfWave, person: Asking, product: Product) -> Ordered:
    """在途步骤做完，不再开始 / no further step begins; the one under way comes to its end."""
    running, wave = product.running, told.wave
    if wave is not None:
        return _ordered(product, code, lambda: running.pause_wave(code, wave, person, told.reason))
    return _ordered(product, code, lambda: running.pause(code, None, person, told.reason))


@router.post(
    "/{code}/resume",
    summary="继续 / go on",
    responses=problems(404, 409),
    **right(Deed.RUN_CONTROL),
)
def resume(code: Code, told: WhyOfWave, person: Asking, product: Product) -> Ordered:
    """整个执行或一批 / the whole run, or a wave."""
    running, wave = product.running, told.wave
    if wave is not None:
        return _ordered(product, code, lambda: running.resume_wave(code, wave, person, told.reason))
    return _ordered(product, code, lambda: running.resume(code, None, person, told.reason))


@router.post(
    "/{code}/rollback",
    summary="回退一个批次 / a wave back to its source",
    responses=problems(404, 409),
    **right(Deed.RUN_CONTROL),
)
def rollback(code: Code, told: WaveBack, person: Asking, product: Product) -> Ordered:
    """该批未提交的系统 / every item of the wave that is not committed."""
    running = product.running
    return _ordered(
        product, code, lambda: running.rollback_wave(code, told.wave, person, told.reason)
    )


@router.post(
    "/{code}/abort", summary="中止 / abort", responses=problems(404, 409), **right(Deed.RUN_CONTROL)
)
def abort(code: Code, told: Why, person: Asking, product: Product) -> Ordered:
    """不再开始，在途未提交的回退 / begin nothing more, roll back what is open and not committed."""
    return _ordered(product, code, lambda: product.running.abort(code, person, told.reason))


VERBS = {
    "pause": "暂停一个系统 / pause one item",
    "resume": "继续一个系统 / go on with one item",
    "retry": "重试失败或挂起的步骤 / run the failed or held step again",
    "skip": "跳过失败的步骤，须有理由 / go on without the failed step; needs a reason",
    "rollback": "回退一个系统 / back to its source, at any point before commit",
}


def _add(verb: str, summary: str) -> None:
    def order(code: Code, system: System, told: Why, person: Asking, product: Product) -> Ordered:
        give = getattr(product.running, verb)
        return _ordered(product, code, lambda: give(code, system, person, told.reason))

    router.add_api_route(
        f"/{{code}}/items/{{system}}/{verb}",
        order,
        methods=["POST"],
        summary=summary,
        description="命令先登记，再唤醒引擎 / recorded first, then the engine is woken",
        name=f"item_{verb}",
        operation_id=f"run_item_{verb}",
        responses=problems(404, 409),
        **right(Deed.RUN_CONTROL),
    )


for _verb, _summary in VERBS.items():
    _add(_verb, _summary)
