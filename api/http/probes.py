"""/api/v1/probes: readiness levels, outages, what is looked at."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import Field

from api.http.estate_cache import EstateCache
from api.http.paging import Page, Paging, listed, page_of
from api.http.people import Asking, Look, Product
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from api.judged import evidence_of, thresholds_of
from inventory.secrecy import hidden
from migrator.errors import NotFound
from migrator.people.rights import Deed
from migrator.people.scope import Owners
from probes.readiness.evidence import Evidence, Readiness, Standing
from probes.readiness.levels import Judge
from probes.watch.folder import Folder
from probes.watch.of_estate import watches_of
from probes.watch.picture import outages_of
from probes.watch.watched import Watch

type Known = Mapping[tuple[str, str, int], Standing]

router = APIRouter(prefix="/probes", tags=["probes"], route_class=Route)


class Levels(Page[Readiness]):
    counts: dict[str, int] = Field(
        description="等级 → 全部节点数 / nodes by level, of all and not of the page"
    )


class OutageAnswer(Answer):
    code: str
    check: str
    family: int
    began: datetime
    ended: datetime | None = Field(description="null：仍在中断 / not over")
    seconds: float | None
    reason: str
    cause: str | None = Field(
        description="确认的原因，或为何不再探测 / as acknowledged, or why it is over"
    )
    acknowledged_by: str | None
    prober: str = Field(description="观测点；本机为空 / whose record; empty: this machine's own")


class WatchAnswer(Answer):
    code: str
    check: str
    family: int
    kind: str
    organisation: str
    zone: str
    interval: float
    up: bool | None = Field(description="null：尚未探测 / not looked at yet")
    last: datetime | None


@router.get(
    "/levels",
    summary="全市 IPv6 就绪等级 / readiness of every node",
    responses=problems(409),
    **right(Deed.PROBE_READ),
)
def levels(person: Asking, look: Look, product: Product, paging: Paging) -> Levels:
    """L0–L6 及卡在何处；未知从不算通过 / what is unknown never passes."""
    estate, evidence = look.part(person, Deed.PROBE_READ), _evidence(product)
    secret = hidden(look.whole())
    judge = Judge(estate, evidence)
    found = [
        judge.node(node.code)
        for node in estate.nodes
        if node.host not in secret.hosts and not secret.hides_at(node.ipv4, node.ipv6)
    ]
    counts = {str(n): sum(one.level == n for one in found) for n in range(7)}
    page = listed(found, paging, ("code", "kind", "level", "organisation"))
    return Levels(counts=counts, **dict(page))


@router.get(
    "/levels/{code}",
    summary="一个对象的就绪等级 / readiness of one",
    responses=problems(404, 409),
    **right(Deed.PROBE_READ),
)
def level(
    code: str,
    person: Asking,
    look: Look,
    product: Product,
    success: Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)] = None,
    degradation: Annotated[float | None, Query(ge=0, le=1e6, allow_inf_nan=False)] = None,
    links: Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)] = None,
    similar: Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)] = None,
    floor: Annotated[
        float | None, Query(ge=0, le=1e6, allow_inf_nan=False, description="ms")
    ] = None,
) -> Readiness:
    """节点、链路或信息系统 / a node, link or system."""
    estate = look.part(person, Deed.PROBE_READ)
    known = {one.code for every in (estate.nodes, estate.links, estate.systems) for one in every}
    if code not in known:
        raise NotFound(f"没有此节点、链路或信息系统 / no such node, link or system: {code[:63]}")
    evidence = _evidence(
        product,
        success=success,
        degradation=degradation,
        links=links,
        similar=similar,
        floor_ms=floor,
    )
    return Judge(estate, evidence).level_of(code)


class Missing(Answer):
    """A prober that did not answer: its outages are not among these."""

    prober: str
    why: str


class OutagePage(Page[OutageAnswer]):
    """`missing` is not empty where the list may lack something."""

    missing: list[Missing]


@router.get(
    "/outages",
    summary="中断记录 / outages",
    responses=problems(),
    **right(Deed.PROBE_READ),
)
def outages(
    person: Asking,
    look: Look,
    product: Product,
    paging: Paging,
    code: Annotated[str | None, Query(max_length=63)] = None,
    open: Annotated[bool, Query(description="只看未恢复的 / only those that last")] = False,
) -> OutagePage:
    """起止与原因，各观测点一并 / when, how long, why; of all vantage points, and which did not answer."""
    settings = product.settings
    told, missing = outages_of(Folder(settings.state / "probes"), settings.vantages, code)
    found = [
        OutageAnswer(
            code=one.code,
            check=one.check,
            family=one.family,
            began=_moment(one.began),
            ended=None if one.ended is None else _moment(one.ended),
            seconds=None if one.ended is None else round((one.ended - one.began) / 1e9, 3),
            reason=one.reason,
            cause=one.note,
            acknowledged_by=one.acknowledged_by,
            prober=one.prober,
        )
        for one in told
        if not (open and one.ended is not None)
    ]
    found = _mine(person, look, found)
    keys = {n: (lambda one, n=n: getattr(one, n)) for n in ("code", "began", "ended", "seconds")}
    items, total = page_of(found, paging, keys)
    return OutagePage(
        items=items,
        total=total,
        offset=paging.offset,
        limit=paging.limit,
        missing=[Missing(prober=name, why=why) for name, why in missing],
    )


@router.get(
    "/targets",
    summary="探测目标与现状 / what is looked at, and how it is",
    responses=problems(),
    **right(Deed.PROBE_READ),
)
def targets(
    person: Asking, look: Look, product: Product, paging: Paging, request: Request
) -> Page[WatchAnswer]:
    """v4 与 v6 分开；涉密的不在其中 / v4 and v6 apart; nothing of what is classified."""
    known, part = product.seen().standings(), look.part(person, Deed.PROBE_READ)
    estates: EstateCache = request.app.state.estates
    every = estates.derived("watches", watches_of) if person.whole_city else watches_of(part)
    if paging.q or paging.sort:
        names = ("code", "check", "family", "up", "kind")
        keys = {n: (lambda one, n=n: getattr(one, n)) for n in names}
        items, total = page_of([_watched(one, known) for one in every], paging, keys)
    else:
        cut, total = page_of(every, paging, {})
        items = [_watched(one, known) for one in cut]
    return Page(items=items, total=total, offset=paging.offset, limit=paging.limit)


def _watched(watch: Watch, known: Known) -> WatchAnswer:
    target = watch.target
    stands = known.get((target.code, watch.check, target.family))
    return WatchAnswer(
        code=target.code,
        check=watch.check,
        family=target.family,
        kind=watch.kind,
        organisation=watch.organisation,
        zone=watch.zone,
        interval=watch.interval,
        up=stands.up if stands else None,
        last=_moment(stands.last) if stands and stands.last else None,
    )


def _evidence(product: Product, **told: float | None) -> Evidence:
    """`told`: thresholds beside those of the settings."""
    thresholds = thresholds_of(product.settings, **told)
    return evidence_of(product, product.seen(), thresholds)


def _mine(person: Asking, look: Look, found: list[OutageAnswer]) -> list[OutageAnswer]:
    if person.organisations is None:
        return found
    owners = Owners(look.whole())
    return [o for o in found if owners.of_code(o.code).organisations <= person.organisations]


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)
