"""MariaDB's Debian instance: dump, then replication by GTID, in either direction.

Halted means read_only: it lets nobody write who has no READ ONLY ADMIN, and waits for commits under
way; it stands in a file as well, with the last position, so that a restart does not undo it, and
whoever wrote all the same (only root could) is found out before the other side takes over.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import mariadb_copy, mariadb_look
from .errors import AgentError, Fenced
from .files import folder, read_json, write, write_json
from .move import Database, Move
from .proc import run
from .services import at_boot
from .sqlclient import CLIENT, SOCKET, SqlClient, literal, quoted
from .store import LOOK_AT_WAY, NOT_STREAMING, UNSTARTED, Into, Store, reachable, until
from .tunnel import HOST

if TYPE_CHECKING:
    from .preflight import Findings
    from .side import Side
    from .tree import Carrier

SERVICE = "mariadb"
PID = Path("/run/mysqld/mysqld.pid")
FENCE = Path("/etc/mysql/mariadb.conf.d/zz-qianyun.cnf")
HALTED = "# halted at "
RIGHTS = "SELECT, RELOAD, SHOW VIEW, EVENT, TRIGGER, LOCK TABLES, BINLOG MONITOR, REPLICATION SLAVE"
SUM = """
SELECT CONCAT('SELECT COUNT(*), COALESCE(SUM(CRC32(CONCAT_WS(CHAR(31), ',
  GROUP_CONCAT(CONCAT('IFNULL(`', REPLACE(column_name, '`', '``'), '`, CHAR(0))')
    ORDER BY ordinal_position), '))), 0) FROM `', REPLACE(table_schema, '`', '``'), '`.`',
  REPLACE(table_name, '`', '``'), '`')
FROM information_schema.columns WHERE table_schema = {schema} AND table_name = {table}
GROUP BY table_schema, table_name
"""


def gtids(text: str) -> dict[str, int]:
    """Sequence number by domain of a position such as `0-1-500,1-1-7`."""
    parts = (one.split("-") for one in text.replace(" ", "").split(",") if one)
    return {domain: int(number) for domain, _, number in parts}


class Mariadb(Store):
    files_fit_anywhere = True  # it goes as SQL
    user = "mysql"
    door = SOCKET

    def __init__(self, of: Database) -> None:
        self.of = of
        self._session: SqlClient | None = None

    @property
    def label(self) -> str:
        return f"mariadb {self.of.version}/{self.of.cluster}"

    @property
    def stem(self) -> str:
        return f"mariadb-{self.of.cluster}"

    @property
    def data(self) -> Path:
        return Path("/var/lib/mysql")

    # -- state -----------------------------------------------------------------------------------

    def session(self) -> SqlClient:
        if self._session is None or not self._session.alive:
            self._session = SqlClient()
        return self._session

    def close(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None

    def pid(self) -> int:
        try:
            pid = int(PID.read_text())
            name = Path(f"/proc/{pid}/comm").read_text().strip()
        except (OSError, ValueError):
            return 0
        return pid if name in ("mariadbd", "mysqld") else 0

    def answers(self) -> bool:
        done = run(["mariadb", *CLIENT, "--batch", "--skip-column-names", "-e", "SELECT 1"])
        return done.code == 0

    def replica(self) -> bool:
        """Whether it was told to follow another."""
        return bool(self.session().query("SHOW SLAVE STATUS"))

    def streaming(self) -> bool:
        sql = "SELECT variable_value FROM information_schema.global_status"
        return self.session().value(f"{sql} WHERE variable_name = 'SLAVE_RUNNING'") == "ON"

    def position(self) -> str:
        return self.session().value("SELECT @@global.gtid_binlog_pos")

    def state(self) -> dict[str, Any]:
        follows = self.replica()
        return {
            "in_recovery": follows,
            "streaming": follows and self.streaming(),
            "lsn": self.position(),
        }

    def identifier(self) -> str:
        return ""

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        return mariadb_look.tables(self.session())

    def counts(self, wanted: dict[str, list[Any]], seconds: float) -> dict[str, Any]:
        found: dict[str, Any] = {}
        session = self.session()
        session.query("SET SESSION group_concat_max_len = 1048576")
        for schema, names in wanted.items():
            for name in names:
                sql = session.value(SUM.format(schema=literal(schema), table=literal(str(name))))
                rows, total = session.value(sql, seconds).split("\t")
                found.setdefault(schema, {})[str(name)] = [int(rows), total]
        return found

    # -- sides -----------------------------------------------------------------------------------

    def warm(self) -> None:
        self.session().value("SELECT 1")

    def _fenced(self) -> str | None:
        """The position in the fence's file; None without one, '' for a standby's."""
        try:
            text = FENCE.read_text()
        except FileNotFoundError:
            return None
        return next((w[len(HALTED) :] for w in text.splitlines() if w.startswith(HALTED)), "")

    def fence(self, position: str) -> None:
        """Read-only, also after a restart."""
        self.session().query("SET GLOBAL read_only = 1")
        note = f"{HALTED}{position}\n" if position else ""
        write(FENCE, f"# qianyun\n{note}[mysqld]\nread_only=1\n")

    def _unfence(self) -> None:
        FENCE.unlink(missing_ok=True)
        self.session().query("SET GLOBAL read_only = 0")

    def halt(self, seconds: float) -> dict[str, str]:
        if self._fenced() is None:
            self.session().query("SET GLOBAL read_only = 1", seconds)
            self.fence(self.position())
        return self.halted()

    def halted(self) -> dict[str, str]:
        fenced, now = self._fenced(), self.position()
        read_only = self.session().value("SELECT @@global.read_only")
        if fenced != now or read_only != "1" or self.replica():
            raise AgentError(
                f"数据库未处于只读 / the database is not halted: {self.label}",
                read=f"read_only {read_only}, at {now}",
                expected=f"read_only 1, at {fenced}",
                do="查找绕过只读写入的账号 / look for who wrote in spite of read_only",
            )
        return {"state": "read only", "checkpoint": now}

    def caught_up(self, checkpoint: str) -> bool:
        have = gtids(self.session().value("SELECT @@global.gtid_slave_pos"))
        wanted = gtids(checkpoint)
        return all(have.get(domain, -1) >= number for domain, number in wanted.items())

    def promote(self, seconds: float, move: Move) -> dict[str, Any]:  # noqa: ARG002
        session = self.session()
        if self.replica():
            session.query("STOP SLAVE", seconds)
            session.query("RESET SLAVE ALL")
        self._unfence()
        return {"cluster": self.label, "lsn": self.position()}

    def start(self) -> None:
        if not (self.pid() and self.answers()):
            self.close()
            run(["service", SERVICE, "start"], seconds=60, marked=False)
            until(
                self.answers,
                60,
                UNSTARTED,
                self.label,
                "查看其日志 / read its log",
            )

    def serve(self) -> None:
        self.start()
        if self._fenced() is None:
            return
        if self.replica():
            raise Fenced(
                f"数据库正跟随另一端 / it follows the other side: {self.label}",
                read="a replica",
                expected="a halted primary",
                do="用 rollback.yml 回退 / go back by rollback.yml",
            )
        self._unfence()

    def retreat(self, side: Side) -> str:  # noqa: ARG002
        if self.pid() and self.replica():
            return ""
        self.start()
        self.fence("")
        return "stale"

    def follow(self, side: Side) -> None:
        self.start()
        if not self.replica():
            self.halted()
            self.session().query("SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos")
            self.receive(side)
        until(self.streaming, 30, NOT_STREAMING, self.label, LOOK_AT_WAY)
        self.fence("")

    def receive(self, side: Side, tunnel: int = 0) -> None:
        """Follows the other side from gtid_slave_pos on; `tunnel`: by that port of our own."""
        peer = side.move.target if side.kind == "source" else side.move.source
        port = tunnel or self.of.port
        host = HOST if tunnel else reachable((peer.address, peer.address6), port)
        session = self.session()
        session.query(
            f"CHANGE MASTER TO MASTER_HOST = {quoted(host)}, MASTER_PORT = {port},"
            f" MASTER_USER = {quoted(side.move.sql_name)}, MASTER_PASSWORD ="
            f" {quoted(self.password(side.move))}, MASTER_USE_GTID = slave_pos,"
            " MASTER_CONNECT_RETRY = 1, MASTER_HEARTBEAT_PERIOD = 2"
        )
        session.query("START SLAVE")

    # -- before and after ------------------------------------------------------------------------

    def look_at_source(self, side: Side, found: Findings) -> dict[str, Any]:  # noqa: ARG002
        return mariadb_look.source(self, found)

    def look_at_target(self, side: Side, found: Findings) -> dict[str, Any]:
        return mariadb_look.target(self, side, found)

    def compare(self, here: dict[str, Any], there: dict[str, Any], found: Findings) -> None:
        mariadb_look.compare(here, there, found)

    def password(self, move: Move) -> str:
        return (folder(move.code) / "secret").read_text().rstrip("\n")

    def _mark(self, move: Move) -> Path:
        return folder(move.code) / f"slot-{self.stem}.json"

    def prepare(self, side: Side, password: str) -> bool:
        """The account that may follow, by its hash, so that no log sees the password."""
        move = side.move
        if not re.fullmatch(r"[!-~]{12,200}", password):
            raise AgentError(
                "复制口令不合规 / the replication password is refused",
                read=f"{len(password)} characters",
                expected="12…200 printable ASCII characters",
                do="设置环境变量 QIANYUN_REPLICATION_PASSWORD / set QIANYUN_REPLICATION_PASSWORD",
            )
        write(folder(move.code) / "secret", password + "\n", 0o600)
        if side.kind != "source":
            return False
        session = self.session()
        twice = hashlib.sha1(hashlib.sha1(password.encode()).digest())  # noqa: S324 (its own format)
        native = "*" + twice.hexdigest().upper()
        hosts = ["localhost"]  # by the own socket comes the first copy
        hosts += [a for p in (move.source, move.target) for a in (p.address, p.address6)]
        there = session.value(
            f"SELECT COUNT(*) FROM mysql.user WHERE user = '{move.sql_name}'"  # noqa: S608
            f" AND authentication_string = '{native}'"
        )
        if int(there) != len(hosts):
            for host in hosts:
                who = f"'{move.sql_name}'@'{host}'"
                session.query(f"CREATE OR REPLACE USER {who} IDENTIFIED BY PASSWORD '{native}'")
                session.query(f"GRANT {RIGHTS} ON *.* TO {who}")
            write_json(self._mark(move), {"mark": secrets.token_hex(8)})
        return int(there) != len(hosts)

    def offer(self, side: Side) -> dict[str, Any]:
        return {"files": {}, "identifier": str(read_json(self._mark(side.move)).get("mark", ""))}

    def copy(self, side: Side, offered: dict[str, Any], carrier: Carrier) -> dict[str, Any]:
        return mariadb_copy.copy(self, side, str(offered["identifier"]), carrier)

    def dump(self, folder: Path, into: Into) -> list[dict[str, Any]]:
        path = folder / f"{self.stem}.sql"
        into(path, ["mariadb-dump", *CLIENT, *mariadb_copy.WHOLE, "--all-databases"], "")
        return [{"file": path.name, "of": self.label}]

    def retire(self, move: Move) -> bool:
        """Raises AgentError unless it runs as a primary."""
        if not self.pid() or self.replica():
            raise AgentError(
                f"数据库不是运行中的主库 / the database is not a running primary: {self.label}",
                read="a replica" if self.pid() else "down",
                expected="a primary that takes connections",
                do="启动该数据库后重试 / start it, then try again",
            )
        session, name = self.session(), move.sql_name
        hosts = session.query(f"SELECT host FROM mysql.user WHERE user = '{name}'")  # noqa: S608
        for host in hosts:
            session.query(f"DROP USER IF EXISTS '{name}'@{quoted(host)}")
        sql = f"SELECT id FROM information_schema.processlist WHERE user = '{name}'"  # noqa: S608
        for connection in session.query(sql):
            session.query(f"KILL {int(connection)}")
        for path in (self._mark(move), folder(move.code) / "secret"):
            path.unlink(missing_ok=True)
        return bool(hosts)

    def put_away(self, move: Move, *, good: bool) -> None:  # noqa: ARG002
        """Stopped, and read-only should anybody start it."""
        if self.pid():
            if self.replica():
                self.session().query("STOP SLAVE")
                self.session().query("RESET SLAVE ALL")
            self.fence("")
            self.close()
            run(["service", SERVICE, "stop"], seconds=120, marked=False)
        at_boot([SERVICE], False)
        (folder(move.code) / "secret").unlink(missing_ok=True)

    def release(self, move: Move) -> None:
        self.retire(move)
        at_boot([SERVICE], True)
