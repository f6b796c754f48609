"""Before the cutover: everything is carried over while the system serves, as often as one likes."""

from __future__ import annotations

from typing import Any

from . import access, decommission, ours, pace, record, services, tree, units
from .errors import AgentError, Fenced
from .files import ensure_folder, folder, is_locked, locked, write_json
from .link import RemotePort, ssh_command
from .move import Move, plain
from .side import Side

PASSES = 5
QUICK_PASS = 1.0  # seconds
SPARE = 1.2


def remember(move: Move, kind: str) -> None:
    """Leaves the move on this host for the shipped program to read."""
    path = ensure_folder(folder(move.code)) / "move.json"
    write_json(path, {"kind": kind, "move": plain(move)}, 0o600)


def prepare_source(side: Side, token: int, password: str) -> dict[str, Any]:
    """Takes the role active, and makes replication possible."""
    move = side.move
    record.change(move.code, token, to=record.ACTIVE, frm=["", record.ACTIVE])
    decommission.forget(move)
    remember(move, "source")
    units.claim(move.services)
    changed = [cluster.prepare(side, password) for cluster in side.clusters]
    return {"pg_hba_changed": any(changed)}


def prepare_target(side: Side, token: int, password: str) -> dict[str, Any]:
    """Takes the role standby, and makes the move's key: {"public_key"}."""
    move = side.move
    if record.read(move.code).role != record.ACTIVE:  # or it is refused for that
        ours.expect(move)
    record.change(move.code, token, to=record.STANDBY, frm=["", record.STANDBY, record.YIELDED])
    decommission.forget(move)
    remember(move, "target")
    for cluster in side.clusters:
        cluster.prepare(side, password)
    notes = services.at_boot(move.services, False)
    return {"public_key": access.make_key(move), "notes": notes}


def prepare_gateway(move: Move, token: int) -> dict[str, Any]:
    """Takes the token and remembers the move."""
    record.change(move.code, token, to=record.ENTRANCE, frm=["", record.ENTRANCE])
    remember(move, "gateway")
    return {}


def sizes(side: Side) -> dict[str, Any]:
    """Bytes and files of trees by path, bytes of clusters by label."""
    return {
        "trees": {one.path: tree.size(one.path) for one in side.move.trees},
        "clusters": {c.label: c.weight() for c in side.clusters},
    }


def clusters(side: Side) -> dict[str, Any]:
    """What the target needs to copy clusters: configuration and identifier by label."""
    return {cluster.label: cluster.offer(side) for cluster in side.clusters}


def room(side: Side, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Need and room per place on the target; raises AgentError for the first that is too small."""
    found = []
    places = {path: one["bytes"] for path, one in wanted["trees"].items()}
    for cluster in side.clusters:
        places[str(cluster.data)] = wanted["clusters"][cluster.label]
    for path, size in places.items():
        here = tree.size(path)["bytes"] if tree.exists(path) else 0
        need, free = int(size * SPARE), tree.disk_free(path) + here
        found.append({"path": path, "need": need, "free": free, "left": max(0, size - here)})
        if free < need:
            raise AgentError(
                f"目标磁盘空间不足 / too little room on the target: {path}",
                read=f"{free} bytes free",
                expected=f"≥ {need} bytes ({SPARE} × source)",
                do="扩容目标文件系统后重试，源端不受影响 / enlarge it and retry; the source serves on",
            )
    return found


def copy(side: Side, token: int, attempt: str) -> dict[str, Any]:
    """On the target: base copies, then passes of rsync until they are quick."""
    move = side.move
    record.claim(move.code, token)
    home = folder(move.code)
    if is_locked(home / "run.lock"):
        raise Fenced(
            "割接正在进行 / a cutover is under way",
            read="run.lock locked",
            expected="unlocked",
            do="等待其结束 / wait for its end",
        )
    with locked(home / "work.lock", 2, "presync") as lock:
        source = RemotePort(move, "source", token)
        try:
            RemotePort(move, "gateway", token).close()  # the cutover will need it
            wanted = source.call("sizes", 600)
            space = room(side, wanted)
            ours.take(move)
            units.keep(source.call("units"), move.services)
            offered = source.call("clusters", 60) if side.clusters else {}
            left = sum(one["left"] for one in space)
            told = pace.Progress(move.code, move.rate_kbps, left, source.call)
            told.tick()
            ssh = ssh_command(move.code, source.control)
            carrier = tree.Carrier(ssh, source.host, attempt, lock, told)
            copies = [c.copy(side, offered[c.label], carrier) for c in side.clusters]
            return {"room": space, "clusters": copies, "passes": _passes(move, carrier)}
        finally:
            source.close()


def _passes(move: Move, carrier: tree.Carrier) -> list[dict[str, Any]]:
    done = []
    for index, one in enumerate(move.trees):
        for _ in range(PASSES):
            done.append(carrier.carry(index, one.path, back=False, final=False, seconds=6 * 3600))
            if done[-1]["seconds"] <= QUICK_PASS:
                break
    return done
