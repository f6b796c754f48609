"""/api/v1/audit: the chain, looked at, verified, taken away. Reading it stands in it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import Field, JsonValue

from api.http.people import Asking, Look
from api.http.problems import problems
from api.http.responses import Answer
from api.http.rights import right
from api.http.routing import Route
from migrator.people.rights import Deed
from migrator.store.audit import GENESIS, Filter, first_fault

router = APIRouter(prefix="/audit", tags=["audit"], route_class=Route)


class EntryAnswer(Answer):
    """`hash`: SHA-256 of the hash before and the canonical JSON of the rest."""

    seq: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, JsonValue]
    previous: str
    hash: str


class EntriesPage(Answer):
    """The newest first; `next`: give it as `before` for the page after this one."""

    items: list[EntryAnswer]
    total: int
    next: int | None


class Verified(Answer):
    ok: bool
    entries: int
    head: str = Field(description="末条哈希，另处保存以防截尾 / keep it elsewhere")
    fault: str | None


@router.get(
    "",
    summary="审计条目 / entries",
    response_model=EntriesPage,
    responses=problems(),
    **right(Deed.AUDIT_READ),
)
def entries(
    person: Asking,
    look: Look,
    actor: Annotated[str, Query(max_length=200)] = "",
    action: Annotated[str, Query(max_length=60, description="动作的开头 / its beginning")] = "",
    object: Annotated[str, Query(max_length=200, description="对象的开头 / its beginning")] = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """最新的在前 / the newest first."""
    wanted = Filter(
        actor=actor,
        action=action,
        object=object,
        since=utc_text(since),
        until=utc_text(until),
        before=before,
        limit=limit,
    )
    found, total = look.audit(person, wanted)
    rest = found[-1].seq if len(found) == limit and found[-1].seq > 1 else None
    page = EntriesPage.model_validate(
        {"items": list(map(vars, found)), "total": total, "next": rest}
    )
    return Response(page.model_dump_json(), media_type="application/json")


@router.get(
    "/verify",
    summary="核验审计链 / whether the chain holds",
    responses=problems(),
    **right(Deed.AUDIT_READ),
)
def verify(
    person: Asking,
    look: Look,
    expect: Annotated[
        str, Query(pattern=r"^([0-9a-f]{64})?$", description="链中应有的哈希 / must be in it")
    ] = "",
) -> Verified:
    """逐条重算 / every hash is made again."""
    chain = look.audit_chain(person)
    fault = first_fault(chain)
    if fault is None and expect and expect not in {GENESIS, *(entry.hash for entry in chain)}:
        fault = (
            f"链中没有此哈希，条目可能被截去 / no entry has the hash {expect}: a tail was cut off"
        )
    head = chain[-1].hash if chain else GENESIS
    return Verified(ok=fault is None, entries=len(chain), head=head, fault=fault)


@router.get(
    "/export.jsonl",
    summary="导出 / the whole chain, one entry a line",
    response_class=StreamingResponse,
    responses=problems() | {200: {"content": {"application/jsonl": {}}}},
    **right(Deed.AUDIT_READ),
)
def export(person: Asking, look: Look) -> StreamingResponse:
    """可在别处核验 / it can be verified elsewhere."""
    chain = look.audit_chain(person)

    def lines() -> Iterator[bytes]:
        for entry in chain:
            yield json.dumps(asdict(entry), ensure_ascii=False).encode() + b"\n"

    name = {"Content-Disposition": 'attachment; filename="audit.jsonl"'}
    return StreamingResponse(lines(), media_type="application/jsonl", headers=name)


def utc_text(moment: datetime | None) -> str:
    """As the audit writes times; one without a zone counts as UTC."""
    from datetime import UTC  # noqa: PLC0415

    if moment is None:
        return ""
    told = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return told.astimezone(UTC).isoformat(timespec="milliseconds")
    except (OverflowError, ValueError):
        return told.replace(tzinfo=UTC).isoformat(timespec="milliseconds")
