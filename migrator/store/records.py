"""Records about policies in the truth: put down, withdrawn, never deleted, each with its audit entry."""

import json
import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection, RowMapping, insert, select, update

from inventory.canonical import digest
from inventory.model import Estate, Frozen, content
from inventory.policies.records import (
    Baseline,
    Declaration,
    Event,
    Exempt,
    Fate,
    Handed,
    Records,
)
from inventory.tables import policy_baselines, policy_records
from migrator.errors import NotFound, Refused, StoreDown
from migrator.store.audit import record

if TYPE_CHECKING:
    from migrator.store.truth import Truth

FORMAT = 1

type Record = Declaration | Exempt | Handed | Event | Fate | Baseline

KINDS: Mapping[str, type[Record]] = {
    "declaration": Declaration,
    "exception": Exempt,
    "report": Handed,
    "event": Event,
    "fate": Fate,
    "baseline": Baseline,
}


class Kept(Frozen):
    """One record, who put it down and when (ISO 8601 in UTC), and who withdrew it and why."""

    id: int
    kind: str
    record: Declaration | Exempt | Handed | Event | Fate | Baseline
    recorded_at: str
    recorded_by: str
    withdrawn_at: str | None = None
    withdrawn_by: str | None = None
    reason: str = ""


def kind_of(told: Record) -> str:
    """The word for a record's kind."""
    return next(kind for kind, made in KINDS.items() if type(told) is made)


class PolicyRecords:
    def __init__(self, truth: "Truth") -> None:
        self._truth = truth

    def add(self, told: Record, actor: str, estate: Estate | None = None) -> Kept:
        """Put a record down; one that stands already is returned as it is. `estate`: the one that
        a baseline names, kept with it."""
        kind, body = kind_of(told), content(told)
        with self._truth.writing() as connection:
            same = select(policy_records).where(
                policy_records.c.kind == kind,
                policy_records.c.digest == digest(body),
                policy_records.c.withdrawn_at.is_(None),
            )
            if (row := connection.execute(same).mappings().first()) is not None:
                return _kept(row)
            now = self._truth.now()
            number = connection.execute(
                insert(policy_records)
                .values(
                    kind=kind,
                    body=json.dumps(body, ensure_ascii=False, sort_keys=True),
                    digest=digest(body),
                    recorded_at=now,
                    recorded_by=actor,
                    reason="",
                )
                .returning(policy_records.c.id)
            ).scalar_one()
            if estate is not None:
                _keep(connection, estate)
            detail = {"kind": kind, **body}
            record(
                connection,
                at=now,
                actor=actor,
                action="policy.recorded",
                object=str(number),
                detail=detail,
            )
            return _kept(_row(connection, number))

    def withdraw(self, number: int, actor: str, reason: str) -> Kept:
        """Take a record back; it stays to be read. Raises NotFound, and Refused for one that was
        withdrawn already."""
        with self._truth.writing() as connection:
            row = _row(connection, number)
            if row["withdrawn_at"] is not None:
                raise Refused(
                    f"记录 {number} 已由 {row['withdrawn_by']} 撤回 / record {number} was withdrawn "
                    f"already, by {row['withdrawn_by']} on {row['withdrawn_at']}"
                )
            now = self._truth.now()
            connection.execute(
                update(policy_records)
                .where(policy_records.c.id == number)
                .values(withdrawn_at=now, withdrawn_by=actor, reason=reason)
            )
            record(
                connection,
                at=now,
                actor=actor,
                action="policy.withdrawn",
                object=str(number),
                detail={"kind": row["kind"], "reason": reason},
            )
            return _kept(_row(connection, number))

    def listed(self, *, withdrawn: bool = False) -> tuple[Kept, ...]:
        """Those that stand, or all, by number."""
        query = select(policy_records).order_by(policy_records.c.id)
        if not withdrawn:
            query = query.where(policy_records.c.withdrawn_at.is_(None))
        with self._truth.reading() as connection:
            return tuple(_kept(row) for row in connection.execute(query).mappings())

    def standing(self) -> tuple[Records, tuple[Baseline, ...]]:
        """What stands, as records, and the baselines that are kept here."""
        found: dict[str, list[Record]] = {kind: [] for kind in KINDS}
        for kept in self.listed():
            found[kept.kind].append(kept.record)
        baselines = tuple(b for b in found.pop("baseline") if isinstance(b, Baseline))
        told = {f"{kind}s": tuple(every) for kind, every in found.items()}
        return Records.model_validate(told), baselines

    def estate(self, wanted: str) -> Estate:
        """The estate of a baseline, by digest. Raises NotFound, StoreDown."""
        query = select(policy_baselines).where(policy_baselines.c.digest == wanted)
        with self._truth.reading() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise NotFound(f"没有此基线 / no such baseline: read digest {wanted}")
        if row["format"] != FORMAT:
            raise StoreDown(
                f"基线的格式为 {row['format']}，本程序只认识 {FORMAT}，请升级程序 / a baseline has format "
                f"{row['format']}, this program knows {FORMAT}: install a later one"
            )
        found = Estate.model_validate_json(zlib.decompress(row["estate"]))
        if found.digest != wanted:
            raise StoreDown(
                f"基线已被改动 / a baseline is another than it was: read digest {found.digest}, expected "
                f"{wanted}; restore the database from a backup"
            )
        return found


def _keep(connection: Connection, estate: Estate) -> None:
    there = select(policy_baselines.c.digest).where(policy_baselines.c.digest == estate.digest)
    if connection.execute(there).first() is None:
        body = zlib.compress(estate.model_dump_json(exclude_none=True).encode())
        connection.execute(
            insert(policy_baselines).values(digest=estate.digest, format=FORMAT, estate=body)
        )


def _row(connection: Connection, number: int) -> RowMapping:
    query = select(policy_records).where(policy_records.c.id == number)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound(
            f"没有此记录 / no such record: read {number}; `qianyun policy records` lists them"
        )
    return row


def _kept(row: RowMapping) -> Kept:
    return Kept(
        id=row["id"],
        kind=row["kind"],
        record=KINDS[row["kind"]].model_validate_json(row["body"]),
        recorded_at=row["recorded_at"],
        recorded_by=row["recorded_by"],
        withdrawn_at=row["withdrawn_at"],
        withdrawn_by=row["withdrawn_by"],
        reason=row["reason"],
    )
