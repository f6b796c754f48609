"""/api/v1/runs/…/items/…: the old host after the trial: how it stands, archive, wipe, its form."""

from datetime import date, datetime
from typing import Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field, JsonValue

from api.http.people import Asking, Product
from api.http.plan_work import Digest
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from api.http.runs import Code, System
from inventory.emptied import RoomState
from inventory.report_write.write import written
from migrator.attempts.ansible import Outcome
from migrator.errors import Refused
from migrator.people.rights import Deed
from migrator.use_cases.decommissioning import OldHost
from migrator.use_cases.old_host_paper import paper

router = APIRouter(prefix="/runs", tags=["runs"], route_class=Route)

MEDIA = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html; charset=utf-8",
}


class RoomCheck(Answer):
    """Codes; `devices` are to go, of `untold` nobody said what they are for, `access` may stay."""

    state: RoomState
    systems: list[str]
    devices: list[str]
    untold: list[str]
    access: list[str]


class OldLine(Answer):
    code: str
    name: str | None
    provider: str | None
    rent_per_year: int | None = Field(description="元 / yuan")
    contract_end: date | None


class OldHostAnswer(Answer):
    """`archive`, `wipe`: what the host said; null before."""

    run: str
    system: str
    host: str
    room: str
    plan_digest: str
    committed_at: datetime
    trial_until: date
    archive: dict[str, JsonValue] | None
    archived_by: str
    wipe: dict[str, JsonValue] | None
    wiped_by: str
    room_check: RoomCheck
    lines: list[OldLine]


class Wiping(Answer):
    digest: Digest = Field(description="归档清单的 SHA-256 / of the archive's manifest.json")


@router.get(
    "/{code}/items/{system}/old-host",
    summary="旧主机、机房与线路的现状 / how the old host, its room and lines stand",
    responses=problems(404, 409),
    **right(Deed.EVIDENCE_READ),
)
def old_host(code: Code, system: System, person: Asking, product: Product) -> OldHostAnswer:
    """提交之后 / once the item is committed."""
    return _told(product.decommissioning.look(code, system, person))


@router.get(
    "/{code}/items/{system}/old-host/paper",
    summary="下线与专线注销表 / the form that an office signs",
    responses={
        200: {"content": {media: {} for media in MEDIA.values()}},
        **problems(404, 409),
    },
    response_class=Response,
    **right(Deed.EVIDENCE_READ),
)
def old_host_paper(
    code: Code,
    system: System,
    person: Asking,
    product: Product,
    kind: Literal["docx", "xlsx", "html"] = Query(default="docx", alias="format"),
) -> Response:
    """清除之前为草稿 / a draft before the wipe."""
    old = product.decommissioning.look(code, system, person)
    report = paper(old, product.estate.load(), product.truth.clock().date())
    body = written(report, kind, product.settings.state / "scratch")
    name = f'attachment; filename="{code}-{system}.{kind}"'
    return Response(body, media_type=MEDIA[kind], headers={"Content-Disposition": name})


@router.post(
    "/{code}/items/{system}/archive",
    summary="归档旧主机 / archive the old host",
    responses=problems(404, 409),
    **right(Deed.RUN_CONTROL),
)
def archive(code: Code, system: System, person: Asking, product: Product) -> OldHostAnswer:
    """归档完成后答复 / answers when it is done; done before, it answers with that archive."""
    use = product.decommissioning
    _expect(use.archive(code, system, lambda: product.crew, person, lambda: None))
    return _told(use.standing(code, system))


@router.post(
    "/{code}/items/{system}/wipe",
    summary="清除已归档的数据，不可撤销 / wipe what was archived: no way back",
    responses=problems(404, 409),
    **right(Deed.PLAN_DECIDE),
)
def wipe(
    code: Code, system: System, told: Wiping, person: Asking, product: Product
) -> OldHostAnswer:
    """归档人本人不得清除 / by another person than who archived it."""
    use = product.decommissioning
    _expect(use.wipe(code, system, told.digest, lambda: product.crew, person))
    return _told(use.standing(code, system))


def _told(old: OldHost) -> OldHostAnswer:
    data: dict[str, Any] = old.as_json()
    return OldHostAnswer.model_validate(data)


def _expect(outcome: Outcome) -> None:
    if not outcome.ok:
        raise Refused(outcome.message)
