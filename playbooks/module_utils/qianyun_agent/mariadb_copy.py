"""The first copy of a MariaDB: a consistent dump through the line's limit, and its GTID."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Sequence

from . import mariadb_look
from .errors import AgentError
from .files import folder, write
from .proc import TICK, environment
from .services import at_boot
from .sqlclient import CLIENT, quoted
from .store import LOOK_AT_WAY, NOT_STREAMING, until
from .tunnel import HOST, Tunnel

if TYPE_CHECKING:
    from .mariadb import Mariadb
    from .side import Side
    from .tree import Carrier

WHOLE = (
    "--single-transaction", "--quick", "--routines", "--events", "--triggers", "--hex-blob",
    "--default-character-set=utf8mb4",
)  # fmt: skip
BLOCK = 1 << 16
CATCH_UP = 6 * 3600.0  # seconds
ROUNDS = 2  # what was written while it caught up is little
BEHIND = "备库未追平 / the replica has not caught up"
LOCAL = ("mariadb", *CLIENT, "--init-command=SET SESSION sql_log_bin = 0")
# Statements about the accounts that every server has for itself, of which root is ours just now.
OWN = re.compile(
    rb"(?:/\*M!\d+ )?(?:CREATE|GRANT|SET DEFAULT ROLE) .*"
    rb"(?:`(?:root|mysql|mariadb\.sys)`@`localhost`|'(?:root|mysql|mariadb\.sys)'@'localhost')"
)
COPIED, COPYING = "copied", "copying"
SERVICE = "mariadb"


def copy(store: Mariadb, side: Side, identifier: str, carrier: Carrier) -> dict[str, Any]:
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
        size = _whole(store, side, carrier)
        side.set_base(store, COPIED, identifier)
    elif not store.streaming():
        store.session().query("START SLAVE")
    store.fence("")
    until(store.streaming, 60, NOT_STREAMING, store.label, LOOK_AT_WAY)
    spent = time.monotonic() - started
    return {
        "cluster": store.label, "copied": fresh, "seconds": round(spent, 3), "bytes": size,
        "replayed": store.session().value("SELECT @@global.gtid_slave_pos"),
    }  # fmt: skip


def _whole(store: Mariadb, side: Side, carrier: Carrier) -> int:
    """The dump, and then what was written meanwhile, by the tunnel; at its end it follows directly."""
    options = folder(side.move.code) / "dump.cnf"
    secret = store.password(side.move).replace("\\", "\\\\").replace('"', '\\"')
    with Tunnel(side, store, carrier) as tunnel:
        login = f'user={side.move.sql_name}\npassword="{secret}"'
        where = f"protocol=tcp\nhost={HOST}\nport={tunnel.port}"
        write(options, f"[client]\n{login}\n{where}\n", 0o600)
        try:
            size = _fresh(store, options, carrier)
            store.fence("")
            store.receive(side, tunnel.port)
            for _ in range(ROUNDS):
                now = _remote(options, "SELECT @@global.gtid_binlog_pos")
                until(
                    partial(store.caught_up, "".join(now)), CATCH_UP, BEHIND, store.label,
                    LOOK_AT_WAY, carrier.told.tick,
                )  # fmt: skip
        finally:
            options.unlink()
        store.session().query("STOP SLAVE")
    store.receive(side)
    return size


def _fresh(store: Mariadb, options: Path, carrier: Carrier) -> int:
    """Empties what was ours, loads the dump, and begins the log at the dump's position."""
    session = store.session()
    if store.replica():
        session.query("STOP SLAVE")
        session.query("RESET SLAVE ALL")
    session.query("SET GLOBAL read_only = 0")
    session.query("SET SESSION sql_log_bin = 0")
    for name in mariadb_look.databases(session):
        session.query("DROP DATABASE `" + name.replace("`", "``") + "`", 600)
    dump = ["mariadb-dump", f"--defaults-file={options}", *WHOLE]
    names = _remote(options, mariadb_look.DATABASES)
    size = _accounts([*dump, "--system=users", "--replace", "--skip-routines"])
    ours = ["--gtid", "--master-data=1", "--add-drop-database", "--databases", "--", *names]
    size += _load([*dump, *ours], carrier)
    position = session.value("SELECT @@global.gtid_slave_pos")
    session.query("RESET MASTER")
    session.query(f"SET GLOBAL gtid_binlog_state = {quoted(position)}")
    session.query("FLUSH BINARY LOGS")  # a log that begins by telling this position
    session.query(f"SET GLOBAL gtid_slave_pos = {quoted(position)}")
    session.query("SET SESSION sql_log_bin = 1")
    return size


def _remote(options: Path, sql: str) -> list[str]:
    """Lines that the source's server answers."""
    done = subprocess.run(
        [
            "mariadb", f"--defaults-file={options}", "--batch", "--raw", "--skip-column-names",
            "-e", sql,
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


def _load(dump: Sequence[str], carrier: Carrier) -> int:
    """Feeds a dump to this host's server; bytes carried."""
    with tempfile.TemporaryFile() as said:
        out = subprocess.Popen(
            list(dump), stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL,
            env=environment(marked=True), cwd="/", pass_fds=carrier.keep,
        )  # fmt: skip
        into = subprocess.Popen(
            LOCAL,
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
            env=environment(marked=True), cwd="/", pass_fds=carrier.keep,
        )  # fmt: skip
        assert out.stdout
        assert into.stdin
        try:
            size = _carried(out.stdout, into.stdin, carrier)
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


def _carried(source: IO[bytes], sink: IO[bytes], carrier: Carrier) -> int:
    size, asked = 0, 0.0
    while block := os.read(source.fileno(), BLOCK):
        sink.write(block)
        size += len(block)
        if time.monotonic() - asked >= TICK:
            carrier.told.tick()
            asked = time.monotonic()
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
