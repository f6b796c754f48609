"""What the cutover does on a source or target host: fence, yield, activate, resume, follow.

Each method takes the token it acts under, may be repeated, and gives plain data. Work that
changes anything holds `ops.lock`, so that a second caller waits until a first one is through.
"""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from typing import Any, Iterator, Sequence

from . import engines, record, services
from .errors import AgentError, Fenced
from .files import folder, locked, read_json, write_json
from .move import Move
from .proc import PROGRAM, environment
from .store import Store
from .tree import Digest

COPYING, COPIED, STALE = "copying", "copied", "stale"


class Side:
    """The move's source or target, on the host itself."""

    def __init__(self, move: Move, kind: str) -> None:
        self.move, self.kind = move, kind
        self.clusters = [engines.store(database) for database in move.databases]
        self.digests = [Digest(tree.path) for tree in move.trees]

    def close(self) -> None:
        for cluster in self.clusters:
            cluster.close()

    @contextmanager
    def _work(self, token: int, seconds: float = 60) -> Iterator[None]:
        record.claim(self.move.code, token)
        with locked(folder(self.move.code) / "ops.lock", seconds, "ops"):
            yield

    # -- what a standby copy is worth ------------------------------------------------------------

    def base(self, cluster: Store) -> dict[str, Any]:
        """{"state": copying | copied | stale, "identifier"}; empty when there is no copy of ours."""
        return read_json(folder(self.move.code) / f"base-{cluster.stem}.json")

    def set_base(self, cluster: Store, state: str, identifier: str) -> None:
        value = {"state": state, "identifier": identifier}
        write_json(folder(self.move.code) / f"base-{cluster.stem}.json", value)

    def conninfo(self, hosts: Sequence[str] = (), port: int = 0) -> str:
        """How this side's clusters reach the other's; the password stays in a file. `hosts`, `port`:
        another way there."""
        peer = self.move.target if self.kind == "source" else self.move.source
        hosts = hosts or (peer.address, peer.address6)
        own = next(one.port for one in self.move.databases if one.engine == "postgresql")
        ports = ",".join([str(port or own)] * len(hosts))
        return (
            f"host={','.join(hosts)} port={ports} user={self.move.sql_name}"
            f" passfile={folder(self.move.code)}/pgpass application_name={self.move.sql_name}"
            " connect_timeout=3"
        )

    # -- looking -----------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Role record and clusters; changes nothing."""
        found = []
        for cluster in self.clusters:
            one: dict[str, Any] = {"cluster": cluster.label, "running": bool(cluster.pid())}
            one["base"] = self.base(cluster).get("state", "")
            if one["running"] and cluster.answers():
                one.update(cluster.state())
            found.append(one)
        return {"host": self.kind, "record": record.read(self.move.code).plain(), "clusters": found}

    def digest(self, *, writable_only: bool = False) -> dict[str, Any]:
        """Digest of each tree by path."""
        return {
            tree.path: digest.read()
            for tree, digest in zip(self.move.trees, self.digests)  # noqa: B905
            if tree.writable or not writable_only
        }

    def listed(self) -> dict[str, Any]:
        """Tables of each cluster, with a sign at those that fit the hold's budget."""
        return {cluster.label: cluster.tables() for cluster in self.clusters}

    def counted(self, wanted: dict[str, dict[str, list[Any]]], seconds: float) -> dict[str, Any]:
        """Rows and checksums of the tables wanted, by cluster, database and oid."""
        return {
            cluster.label: cluster.counts(wanted.get(cluster.label, {}), seconds)
            for cluster in self.clusters
        }

    def replayed(self, beyond: dict[str, str], seconds: float) -> dict[str, Any]:
        """Waits until each standby has replayed past its primary's shutdown checkpoint."""
        limit, found = time.monotonic() + seconds, {}
        for cluster in self.clusters:
            while not cluster.caught_up(beyond[cluster.label]):
                if time.monotonic() > limit:
                    raise AgentError(
                        f"备库未追平 / the standby has not caught up: {cluster.label}",
                        read=cluster.position(),
                        expected=f"> {beyond[cluster.label]}",
                        do="检查线路与复制，稍后再割接 / check the line and replication, cut over later",
                    )
                time.sleep(0.005)
            found[cluster.label] = cluster.position()
        return found

    def warm(self, token: int) -> dict[str, Any]:
        """Before the hold: opens sessions, reads every file once, flushes dirty pages."""
        record.claim(self.move.code, token)
        for cluster in self.clusters:
            cluster.warm()
        return {"trees": self.digest(), "tables": self.listed()}

    # -- giving up authority ---------------------------------------------------------------------

    def arm(self, token: int, seconds: float) -> dict[str, Any]:
        """Starts the watchdog that takes authority back when a fence outlives its deadline.

        `seconds` is how long the coming hold may last.
        """
        from .watchdog import armed  # it uses sides

        record.claim(self.move.code, token)
        child = subprocess.Popen(
            [PROGRAM, "watchdog", self.move.code, str(token), str(seconds)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(QIANYUN_CUTOVER=str(token)),
            cwd="/",
            start_new_session=True,
        )
        limit = time.monotonic() + 10
        while not armed(self.move.code, token):
            if time.monotonic() > limit or child.poll() is not None:
                raise self._unarmed()
            time.sleep(0.02)
        return {"watchdog": child.pid}

    @staticmethod
    def _unarmed() -> AgentError:
        return AgentError(
            "看门狗未运行，不能冻结 / the watchdog does not run, so nothing is fenced",
            read="no watchdog of this token",
            expected="one",
            do="查看该主机负载后重试 / look at the host's load, then retry",
        )

    def fence(self, token: int, seconds: float, *, stop: bool = False) -> dict[str, Any]:
        """active → fenced for at most `seconds`, and the services stop, unless `fenced_by_data`.

        `stop`: even then, since clients' connections go on and would write while tables are counted.
        """
        from .watchdog import armed  # it uses sides

        if not armed(self.move.code, token):
            raise self._unarmed()
        with self._work(token):
            started = time.monotonic()
            new = record.change(
                self.move.code, token, to=record.FENCED, frm=[record.ACTIVE], seconds=seconds
            )
            if stop or not self.move.fenced_by_data:
                services.stop(self.move.services, self.move.check.port, seconds)
            return {"deadline": new.deadline, "stopped_in": round(time.monotonic() - started, 3)}

    def halt(self, token: int, seconds: float) -> dict[str, Any]:
        """Stops the fenced clusters; gives state and checkpoint of each by label."""
        with self._work(token):
            self._still(token, record.FENCED)
            found = {}
            for cluster in self.clusters:
                found[cluster.label] = cluster.halt(seconds)
            return found

    def yield_up(self, token: int) -> dict[str, Any]:
        """fenced → yielded: this side will not resume by itself any more.

        What nobody can write is never fenced: it yields while it serves on.
        """
        with record.held(self.move.code) as now:
            frm, same = [record.ACTIVE], False
            if self.move.writes:
                frm, same = [record.FENCED], True
                silent = self.move.fenced_by_data or not services.listening(self.move.check.port)
                if now.boot != record.boot_id() or not silent:
                    raise Fenced(
                        "源端在割接中重启过或仍在服务 / this side was restarted, or still serves",
                        read=f"boot {now.boot}",
                        expected=f"boot {record.boot_id()}, services stopped",
                        do="割接已放弃，查明原因后再试 / find out why before the next try",
                    )
                for cluster in self.clusters:
                    cluster.halted()
            new = record.change_held(
                self.move.code, now, token, to=record.YIELDED, frm=frm, same_token=same
            )
        return new.plain()

    def _still(self, token: int, role: str) -> None:
        now = record.read(self.move.code)
        if now.role != role or now.token != token:
            raise Fenced(
                "已失去操作权 / authority was lost",
                read=f"{now.role} (token {now.token})",
                expected=f"{role} (token {token})",
                do="割接已放弃，查看日志 / the cutover gives up; read its journal",
            )

    # -- beside the one that serves --------------------------------------------------------------

    def stand_by(self, token: int) -> dict[str, Any]:
        """A standby's services start before they are needed; {"ready", "why"}.

        Those that cannot start over databases that take no writes are stopped again, and start
        when this side is the active one.
        """
        with self._work(token):
            self._still_any(token, (record.STANDBY,))
            try:
                services.start(self.move.services)
                return {"ready": True, "why": ""}
            except AgentError as error:
                services.stop(self.move.services, self.move.check.port)
                return {"ready": False, "why": str(error)}

    def stand_down(self, token: int) -> dict[str, Any]:
        """A standby's services stop, if they run; nothing happens on another side."""
        with self._work(token):
            if record.read(self.move.code).role == record.STANDBY:
                services.stop(self.move.services, self.move.check.port)
        return {}

    # -- taking authority ------------------------------------------------------------------------

    def activate(self, token: int, seconds: float) -> dict[str, Any]:
        """standby → active: promotes the clusters, then starts the services."""
        with self._work(token):
            record.change(self.move.code, token, to=record.ACTIVE, frm=[record.STANDBY])
            promoted = [cluster.promote(seconds, self.move) for cluster in self.clusters]
            started = time.monotonic()
            services.start(self.move.services, seconds)
            return {
                "promoted": promoted,
                "services_started_in": round(time.monotonic() - started, 3),
            }

    def resume(self, token: int, *, watchdog: bool = False) -> dict[str, Any]:
        """fenced or yielded → active again: clusters and services start where they were.

        `watchdog`: only if still fenced by this very token, and told nothing otherwise.
        """
        with locked(folder(self.move.code) / "ops.lock", 90, "ops"):  # noqa: SIM117
            with record.held(self.move.code) as now:
                mine = now.role == record.FENCED and now.token == token
                if watchdog and not mine:
                    return {"resumed": False}
                frm = [record.ACTIVE, record.FENCED, record.YIELDED]
                if not watchdog:
                    record.refuse_lower(now, token)
                if now.role in (record.FENCED, record.YIELDED) and self.move.fenced_by_data:
                    # They lost their databases under them: begun anew they surely have them again.
                    services.stop(self.move.services, self.move.check.port)
                if now.role in frm:
                    for cluster in self.clusters:
                        cluster.serve()
                    services.start(self.move.services)
                under = max(token, now.seen) if watchdog else token
                record.change_held(self.move.code, now, under, to=record.ACTIVE, frm=frm)
        return {"resumed": now.role != record.ACTIVE, "was": now.role}

    def retreat(self, token: int) -> dict[str, Any]:
        """active → standby, before any client was let in: what was promoted becomes stale."""
        with self._work(token, 90):
            now = record.read(self.move.code)
            if now.role == record.ACTIVE:
                if self.move.writes or self.kind == "target":
                    services.stop(self.move.services, self.move.check.port)
                for cluster in self.clusters:
                    identifier = cluster.retreat(self)
                    if identifier:
                        self.set_base(cluster, STALE, identifier)
            record.change(
                self.move.code, token, to=record.STANDBY, frm=["", record.ACTIVE, record.STANDBY]
            )
            return {"was": now.role}

    # -- after the switch ------------------------------------------------------------------------

    def follow(self, token: int) -> dict[str, Any]:
        """yielded → standby of the other side, so that the way back stays open."""
        with self._work(token, 90):
            self._still_any(token, (record.YIELDED, record.STANDBY))
            notes = services.at_boot(self.move.services, False)
            if self.move.writes or self.kind == "target":
                services.stop(self.move.services, self.move.check.port)
            for cluster in self.clusters:
                cluster.follow(self)
                self.set_base(cluster, COPIED, cluster.identifier())
            record.change(
                self.move.code, token, to=record.STANDBY, frm=[record.YIELDED, record.STANDBY]
            )
            return {"notes": notes, **self.state()}

    def _still_any(self, token: int, roles: tuple[str, ...]) -> None:
        now = record.read(self.move.code)
        if now.role not in roles:
            self._still(token, roles[0])

    def settle(self, token: int) -> dict[str, Any]:
        """The active side's services start at boot from now on."""
        with self._work(token):
            return {"notes": services.at_boot(self.move.services, True)}
