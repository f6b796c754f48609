"""The audit: append-only, each entry's hash over the one before it.

hash = SHA-256(previous ‖ canonical JSON of seq, at, actor, action, object, detail). Writers are
serialised by the transaction that carries the change itself, so no change goes without its entry.
"""

import hashlib
import json
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from inventory.canonical import canonical_json
from migrator.store.tables import audit

GENESIS = "0" * 64

_LAST = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
_ADD = insert(audit)

LOGIN = "qianyun_login"
"""Key of `Connection.info`: the account of the operating system that the process runs for. It
stands beside the name that was given, in every entry."""

VIA: ContextVar[str] = ContextVar("VIA", default="")
"""By which session or token the present request came in; it stands in every entry that it makes."""

PEER: ContextVar[str] = ContextVar("PEER", default="")
"""From which address it came; it stands there too, so that a refused sign-in tells where from."""


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
    head = connection.execute(_LAST).first()
    login = connection.info.get(LOGIN)
    beside = {"login": login, "via": VIA.get(), "peer": PEER.get()}
    told = (detail or {}) | {name: value for name, value in beside.items() if value}
    plain = json.loads(canonical_json(told))
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
    connection.execute(_ADD, {**entry.__dict__, "detail": canonical_json(plain).decode()})
    return entry


def entries(connection: Connection) -> list[Entry]:
    """All entries in order."""
    return [_entry(row) for row in connection.execute(select(audit).order_by(audit.c.seq))]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which entries are wanted; None and "" ask for nothing. `action` and `object` by their
    beginning, times in ISO 8601, `before`: only entries with a lower number."""

    actor: str = ""
    action: str = ""
    object: str = ""
    since: str = ""
    until: str = ""
    before: int | None = None
    limit: int = 50

    def as_json(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if v not in ("", None)}


def found(connection: Connection, wanted: Filter) -> tuple[list[Entry], int]:
    """Entries that fit, the newest first, at most `limit`, and how many there are in all."""
    rules: list[ColumnElement[bool]] = []
    if wanted.actor:
        rules.append(audit.c.actor == wanted.actor)
    if wanted.action:
        rules.append(audit.c.action.startswith(wanted.action, autoescape=True))
    if wanted.object:
        rules.append(audit.c.object.startswith(wanted.object, autoescape=True))
    if wanted.since:
        rules.append(audit.c.at >= wanted.since)
    if wanted.until:
        rules.append(audit.c.at <= wanted.until)
    # without a rule the last number: a chain has no gaps, and to count a hundred thousand takes its time
    every = select(func.count()).select_from(audit).where(*rules)
    count = (connection.scalar(every) or 0) if rules else head(connection)
    if wanted.before is not None:
        rules.append(audit.c.seq < wanted.before)
    query = select(audit).where(*rules).order_by(audit.c.seq.desc()).limit(wanted.limit)
    return [_entry(row) for row in connection.execute(query)], count


def after(connection: Connection, seq: int, limit: int) -> list[Entry]:
    """Entries with a higher number, in order, at most `limit`."""
    query = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def head(connection: Connection) -> int:
    """The number of the last entry; 0 before the first."""
    return connection.scalar(select(func.max(audit.c.seq))) or 0


def _entry(row: Row[Any]) -> Entry:
    seq, at, actor, action, of, detail, previous, own = tuple(row)
    return Entry(
        seq=seq,
        at=at,
        actor=actor,
        action=action,
        object=of,
        detail=json.loads(detail),
        previous=previous,
        hash=own,
    )


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
