"""The first copy of a MariaDB: a consistent dump over the line, no faster than may be, and its GTID."""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from typing import IO, TYPE_CHECKING, Any, Sequence

from . import mariadb_look
from .errors import AgentError
from .files import folder, write
from .proc import environment
from .services import at_boot
from .sqlclient import CLIENT, quoted
from .store import LOOK_AT_WAY, NOT_STREAMING, reachable, until

if TYPE_CHECKING:
    from .mariadb import Mariadb
    from .side import Side

WHOLE = (
    "--single-transaction", "--quick", "--routines", "--events", "--triggers", "--hex-blob",
    "--default-character-set=utf8mb4",
)  # fmt: skip
BLOCK = 1 << 16
LOCAL = ("mariadb", *CLIENT, "--init-command=SET SESSION sql_log_bin = 0")
# Statements about the accounts that every server has for itself, of which root is ours just now.
OWN = re.compile(
    rb"(?:/\*M!\d+ )?(?:CREATE|GRANT|SET DEFAULT ROLE) .*"
    rb"(?:`(?:root|mysql|mariadb\.sys)`@`localhost`|'(?:root|mysql|mariadb\.sys)'@'localhost')"
)
COPIED, COPYING = "copied", "copying"
SERVICE = "mariadb"


def copy(store: Mariadb, side: Side, identifier: str, lock: int) -> dict[str, Any]:
    """On the target: makes it a replica that receives; keeps a good copy that is there.

    A copy cut short is thrown away. Raises AgentError for databases that are not ours.
    """
    base = side.base(store)
    store.start()
    at_boot([SERVICE], True)
    there = mariadb_look.databases(store.session())
    if there and not base:
        raise AgentError(
            f"目标数据库非空 / the target's server is not empty: {store.label}",
            read=", ".join(there)[:300],
            expected="no database, or our own copy",
            do="换用其他主机，或由管理员移走 / use another host, or have them moved away",
        )
    started, size = time.monotonic(), 0
    fresh = base != {"state": COPIED, "identifier": identifier} or not store.replica()
    if fresh:
        side.set_base(store, COPYING, identifier)
        size = _fresh(store, side, lock)
        side.set_base(store, COPIED, identifier)
    store.fence("")
    if fresh:
        store.receive(side)
    elif not store.streaming():
        store.session().query("START SLAVE")
    until(store.streaming, 60, NOT_STREAMING, store.label, LOOK_AT_WAY)
    spent = time.monotonic() - started
    return {
        "cluster": store.label, "copied": fresh, "seconds": round(spent, 3), "bytes": size,
        "replayed": store.session().value("SELECT @@global.gtid_slave_pos"),
    }  # fmt: skip


def _fresh(store: Mariadb, side: Side, lock: int) -> int:
    """Empties what was ours, loads the dump, and begins the log at the dump's position."""
    session = store.session()
    if store.replica():
        session.query("STOP SLAVE")
        session.query("RESET SLAVE ALL")
    session.query("SET GLOBAL read_only = 0")
    session.query("SET SESSION sql_log_bin = 0")
    for name in mariadb_look.databases(session):
        session.query("DROP DATABASE `" + name.replace("`", "``") + "`", 600)
    place = side.move.source
    host = reachable((place.address, place.address6), store.of.port)
    options = folder(side.move.code) / "dump.cnf"
    secret = store.password(side.move).replace("\\", "\\\\").replace('"', '\\"')
    write(options, f'[client]\nuser={side.move.sql_name}\npassword="{secret}"\n', 0o600)
    dump = [
        "mariadb-dump", f"--defaults-file={options}", f"--host={host}", f"--port={store.of.port}",
        *WHOLE,
    ]  # fmt: skip
    try:
        names = _remote_names(options, host, store.of.port)
        size = _accounts([*dump, "--system=users", "--replace", "--skip-routines"])
        ours = ["--gtid", "--master-data=1", "--add-drop-database", "--databases", "--", *names]
        size += _load(side, [*dump, *ours], lock)
    finally:
        options.unlink()
    position = session.value("SELECT @@global.gtid_slave_pos")
    session.query("RESET MASTER")
    session.query(f"SET GLOBAL gtid_binlog_state = {quoted(position)}")
    session.query("FLUSH BINARY LOGS")  # a log that begins by telling this position
    session.query(f"SET GLOBAL gtid_slave_pos = {quoted(position)}")
    session.query("SET SESSION sql_log_bin = 1")
    return size


def _remote_names(options: Any, host: str, port: int) -> list[str]:
    sql = mariadb_look.DATABASES
    done = subprocess.run(
        [
            "mariadb", f"--defaults-file={options}", f"--host={host}", f"--port={port}", "--batch",
            "--raw", "--skip-column-names", "-e", sql,
        ],
        capture_output=True, text=True, check=False, timeout=60, env=environment(marked=True),
    )  # fmt: skip
    if done.returncode:
        raise _failed(done.stderr)
    return done.stdout.splitlines()


def _accounts(dump: Sequence[str]) -> int:
    """Accounts, roles and rights as they are on the source; each host keeps its own three."""
    told = subprocess.run(
        list(dump), capture_output=True, check=False, timeout=600, env=environment(marked=True)
    )
    if told.returncode:
        raise _failed(told.stderr.decode(errors="replace"))
    kept = [line for line in told.stdout.splitlines(keepends=True) if not OWN.match(line)]
    fed = subprocess.run(
        LOCAL, input=b"".join(kept), capture_output=True, check=False, timeout=600,
        env=environment(marked=True),
    )  # fmt: skip
    if fed.returncode:
        raise _failed(fed.stderr.decode(errors="replace"))
    return len(told.stdout)


def _load(side: Side, dump: Sequence[str], lock: int) -> int:
    """Feeds a dump to this host's server, at the move's rate; bytes carried."""
    per_second = side.move.rate_kbps * 1000 / 8
    with tempfile.TemporaryFile() as said:
        out = subprocess.Popen(
            list(dump), stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL,
            env=environment(marked=True), cwd="/", pass_fds=(lock,),
        )  # fmt: skip
        into = subprocess.Popen(
            LOCAL,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
            env=environment(marked=True), cwd="/", pass_fds=(lock,),
        )  # fmt: skip
        assert out.stdout
        assert into.stdin
        try:
            size = _paced(out.stdout, into.stdin, per_second)
            into.stdin.close()
            codes = (out.wait(600), into.wait(6 * 3600))
        except OSError:
            codes, size = (1, 1), 0
        finally:
            for child in (out, into):
                if child.poll() is None:
                    child.kill()
                child.wait()
            out.stdout.close()
        said.seek(0)
        if codes != (0, 0):
            raise _failed(said.read().decode(errors="replace"))
    return size


def _paced(source: IO[bytes], sink: IO[bytes], per_second: float) -> int:
    begun, size = time.monotonic(), 0
    while block := source.read(BLOCK):
        sink.write(block)
        size += len(block)
        time.sleep(max(0.0, begun + size / per_second - time.monotonic()))
    return size


def _failed(said: str) -> AgentError:
    full = "No space left" in said or "(errno: 28" in said or "is full" in said
    return AgentError(
        "磁盘已满 / the disk is full: /var/lib/mysql"
        if full
        else "数据库转储失败 / the dump failed",
        read=said.strip()[-600:],
        expected="a whole dump",
        do="扩容后重试，源端不受影响 / enlarge the file system and retry; the source serves on"
        if full
        else "检查线路、口令与账号 / check the line, the password and the account",
    )
