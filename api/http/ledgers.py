"""/api/v1/inventory/check, diff and apply: ledgers that are sent."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Request, UploadFile
from pydantic import Field

from api import drift
from api.http.inventory_answers import (
    Applied,
    Checked,
    Compared,
    RowProblem,
)
from api.http.people import Asking, Product
from api.http.problems import Refusal, problems, said
from api.http.rights import right
from api.http.routing import Route
from inventory.errors import ChangeRefused, LedgerError
from inventory.ledger.report import Problem as LedgerProblem
from inventory.reports.unveiled import veiled
from inventory.text import printable, within_bytes
from migrator.people.rights import Deed

router = APIRouter(prefix="/inventory", tags=["inventory"], route_class=Route)

MOST_FILES = 20
LONGEST = 180
"""Bytes of a file's name before its ending."""
KINDS = ("xlsx", "xls", "ods", "csv", "txt", "tsv")
Ledgers = Annotated[list[UploadFile], Field(min_length=1, max_length=MOST_FILES)]
MaybeLedgers = Annotated[list[UploadFile], File(max_length=MOST_FILES)]
Spoken = Annotated[
    UploadFile | None,
    File(description="本市台账用语（TOML） / what this city's ledgers call things, TOML"),
]


@contextmanager
def uploaded(files: list[UploadFile]) -> Iterator[list[Path]]:
    """The uploads as files of a folder that goes afterwards, under names without a path. Raises
    Refusal."""
    with tempfile.TemporaryDirectory(prefix="qianyun-ledgers-") as folder:
        paths: list[Path] = []
        for number, upload in enumerate(files, start=1):
            path = Path(folder) / str(number) / ledger_name(upload.filename or "", number)
            path.parent.mkdir()
            with path.open("wb") as file:
                while part := upload.file.read(1 << 20):
                    file.write(part)
            paths.append(path)
        try:
            yield paths
        except LedgerError as error:  # where we keep it is nothing to whoever sent it
            told = str(error)
            for path in paths:
                told = told.replace(str(path), path.name)
            raise LedgerError(told) from error


@contextmanager
def spoken(file: UploadFile | None) -> Iterator[Path | None]:
    """A file of words as one of ours, which goes afterwards; None for none. Raises Refusal."""
    if file is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="qianyun-words-") as folder:
        path = Path(folder) / "words.toml"
        path.write_bytes(file.file.read())
        try:
            yield path
        except LedgerError as error:
            raise LedgerError(str(error).replace(str(path), path.name)) from error


def ledger_name(told: str, number: int) -> str:
    """A name for a file of ours: the last part of what was told, printable, with a suffix that a
    ledger has. Raises Refusal."""
    name = printable(told.replace("\\", "/").rpartition("/")[2])
    name = name.replace("\\", "_").strip(" .")
    stem, _, suffix = name.rpartition(".")
    if suffix.lower() not in KINDS:
        raise Refusal(
            415,
            f"文件类型不支持 / not a kind of file that a ledger is: read {name[:100]!r}, expected one of: "
            f"{', '.join(KINDS)}",
        )
    return f"{within_bytes(stem, LONGEST) or number}.{suffix.lower()}"


@router.post(
    "/check",
    summary="检查台账 / read ledgers and say what is refused",
    responses=problems(409, 413, 415),
    **right(Deed.INVENTORY_READ),
)
def check(request: Request, ledgers: Ledgers, product: Product, words: Spoken = None) -> Checked:
    """什么都不写 / nothing is written."""
    with uploaded(ledgers) as paths, spoken(words) as own:
        report = drift.read(product, paths, own)
    return Checked(
        ok=report.ok,
        counts=dict(report.counts),
        problems=_rows(request, report.problems),
        ignored=[
            one.model_copy(update={"reason": said(request, one.reason)}) for one in report.ignored
        ],
    )


@router.post(
    "/diff",
    summary="与台账库比对 / compare ledgers with the inventory",
    responses=problems(409, 413, 415),
    **right(Deed.INVENTORY_APPLY),
)
def diff(
    request: Request,
    product: Product,
    person: Asking,
    ledgers: MaybeLedgers = [],  # noqa: B006  FastAPI copies it
    words: Spoken = None,
    live: Annotated[
        bool,
        Query(description="逐字段比对 NetBox、台账、上次快照 / NetBox, ledgers, snapshot by field"),
    ] = False,
) -> Compared:
    """逐字段，旧 → 新；什么都不写 / field by field, old → new; nothing is written."""
    if not (ledgers or live):
        raise Refusal(422, "须有台账，或 live / expected ledgers, or live=true: read neither")
    with uploaded(ledgers) as paths, spoken(words) as own:
        compared = drift.compare(product, paths, own)
    drift.require_own(product, compared, person)
    data = _compared(request, product, compared)
    if live:
        known = drift.touches(product.estate, compared.findings)
        data["findings"] = compared.findings
        data["touches"] = [
            {"kind": kind, "code": code, "field": field, "at": one.at, "by": one.by}
            for (kind, code, field), one in known.items()
        ]
    return Compared.model_validate(data)


@router.post(
    "/apply",
    summary="写入台账库 / bring ledgers into the inventory",
    responses=problems(409, 413, 415),
    **right(Deed.INVENTORY_APPLY),
)
def apply(
    request: Request,
    ledgers: Ledgers,
    digest: Annotated[
        str, Query(pattern=r"^[0-9a-f]{64}$", description="所看变更的摘要 / of the changes seen")
    ],
    product: Product,
    person: Asking,
    partial: Annotated[
        bool, Query(description="有拒收行也收无误的行 / take the good rows")
    ] = False,
    words: Spoken = None,
) -> Applied:
    """恰为所看变更才写；两次等于一次 / exactly what was seen; twice changes nothing."""
    with uploaded(ledgers) as paths, spoken(words) as own:
        compared = drift.compare(product, paths, own)
        if not compared.report.ok and not partial:
            raise ChangeRefused(
                f"有 {len(compared.report.problems)} 处被拒收，什么都没有写 / some rows are refused, nothing "
                "was written: correct them, or tell partial=true"
            )
        if compared.changes.digest != digest and not compared.changes.empty:
            raise ChangeRefused(
                f"变更已不是所看的 / the changes are no longer those that were seen: read digest {digest}, "
                f"they have {compared.changes.digest}; look at them again"
            )
        drift.apply(product, compared, ledgers=paths, actor=person, confirmed=digest)
    data = _compared(request, product, compared, asks=False)
    return Applied.model_validate(data | {"applied": True, "estate": compared.changes.result})


def _rows(request: Request, problems: Iterable[LedgerProblem]) -> list[RowProblem]:
    """In the language that was asked for."""
    told = (one.model_copy(update={"message": said(request, one.message)}) for one in problems)
    return [RowProblem.model_validate(one.model_dump()) for one in told]


def _compared(
    request: Request, product: Product, compared: drift.Comparison, *, asks: bool = True
) -> dict[str, Any]:
    changes = compared.changes
    return {
        "ok": compared.report.ok,
        "digest": changes.digest,
        "counts": changes.counts,
        "problems": _rows(request, compared.report.problems),
        "conflicts": sum(f.conflict for f in compared.findings),
        "changes": veiled(changes, compared.live),
        "findings": [f for f in compared.findings if f.conflict],
        "objections": product.estate.objections(changes) if asks else (),
    }
