"""The audit: append-only, each entry's hash over the one before it.

hash = SHA-256(previous ‖ canonical JSON of seq, at, actor, action, object, detail). Writers are
serialised by the transaction that carries the change itself, so no change goes without its entry.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from inventory.canonical import canonical_json
from migrator.tables import audit

GENESIS = "0" * 64

LOGIN = "qianyun_login"
"""Key of `Connection.info`: the account of the operating system that the process runs for. It
stands beside the name that was given, in every entry."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    seq: int
    at: str
    actor: str
    action: str
    object: str
    detail: dict[str, Any]
    previous: str
    hash: str

    def expected_hash(self) -> str:
        body = {
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "action": self.action,
            "object": self.object,
            "detail": self.detail,
        }
        return hashlib.sha256(self.previous.encode() + canonical_json(body)).hexdigest()


def record(
    connection: Connection,
    *,
    at: str,
    actor: str,
    action: str,
    object: str,
    detail: dict[str, Any] | None = None,
) -> Entry:
    """Append one entry within the caller's transaction (`Truth.writing`: one at a time)."""
    head = connection.execute(
        select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    login = connection.info.get(LOGIN)
    plain = json.loads(canonical_json((detail or {}) | ({"login": login} if login else {})))
    unsigned = Entry(
        seq=(head.seq if head else 0) + 1,
        at=at,
        actor=actor,
        action=action,
        object=object,
        detail=plain,
        previous=head.hash if head else GENESIS,
        hash="",
    )
    entry = Entry(**{**unsigned.__dict__, "hash": unsigned.expected_hash()})
    connection.execute(
        insert(audit).values(**{**entry.__dict__, "detail": canonical_json(plain).decode()})
    )
    return entry


def entries(connection: Connection) -> list[Entry]:
    """All entries in order."""
    rows = connection.execute(select(audit).order_by(audit.c.seq)).mappings()
    return [Entry(**{**row, "detail": json.loads(row["detail"])}) for row in rows]


def first_fault(chain: list[Entry]) -> str | None:
    """What is wrong with the chain, or None. A cut tail needs an anchor outside to be seen."""
    previous = GENESIS
    for number, entry in enumerate(chain, start=1):
        if entry.seq != number:
            return f"第 {number} 条缺失 / entry {number} is missing, read {entry.seq}"
        if entry.previous != previous:
            return f"第 {number} 条与前一条不相接 / entry {number} does not follow the one before"
        if entry.expected_hash() != entry.hash:
            return f"第 {number} 条被改动 / entry {number} was changed"
        previous = entry.hash
    return None


def first_fault_within(part: list[Entry]) -> str | None:
    """What is wrong with some entries of a chain, in order: each one's own hash, and that those which
    follow each other do. What lies between others can only be seen in the whole chain."""
    for before, entry in zip([None, *part], part, strict=False):
        if entry.expected_hash() != entry.hash:
            return f"审计第 {entry.seq} 条被改动 / audit entry {entry.seq} was changed"
        if before is None:
            continue
        if before.seq >= entry.seq:
            return f"审计第 {entry.seq} 条次序不对 / audit entry {entry.seq} is out of order"
        if before.seq + 1 == entry.seq and before.hash != entry.previous:
            return f"审计第 {entry.seq} 条与前一条不相接 / audit entry {entry.seq} does not follow"
    return None
