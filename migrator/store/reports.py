"""Final reports in the truth: kept once, never changed; and their files. Each with its audit entry."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, RowMapping, func, insert, select

from inventory.canonical import canonical_json
from migrator.errors import NotFound, Refused, StoreDown
from migrator.store.audit import record
from migrator.store.tables_reports import report_files, reports

if TYPE_CHECKING:
    from inventory.reports.model import Report
    from migrator.store.truth import Truth

FORMAT = 1
"""Version of the JSON of a report."""


@dataclass(frozen=True)
class Kept:
    """A final report as it is kept. `files`: kind → SHA-256 of the file."""

    id: int
    revision: int
    reason: str
    report: "Report"
    digest: str
    made_at: str
    made_by: str
    files: Mapping[str, str]


class Reports:
    """Final reports."""

    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def find(self, form: str, policy: str, period: str, scope: str) -> Kept | None:
        """The last revision of that report, None before it was made final."""
        wanted = {"form": form, "policy": policy, "period": period, "scope": scope}
        query = select(reports).filter_by(**wanted).order_by(reports.c.revision.desc()).limit(1)
        with self._truth.reading() as connection:
            row = connection.execute(query).mappings().first()
            return None if row is None else _kept(connection, row)

    def get(self, number: int) -> Kept:
        """Raises NotFound."""
        with self._truth.reading() as connection:
            query = select(reports).where(reports.c.id == number)
            row = connection.execute(query).mappings().first()
            if row is None:
                raise NotFound(
                    f"没有此编号的定稿报告 / no final report has this number: {number}; see `qianyun "
                    "report kept`"
                )
            return _kept(connection, row)

    def every(self) -> list[Kept]:
        with self._truth.reading() as connection:
            rows = connection.execute(select(reports).order_by(reports.c.id)).mappings().all()
            return [_kept(connection, row) for row in rows]

    def keep(
        self, report: "Report", files: Mapping[str, bytes], *, actor: str, reason: str = ""
    ) -> Kept:
        """Make a report final. Raises Refused where it is final already and no reason is given to
        correct it."""
        with self._truth.writing() as connection:
            now = self._truth.now()
            told = {
                "form": report.form,
                "policy": report.source.policy,
                "period": report.period,
                "scope": report.scope,
            }
            last = connection.scalar(select(func.max(reports.c.revision)).filter_by(**told)) or 0
            if last and not reason:
                raise Refused(
                    "该报告已定稿，更正须用 --revise 说明理由 / this report is final already: give "
                    "--revise REASON to correct it; the old one stays"
                )
            number = connection.execute(
                insert(reports)
                .values(
                    **told,
                    entry=report.source.entry,
                    revision=last + 1,
                    reason=reason,
                    cut_off=report.cut_off.isoformat(),
                    format=FORMAT,
                    body=canonical_json(report).decode(),
                    digest=report.digest,
                    made_at=now,
                    made_by=actor,
                )
                .returning(reports.c.id)
            ).scalar_one()
            detail = {**told, "revision": last + 1, "digest": report.digest, "reason": reason}
            record(
                connection,
                at=now,
                actor=actor,
                action="report.final",
                object=f"report-{number}",
                detail=detail,
            )
            for kind, content in sorted(files.items()):
                self._file(connection, int(number), kind, content, actor)
        return self.get(int(number))

    def add_file(self, number: int, kind: str, content: bytes, *, actor: str) -> None:
        """Another kind of file of a final report; one that is there already stays."""
        with self._truth.writing() as connection:
            if kind not in _files(connection, number):
                self._file(connection, number, kind, content, actor)

    def content(self, number: int, kind: str) -> bytes | None:
        """The bytes that were written first, None where none were. Raises StoreDown where they are
        no longer those."""
        query = select(report_files).filter_by(report=number, kind=kind)
        with self._truth.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            return None
        if _sha256(row["content"]) != row["digest"]:
            raise _changed(f"report-{number}")
        return bytes(row["content"])

    def count(self) -> int:
        """How many there are, revisions with them."""
        with self._truth.reading() as connection:
            return connection.scalar(select(func.count()).select_from(reports)) or 0

    def by_digest(self, digest: str) -> tuple[Kept, str] | None:
        """(report, kind) of a file with that SHA-256."""
        query = select(report_files.c.report, report_files.c.kind).filter_by(digest=digest)
        with self._truth.reading() as connection:
            row = connection.execute(query.order_by(report_files.c.report)).first()
        return None if row is None else (self.get(row.report), row.kind)

    def faults(self) -> list[str]:
        """What is no longer as it was: a report or a file against its digest, and both against the
        audit. Empty when all holds."""
        told: dict[tuple[str, str], str] = {}
        for entry in self._truth.audit_entries():
            if entry.action in ("report.final", "report.file"):
                told[entry.object, str(entry.detail.get("kind", ""))] = str(entry.detail["digest"])
        with self._truth.reading() as connection:
            return list(_faults(connection, told))

    def _file(
        self, connection: Connection, number: int, kind: str, content: bytes, actor: str
    ) -> None:
        found = hashlib.sha256(content).hexdigest()
        connection.execute(
            insert(report_files).values(report=number, kind=kind, digest=found, content=content)
        )
        record(
            connection,
            at=self._truth.now(),
            actor=actor,
            action="report.file",
            object=f"report-{number}",
            detail={"kind": kind, "digest": found},
        )


def _files(connection: Connection, number: int) -> dict[str, str]:
    query = select(report_files.c.kind, report_files.c.digest).filter_by(report=number)
    rows = connection.execute(query.order_by(report_files.c.kind))
    return {row.kind: row.digest for row in rows}


def _kept(connection: Connection, row: RowMapping) -> Kept:
    from inventory.reports.model import Report  # noqa: PLC0415  policies: not for every command

    if row["format"] != FORMAT:
        raise StoreDown(
            f"报告 {row['id']} 的格式为 {row['format']}，本程序只认识 {FORMAT}，请升级程序 / report "
            f"{row['id']} has format {row['format']}, this program knows {FORMAT}: install a later one"
        )
    if _sha256(row["body"]) != row["digest"]:
        raise _changed(f"report-{row['id']}")
    return Kept(
        id=row["id"],
        revision=row["revision"],
        reason=row["reason"],
        report=Report.model_validate_json(row["body"]),
        digest=row["digest"],
        made_at=row["made_at"],
        made_by=row["made_by"],
        files=_files(connection, row["id"]),
    )


def _sha256(told: str | bytes) -> str:
    return hashlib.sha256(told.encode() if isinstance(told, str) else told).hexdigest()


def _changed(name: str) -> StoreDown:
    return StoreDown(
        f"{name} 已不是定稿时的内容，请运行 qianyun report verify，并从备份恢复 / {name} is not what was "
        "made final: run `qianyun report verify`, and restore the database from a backup"
    )


def _faults(connection: Connection, told: Mapping[tuple[str, str], str]) -> Iterator[str]:
    seen = set()
    for row in connection.execute(select(reports).order_by(reports.c.id)).mappings():
        name = f"report-{row['id']}"
        seen.add((name, ""))
        found = _sha256(row["body"])
        if not found == row["digest"] == told.get((name, "")):
            yield f"{name} 的内容与定稿时不同 / {name} is not what was made final"
    for row in connection.execute(select(report_files)).mappings():
        name = f"report-{row['report']}"
        seen.add((name, row["kind"]))
        found = _sha256(row["content"])
        if not found == row["digest"] == told.get((name, row["kind"])):
            yield f"{name} 的 .{row['kind']} 文件被改动 / the .{row['kind']} file of {name} was changed"
    for name, kind in sorted(set(told) - seen):
        what = f".{kind}" if kind else "报告"
        yield f"{name} {what}已不在 / {name} {kind or 'report'} is gone"
