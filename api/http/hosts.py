"""/api/v1/inventory: hosts as they are: gone to, read, and held beside what was declared."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field, JsonValue

from api import verifying
from api.census import Wish, discover, evidence_text, look_of
from api.days import SEEN_DAYS
from api.drift import live_store
from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Look, Product
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from inventory.changes import ChangeSet
from inventory.facts import Look as Facts
from inventory.facts import Sweep
from inventory.idle import IdleSigns
from inventory.model import Zone
from inventory.netbox.permissions import GRANTS, GROUP, USER
from inventory.seen import Seen, Stranger
from inventory.unknown import UnknownService
from inventory.verification import Verification
from migrator.errors import NotFound
from migrator.people.rights import Deed

router = APIRouter(prefix="/inventory", tags=["hosts"], route_class=Route)

Codes = Annotated[
    list[str] | None, Query(max_length=500, description="服务器编号 / codes of hosts")
]


class Discover(Answer):
    hosts: list[str] = Field(
        default=[], max_length=500, description="编号，空为全部 / codes; all where none is told"
    )
    zone: Zone | None = None
    again: bool = Field(default=False, description="全部重新采集 / a new sweep: read all anew")
    at_most: int | None = Field(default=None, ge=1, le=256)
    per_line: int = Field(default=0, ge=0, le=256)


class FailedVisit(Answer):
    code: str
    address: str
    failure: str
    message: str


class Discovered(Answer):
    """`already`: read in this sweep before; `hidden`: classified, never visited."""

    ok: bool
    sweep: Sweep
    wanted: int
    already: int
    hidden: int
    read: list[str]
    failed: list[FailedVisit]


class FoundAnswer(Answer):
    ok: bool
    checked: Verification
    unknown_services: list[UnknownService]
    unknown_hosts: list[Stranger]


class Talks(Answer):
    ok: bool = Field(description="所见与所申报一致 / what was seen is what was declared")
    seen: Seen


class NetBoxHeld(Answer):
    """What is held beside what NetBox says now."""

    ok: bool
    requests: int
    changes: ChangeSet
    left_out: int


class GrantAnswer(Answer):
    name: str
    actions: list[str]
    object_types: list[str]
    constraint: dict[str, JsonValue]


class Needed(Answer):
    user: str
    group: str
    permissions: list[GrantAnswer]


@router.post(
    "/discover",
    summary="登录主机只读采集 / log in to hosts and read what they are",
    responses=problems(404, 409),
    **right(Deed.INVENTORY_PULL),
)
def go(told: Discover, person: Asking, product: Product) -> Discovered:
    """不改动任何主机；中断后再来即续 / changes nothing on them; asked again, it goes on where it stopped."""
    wish = Wish(tuple(told.hosts), told.zone, told.again, told.at_most, told.per_line)
    done = discover(product, wish, actor=person.name, on_visit=lambda *_: None)
    return Discovered(
        ok=done.ok,
        sweep=done.sweep,
        wanted=done.wanted,
        already=len(done.already),
        hidden=done.hidden,
        read=sorted(done.read),
        failed=[
            FailedVisit(
                code=v.code, address=v.address, failure=str(v.failure or ""), message=v.message
            )
            for v in sorted(done.failed, key=lambda v: v.code)
        ],
    )


@router.get(
    "/hosts/{code}/facts",
    summary="一台主机的采集结果 / what was read of one host",
    responses=problems(404, 409),
    **right(Deed.INVENTORY_READ),
)
def facts(
    code: Annotated[str, Path(max_length=63)],
    person: Asking,
    look: Look,
    product: Product,
    number: Annotated[int | None, Query(ge=1, le=2**31, description="第几次 / which look")] = None,
) -> Facts:
    """默认最近一次；阅读记入审计 / the newest by default; the reading stands in the audit."""
    return _look(product, look, person, code, number)


class Raw(Answer):
    """`look`: which one it is; `raw`: as the host said it, secrets masked."""

    look: int
    raw: str


@router.get(
    "/hosts/{code}/facts/raw",
    summary="主机的原始输出（密码已抹去） / the raw output, secrets masked",
    responses=problems(404, 409),
    **right(Deed.INVENTORY_READ),
)
def facts_raw(
    code: Annotated[str, Path(max_length=63)],
    person: Asking,
    look: Look,
    product: Product,
    number: Annotated[int | None, Query(ge=1, le=2**31, description="第几次 / which look")] = None,
) -> Raw:
    """与所存摘要核对过；阅读记入审计 / checked against its digest; the reading stands in the audit."""
    found = _look(product, look, person, code, number)
    return Raw(look=found.id, raw=evidence_text(product.settings.state, found))


def _look(product: Product, look: Look, person: Asking, code: str, number: int | None) -> Facts:
    if code not in {host.code for host in look.estate(person).hosts}:
        raise NotFound(f"台账库中没有此服务器 / the inventory has no such host: {code[:63]}")
    found = look_of(product, code, number)
    product.truth.audit(person.name, "host.read", code, look=found.id)
    return found


@router.get(
    "/found",
    summary="申报与实际逐项核对 / declared and found, field by field",
    responses=problems(404, 409),
    **right(Deed.INVENTORY_READ),
)
def found(person: Asking, look: Look, product: Product, host: Codes = None) -> FoundAnswer:
    """有范围者只见本单位的 / of one's own organisations for who is bound."""
    made = verifying.found(product, look.estate(person), frozenset(host or ()))
    return FoundAnswer(
        ok=made.ok,
        checked=made.checked,
        unknown_services=list(made.services),
        unknown_hosts=list(made.strangers),
    )


@router.get(
    "/seen",
    summary="由连接发现的依赖 / dependencies seen beside those declared",
    responses=problems(409),
    **right(Deed.INVENTORY_READ),
)
def talks(
    person: Asking,
    look: Look,
    product: Product,
    days: Annotated[
        int, Query(ge=1, le=3650, description="最近几天 / of how many days")
    ] = SEEN_DAYS,
) -> Talks:
    """只见、只申报与两者皆有 / seen alone, declared alone, both."""
    seen, ok = verifying.talks(product, look.estate(person), days)
    return Talks(ok=ok, seen=seen)


@router.get(
    "/idle",
    summary="“僵尸”系统五项标准的迹象 / signs for the five zombie criteria",
    responses=problems(404, 409),
    **right(Deed.INVENTORY_READ),
)
def idle(
    person: Asking,
    look: Look,
    product: Product,
    paging: Paging,
    system: Annotated[list[str] | None, Query(max_length=500, description="编号 / codes")] = None,
) -> Page[IdleSigns]:
    """只有迹象，没有结论 / signs, no verdict."""
    found = verifying.idle(product, look.estate(person), frozenset(system or ()))
    return listed(found, paging, ("code", "name", "organisation"))


@router.get(
    "/netbox",
    summary="核对所存与 NetBox / what is held beside NetBox as it is now",
    responses=problems(409),
    **right(Deed.INVENTORY_PULL),
)
def held(product: Product) -> NetBoxHeld:
    """什么都不写 / nothing is written."""
    compared = live_store(product).verify()
    return NetBoxHeld(
        ok=compared.changes.empty,
        requests=compared.requests,
        changes=compared.changes,
        left_out=len(compared.left_out),
    )


@router.get(
    "/netbox/permissions",
    summary="令牌在 NetBox 所需权限 / what our token may do in NetBox",
    responses=problems(),
    **right(Deed.INVENTORY_READ),
)
def permissions() -> Needed:
    """不必有 NetBox / needs none."""
    grants = [
        GrantAnswer(
            name=grant.name,
            actions=sorted(grant.actions),
            object_types=sorted(grant.object_types),
            constraint=dict(grant.constraint),
        )
        for grant in GRANTS
    ]
    return Needed(user=USER, group=GROUP, permissions=grants)
