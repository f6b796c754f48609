"""Redis as Debian's service: its own replication, in either direction.

Halted means CLIENT PAUSE … WRITE, which nobody can pass and which ends by itself; after that the
old primary is the new one's replica, and refuses writes for that.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import AgentError, Fenced
from .files import folder, read_json, write, write_json
from .move import Database, Move
from .proc import run
from .resp import Resp
from .services import at_boot
from .store import LOOK_AT_WAY, NOT_STREAMING, UNSTARTED, Address, Into, Store, reachable, until
from .tunnel import HOST, Tunnel

if TYPE_CHECKING:
    from .preflight import Findings
    from .side import Side
    from .tree import Carrier

SERVICE = "redis-server"
CONF = Path("/etc/redis/redis.conf")
PID = Path("/run/redis/redis-server.pid")
PAUSE_BEYOND = 2.0  # seconds that writes stay held beyond the hold, as the watchdog does
COPY_SECONDS = 6 * 3600.0
ASK = "由管理员调整后重试 / have it adjusted, then retry"


class Redis(Store):
    files_fit_anywhere = True  # it goes by the protocol
    user = "redis"

    def __init__(self, of: Database) -> None:
        self.of = of
        self._session: Resp | None = None
        self._halted = ("", 0.0)  # last offset, and until when writes are held

    @property
    def label(self) -> str:
        return f"redis {self.of.version}/{self.of.cluster}"

    @property
    def stem(self) -> str:
        return f"redis-{self.of.cluster}"

    @property
    def data(self) -> Path:
        return Path("/var/lib/redis")

    @property
    def door(self) -> Address:
        return (HOST, self.of.port)

    # -- state -----------------------------------------------------------------------------------

    def password_here(self) -> str:
        """The default user's, from this host's own configuration; '' without one."""
        try:
            lines = CONF.read_text().splitlines()
        except OSError:
            return ""
        found = [line.split(None, 1)[1] for line in lines if line.startswith("requirepass ")]
        return found[-1].strip().strip('"') if found else ""

    def ask(self, *words: str, seconds: float = 30) -> Any:
        """One command; raises AgentError for its refusal, and if the server does not answer."""
        try:
            if self._session is None:
                self._session = Resp(self.of.port, self.password_here())
            return self._session.ask(*words, seconds=seconds)
        except OSError as error:
            self.close()
            raise AgentError(
                f"数据库无应答 / no answer from the database: {self.label}",
                read=str(error), expected="an answer", do="查看其日志 / read its log",
            ) from error  # fmt: skip

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
        return pid if name == "redis-server" else 0

    def answers(self) -> bool:
        try:
            return bool(self.ask("PING") == "PONG")
        except AgentError:
            return False

    def info(self, section: str) -> dict[str, str]:
        pairs = (line.partition(":") for line in str(self.ask("INFO", section)).splitlines())
        return {name: value for name, colon, value in pairs if colon}

    def weight(self) -> int:
        """What it has in memory is what goes over."""
        return max(super().weight(), int(self.info("memory")["used_memory"]))

    def replica(self) -> bool:
        return self.info("replication")["role"] == "slave"

    def streaming(self) -> bool:
        now = self.info("replication")
        up = now.get("master_link_status") == "up"
        return up and now.get("master_sync_in_progress") == "0"

    def position(self) -> str:
        now = self.info("replication")
        return now["slave_repl_offset" if now["role"] == "slave" else "master_repl_offset"]

    def state(self) -> dict[str, Any]:
        follows = self.replica()
        return {
            "in_recovery": follows,
            "streaming": follows and self.streaming(),
            "lsn": self.position(),
        }

    def identifier(self) -> str:
        return ""

    def _keyspace(self) -> dict[str, tuple[int, int]]:
        """By database: keys, and those of them that expire."""
        found = {}
        for name, told in self.info("keyspace").items():
            match = re.match(r"keys=(\d+),expires=(\d+)", told)
            if match:
                found[name] = (int(match[1]), int(match[2]))
        return found

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        every = [{"oid": name, "table": name, "read": True} for name in self._keyspace()]
        return {"keyspace": every}

    def counts(self, wanted: dict[str, list[Any]], seconds: float) -> dict[str, Any]:  # noqa: ARG002
        """Keys that never expire: the others may go at any moment, on the primary first."""
        now = self._keyspace()
        asked = [str(name) for name in wanted.get("keyspace", [])]
        pairs = {name: now.get(name, (0, 0)) for name in asked}
        return {"keyspace": {name: [keys - going, ""] for name, (keys, going) in pairs.items()}}

    # -- sides -----------------------------------------------------------------------------------

    def warm(self) -> None:
        self.ask("PING")

    def halt(self, seconds: float) -> dict[str, str]:
        held = seconds + PAUSE_BEYOND
        self.ask("CLIENT", "PAUSE", str(int(held * 1000)), "WRITE")
        self._halted = (self.position(), time.monotonic() + held)
        return self.halted()

    def halted(self) -> dict[str, str]:
        offset, limit = self._halted
        if time.monotonic() > limit or self.replica():
            raise AgentError(
                f"数据库未处于冻结 / the database is not halted: {self.label}",
                read="a replica, or the pause is over",
                expected="a primary whose writes are held",
                do="割接将放弃并恢复源端 / the cutover gives up and the source resumes",
            )
        return {"state": "writes held", "checkpoint": offset}

    def caught_up(self, checkpoint: str) -> bool:
        return self.streaming() and int(self.position()) >= int(checkpoint)

    def promote(self, seconds: float, move: Move) -> dict[str, Any]:  # noqa: ARG002
        if self.replica():
            self.ask("REPLICAOF", "NO", "ONE", seconds=seconds)
        self._keep()
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
        if self.replica():
            raise Fenced(
                f"数据库正跟随另一端 / it follows the other side: {self.label}",
                read="a replica",
                expected="a halted primary",
                do="用 rollback.yml 回退 / go back by rollback.yml",
            )
        self.ask("CLIENT", "UNPAUSE")

    def retreat(self, side: Side) -> str:
        """It follows the other side again: what it was given meanwhile is thrown away."""
        if self.pid() and not self.replica():
            self._receive(side)
        return ""

    def follow(self, side: Side) -> None:
        self.start()
        if not self.replica():
            self._receive(side)
        until(self.streaming, 90, NOT_STREAMING, self.label, LOOK_AT_WAY)
        self.ask("CLIENT", "UNPAUSE")
        self._keep()

    def _receive(self, side: Side, tunnel: int = 0) -> None:
        """`tunnel`: by that port of our own."""
        move = side.move
        peer = move.target if side.kind == "source" else move.source
        host = HOST if tunnel else reachable((peer.address, peer.address6), self.of.port)
        self._set("masteruser", move.sql_name)
        self._set("masterauth", (folder(move.code) / "secret").read_text().rstrip("\n"))
        self.ask("REPLICAOF", host, str(tunnel or self.of.port))

    def _set(self, name: str, value: str) -> None:
        self.ask("CONFIG", "SET", name, value)

    def _keep(self) -> None:
        """What was set lasts over a restart."""
        self.ask("CONFIG", "REWRITE", seconds=60)
        if self.ask("CONFIG", "GET", "aclfile")[1]:
            self.ask("ACL", "SAVE")

    # -- before and after ------------------------------------------------------------------------

    def _looked(self, found: Findings) -> dict[str, Any]:
        if not (self.pid() and self.answers()):
            found.expect(
                False, f"数据库未运行 / the database is not running: {self.label}", "down", "online",
                "启动它 / start it",
            )  # fmt: skip
            return {}
        server, now = self.info("server"), self.info("replication")
        return {
            "version": server["redis_version"], "mode": server["redis_mode"], "role": now["role"],
            "keyspace": {name: list(pair) for name, pair in self._keyspace().items()},
            "maxmemory": int(self.info("memory").get("maxmemory", "0")),
            "used": int(self.info("memory").get("used_memory", "0")),
        }  # fmt: skip

    def _expect(self, good: bool, read: object, expected: str, found: Findings) -> None:
        what = f"数据库条件不符 / the database does not qualify: {self.label}"
        found.expect(good, what, read, expected, ASK)

    def look_at_source(self, side: Side, found: Findings) -> dict[str, Any]:  # noqa: ARG002
        state = self._looked(found)
        if state:
            self._expect(
                state["mode"] == "standalone", state["mode"], "standalone, no cluster", found
            )
            self._expect(state["role"] == "master", state["role"], "master", found)
            new = tuple(map(int, state["version"].split(".")[:2])) >= (6, 2)
            self._expect(new, state["version"], "≥ 6.2 (CLIENT PAUSE … WRITE)", found)
        return state

    def look_at_target(self, side: Side, found: Findings) -> dict[str, Any]:
        if side.base(self) and not self.pid():
            return {}  # a move that was given up stopped it; presync starts it
        state = self._looked(found)
        if state:
            empty = not state["keyspace"] or bool(side.base(self))
            self._expect(empty, state["keyspace"], "no keys, or our own copy", found)
        return state

    def compare(self, here: dict[str, Any], there: dict[str, Any], found: Findings) -> None:
        if not (here and there):
            return
        ours, theirs = (tuple(map(int, one["version"].split(".")[:2])) for one in (here, there))
        self._expect(ours >= theirs, here["version"], f"≥ {there['version']}", found)
        fits = not here["maxmemory"] or here["maxmemory"] > there["used"]
        self._expect(fits, f"maxmemory {here['maxmemory']}", f"> {there['used']}", found)

    def _mark(self, move: Move) -> Path:
        return folder(move.code) / f"slot-{self.stem}.json"

    def prepare(self, side: Side, password: str) -> bool:
        """The user that may follow, on both sides, since such users are not replicated."""
        if not re.fullmatch(r"[!-~]{12,200}", password):
            raise AgentError(
                "复制口令不合规 / the replication password is refused",
                read=f"{len(password)} characters",
                expected="12…200 printable ASCII characters",
                do="设置环境变量 QIANYUN_REPLICATION_PASSWORD / set QIANYUN_REPLICATION_PASSWORD",
            )
        self.start()
        move, digest = side.move, hashlib.sha256(password.encode()).hexdigest()
        write(folder(move.code) / "secret", password + "\n", 0o600)
        there = self.ask("ACL", "GETUSER", move.sql_name)
        if there and digest in str(there):
            return False
        rights = ("reset", "on", f"#{digest}", "-@all", "+psync", "+replconf", "+ping")
        self.ask("ACL", "SETUSER", move.sql_name, *rights)
        self._keep()
        if side.kind == "source":
            write_json(self._mark(move), {"mark": secrets.token_hex(8)})
        return True

    def offer(self, side: Side) -> dict[str, Any]:
        return {"files": {}, "identifier": str(read_json(self._mark(side.move)).get("mark", ""))}

    def copy(self, side: Side, offered: dict[str, Any], carrier: Carrier) -> dict[str, Any]:
        """A full synchronisation by the tunnel when it is new; what follows it asks of the source
        itself, which goes on where the tunnel ended."""
        base, identifier = side.base(self), str(offered["identifier"])
        self.start()
        at_boot([SERVICE], True)
        if self._keyspace() and not base:
            raise AgentError(
                f"目标数据库非空 / the target's server is not empty: {self.label}",
                read=str(self._keyspace()), expected="no keys, or our own copy",
                do="换用其他主机，或由管理员清空 / use another host, or have it emptied",
            )  # fmt: skip
        started = time.monotonic()
        wanted = {"state": "copied", "identifier": identifier}
        fresh = base != wanted or not self.replica()
        if fresh:
            side.set_base(self, "copying", identifier)
            with Tunnel(side, self, carrier) as tunnel:
                self._receive(side, tunnel.port)
                until(
                    self.streaming, COPY_SECONDS, NOT_STREAMING, self.label, LOOK_AT_WAY,
                    carrier.told.tick,
                )  # fmt: skip
                self._receive(side)
        until(self.streaming, 60, NOT_STREAMING, self.label, LOOK_AT_WAY)
        if fresh:
            self._keep()
            side.set_base(self, "copied", identifier)
        spent = round(time.monotonic() - started, 3)
        return {
            "cluster": self.label,
            "copied": fresh,
            "seconds": spent,
            "replayed": self.position(),
        }

    def dump(self, folder: Path, into: Into) -> list[dict[str, Any]]:  # noqa: ARG002
        path = folder / f"{self.stem}.rdb"
        command = ["redis-cli", "-p", str(self.of.port), "--rdb", str(path)]
        done = run(command, seconds=COPY_SECONDS, more={"REDISCLI_AUTH": self.password_here()})
        if done.code != 0 or not path.exists():
            raise AgentError(
                f"备份失败 / the backup failed: {path.name}", read=done.output[-600:],
                expected="exit 0", do="查看源端磁盘与日志 / look at the source's disk and log",
            )  # fmt: skip
        path.chmod(0o600)
        return [{"file": path.name, "of": self.label}]

    def retire(self, move: Move) -> bool:
        if not self.pid() or self.replica():
            raise AgentError(
                f"数据库不是运行中的主库 / the database is not a running primary: {self.label}",
                read="a replica" if self.pid() else "down",
                expected="a primary that takes connections",
                do="启动该数据库后重试 / start it, then try again",
            )
        had = bool(self.ask("ACL", "DELUSER", move.sql_name))  # and ends its connections
        self._forget(move)
        return had

    def _forget(self, move: Move) -> None:
        self._set("masteruser", "")
        self._set("masterauth", "")
        self._keep()
        for path in (self._mark(move), folder(move.code) / "secret"):
            path.unlink(missing_ok=True)

    def put_away(self, move: Move, *, good: bool) -> None:  # noqa: ARG002
        """Stopped. A replica stays one in its file: should anybody start it, it takes no writes."""
        if self.pid():
            self.ask("ACL", "DELUSER", move.sql_name)
            self._forget(move)
            self.close()
            run(["service", SERVICE, "stop"], seconds=120, marked=False)
        at_boot([SERVICE], False)

    def release(self, move: Move) -> None:
        self.retire(move)
        at_boot([SERVICE], True)
