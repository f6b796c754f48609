"""Physical replication between source and target: role, pg_hba lines, password file, base copy."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any

from . import parity
from .errors import AgentError, BadMove
from .files import (
    ensure_folder,
    folder,
    marked_lines,
    read_json,
    set_marked_lines,
    write,
    write_json,
)
from .move import Move
from .postgresql import Cluster
from .proc import check, run
from .side import COPIED, COPYING, Side
from .store import Into
from .tree import Carrier
from .tunnel import HOST, Tunnel

ITERATIONS = 4096


def scram(password: str) -> str:
    """The verifier that PostgreSQL stores, so that the password itself never reaches its log."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client = hmac.new(salted, b"Client Key", "sha256").digest()
    server = hmac.new(salted, b"Server Key", "sha256").digest()
    stored = hashlib.sha256(client).digest()

    def text(raw: bytes) -> str:
        return base64.b64encode(raw).decode()

    return f"SCRAM-SHA-256${ITERATIONS}:{text(salt)}${text(stored)}:{text(server)}"


def keep_password(move: Move, password: str) -> None:
    """Writes the password file of this host; readable by postgres alone."""
    if not re.fullmatch(r"[!-~]{12,200}", password):
        raise BadMove(
            "复制口令不合规 / the replication password is refused",
            read=f"{len(password)} characters",
            expected="12…200 printable ASCII characters",
            do="设置环境变量 QIANYUN_REPLICATION_PASSWORD / set QIANYUN_REPLICATION_PASSWORD",
        )
    escaped = password.replace("\\", "\\\\").replace(":", "\\:")
    path = ensure_folder(folder(move.code)) / "pgpass"
    write(path, f"*:*:*:{move.sql_name}:{escaped}\n", 0o600, "postgres")


def _hba_lines(move: Move) -> list[str]:
    """Both hosts may follow, whichever is the primary; the first copy comes by the own socket."""
    return [
        f"local replication {move.sql_name} scram-sha-256",
        *(
            f"host replication {move.sql_name} {address} scram-sha-256"
            for place in (move.source, move.target)
            for address in (f"{place.address}/32", f"{place.address6}/128")
        ),
    ]


def allow(move: Move, cluster: Cluster) -> bool:
    """Marked lines in pg_hba.conf, and a reload if it runs; returns whether they were new."""
    path = cluster.configuration / "pg_hba.conf"
    changed = set_marked_lines(path, move.code, _hba_lines(move), 0o640)
    if changed and cluster.pid():
        cluster.session().query("SELECT pg_reload_conf()")
    return changed


def forbid(move: Move, cluster: Cluster) -> bool:
    path = cluster.configuration / "pg_hba.conf"
    changed = bool(marked_lines(path, move.code)) and set_marked_lines(path, move.code, [])
    if changed and cluster.pid():
        cluster.session().query("SELECT pg_reload_conf()")
    return changed


def prepare_primary(move: Move, cluster: Cluster, password: str) -> bool:
    """On the source: role, pg_hba lines, slot. Returns whether pg_hba changed."""
    name = move.sql_name
    exists = cluster.session().query(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'")  # noqa: S608
    verb = "ALTER" if exists else "CREATE"
    cluster.session().query(
        f"{verb} ROLE {name} WITH LOGIN REPLICATION CONNECTION LIMIT 8 PASSWORD '{scram(password)}'"
    )
    if not cluster.has_slot(name):
        write_json(_slot_file(move, cluster), {"mark": secrets.token_hex(8)})
        cluster.make_slot(name)
    return allow(move, cluster)


def retire(move: Move, cluster: Cluster) -> bool:
    """On a primary: pg_hba lines, slot and role go, and whoever uses them; whether a slot was there.

    Raises AgentError unless the cluster runs as a primary.
    """
    if not cluster.pid() or cluster.in_recovery():
        raise AgentError(
            f"数据库不是运行中的主库 / the cluster is not a running primary: {cluster.label}",
            read="a standby" if cluster.pid() else "down",
            expected="a primary that takes connections",
            do="启动该数据库后重试 / start the cluster, then try again",
        )
    name, session = move.sql_name, cluster.session()
    forbid(move, cluster)
    if session.query(f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):  # noqa: S608
        session.query(f"ALTER ROLE {name} NOLOGIN")
    session.query(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'"  # noqa: S608
    )
    had = cluster.drop_slot(name)
    session.query(f"DROP ROLE IF EXISTS {name}")
    return had


def copy_mark(side: Side, cluster: Cluster) -> str:
    """What a copy has to bear to be of use: the cluster's identifier and its slot's own mark.

    A copy made under an earlier slot may lack log that nobody kept for it.
    """
    slot = read_json(_slot_file(side.move, cluster)).get("mark", "")
    return f"{cluster.control()['identifier']} {slot}".strip()


def _slot_file(move: Move, cluster: Cluster) -> Path:
    return folder(move.code) / f"slot-{cluster.of.cluster}.json"


def configuration(cluster: Cluster) -> dict[str, str]:
    """Text files of /etc/postgresql/V/NAME by relative path, to be the same on the target."""
    found = {}
    for path in sorted(cluster.configuration.rglob("*")):
        if path.is_file() and path.stat().st_size < 1 << 20:
            found[str(path.relative_to(cluster.configuration))] = path.read_text()
    return found


def write_configuration(cluster: Cluster, files: dict[str, str]) -> None:
    """Writes them on the target, for postgres to read."""
    for name, text in files.items():
        if not re.fullmatch(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)?", name) or ".." in name:
            raise BadMove(
                "配置文件名不合规 / not a name of a configuration file",
                read=name,
                expected="name or folder/name",
                do="-",
            )
        path = cluster.configuration / name
        for place in (cluster.configuration.parent, cluster.configuration, path.parent):
            if not place.exists():
                place.mkdir(mode=0o755)
                shutil.chown(place, "postgres", "postgres")
        write(path, text, 0o640 if name in ("pg_hba.conf", "pg_ident.conf") else 0o644, "postgres")


def copy(
    side: Side, cluster: Cluster, files: dict[str, str], identifier: str, carrier: Carrier
) -> dict[str, Any]:
    """On the target: makes the cluster a streaming standby; keeps a good copy that is there.

    A copy cut short is thrown away. Raises AgentError if a cluster that is not ours is in the way.
    """
    base = side.base(cluster)
    if not base and cluster.exists():
        raise AgentError(
            f"目标已有同名数据库集群 / the target has a cluster of that name: {cluster.label}",
            read=f"{cluster.data} or {cluster.configuration} exists",
            expected="no such cluster, or our own copy",
            do="换用其他主机，或由管理员移走该集群 / use another host, or have it moved away",
        )
    write_configuration(cluster, files)
    started = time.monotonic()
    fresh = base.get("state") != COPIED or base.get("identifier") != identifier
    if not fresh and not cluster.pid() and not (cluster.data / "standby.signal").exists():
        fresh = True
    if fresh:
        _base_copy(side, cluster, identifier, carrier)
    if not cluster.pid():
        cluster.set_standby(side.conninfo(), side.move.sql_name)
        cluster.start()
    _streaming(cluster)
    return {
        "cluster": cluster.label,
        "copied": fresh,
        "seconds": round(time.monotonic() - started, 3),
        "replayed": cluster.session().value("SELECT coalesce(pg_last_wal_replay_lsn(), '0/0')"),
    }


def _base_copy(side: Side, cluster: Cluster, identifier: str, carrier: Carrier) -> None:
    side.set_base(cluster, COPYING, identifier)
    cluster.stop(60)
    _empty(cluster.data)
    with Tunnel(side, cluster, carrier) as tunnel:
        command = [
            cluster.program("pg_basebackup"), "-D", str(cluster.data), "-X", "stream",
            "-S", side.move.sql_name, "-c", "fast", "--no-password",
            "-d", side.conninfo([HOST], tunnel.port),
        ]  # fmt: skip
        tick = carrier.told.tick
        done = run(command, seconds=6 * 3600, user="postgres", keep=carrier.keep, tick=tick)
    if done.code != 0:
        full = "No space left" in done.output
        raise AgentError(
            "磁盘已满 / the disk is full: " + str(cluster.data)
            if full
            else f"数据库基础复制失败 / the base copy failed: {cluster.label}",
            read=f"exit {done.code}: {done.output.strip()[-600:]}",
            expected="a whole copy",
            do="扩容后重试，源端不受影响 / enlarge the file system and retry; the source serves on"
            if full
            else "检查线路、口令与 pg_hba / check the line, the password and pg_hba",
        )
    cluster.set_standby(side.conninfo(), side.move.sql_name)
    side.set_base(cluster, COPIED, identifier)


def _empty(data: Path) -> None:
    """Leaves an empty folder of postgres's; its parents are those of the package."""
    shutil.rmtree(data, ignore_errors=True)
    data.parent.mkdir(parents=True, exist_ok=True)
    shutil.chown(data.parent, "postgres", "postgres")
    data.mkdir(mode=0o700)
    shutil.chown(data, "postgres", "postgres")


def _streaming(cluster: Cluster, seconds: float = 60) -> None:
    limit = time.monotonic() + seconds
    while not cluster.streaming():
        if time.monotonic() > limit:
            raise AgentError(
                f"备库未接上主库 / the standby does not stream: {cluster.label}",
                read="no walreceiver streaming",
                expected="streaming",
                do="检查复制口令、pg_hba 与连通 / check password, pg_hba and the way there",
            )
        time.sleep(0.1)


def dump(cluster: Cluster, folder: Path, into: Into) -> list[dict[str, Any]]:
    """Roles and one custom dump per database: [{"file", "of", "entries"}]."""
    where = ["-h", "/var/run/postgresql", "-p", str(cluster.of.port), "--no-password"]
    stem = f"{cluster.of.version}-{cluster.of.cluster}"
    path = folder / f"{stem}-globals.sql"
    into(path, [cluster.program("pg_dumpall"), *where, "--globals-only"], "postgres")
    made: list[dict[str, Any]] = [{"file": path.name, "of": f"{cluster.label} globals"}]
    for index, name in enumerate(parity.names(cluster)):
        path = folder / f"{stem}-{index}.dump"
        quoted = "dbname='" + name.replace("\\", "\\\\").replace("'", "\\'") + "'"
        into(path, [cluster.program("pg_dump"), *where, "-Fc", "-d", quoted], "postgres")
        listing = check(
            [cluster.program("pg_restore"), "-l", str(path)],
            doing="pg_restore -l",
            do="重做备份 / back up again",
        )
        entries = sum(1 for line in listing.splitlines() if line and not line.startswith(";"))
        made.append({"file": path.name, "of": f"{cluster.label} {name}", "entries": entries})
    return made
