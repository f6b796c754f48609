"""A PostgreSQL server of one's own, on a unix socket; it ends with the process that started it."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.children import Child, spawn

UPPER = 60
"""Seconds that starting or stopping may take."""


def programs() -> Path | None:
    """The folder of the newest server's programs (Debian keeps them out of PATH), if any."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda found: int(found.parts[-3])
    )
    return folders[-1].parent if folders else None


@dataclass(frozen=True)
class Cluster:
    """`data` holds the files, `sockets` (0700, a short path) the socket; superuser postgres.

    PostgreSQL does not run as root: there it runs as the user postgres, who owns both folders.
    `lasting`: the data are to outlive the machine's fall (fsync).
    """

    data: Path
    sockets: Path
    lasting: bool = False

    def make(self) -> None:
        """Both folders and, where there is none, the cluster."""
        for folder in (self.data, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if os.getuid() == 0:
                user = pwd.getpwnam("postgres")
                os.chown(folder, user.pw_uid, user.pw_gid)
        if (self.data / "PG_VERSION").exists():
            return
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--username=postgres"]
        if not self.lasting:
            options.append("--no-sync")
        subprocess.run(
            [*self._as_user(), str(_program("initdb")), *options, f"--pgdata={self.data}"],
            check=True,
            cwd="/",
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=UPPER,
        )

    def start(self, log: Path) -> Child:
        """The running server; RuntimeError with the log's end where it does not come up."""
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "fsync": "on" if self.lasting else "off",
        }
        words = [w for name, value in options.items() for w in ("-c", f"{name}={value}")]
        server = spawn(
            [str(_program("postgres")), "-D", str(self.data), *words],
            log,
            environ=self._environment(),
            as_user=self._as_user(),
            # SIGQUIT is the quick end, with the server's own children; SIGINT the orderly one.
            orphaned=signal.SIGQUIT,
            ending=signal.SIGINT if self.lasting else signal.SIGQUIT,
        )
        server.wait_until(self.answers, UPPER)
        return server

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.sockets), user="postgres", dbname=database, autocommit=True
        )

    def answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _as_user(self) -> list[str]:
        """Words before a program: another user where we are root.

        Where that user may not pass the folders above the data (a checkout in root's home), the
        program is let pass: a capability that this process has and hands on.
        """
        if os.getuid() != 0:
            return []
        words = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        closed = [f for f in self.data.resolve().parents if not f.stat().st_mode & 0o001]
        if closed:
            words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
        return words

    @staticmethod
    def _environment() -> dict[str, str]:
        return {"PATH": f"{_program('initdb').parent}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def _program(name: str) -> Path:
    found = programs()
    if found is None:
        raise RuntimeError(
            "没有 PostgreSQL 服务端程序，请运行 make setup"
            " / no PostgreSQL server: expected /usr/lib/postgresql/*/bin; run `make setup`"
        )
    return found / name


@contextmanager
def server() -> Iterator[str]:
    """The URL of a new, empty cluster (user postgres); without fsync, since nothing has to last."""
    # not below pytest's folder: it is root's alone, and a socket's path may not be long
    root = Path(tempfile.mkdtemp(prefix="qianyun-pg-", dir="/tmp"))
    root.chmod(0o711)
    cluster = Cluster(root / "data", root / "run")
    running: Child | None = None
    try:
        cluster.make()
        running = cluster.start(root / "log")
        yield f"postgresql+psycopg://postgres@/postgres?host={cluster.sockets}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            if running:
                running.stop()
        shutil.rmtree(root, ignore_errors=True)
