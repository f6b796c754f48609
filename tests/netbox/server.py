"""`NetBox`: one running NetBox with its PostgreSQL, Redis and web server, and no other process."""

import contextlib
import json
import shutil
import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.children import Child, spawn
from tests.netbox import database, forked, install
from tests.netbox.keys import Keys, write_secret
from tests.netbox.redis import Redis
from tests.netbox.sockets import SocketFolder
from tests.postgres import Cluster

UPPER = 180
"""Seconds after which a NetBox that does not answer is given up."""

WORKERS = 2
THREADS = 2


def quiet(_zh: str, _en: str) -> None:
    """Says nothing."""


@dataclass
class NetBox:
    """State in `folder`, which may be kept: the next start goes on with the same data.

    `port` 0: a free one. `also`: further sockets that listen already: one that was made in another
    network namespace lets NetBox be reached there. `say` is told what takes a while.
    """

    folder: Path
    port: int = 0
    lasting: bool = False
    also: Sequence[socket.socket] = ()
    say: Callable[[str, str], None] = quiet
    _children: dict[str, Child] = field(default_factory=dict, init=False)
    _worker: forked.Worker | None = field(default=None, init=False)
    _reserved: socket.socket | None = field(default=None, init=False)
    _sockets: SocketFolder | None = field(default=None, init=False)

    # ── what others use ─────────────────────────────────────────────────────────────────────────

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        """The admin's, for `Authorization: Bearer …`; it may do everything."""
        return self.keys.token

    @property
    def keys(self) -> Keys:
        """The admin's name, password and token among them."""
        return Keys.at(self.folder / "secrets.json")

    @property
    def pids(self) -> dict[str, int]:
        """postgres, redis, web and, where one was started, worker."""
        found = {name: child.pid for name, child in self._children.items()}
        return found | ({"worker": self._worker.pid} if self._worker else {})

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Returns once NetBox answers; RuntimeError with what a program said where it does not."""
        install.require()
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._reserved = self._listen()  # a port that is taken is said before anything is made
        self._sockets = SocketFolder.make()
        try:
            self._start_database()
            self._start_redis()
            self._configure()
            self.start_web()
            if not database.exists(self.cluster, database.TEMPLATE):
                database.keep_as_template(self.cluster)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """No process is left. The data stay in the folder."""
        self.stop_worker()
        for name in ("web", "redis", "postgres"):
            self._stop_child(name)
        if self._sockets:
            self._sockets.remove()
            self._sockets = None
        if self._reserved:
            self._reserved.close()
            self._reserved = None

    def keep(self, name: str) -> None:
        """What NetBox holds now is what `reset(name)` goes back to; unless that is kept already."""
        if not self.keeps(name):
            database.keep_as_template(self.cluster, name)

    def keeps(self, name: str) -> bool:
        return database.exists(self.cluster, name)

    def reset(self, name: str = database.TEMPLATE) -> None:
        """As after the first start: an admin and a token, no other object. NetBox stays up."""
        database.reset(self.cluster, name)
        self._redis.flush()

    def shell(self, code: str) -> str:
        """Run Python inside NetBox, all its models at hand; what it printed.

        Each call is a process of its own. RuntimeError with the traceback when it fails.
        """
        return forked.run(self._path("shell.sock"), code)

    def start_worker(self) -> None:
        """What sends webhooks and does background jobs; returns once it is at work.

        It ends with the web server, from which it is forked.
        """
        self.stop_worker()
        self._redis.forget_workers()
        self._worker = forked.Worker.start(self._path("shell.sock"), self._redis.has_worker)

    def stop_worker(self) -> None:
        if self._worker:
            self._worker.stop()
            self._worker = None

    def start_web(self) -> None:
        """The web server, at the port it had before."""
        own = self._reserved or self._listen()
        order = {
            "listen": [listener.fileno() for listener in (own, *self.also)],
            "shell": str(self._path("shell.sock")),
            "workers": WORKERS,
            "threads": THREADS,
        }
        words = [str(install.VENV / "bin/python"), str(install.INSIDE / "boot.py")]
        self.say("启动 NetBox", "starting NetBox")
        web = self._spawn(
            "web",
            [*words, json.dumps(order)],
            orphaned=signal.SIGQUIT,  # gunicorn's quick end
            ending=signal.SIGQUIT,
            hand_over=order["listen"],  # type: ignore[arg-type]
        )
        own.close()  # or clients would wait for a server that has ended
        self._reserved = None
        web.wait_until(self.answers, UPPER)

    def stop_web(self) -> None:
        self.stop_worker()
        self._stop_child("web")

    def answers(self) -> bool:
        """Whether NetBox answers a request with the admin's token."""
        asked = urllib.request.Request(
            f"{self.url}/api/status/", headers={"Authorization": f"Bearer {self.token}"}
        )
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(asked, timeout=10):
                return True
        except urllib.error.HTTPError:
            raise
        except OSError:
            return False

    # ── how it is done ──────────────────────────────────────────────────────────────────────────

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.folder / "postgres", self._path("pg"), self.lasting)

    def _path(self, name: str) -> Path:
        if self._sockets is None:
            raise RuntimeError("NetBox 没有在运行 / this NetBox is not running")
        return self._sockets.path / name

    def _listen(self) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self.port))
        except OSError as error:
            listener.close()
            raise RuntimeError(
                f"端口 {self.port} 不可用，请另选一个"
                f" / port {self.port} cannot be had, choose another: {error}"
            ) from error
        listener.listen(128)
        self.port = listener.getsockname()[1]
        return listener

    @contextlib.contextmanager
    def backstage(self, dump: Path | None) -> Iterator[dict[str, str]]:
        """Database (restored from a dump, or empty) and Redis without NetBox.

        Gives the environment in which NetBox's commands find them.
        """
        self.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._sockets = SocketFolder.make()
        try:
            self._start_postgres()
            database.create(self.cluster)
            if dump:
                database.restore(self.cluster, dump)
            self._start_redis()
            self._configure()
            yield self._environment
        finally:
            self.stop()

    def _start_postgres(self) -> None:
        self.cluster.make()
        self._children["postgres"] = self.cluster.start(self.folder / "postgres.log")

    def _start_database(self) -> None:
        self._start_postgres()
        if database.exists(self.cluster, database.TEMPLATE):
            if not database.exists(self.cluster, database.LIVE):  # killed amid a reset
                database.reset(self.cluster)
            return
        self.say("恢复空的 NetBox 数据库", "restoring an empty NetBox database")
        with self.cluster.connect() as server:  # of a first start that did not come to its end
            server.execute(f"DROP DATABASE IF EXISTS {database.LIVE}")
        database.create(self.cluster)
        database.restore(self.cluster, install.DUMP)

    @property
    def _redis(self) -> Redis:
        return Redis(self._path("redis.sock"))

    def _start_redis(self) -> None:
        self._spawn("redis", self._redis.command).wait_until(self._redis.answers, UPPER)

    def _configure(self) -> None:
        conf = self.folder / "conf"
        conf.mkdir(mode=0o700, exist_ok=True)
        (conf / "__init__.py").touch()
        shutil.copyfile(install.INSIDE / "configuration.py", conf / "configuration.py")
        places = {
            "database": database.LIVE,
            "postgres": str(self._path("pg")),
            "redis": str(self._path("redis.sock")),
        }
        write_secret(conf / "facts.json", json.dumps(self.keys.as_dict() | places))

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "PATH": f"{install.VENV / 'bin'}:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "NETBOX_ROOT": str(self.folder),
        }

    def _spawn(
        self,
        name: str,
        words: Sequence[str],
        orphaned: signal.Signals = signal.SIGKILL,
        ending: signal.Signals = signal.SIGTERM,
        hand_over: Sequence[int] = (),
    ) -> Child:
        log = self.folder / f"{name}.log"
        child = spawn(
            words,
            log,
            environ=self._environment,
            orphaned=orphaned,
            ending=ending,
            hand_over=hand_over,
        )
        self._children[name] = child
        return child

    def _stop_child(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child:
            child.stop()
