"""/api/v1/reports: what an office hands in: previewed, made final, taken away, logged when it went."""

import hashlib
import re
import tempfile
from datetime import date
from pathlib import Path as File
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response, UploadFile
from fastapi import File as FormFile

from api.days import city_today, day_or_today
from api.http.paging import Page, Paging, listed
from api.http.people import Asking, Look, Product
from api.http.problems import problems
from api.http.reports_answers import (
    AskFinal,
    AskReport,
    FinalReport,
    MadeReport,
    MatchedFile,
    Received,
    RecordedId,
    ReportsVerified,
    Sent,
)
from api.http.rights import right
from api.http.routing import Route
from api.reports import Office, Wanted
from inventory.reports.case import Sampling, Scope
from inventory.reports.periods import Due
from inventory.text import printable
from migrator.people.rights import Deed
from migrator.store.sendings import Sending

router = APIRouter(prefix="/reports", tags=["reports"], route_class=Route)
MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}
Number = Annotated[int, Path(ge=1, le=2**31, description="报告编号 / number")]


@router.get(
    "/dues",
    summary="报告种类、期限与未报送单位 / kinds, days, who has not reported",
    responses=problems(404, 409),
    **right(Deed.REPORT_READ),
)
def dues(
    product: Product,
    person: Asking,
    paging: Paging,
    policy: Annotated[str | None, Query(max_length=63)] = None,
    today: date | None = None,
) -> Page[Due]:
    """各政策当期 / of each policy in its running period."""
    office = Office(product, day_or_today(product.settings, today))
    return listed(
        office.dues(policy, person), paging, ("policy", "entry", "period", "cut_off", "due")
    )


@router.post(
    "/preview",
    summary="预览 / a report as it would be",
    responses=problems(404, 409),
    **right(Deed.REPORT_READ),
)
def preview(told: AskReport, person: Asking, product: Product) -> MadeReport:
    """已定稿的给出定稿 / the final one where there is one; nothing is kept."""
    office = Office(product, day_or_today(product.settings, told.today))
    made = office.make(_wanted(told), person)
    return MadeReport(
        digest=made.report.digest, final=made.kept.id if made.kept else None, report=made.report
    )


@router.post(
    "/preview.{kind}",
    summary="预览文件 / that report as a file",
    response_class=Response,
    responses=problems(404, 409) | {200: {"content": {m: {} for m in MEDIA.values()}}},
    **right(Deed.REPORT_READ),
)
def preview_file(
    kind: Annotated[Literal["xlsx", "docx", "html", "pdf"], Path()],
    told: AskReport,
    person: Asking,
    product: Product,
) -> Response:
    """不留存 / nothing is kept."""
    office = Office(product, day_or_today(product.settings, told.today))
    made = office.make(_wanted(told), person)
    with tempfile.TemporaryDirectory() as folder:
        path = File(folder) / f"report.{kind}"
        (body,) = office.write(made, path, actor=person).values()
    return file_answer(body, kind, made.report.title)


@router.post(
    "",
    summary="定稿 / make a report final and keep it",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.REPORT_FINAL),
)
def final(told: AskFinal, person: Asking, product: Product) -> MadeReport:
    """更正须写明理由，旧稿仍在 / a correction needs a reason; the former one stays."""
    office = Office(product, day_or_today(product.settings, told.today))
    made = office.make(_wanted(told, revise=told.revise, final=True), person)
    return MadeReport(
        digest=made.report.digest, final=made.kept.id if made.kept else None, report=made.report
    )


@router.get("", summary="定稿报告 / final reports", responses=problems(), **right(Deed.REPORT_READ))
def kept(product: Product, person: Asking, paging: Paging) -> Page[FinalReport]:
    """按编号 / by number."""
    office = Office(product, city_today(product.settings))
    found = [_final(one) for one in office.kept(person)]
    return listed(found, paging, ("id", "form", "period", "made_at"))


@router.get(
    "/{number}",
    summary="一份定稿 / one final report",
    responses=problems(404),
    **right(Deed.REPORT_READ),
)
def one(number: Number, product: Product, person: Asking) -> MadeReport:
    """内容与摘要已核对 / its content has been checked against its digest."""
    found = Office(product, city_today(product.settings)).final(number, person)
    return MadeReport(digest=found.digest, final=found.id, report=found.report)


@router.get(
    "/{number}/file.{kind}",
    summary="定稿文件 / its file, the very bytes that were written first",
    response_class=Response,
    responses=problems(404, 409) | {200: {"content": {m: {} for m in MEDIA.values()}}},
    **right(Deed.REPORT_READ),
)
def file(
    number: Number,
    kind: Annotated[Literal["xlsx", "docx", "html", "pdf"], Path()],
    product: Product,
    person: Asking,
) -> Response:
    """阅读记入审计 / the reading stands in the audit."""
    office = Office(product, city_today(product.settings))
    found = office.final(number, person)
    body = office.file(found, kind, person)
    return file_answer(body, kind, found.report.title)


@router.post(
    "/{number}/sent",
    summary="登记已报送 / log that it went out",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.REPORT_SEND),
)
def sent(number: Number, told: Sent, product: Product, person: Asking) -> Sending:
    """迁云不代为发送 / nothing is sent by us: it is written down."""
    office = Office(product, city_today(product.settings))
    return office.send(
        number, person, on=told.on, channel=told.channel, to=told.to, evidence=told.evidence
    )


@router.post(
    "/received",
    summary="登记别的单位报送来的 / log what another organisation handed in",
    status_code=201,
    responses=problems(404, 409),
    **right(Deed.REPORT_SEND),
)
def received(told: Received, product: Product, person: Asking) -> RecordedId:
    """可撤回 / it can be withdrawn as a record."""
    office = Office(product, city_today(product.settings))
    found, _ = office.receive(person, **told.model_dump())
    return RecordedId(id=found.id)


@router.post(
    "/verify",
    summary="核对定稿报告与文件 / whether all is as it was made, and whose a file is",
    responses=problems(409),
    **right(Deed.AUDIT_READ),
)
def verify(
    product: Product,
    files: Annotated[list[UploadFile], FormFile(max_length=20)] = [],  # noqa: B006  read, not kept
) -> ReportsVerified:
    """报告、文件与审计三者相互核对 / reports, files and the audit against each other."""
    store = product.truth.reports
    faults, matched = store.faults(), []
    for upload in files:
        digest = hashlib.file_digest(upload.file, "sha256").hexdigest()  # type: ignore[arg-type]
        match = store.by_digest(digest)
        matched.append(
            MatchedFile(
                name=printable(upload.filename or "")[:200],
                digest=digest,
                report=match[0].id if match else None,
                kind=match[1] if match else None,
            )
        )
    ok = not faults and all(one.report is not None for one in matched)
    return ReportsVerified(ok=ok, reports=store.count(), faults=faults, files=matched)


@router.get(
    "/sent/all",
    summary="报送记录 / what was handed in",
    responses=problems(),
    **right(Deed.REPORT_READ),
)
def sendings(product: Product, person: Asking, look: Look, paging: Paging) -> Page[Sending]:
    """按时间 / in order."""
    del look
    office = Office(product, city_today(product.settings))
    found = office.sendings(person)
    return listed(found, paging, ("on", "policy", "code", "channel"))


def _wanted(told: AskReport, *, revise: str = "", final: bool = False) -> Wanted:
    return Wanted(
        form=told.form,
        policy=told.policy,
        period=told.period,
        scope=Scope(told.organisation, None if told.organisation else told.county),
        sampling=Sampling(told.seed, told.size) if told.seed and told.size else None,
        remark=told.remark,
        final=final,
        revise=revise,
    )


def _final(one: object) -> FinalReport:
    return FinalReport.model_validate(final_as_json(one))


def final_as_json(one: object) -> dict[str, object]:
    from migrator.store.reports import Kept  # noqa: PLC0415

    assert isinstance(one, Kept)
    return {
        "id": one.id,
        "form": one.report.form,
        "title": one.report.title,
        "policy": one.report.source.policy,
        "entry": one.report.source.entry,
        "period": one.report.period,
        "scope": one.report.scope,
        "revision": one.revision,
        "reason": one.reason,
        "digest": one.digest,
        "made_at": one.made_at,
        "made_by": one.made_by,
        "files": dict(one.files),
    }


def file_answer(body: bytes, kind: str, title: str) -> Response:
    """A report's file, under a name that people know it by."""
    plain = re.sub(r"[^\w-]+", "", title) or "report"
    told = f"attachment; filename=\"report.{kind}\"; filename*=UTF-8''{quote(plain)}.{kind}"
    return Response(body, media_type=MEDIA[kind], headers={"Content-Disposition": told})
