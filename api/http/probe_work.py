"""/api/v1/probes: looking once, availability by month, outages taken note of, silences in force."""

import time
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field, JsonValue

from api.acknowledging import acknowledge
from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Look, Product
from api.http.problems import Refusal, problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from api.probing_once import look_once, of_inventory, plain
from migrator.errors import NotFound
from migrator.people.rights import Deed
from migrator.people.scope import Owners
from probes.watch.availability import months, of_folder, thing_of
from probes.watch.folder import Folder
from probes.watch.history_report import HEADS, rows

router = APIRouter(prefix="/probes", tags=["probes"], route_class=Route)


class LookOnce(Answer):
    codes: list[str] = Field(
        min_length=1, max_length=50, description="台账中的编号 / codes of the inventory"
    )
    deadline: float = Field(default=5.0, ge=0.1, le=60, allow_inf_nan=False)


class LookAnswer(Answer):
    code: str
    check: str
    family: int | None
    address: str
    port: int | None
    ok: bool
    failure: str | None
    timings_ms: dict[str, float]
    evidence: dict[str, JsonValue]
    message: str


class LooksAnswer(Answer):
    ok: bool
    looks: list[LookAnswer]


class AvailabilityAnswer(Answer):
    """Shares 0 to 1; null: not measured."""

    code: str
    first: date
    last: date
    availability: float | None
    watched_s: float
    down_s: float
    outages: int
    longest_s: float
    success_v4: float | None
    success_v6: float | None
    delay_v4_ms: float | None
    delay_v6_ms: float | None


class Acknowledging(Answer):
    numbers: list[Annotated[int, Field(ge=1, le=2**53)]] = Field(min_length=1, max_length=1000)
    cause: str = Field(min_length=1, max_length=500, examples=["光缆被挖断"])


class Acknowledged(Answer):
    numbers: list[int]


class SilenceAnswer(Answer):
    id: str
    item: str | None = Field(description="RUN/SYSTEM；null：他人所设 / null: somebody else's")
    matchers: list[str]
    until: datetime
    creator: str
    comment: str


@router.post(
    "/once",
    summary="探测一次，v4 与 v6 分开 / look once, v4 and v6 apart",
    responses=problems(404, 409),
    **right(Deed.PLAN_REHEARSE),
)
def once(told: LookOnce, product: Product) -> LooksAnswer:
    """只看台账中的编号；任意地址限命令行 / of codes of the inventory alone: any address is for the command
    line, since this machine stands where others cannot."""
    estate = product.estate.load()
    for code in told.codes:
        if not of_inventory(estate, code):
            raise NotFound(
                f"台账库中没有可探测的此编号 / the inventory has no such code to look at: {code[:63]}"
            )
    found = look_once(product, told.codes, told.deadline)
    looks = [LookAnswer.model_validate(plain(one)) for one in found]
    return LooksAnswer(ok=all(one.ok for one in found), looks=looks)


@router.get(
    "/history",
    summary="可用率，按月 / availability by month",
    responses=problems(409),
    **right(Deed.PROBE_READ),
)
def history(
    person: Asking,
    look: Look,
    product: Product,
    first: Annotated[date, Query(description="起始日 / first day")],
    until: Annotated[date, Query(description="截止日 / last day")],
    code: Annotated[str | None, Query(max_length=63)] = None,
) -> list[AvailabilityAnswer]:
    """至多十年 / ten years at most."""
    if not 0 <= (until - first).days <= 3660 or not 2000 <= first.year <= 2200:
        raise Refusal(
            422, "first、until：应先后有序，至多十年，2000 至 2200 年 / in order, ten years at most"
        )
    folder = Folder(product.settings.state / "probes")
    found = of_folder(folder, months(first, until), time.time_ns(), code)
    if person.organisations is not None:
        owners = Owners(look.whole())
        found = [
            one
            for one in found
            if owners.of_code(thing_of(one.code)).organisations <= person.organisations
        ]
    return [
        AvailabilityAnswer.model_validate(dict(zip(HEADS, r, strict=True))) for r in rows(found)
    ]


@router.post(
    "/outages/acknowledge",
    summary="确认中断并写明原因 / take note of outages and say the cause",
    responses=problems(404, 409),
    **right(Deed.PROBE_ACKNOWLEDGE),
)
def take_note(told: Acknowledging, person: Asking, product: Product) -> Acknowledged:
    """与审计同一事务 / in one transaction with the audit."""
    done = acknowledge(product, told.numbers, told.cause, person)
    return Acknowledged(numbers=[one.id for one in done])


@router.get(
    "/silences",
    summary="生效的告警静默 / silences in force",
    responses=problems(409),
    **right(Deed.PROBE_SILENCE),
)
def silences(product: Product, paging: Paging) -> Page[SilenceAnswer]:
    """本系统所设与他人所设 / ours and anybody's."""
    alertmanager = product.alertmanager
    found = [
        SilenceAnswer(
            id=one.id,
            item=one.key or None,
            matchers=list(one.matchers),
            until=one.until,
            creator=one.creator,
            comment=one.comment,
        )
        for one in (alertmanager.silences() if alertmanager else [])
    ]
    return listed(found, paging, ("until", "creator", "id"))
