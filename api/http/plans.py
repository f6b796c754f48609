"""/api/v1/plans: make, look, check, rehearse, decide."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.encoders import jsonable_encoder
from pydantic import Field

from api.days import day_or_today
from api.http.paging import Page, Paging, page_of
from api.http.people import Asking, Look, Product
from api.http.problems import problems
from api.http.responses import Answer, PlanAnswer, PlanSummary
from api.http.rights import right
from api.http.routing import Route
from api.http.views import plan_summary
from api.scheduling import means_told, orders_on, seen_within
from migrator.people.rights import Deed
from migrator.planning.timetable import Timetable
from migrator.timing.differ import Differences, compared
from migrator.use_cases.planning import Rehearsal

router = APIRouter(prefix="/plans", tags=["plans"], route_class=Route)

Code = Annotated[
    str,
    Path(pattern=r"^P-\d{8}-\d{1,9}$", description="方案编号 / code", examples=["P-20261122-1"]),
]
State = Annotated[
    Literal["draft", "approved", "rejected"] | None, Query(description="状态 / state")
]


class MakePlan(Answer):
    """Everything is optional: the settings say the rest."""

    ignore_windows: bool = Field(default=False, description="不等窗口，限演练 / rehearsals only")
    rehearse: bool = Field(
        default=False, description="割接、回退、再割接 / cut over, roll back, cut over again"
    )
    moves_at_once: int | None = Field(default=None, ge=1, le=1000)
    soak_seconds: int | None = Field(default=None, ge=0, le=604800)
    means: str | None = Field(
        default=None,
        max_length=200_000,
        description="全市条件（TOML 文本） / the city's means, TOML",
    )
    settings: list[str] = Field(
        default=[], max_length=50, description="改一项条件 / line.YZ-1.rate=1G"
    )
    policy: str | None = Field(default=None, max_length=63)
    today: date | None = None
    after: str | None = Field(
        default=None, description="尽量保持其夜晚的方案 / keep that plan's nights"
    )


class Decision(Answer):
    digest: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        description="所看方案的摘要 / digest of the plan that was looked at",
    )
    reason: str = Field(default="", max_length=2000)


class Rejection(Decision):
    reason: str = Field(min_length=1, max_length=2000, description="理由 / why")


class Rehearsed(Answer):
    code: str
    ok: bool
    steps: list[Rehearsal]


class WhatIf(Answer):
    settings: list[str] = Field(min_length=1, max_length=50, examples=[["line.YZ-1.rate=1G"]])
    policy: str | None = Field(default=None, max_length=63)
    today: date | None = None


class TimetableAnswer(Answer):
    code: str
    digest: str
    timetable: Timetable | None


@router.get("", summary="方案一览 / plans", responses=problems(), **right(Deed.PLAN_READ))
def plans(
    person: Asking, look: Look, paging: Paging, state: State = None, author: str | None = None
) -> Page[PlanSummary]:
    """按编制时间 / in the order in which they were made."""
    found = [
        plan_summary(record)
        for record in look.plans(person)
        if state in (None, record.state) and author in (None, record.author)
    ]
    keys = {n: (lambda one, n=n: one[n]) for n in ("code", "state", "author", "made_at")}
    items, total = page_of(found, paging, keys)
    return Page(
        items=[PlanSummary.model_validate(one) for one in items],
        total=total,
        offset=paging.offset,
        limit=paging.limit,
    )


@router.post(
    "",
    summary="编制方案 / make a plan",
    status_code=201,
    response_model=PlanAnswer,
    responses=problems(404, 409),
    **right(Deed.PLAN_MAKE),
)
def make(told: MakePlan, person: Asking, product: Product) -> Response:
    """由今日事实编制，留作草案 / from today's facts; kept as a draft."""
    day = day_or_today(product.settings, told.today)
    city = means_told(told.means, told.settings, product.estate.load())
    means = product.means(ignore_windows=told.ignore_windows, moves_at_once=told.moves_at_once)
    soak = {} if told.soak_seconds is None else {"soak_seconds": told.soak_seconds}
    record, _ = product.planning.make(
        person,
        means.model_copy(update={"city": city, "practise": told.rehearse, **soak}),
        orders_on(product, told.policy, day),
        seen=seen_within(product) if city else None,
        former=told.after,
        today=day,
    )
    answer = _whole(record, product.truth.plans.load(record.code), status=201)
    answer.headers["Location"] = f"/api/v1/plans/{record.code}"
    return answer


@router.get(
    "/{code}",
    summary="方案全文 / one plan whole",
    response_model=PlanAnswer,
    responses=problems(404, 409),
    **right(Deed.PLAN_READ),
)
def plan(code: Code, person: Asking, look: Look) -> Response:
    """内容与摘要已核对 / its content has been checked against its digest."""
    return _whole(*look.plan(person, code))


@router.get(
    "/{code}/timetable",
    summary="时间表 / nights",
    responses=problems(404, 409),
    **right(Deed.PLAN_READ),
)
def timetable(code: Code, person: Asking, look: Look) -> TimetableAnswer:
    """没有条件文件编制的方案没有时间表 / null for a plan without a city's means."""
    record, found = look.plan(person, code)
    return TimetableAnswer(code=code, digest=record.digest, timetable=found.timetable)


@router.get(
    "/{code}/compare/{other}",
    summary="比较两案 / the nights of two plans",
    responses=problems(404, 409),
    **right(Deed.PLAN_READ),
)
def compare(code: Code, other: Code, person: Asking, look: Look) -> Differences:
    """夜晚不同的系统 / the systems whose nights differ."""
    return compared(look.plan(person, code)[1], look.plan(person, other)[1])


@router.post(
    "/{code}/what-if",
    summary="假如 / the plan with other means, beside it; nothing is kept",
    responses=problems(404, 409),
    **right(Deed.PLAN_MAKE),
)
def what_if(code: Code, told: WhatIf, product: Product) -> Differences:
    """由今日事实重算 / made anew from today's facts."""
    orders = orders_on(product, told.policy, day_or_today(product.settings, told.today))
    seen = seen_within(product)
    before, after = product.planning.what_if(code, told.settings, orders, seen=seen)
    return compared(before, after)


@router.post(
    "/{code}/dry-run",
    summary="预演，不改动任何主机 / rehearse all of it, change nothing",
    responses=problems(404, 409),
    **right(Deed.PLAN_REHEARSE),
)
def dry_run(
    code: Code,
    person: Asking,
    product: Product,
    at_once: Annotated[int, Query(ge=1, le=32, description="同时预演 / items at once")] = 2,
) -> Rehearsed:
    """每个迁移项的预检与剧本检查模式 / preflight and every playbook in check mode."""
    product.planning.require_same_facts(code)
    steps = product.planning.rehearse(code, product.crew, person, at_once=at_once)
    return Rehearsed(code=code, ok=all(step.ok for step in steps), steps=steps)


@router.post(
    "/{code}/approve",
    summary="批准所给摘要的方案 / approve the plan of exactly that digest",
    responses=problems(404, 409),
    **right(Deed.PLAN_DECIDE),
)
def approve(code: Code, told: Decision, person: Asking, product: Product) -> PlanSummary:
    """编制人不能批准自己的方案 / its author cannot."""
    record = product.planning.approve(code, told.digest, person, told.reason)
    return PlanSummary.model_validate(plan_summary(record))


@router.post(
    "/{code}/reject",
    summary="否决或撤回批准 / reject a plan, or withdraw its approval",
    responses=problems(404, 409),
    **right(Deed.PLAN_DECIDE),
)
def reject(code: Code, told: Rejection, person: Asking, product: Product) -> PlanSummary:
    """须写明理由 / needs a reason."""
    record = product.planning.reject(code, told.digest, person, told.reason)
    return PlanSummary.model_validate(plan_summary(record))


def _whole(record: Any, plan: Any, status: int = 200) -> Response:
    """Rendered by pydantic itself: a plan of 5,000 systems is not built twice."""
    from pydantic_core import to_json  # noqa: PLC0415

    body = to_json(jsonable_encoder(plan_summary(record)) | {"plan": plan.model_dump(mode="json")})
    return Response(body, status_code=status, media_type="application/json")
