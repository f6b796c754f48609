"""A PostgreSQL cluster in Debian's layout: its state, and stopping, starting, promoting it."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import parity, postgresql_look
from .errors import AgentError
from .files import write
from .move import Database, Move
from .proc import check, run
from .psql import Psql
from .store import LOOK_AT_WAY, NOT_STREAMING, Into, Store, until

if TYPE_CHECKING:
    from .preflight import Findings
    from .side import Side
    from .tree import Carrier

POLL = 0.005
SETTINGS = ("primary_conninfo", "primary_slot_name", "recovery_target_timeline")


def lsn(text: str) -> int:
    """A log position as a number."""
    high, low = text.split("/")
    return (int(high, 16) << 32) + int(low, 16)


class Cluster(Store):
    """`of` names it; sessions are opened when needed and kept."""

    user = "postgres"

    def __init__(self, of: Database) -> None:
        self.of = of
        self._sessions: dict[str, Psql] = {}

    @property
    def label(self) -> str:
        return f"{self.of.version}/{self.of.cluster}"

    @property
    def stem(self) -> str:
        return self.of.cluster

    @property
    def data(self) -> Path:
        return Path("/var/lib/postgresql", self.of.version, self.of.cluster)

    @property
    def door(self) -> str:
        return f"/var/run/postgresql/.s.PGSQL.{self.of.port}"

    @property
    def configuration(self) -> Path:
        return Path("/etc/postgresql", self.of.version, self.of.cluster)

    def program(self, name: str) -> str:
        return f"/usr/lib/postgresql/{self.of.version}/bin/{name}"

    # -- state ---------------------------------------------------------------------------------

    def exists(self) -> bool:
        return (self.data / "PG_VERSION").exists() or self.configuration.exists()

    def pid(self) -> int:
        """The postmaster's process id; 0 when it does not run."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n")[0])
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError):
            return 0
        return pid if name in ("postgres", "postmaster") else 0

    def control(self) -> dict[str, str]:
        """What pg_controldata tells: state, checkpoint (LSN), timeline, identifier."""
        output = check(
            [self.program("pg_controldata"), str(self.data)],
            doing="pg_controldata",
            do="检查数据目录 / look at the data folder",
        )
        found = dict(re.findall(r"^([^:]+):\s+(.*)$", output, re.MULTILINE))
        return {
            "state": found["Database cluster state"],
            "checkpoint": found["Latest checkpoint location"],
            "timeline": found["Latest checkpoint's TimeLineID"],
            "identifier": found["Database system identifier"],
        }

    def session(self, database: str = "postgres") -> Psql:
        if database not in self._sessions:
            self._sessions[database] = Psql(self.of.port, database)
        return self._sessions[database]

    def close(self) -> None:
        """Ends all sessions."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()

    def in_recovery(self) -> bool:
        return self.session().value("SELECT pg_is_in_recovery()") == "t"

    def answers(self) -> bool:
        """Whether it takes connections (asked of pg_isready, so that no session is spoilt)."""
        return (
            run(
                [
                    self.program("pg_isready"),
                    "-q",
                    "-h",
                    "/var/run/postgresql",
                    "-p",
                    str(self.of.port),
                ]
            ).code
            == 0
        )

    def streaming(self) -> bool:
        """Whether this standby receives from its primary."""
        return self.session().query("SELECT status FROM pg_stat_wal_receiver") == ["streaming"]

    def replayed(self) -> int:
        """Position up to which this standby has replayed."""
        return lsn(self.session().value("SELECT coalesce(pg_last_wal_replay_lsn(), '0/0')"))

    # -- changes -------------------------------------------------------------------------------

    def stop(self, seconds: float) -> None:
        """Fast shutdown, as `pg_ctl -m fast stop`, but seen to be over within milliseconds."""
        self.close()
        pid = self.pid()
        if not pid:
            return
        os.kill(pid, signal.SIGINT)
        limit = time.monotonic() + seconds
        while self.pid():
            if time.monotonic() > limit:
                raise AgentError(
                    f"数据库未在时限内停止 / the cluster did not stop in time: {self.label}",
                    read=f"pid {pid} alive after {seconds:g} s",
                    expected="shut down",
                    do="查看数据库日志 / read the cluster's log",
                )
            time.sleep(POLL)

    def start(self, seconds: float = 60) -> None:
        """Starts it, unless it runs, and waits until it takes connections."""
        limit = time.monotonic() + seconds
        while True:
            if self.pid() and self.answers():
                return
            if not self.pid():
                done = run(
                    ["pg_ctlcluster", self.of.version, self.of.cluster, "start"],
                    seconds=seconds,
                    marked=False,
                )
                if done.code not in (0, 2):
                    raise self._unstarted(done.output)
            if time.monotonic() > limit:
                raise self._unstarted("no answer in time")
            time.sleep(0.05)

    def _unstarted(self, read: str) -> AgentError:
        return AgentError(
            f"数据库无法启动 / the cluster does not start: {self.label}",
            read=read.strip()[-800:],
            expected="accepting connections",
            do="查看数据库日志 / read the cluster's log",
        )

    def promote(self, seconds: float, move: Move) -> dict[str, Any]:
        """Makes a standby the primary, with a slot for the other side to follow it."""
        session = self.session()
        if self.in_recovery():
            session.value("SELECT pg_promote(false)")
        limit = time.monotonic() + seconds
        while self.in_recovery():
            if time.monotonic() > limit:
                raise AgentError(
                    f"数据库提升超时 / promotion took too long: {self.label}",
                    read=f"in recovery after {seconds:g} s",
                    expected="primary",
                    do="查看数据库日志 / read the cluster's log",
                )
            time.sleep(POLL)
        self.make_slot(move.sql_name)
        return {"cluster": self.label, "lsn": session.value("SELECT pg_current_wal_lsn()")}

    def make_slot(self, name: str) -> None:
        """A physical slot that keeps log from now on; fine if it is there."""
        self.session().query(
            f"SELECT pg_create_physical_replication_slot('{name}', true)"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = '{name}')"
        )

    def has_slot(self, name: str) -> bool:
        return bool(
            self.session().query(
                f"SELECT 1 FROM pg_replication_slots WHERE slot_name = '{name}'"  # noqa: S608
            )
        )

    def drop_slot(self, name: str, seconds: float = 10) -> bool:
        """Drops a slot, once its user has gone; False if there was none."""
        self.session().query(
            "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"  # noqa: S608
            f" WHERE slot_name = '{name}' AND active_pid IS NOT NULL"
        )
        limit = time.monotonic() + seconds
        while True:
            state = self.session().query(
                f"SELECT active FROM pg_replication_slots WHERE slot_name = '{name}'"  # noqa: S608
            )
            if not state:
                return False
            if state == ["f"]:
                self.session().query(f"SELECT pg_drop_replication_slot('{name}')")
                return True
            if time.monotonic() > limit:
                raise AgentError(
                    f"复制槽仍被占用 / the slot is still in use: {name}",
                    read="active",
                    expected="inactive",
                    do="先停止另一端的数据库 / stop the other side's cluster first",
                )
            time.sleep(0.05)

    def set_standby(self, conninfo: str, slot: str) -> None:
        """Writes what makes the (stopped) cluster a standby of another."""
        self.set_automatic(
            {
                "primary_conninfo": conninfo,
                "primary_slot_name": slot,
                "recovery_target_timeline": "latest",
            }
        )
        write(self.data / "standby.signal", "", 0o600, "postgres")

    def set_automatic(self, values: dict[str, str]) -> None:
        """Replaces our settings in postgresql.auto.conf; those not given are taken out."""
        path = self.data / "postgresql.auto.conf"
        old = path.read_text().splitlines() if path.exists() else []
        kept = [line for line in old if line.split("=")[0].strip() not in SETTINGS]
        new = [f"{name} = '{value}'" for name, value in values.items()]
        write(path, "\n".join(kept + new) + "\n", 0o600, "postgres")

    # -- as a store of the move ------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        follows = self.in_recovery()
        return {
            "in_recovery": follows,
            "streaming": follows and self.streaming(),
            "lsn": self.position(),
        }

    def position(self) -> str:
        return self.session().value(
            "SELECT CASE WHEN pg_is_in_recovery()"
            " THEN coalesce(pg_last_wal_replay_lsn(), '0/0') ELSE pg_current_wal_lsn() END"
        )

    def identifier(self) -> str:
        return self.control()["identifier"]

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        return parity.tables(self)

    def counts(self, wanted: dict[str, list[Any]], seconds: float) -> dict[str, Any]:
        return parity.counts(self, wanted, seconds)

    def warm(self) -> None:
        for name in parity.names(self):
            self.session(name)
        self.session().query("CHECKPOINT", 300)

    def halt(self, seconds: float) -> dict[str, str]:
        self.stop(seconds)
        return self.halted()

    def halted(self) -> dict[str, str]:
        control = self.control()
        if self.pid() or control["state"] != "shut down":
            raise AgentError(
                f"数据库未干净停止 / the cluster is not shut down cleanly: {self.label}",
                read=control["state"] + (", running" if self.pid() else ""),
                expected="shut down",
                do="割接将放弃并恢复源端 / the cutover gives up and the source resumes",
            )
        return control

    def caught_up(self, checkpoint: str) -> bool:
        """Past the shutdown checkpoint, which is the last the primary wrote."""
        return self.replayed() > lsn(checkpoint)

    def serve(self) -> None:
        self.start()

    def retreat(self, side: Side) -> str:  # noqa: ARG002
        if self.pid() and self.answers() and self.in_recovery():
            return ""
        self.stop(60)
        control = self.control()
        return control["identifier"] if control["state"] == "shut down" else ""

    def follow(self, side: Side) -> None:
        if not self.pid():
            self.set_standby(side.conninfo(), side.move.sql_name)
            self.start()
        until(
            lambda: self.in_recovery() and self.streaming(),
            30,
            NOT_STREAMING,
            self.label,
            LOOK_AT_WAY,
        )
        self.drop_slot(side.move.sql_name)

    def look_at_source(self, side: Side, found: Findings) -> dict[str, Any]:  # noqa: ARG002
        return postgresql_look.source(self, found)

    def look_at_target(self, side: Side, found: Findings) -> dict[str, Any]:
        return postgresql_look.target(self, side, found)

    def prepare(self, side: Side, password: str) -> bool:
        from . import replication  # it uses sides, which use stores

        replication.keep_password(side.move, password)
        if side.kind != "source":
            return False
        return replication.prepare_primary(side.move, self, password)

    def offer(self, side: Side) -> dict[str, Any]:
        from . import replication

        return {
            "files": replication.configuration(self),
            "identifier": replication.copy_mark(side, self),
        }

    def copy(self, side: Side, offered: dict[str, Any], carrier: Carrier) -> dict[str, Any]:
        from . import replication

        return replication.copy(side, self, offered["files"], offered["identifier"], carrier)

    def dump(self, folder: Path, into: Into) -> list[dict[str, Any]]:
        from . import replication

        return replication.dump(self, folder, into)

    def retire(self, move: Move) -> bool:
        from . import replication

        return replication.retire(move, self)

    def put_away(self, move: Move, *, good: bool) -> None:
        from . import replication

        self.stop(60)
        if good:
            self.set_automatic({})  # standby.signal stays: if started, it takes no writes
        replication.forbid(move, self)
        start = self.configuration / "start.conf"
        if start.exists():
            write(start, "manual\n", start.stat().st_mode & 0o777)

    def release(self, move: Move) -> None:
        self.retire(move)
        self.set_automatic({})
