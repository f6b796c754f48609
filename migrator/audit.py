"""The audit: append-only, each entry's hash over the one before it.

hash = SHA-256(previous ‖ canonical JSON of seq, at, actor, action, object, detail). Writers are
serialised by the transaction that carries the change itself, so no change goes without its entry.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, or_, select

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


def newest(connection: Connection, after: int = 0, actions: tuple[str, ...] = ()) -> int:
    """The number of the last entry after `after`, of actions that begin so where some are named; 0 of
    none. What changed since is asked for by looking at what was added alone."""
    query = select(audit.c.seq).where(audit.c.seq > after).order_by(audit.c.seq.desc()).limit(1)
    if actions:
        begun = (audit.c.action.startswith(one, autoescape=True) for one in actions)
        query = query.where(or_(*begun))
    return connection.scalar(query) or 0


def page_of(
    connection: Connection, *, below: int | None = None, most: int = 100, action: str = "",
    actor: str = "", about: str = "",
) -> list[Entry]:
    """The newest entries first, before number `below`; `action` and `about` match from the start."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(most)
    if below is not None:
        query = query.where(audit.c.seq < below)
    if action:
        query = query.where(audit.c.action.startswith(action, autoescape=True))
    if actor:
        query = query.where(audit.c.actor == actor)
    if about:
        query = query.where(audit.c.object.startswith(about, autoescape=True))
    rows = connection.execute(query).mappings()
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
