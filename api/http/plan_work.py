"""/api/v1/plans: what is asked before a plan is made, why it is as it is, papers, files of its nights."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from api import scheduling
from api.days import day_or_today
from api.http import plan_files
from api.http.people import Asking, Look, Product
from api.http.plans import Code, Decision, Rejection
from api.http.problems import language, problems
from api.http.responses import Answer, PlanSummary
from api.http.rights import right
from api.http.routing import Route
from api.http.views import plan_summary
from inventory.ledger_write.wanted_hosts import wanted_hosts
from migrator.errors import Refused
from migrator.people.rights import Deed
from migrator.planning.lacking import lacking
from migrator.planning.plan import Verdict
from migrator.planning.timetable import MoveGroup, Split
from migrator.timing.case import reasons_of
from migrator.timing.helping import Help, Helping, advice
from migrator.timing.jobs import Measures, bases_of
from migrator.timing.why import Binding, binding_most, told
from migrator.use_cases.means_to_edit import means_to_edit

router = APIRouter(prefix="/plans", tags=["plans"], route_class=Route)

Digest = Annotated[
    str, Field(pattern=r"^([0-9a-f]{64})?$", description="文件的 SHA-256 / of a file")
]


Like = Annotated[
    str | None,
    Query(pattern=r"^P-\d{8}-\d{1,9}$", description="取自哪个方案 / of which plan"),
]


class MeansText(Answer):
    means: str = Field(description="TOML")


class AskMeans(Answer):
    means: str | None = Field(default=None, max_length=200_000, description="TOML")
    settings: list[str] = Field(default=[], max_length=50)


class AskQuestions(AskMeans):
    organisation: str | None = Field(default=None, max_length=63)
    policy: str | None = Field(default=None, max_length=63)
    today: date | None = None


class QuestionAnswer(Answer):
    """`asks`: fields of the ledger that the department has to tell."""

    system: str
    name: str
    organisation: str | None
    asks: list[str]
    verdict: Verdict


class GroupsAnswer(Answer):
    groups: list[MoveGroup]
    alone: int = Field(description="可独自迁移的系统数 / systems that may move alone")
    split: list[Split] = Field(
        description="拆开的环及代价 / rings that fall apart, and their price"
    )
    told: list[scheduling.Told] = Field(description="网络工程师指定 / what the engineer told")
    refused: list[scheduling.NoNight] = Field(description="没有一晚可排 / what no night takes")


class BindingAnswer(Answer):
    """`nights`: how many earlier nights it stands against; `gain`: by how many without it alone."""

    what: str
    nights: int
    gain: int
    groups: int = Field(description="挡住几组 / how many groups it holds")
    told: str


class HelpAnswer(Answer):
    """One change by itself, and the night that it would give, `days` earlier."""

    what: str
    amount: int
    now: int | None
    by: date | None
    night: date
    days: int
    told: str


class CopyAnswer(Answer):
    by: str
    mib: int
    nights: int


class WhyAnswer(Answer):
    """Of one system: its group's night, the earliest possible, what binds. Of none: what binds most."""

    systems: list[str] = Field(default=[])
    night: date | None = Field(default=None, description="无：不在时间表中 / none: without a night")
    reason: str = Field(default="", description="为何没有夜晚 / why it has no night")
    earliest: date | None = None
    free_nights: int | None = None
    bindings: list[BindingAnswer]
    helps: list[HelpAnswer] = Field(default=[])
    copies: list[CopyAnswer] = Field(default=[])
    one_item: int | None = Field(
        default=None, description="单项份额，% / share for one item, percent"
    )


class Paper(Decision):
    kind: str = Field(min_length=1, max_length=60, examples=["sign-off", "paper"])
    reference: str = Field(min_length=1, max_length=200, description="文号 / the paper's number")
    content: Digest = ""
    remove: bool = Field(default=False, description="撤销登记 / take it back")


@router.post(
    "/questions",
    summary="待单位补充的问题 / what departments have to tell first",
    responses=problems(404, 409),
    **right(Deed.PLAN_MAKE),
)
def questions(told: AskQuestions, product: Product) -> list[QuestionAnswer]:
    """涉密系统从不询问 / nobody is asked about a classified system."""
    estate = product.estate.load()
    city = scheduling.means_told(told.means, told.settings, estate)
    orders = scheduling.orders_on(product, told.policy, day_or_today(product.settings, told.today))
    found = scheduling.questions(estate, orders, city, told.organisation)
    return [
        QuestionAnswer(
            system=one.system,
            name=one.name,
            organisation=one.organisation,
            asks=list(one.asks),
            verdict=one.verdict,
        )
        for one in found
    ]


@router.get(
    "/means",
    summary="可改的全市条件 / a city's means, to edit",
    responses=problems(404, 409),
    **right(Deed.PLAN_MAKE),
)
def means(person: Asking, product: Product, like: Like = None) -> MeansText:
    """某方案的条件；不指明则取最近一案，尚无则给出样例 / a plan's, else the last one's, else a first text."""
    today = day_or_today(product.settings, None)
    return MeansText(means=means_to_edit(product.truth, person, like, today))


@router.get(
    "/hosts.xlsx",
    summary="待云方提供的主机 / hosts that clouds are to give, for their operators to fill in",
    response_class=Response,
    responses=problems(409) | {200: {"content": {plan_files.MEDIA["xlsx"]: {}}}},
    **right(Deed.PLAN_MAKE),
)
def hosts(product: Product) -> Response:
    """填好后按台账导入 / filled in, it is applied as a ledger, in part."""
    estate = product.estate.load()
    body = wanted_hosts(estate, lacking(estate))
    told = {"Content-Disposition": 'attachment; filename="hosts.xlsx"'}
    return Response(body, media_type=plan_files.MEDIA["xlsx"], headers=told)


@router.post(
    "/groups",
    summary="必须同夜迁移的系统 / systems that must move in one night",
    responses=problems(404, 409),
    **right(Deed.PLAN_MAKE),
)
def groups(told: AskMeans, product: Product) -> GroupsAnswer:
    """及最省的拆法 / and the cheapest split."""
    city = scheduling.means_told(told.means, told.settings, product.estate.load())
    found = scheduling.move_groups(product, city)
    return GroupsAnswer(
        groups=list(found.several),
        alone=found.alone,
        split=list(found.split),
        told=list(found.told),
        refused=list(found.refused),
    )


@router.get(
    "/{code}/why",
    summary="为何在这一夜 / why a system moves in that night",
    responses=problems(404, 409),
    **right(Deed.PLAN_MAKE),
)
def why(
    code: Code,
    product: Product,
    system: Annotated[str | None, Query(max_length=63, description="一个系统 / one system")] = None,
    policy: Annotated[str | None, Query(max_length=63)] = None,
    today: Annotated[date | None, Query()] = None,
) -> WhyAnswer:
    """不给系统则列出最紧的条件 / without a system: what binds most."""
    plan, estate = product.truth.plans.load(code), product.estate.load()
    if plan.timetable is None or plan.means.city is None:
        raise Refused(f"方案 {code} 没有时间表 / plan {code} has no timetable: make one with means")
    orders = scheduling.orders_on(product, policy, day_or_today(product.settings, today))
    reasons = reasons_of(plan, estate, orders, scheduling.seen_within(product))
    if system is None:
        most = [_binding(one) for one in binding_most(reasons)]
        return WhyAnswer(bindings=most)
    if system not in reasons.task.of and (left := scheduling.left_out(plan, system)):
        return WhyAnswer(systems=[system], bindings=[], reason=left.reason)
    found = scheduling.why(reasons, system)
    night = reasons.task.city.plan.night
    known = Measures.of(estate, reasons.task.city)
    rates = {one.code: one.rate_kbps for one in bases_of(found.lot.jobs, known)}
    return WhyAnswer(
        systems=[job.code for job in found.lot.jobs],
        night=night(found.slot),
        earliest=night(found.first),
        free_nights=found.free,
        bindings=[_binding(one) for one in found.bindings],
        helps=[_help(one) for one in Helping(reasons, rates).of(found.lot)],
        copies=[CopyAnswer(by=one.road, mib=one.mib, nights=one.slots) for one in found.lot.copies],
        one_item=reasons.task.city.lines.one_item,
    )


def _binding(one: Binding) -> BindingAnswer:
    return BindingAnswer(**one.model_dump(), told=told(one.what))


def _help(one: Help) -> HelpAnswer:
    part = {"what", "amount", "now", "by", "night", "days"}
    return HelpAnswer(**one.model_dump(include=part), told=advice(one))


@router.get(
    "/{code}/timetable.{kind}",
    summary="时间表文件 / the nights as a file",
    response_class=Response,
    responses=problems(404, 409)
    | {200: {"content": {media: {} for media in plan_files.MEDIA.values()}}},
    **right(Deed.PLAN_READ),
)
def timetable_file(
    code: Code,
    kind: Annotated[Literal["xlsx", "ics", "svg"], Path()],
    person: Asking,
    look: Look,
    request: Request,
) -> Response:
    """只含可见的系统，语言随 Accept-Language / the systems that one sees, in the language asked for."""
    return plan_files.timetable_file(look, person, code, kind, language(request) or "zh")


@router.post(
    "/{code}/withdraw",
    summary="撤回自己的批准 / take one's own approval back",
    responses=problems(404, 409),
    **right(Deed.PLAN_DECIDE),
)
def withdraw(code: Code, told: Rejection, person: Asking, product: Product) -> PlanSummary:
    """须写明理由 / needs a reason."""
    record = product.planning.withdraw(code, told.digest, person, told.reason)
    return PlanSummary.model_validate(plan_summary(record))


@router.post(
    "/{code}/evidence",
    summary="登记依据：文件、签字 / put down a paper or a sign-off",
    responses=problems(404, 409),
    **right(Deed.PLAN_EVIDENCE),
)
def evidence(code: Code, told: Paper, person: Asking, product: Product) -> PlanSummary:
    """绑定所给摘要 / bound to the digest that is told."""
    record = product.planning.put_evidence(
        code,
        told.digest,
        person,
        told.reason,
        remove=told.remove,
        kind=told.kind,
        reference=told.reference,
        content=told.content,
    )
    return PlanSummary.model_validate(plan_summary(record))
