"""The point of no return: what kept the way back open is taken away. Data stays where it is."""

from __future__ import annotations

from typing import Any

from . import access, decommission, ours, record, services, units
from .errors import Fenced
from .files import folder, is_locked
from .move import Move
from .side import Side


def ready(side: Side) -> None:
    """Raises Fenced unless traffic and authority have moved for good."""
    now = record.read(side.move.code)
    roles = (record.ACTIVE,) if side.kind == "target" else (record.STANDBY, record.YIELDED)
    busy = is_locked(folder(side.move.code) / "run.lock")
    if now.role not in roles or busy:
        raise Fenced(
            "尚不能提交 / this cannot be committed",
            read=f"{side.kind} is {now.role or 'none'}" + (", a run is under way" if busy else ""),
            expected=" | ".join(roles),
            do="先完成割接，或运行 rollback.yml / finish the cutover first, or run rollback.yml",
        )


def commit_source(side: Side, token: int) -> dict[str, Any]:
    """Services and clusters stay stopped and do not start at boot; the key is let in no more.

    Should anybody start the old databases, they take no writes.
    """
    move = side.move
    record.claim(move.code, token)
    ready(side)
    services.stop(move.services, move.check.port)
    notes = services.at_boot(move.services, False)
    for cluster in side.clusters:
        cluster.put_away(move, good=True)
    record.change(move.code, token, to=record.YIELDED, frm=[record.STANDBY, record.YIELDED])
    ours.leave_source(move)
    decommission.committed(move, token)
    _forget(move)
    return {"notes": notes, "revoked": access.revoke(move)}


def commit_target(side: Side, token: int) -> dict[str, Any]:
    """Slot, replication role, pg_hba lines and key go away; the target stays active."""
    move = side.move
    record.claim(move.code, token)
    ready(side)
    for cluster in side.clusters:
        cluster.release(move)
    notes = services.at_boot(move.services, True)
    units.forget(move.services)
    access.drop_key(move)
    ours.drop(move)
    _forget(move)
    return {"notes": notes}


def commit_gateway(move: Move, token: int) -> dict[str, Any]:
    record.claim(move.code, token)
    return {"revoked": access.revoke(move)}


def _forget(move: Move) -> None:
    for name in ("pgpass", "practice.json"):
        (folder(move.code) / name).unlink(missing_ok=True)
