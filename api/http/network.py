"""/api/v1/network-plans: changes of network devices, filed, decided of, played, undone."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path as File
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import Field, StringConstraints

from api.bootstrap import Qianyun
from api.http.network_views import network_summary, network_whole
from api.http.paging import Page, Paging, page_of
from api.http.people import Asking, Product
from api.http.plan_work import Digest, Paper
from api.http.plans import Decision, Rejection
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from api.http.run_gates import Dossier
from migrator.engine.network_dossier import make
from migrator.errors import EngineDown
from migrator.people.rights import Deed, Person
from migrator.planning.plan import StepKind
from migrator.runs.network_plan import NetworkPlan, NetworkRecord, NetworkState
from migrator.runs.records import StepState, Wanted

router = APIRouter(prefix="/network-plans", tags=["network"], route_class=Route)

Code = Annotated[
    str,
    Path(
        pattern=r"^N-\d{8}-\d{1,9}$",
        description="网络方案编号 / code",
        examples=["N-20261124-1"],
    ),
]
Listing = Annotated[str, StringConstraints(max_length=5_000_000)]
LISTING = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$"
ListingName = Annotated[str, StringConstraints(pattern=LISTING)]
CHANGES = "changes.toml"


class FileNetwork(Answer):
    """The list as docs/network.md tells it; `listings`: what it names, by file name."""

    changes: str = Field(min_length=1, max_length=500_000, description="变更清单（TOML） / TOML")
    listings: dict[ListingName, Listing] = Field(default={}, max_length=50)
    window: str = Field(max_length=60, examples=["2026-11-24T22:00/2026-11-25T02:00"])
    title: str = Field(default="", max_length=200)
    again: str | None = Field(
        default=None,
        pattern=r"^N-\d{8}-\d{1,9}$",
        description="替换此方案，其审批作废 / in place of this one, whose approvals are void",
    )


class NetworkSummary(Answer):
    code: str = Field(examples=["N-20261124-1"])
    digest: str = Field(description="SHA-256，审批所绑定 / what an approval binds to")
    title: str
    author: str
    made_at: datetime
    state: NetworkState
    wanted: Wanted
    note: str = Field(description="为何等待、如何结束 / why it waits, how it ended")
    started_by: str
    started_at: datetime | None
    ended_at: datetime | None
    approvals: list[str] = Field(description="有效批准人 / whose approvals stand")


class NetworkDecision(Answer):
    digest: str
    decision: str
    actor: str
    reason: str
    at: datetime
    kind: str
    reference: str
    content: str


class NetworkStepAnswer(Answer):
    number: int
    step: StepKind
    state: StepState
    message: str
    started_at: datetime | None
    ended_at: datetime | None


class NetworkAnswer(NetworkSummary):
    decisions: list[NetworkDecision]
    steps: list[NetworkStepAnswer]
    waits_for: list[str] = Field(
        description="现在不能开始的原因 / what keeps it from beginning now"
    )
    plan: NetworkPlan


class NetworkOrdered(Answer):
    """`engine`: false where it is recorded and the engine will act on it when it is back."""

    plan: NetworkSummary
    engine: bool


class Back(Answer):
    reason: str = Field(min_length=1, max_length=2000, description="理由 / why")


class ByHand(Back):
    change: str = Field(min_length=1, max_length=63, description="变更名称 / the change's name")
    reference: str = Field(min_length=1, max_length=200, description="文号 / the paper's number")
    content: Digest = ""


@router.get(
    "", summary="网络方案一览 / network plans", responses=problems(), **right(Deed.PLAN_READ)
)
def plans(person: Asking, product: Product, paging: Paging) -> Page[NetworkSummary]:
    """按登记时间；限于某些单位者看不到 / as they were filed; who is bound to organisations sees none."""
    found = [network_summary(one) for one in product.networking.all(person)]
    keys = {n: (lambda one, n=n: one[n]) for n in ("code", "state", "author", "made_at")}
    items, total = page_of(found, paging, keys)
    shown = [NetworkSummary.model_validate(one) for one in items]
    return Page(items=shown, total=total, offset=paging.offset, limit=paging.limit)


@router.post(
    "",
    summary="登记网络方案 / file a network plan",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.PLAN_MAKE),
)
def file(told: FileNetwork, person: Asking, product: Product, response: Response) -> NetworkAnswer:
    """渲染并检查后待审批，不下发 / rendered and checked, kept for approval; nothing is sent."""
    with TemporaryDirectory(prefix="qy-network-") as name:
        folder = File(name)
        for listing, text in told.listings.items():
            (folder / listing).write_text(text, "utf-8")
        (folder / CHANGES).write_text(told.changes, "utf-8")
        record = product.networking.file(
            person, folder / CHANGES, title=told.title, window=told.window, again=told.again
        )
    response.headers["Location"] = f"/api/v1/network-plans/{record.code}"
    return _whole(product, person, record.code)


@router.get(
    "/{code}",
    summary="网络方案全文 / one network plan whole",
    responses=problems(404, 409),
    **right(Deed.PLAN_READ),
)
def plan(code: Code, person: Asking, product: Product) -> NetworkAnswer:
    """所下发的一切、审批与进展 / everything that is sent, its approvals, how far it is."""
    return _whole(product, person, code)


@router.post(
    "/{code}/approve",
    summary="批准所给摘要的网络方案 / approve exactly what has that digest",
    responses=problems(404, 409),
    **right(Deed.PLAN_DECIDE),
)
def approve(code: Code, told: Decision, person: Asking, product: Product) -> NetworkSummary:
    """编制人不能批准自己的 / who filed it cannot."""
    return _summary(product.networking.approve(code, told.digest, person, told.reason))


@router.post(
    "/{code}/reject",
    summary="否决网络方案 / refuse a network plan",
    responses=problems(404, 409),
    **right(Deed.PLAN_DECIDE),
)
def reject(code: Code, told: Rejection, person: Asking, product: Product) -> NetworkSummary:
    """须写明理由，各批准作废 / needs a reason; every approval is void."""
    return _summary(product.networking.reject(code, told.digest, person, told.reason))


@router.post(
    "/{code}/withdraw",
    summary="撤回自己的批准 / take one's own approval back",
    responses=problems(404, 409),
    **right(Deed.PLAN_DECIDE),
)
def withdraw(code: Code, told: Rejection, person: Asking, product: Product) -> NetworkSummary:
    """须写明理由 / needs a reason."""
    return _summary(product.networking.withdraw(code, told.digest, person, told.reason))


@router.post(
    "/{code}/evidence",
    summary="登记依据：文件、签字 / put down a paper or a sign-off",
    responses=problems(404, 409),
    **right(Deed.PLAN_EVIDENCE),
)
def evidence(code: Code, told: Paper, person: Asking, product: Product) -> NetworkSummary:
    """绑定所给摘要 / bound to the digest that is told."""
    paper = {"kind": told.kind, "reference": told.reference, "content": told.content}
    found = product.networking.put_evidence(
        code, told.digest, person, told.reason, remove=told.remove, **paper
    )
    return _summary(found)


@router.post(
    "/{code}/start",
    summary="在窗口内执行 / play it within its window",
    responses=problems(404, 409),
    **right(Deed.RUN_START),
)
def start(code: Code, person: Asking, product: Product) -> NetworkOrdered:
    """须已批准、在窗口内、不在封网期 / approved, within its window, in no freeze."""
    return _ordered(product, code, lambda: product.networking.start(code, person))


@router.post(
    "/{code}/back",
    summary="回退 / undo what was made of it",
    responses=problems(404, 409),
    **right(Deed.RUN_CONTROL),
)
def back(code: Code, told: Back, person: Asking, product: Product) -> NetworkOrdered:
    """随时可下令 / at any time."""
    return _ordered(product, code, lambda: product.networking.back(code, person, told.reason))


@router.post(
    "/{code}/told",
    summary="登记手工变更已完成 / tell that a change by hand is made, or undone",
    responses=problems(404, 409),
    **right(Deed.RUN_CONTROL),
)
def told_by_hand(code: Code, told: ByHand, person: Asking, product: Product) -> NetworkOrdered:
    """须有文号 / with a paper."""
    network, reference, content = product.networking, told.reference, told.content
    word = (code, told.change, person, told.reason)
    return _ordered(
        product, code, lambda: network.told(*word, reference=reference, content=content)
    )


@router.get(
    "/{code}/dossier",
    summary="卷宗，可离线核验 / its dossier, verifiable offline",
    responses=problems(404, 409),
    **right(Deed.EVIDENCE_READ),
)
def dossier(code: Code, person: Asking, product: Product) -> Dossier:
    """阅读记入审计 / the reading stands in the audit."""
    return Dossier(dossier=make(product.truth, code, person))


def _whole(product: Qianyun, person: Person, code: str) -> NetworkAnswer:
    record, found = product.networking.look(person, code)
    reasons = product.networking.gates(record, found).reasons
    return NetworkAnswer.model_validate(network_whole(record, found, reasons))


def _summary(record: NetworkRecord) -> NetworkSummary:
    return NetworkSummary.model_validate(network_summary(record))


def _ordered(product: Qianyun, code: str, give: Callable[[], object]) -> NetworkOrdered:
    """Give a command; it is recorded also when only the engine could not be told."""
    engine = True
    try:
        give()
    except EngineDown:
        engine = False
    return NetworkOrdered(plan=_summary(product.truth.network.record(code)), engine=engine)
