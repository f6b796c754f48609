"""/api/v1/policies: what the documents order, how the city stands, what people put on record."""

from datetime import date
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Path, Query

from api.days import city_today, day_or_today
from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Look, Product
from api.http.policies_answers import (
    Assessed,
    AssessedAll,
    BaselineOf,
    Held,
    NewRecord,
    PolicyAnswer,
    PolicyChecked,
    PolicyFault,
    PolicyText,
    Withdrawal,
)
from api.http.problems import problems
from api.http.rights import right
from api.http.routing import Route
from api.judging import cases, shelf_of, standings
from inventory.errors import PackRefused
from inventory.policies.holds import total
from inventory.policies.loader import load_file
from inventory.policies.pack import Pack
from inventory.policies.phases import Standing
from migrator.people.rights import Deed
from migrator.store.records import Kept

router = APIRouter(tags=["policies"], route_class=Route)

Named = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", examples=["cangzhou-2017-157"])]
Day = Annotated[date | None, Query(description="当作今天的日期 / the day to judge")]
One = Annotated[
    str | None,
    Query(
        max_length=63, description="一个政策，默认本市的 / one policy; the city's own by default"
    ),
]


@router.get(
    "/policies", summary="政策一览 / every policy", responses=problems(), **right(Deed.POLICY_READ)
)
def policies(product: Product, paging: Paging, today: Day = None) -> Page[PolicyAnswer]:
    """是否有效、是否本市适用 / whether it holds, and whether it is the city's own."""
    day, shelf = day_or_today(product.settings, today), shelf_of(product)
    found = [
        PolicyAnswer(
            id=pack.id,
            title=pack.title,
            title_en=pack.title_en,
            number=pack.number,
            place=pack.place,
            validity=pack.validity,
            in_force=pack.in_force(day),
            own=pack.id in product.settings.policies,
            counts={n: len(getattr(pack, n)) for n in _PARTS},
        )
        for pack in (shelf.pack(named) for named in shelf.names())
    ]
    return listed(found, paging, ("id", "title", "in_force", "own"))


_PARTS = ("targets", "rules", "clocks", "reports", "phases")


@router.get(
    "/policies/{named}",
    summary="一个政策 / one policy",
    responses=problems(404),
    response_model_exclude_none=True,
    **right(Deed.POLICY_READ),
)
def policy(named: Named, product: Product) -> Pack:
    """有效期、条目与后果，附条款原文 / validity, entries, consequences, each with its clause."""
    return shelf_of(product).pack(named)


@router.post(
    "/policies/check",
    summary="检查政策文件 / a policy's file: every mistake by line",
    responses=problems(404, 409),
    **right(Deed.POLICY_RECORD),
)
def check(told: PolicyText, product: Product) -> PolicyChecked:
    """什么都不留存；引文与来源文件的比对限命令行 / nothing is kept; quotes are compared with the source's
    file by the command line alone, which has it."""
    with TemporaryDirectory(prefix="qianyun-policy-") as folder:
        file = File(folder) / "policy.toml"
        file.write_text(told.toml)
        try:
            pack = load_file(file, (shelf_of(product).folder,))
        except PackRefused as refused:
            faults = [PolicyFault(line=f.line, told=str(f)) for f in refused.faults]
            return PolicyChecked(ok=False, id=None, counts={}, faults=faults)
    counts = {n: len(getattr(pack, n)) for n in _PARTS}
    return PolicyChecked(ok=True, id=pack.id, counts=counts, faults=[])


@router.get(
    "/assessments",
    summary="评估 / how the city stands",
    responses=problems(404, 409),
    **right(Deed.POLICY_READ),
)
def assessments(
    person: Asking, look: Look, product: Product, policy: One = None, today: Day = None
) -> AssessedAll:
    """有范围者只按本单位评估 / who is bound to organisations: of their part alone."""
    day = day_or_today(product.settings, today)
    found = cases(product, person, look.part(person, Deed.POLICY_READ), policy, day)
    every = [Assessed(assessment=c.assessed, alarms=c.assessed.alarms) for c in found]
    return AssessedAll(today=day, alarms=sum(one.alarms for one in every), assessments=every)


@router.get(
    "/holds",
    summary="经费暂缓 / whose money is on hold",
    responses=problems(404, 409),
    **right(Deed.POLICY_READ),
)
def money(
    person: Asking,
    look: Look,
    product: Product,
    paging: Paging,
    policy: One = None,
    today: Day = None,
) -> Held:
    """金额、条款与依据；总额为全部 / amount, clause, evidence; the sums are of all."""
    day = day_or_today(product.settings, today)
    found = cases(product, person, look.part(person, Deed.POLICY_READ), policy, day)
    holds = tuple(hold for case in found for hold in case.holds)
    yuan, unknown = total(holds, "hold")
    shrinking, untold = total(holds, "phase_out")
    page = listed(holds, paging, ("code", "organisation", "amount", "entry", "policy"))
    return Held(
        yuan=yuan,
        unknown_amounts=unknown,
        phase_out_yuan=shrinking,
        phase_out_unknown=untold,
        **dict(page),
    )


@router.get(
    "/lifecycle",
    summary="所处阶段 / in which phase everything is",
    responses=problems(404, 409),
    **right(Deed.POLICY_READ),
)
def phases(
    person: Asking,
    look: Look,
    product: Product,
    paging: Paging,
    policy: One = None,
    today: Day = None,
    code: Annotated[str | None, Query(max_length=63, description="一个对象 / one object")] = None,
) -> Page[Standing]:
    """以及下一阶段所缺 / and what is missing for the next."""
    day, estate = day_or_today(product.settings, today), look.part(person, Deed.POLICY_READ)
    found = standings(product, person, estate, policy, day, code=code)
    every = [one for _, objects in found for one in objects]
    return listed(every, paging, ("code", "name", "organisation", "phase", "policy"))


@router.get(
    "/records",
    summary="登记一览 / what was put on record",
    responses=problems(),
    **right(Deed.POLICY_READ),
)
def records(
    person: Asking,
    look: Look,
    product: Product,
    paging: Paging,
    policy: One = None,
    withdrawn: Annotated[bool, Query(description="含已撤回 / withdrawn ones too")] = False,
) -> Page[Kept]:
    """由命令登记的 / those that a command put down."""
    every = product.recording.seen(person, look.whole, withdrawn=withdrawn)
    found = [kept for kept in every if policy in (None, kept.record.policy)]
    return listed(found, paging, ("id", "kind", "recorded_at"))


@router.post(
    "/records",
    summary="登记 / put something on record",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.POLICY_RECORD),
)
def put(told: NewRecord, person: Asking, product: Product) -> Kept:
    """申报、例外、时限事件、去向 / a declaration, an exception, an event of a clock, a fate."""
    return product.recording.put(told.kind, told.told, person, city_today(product.settings))


@router.post(
    "/baselines",
    summary="留存基线 / keep the inventory of today as a baseline",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.POLICY_RECORD),
)
def baseline(told: BaselineOf, person: Asking, product: Product) -> Kept:
    """较早的基线不被取代 / an earlier baseline is never replaced."""
    return product.recording.keep_baseline(told.policy, person, city_today(product.settings))


@router.post(
    "/records/{id}/withdraw",
    summary="撤回登记 / take a record back",
    responses=problems(404, 409),
    **right(Deed.POLICY_WITHDRAW),
)
def withdraw(
    id: Annotated[int, Path(ge=1, le=2**31)], told: Withdrawal, person: Asking, product: Product
) -> Kept:
    """仍可查阅，须有理由 / it stays to be read; needs a reason."""
    return product.recording.withdraw(id, person, told.reason)
