"""Giving a move up: the source serves on alone, and nothing of the move is left to work.

First the source, which is asked whether it is the active one, and whose slot would keep log for
ever; then target and gateway. Every step may be repeated; `move.json` goes last, and a host
without it has nothing of this move. The target's data stay where they are, known as stale: see ours.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Dict, Optional

from . import access, gateway, ours, reap, record, services, units
from .errors import AgentError, Fenced
from .files import folder, is_locked, locked, read_json
from .move import Move, parse
from .side import STALE, Side

WATCHDOG_SECONDS = 20.0
NOTHING = {"nothing": True, "notes": []}


@dataclass(frozen=True)
class Asked:
    """`points_to`: where the gateway points, looked up because the target could not be reached."""

    move: Move
    token: int
    points_to: Optional[Dict[str, str]] = None


def _stored(move: Move, kind: str) -> Move | None:
    """The move that presync left on this host, as it was then; None when it left none."""
    raw = read_json(folder(move.code) / "move.json")
    return parse(raw["move"]) if raw.get("kind") == kind else None


def stand(move: Move, kind: str) -> dict[str, Any]:
    """Before a rollback: where the gateway points; whether the source has not yet given up."""
    if kind == "gateway":
        return {"points_to": gateway.points_to(move)}
    prepared = _stored(move, kind) is not None
    return {"record": record.read(move.code).plain(), "prepared": prepared}


def _refused(read: object, expected: str) -> Fenced:
    return Fenced(
        "原主机未在服务，不能放弃迁移 / the source does not serve, so the move is not given up",
        read=read,
        expected=expected,
        do="恢复目标主机的连通后重做回退 / make the target reachable, then roll back again",
    )


def on_source(asked: Asked) -> dict[str, Any]:
    """Slot, SQL role, pg_hba lines and the key go; the source stays active. Raises Fenced."""
    notes = []
    if asked.points_to is not None:
        if set(asked.points_to.values()) != {"source"}:
            raise _refused(asked.points_to, "the gateway points to the source")
        target = asked.move.target.host
        notes.append(
            f"目标未能联系，其上留有数据副本、备库与迁移密钥，下次预同步会重做 / {target} was not reached: "
            "copy, standby and key are left there; the next presync starts them afresh"
        )
    move = _stored(asked.move, "source")
    if move is None:
        return {**NOTHING, "notes": notes}
    with record.held(move.code) as now:
        if now.role != record.ACTIVE:
            raise _refused(f"{now.role or 'none'} (token {now.token})", "active")
        record.change_held(move.code, now, asked.token, to=record.ACTIVE, frm=[record.ACTIVE])
        revoked = access.revoke(move)
        ended = reap.end_sessions(move.code)
    _watchdog_gone(move)
    side = Side(move, "source")
    try:
        slots = {cluster.label: cluster.retire(move) for cluster in side.clusters}
    finally:
        side.close()
    units.forget(move.services)
    _forget(move, "pgpass", "rsyncd-read.conf", "rsyncd-write.conf", "watchdog.json")
    return {"revoked": revoked, "ended": ended, "retired": slots, "notes": notes}


def _watchdog_gone(move: Move) -> None:
    """Waits until the watchdog has seen our token; it holds its lock as long as it lives."""
    limit = time.monotonic() + WATCHDOG_SECONDS
    while is_locked(folder(move.code) / "watchdog.lock"):
        if time.monotonic() > limit:
            raise AgentError(
                "看门狗仍在运行 / the watchdog still runs",
                read="watchdog.lock locked",
                expected="unlocked",
                do="稍后重做回退 / roll back again a little later",
            )
        time.sleep(0.05)


def on_target(asked: Asked) -> dict[str, Any]:
    """The standby stops, its copy is stale, the key goes. Raises Fenced for an active target."""
    move = _stored(asked.move, "target")
    if move is None:
        return NOTHING
    home = folder(move.code)
    if is_locked(home / "run.lock"):
        raise _refused("run.lock locked on the target", "no run under way")
    side = Side(move, "target")
    with locked(home / "work.lock", 2, "presync"):
        idle = ("", record.STANDBY, record.YIELDED)
        record.change(move.code, asked.token, to="", frm=idle)
        _watchdog_gone(move)
        notes = _stopped(side)
        ended = reap.end_sessions(move.code)
        access.drop_key(move)
        left = ours.leave(move)
        _forget(move, "pgpass", "run.json", "watchdog.json", "practice.json")
    return {"ended": ended, "left": left, "notes": notes}


def _stopped(side: Side) -> list[str]:
    """Stops clusters and services and keeps them so; returns notes about what would not."""
    for cluster in side.clusters:
        base = side.base(cluster)
        if not base:
            continue  # not ours
        side.set_base(cluster, STALE, str(base.get("identifier", "")))
        cluster.put_away(side.move, good=False)
    notes = services.at_boot(side.move.services, False)
    try:
        services.stop(side.move.services, side.move.check.port)
        units.forget(side.move.services)
    except AgentError as error:
        notes.append(str(error))
    return notes


def on_gateway(asked: Asked) -> dict[str, Any]:
    """The key goes and any hold ends. Raises Fenced unless traffic goes to the source."""
    move = _stored(asked.move, "gateway")
    if move is None:
        return NOTHING
    points = gateway.points_to(move)
    if set(points.values()) != {"source"}:
        raise _refused(points, "the gateway points to the source")
    record.claim(move.code, asked.token)
    revoked = access.revoke(move)
    ended = reap.end_sessions(move.code)
    held = gateway.release(move)["held"]
    record.change(move.code, asked.token, to="", frm=["", record.ENTRANCE])
    _forget(move)
    return {"revoked": revoked, "ended": ended, "points_to": points, "held": held, "notes": []}


def _forget(move: Move, *names: str) -> None:
    for name in (*names, "move.json"):
        (folder(move.code) / name).unlink(missing_ok=True)
