"""`qianyun up` and `qianyun probe serve`: several children that live and die with one process.

Each child is started through `child.py`, so that it ends also when this process is killed; one
that ends by itself is started again. `up.json` says at any time who they are.
"""

import asyncio
import contextlib
import fcntl
import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from api.errors import AlreadyUp

LAUNCHER = Path(__file__).resolve().parent / "child.py"
STATE_FILE = "up.json"
LOCK_FILE = "up.lock"
LONGEST_PAUSE = 10.0
STEADY = 30.0
"""Seconds after which a child counts as well, and its next restart comes at once."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One child: its command, how it is told to end, and how long that may take (seconds).

    `orphaned`: the signal it gets when `up` itself was killed. `environment`: None inherits ours.
    `{ready}` in the command stands for a descriptor on which the child says that it is ready.
    """

    name: str
    command: tuple[str, ...]
    log: Path
    orphaned: signal.Signals
    grace: float
    environment: Mapping[str, str] | None = None


@dataclass
class _Child:
    part: Part
    process: asyncio.subprocess.Process | None = None
    ready: bool = False  # as it said itself, where it can


@dataclass
class Supervisor:
    """`parts` in the order in which they start; they end in the other order. All are ready when
    the part `awaited` has said so and the one that listens at the address `asked` is well."""

    state: Path
    parts: tuple[Part, ...]
    addresses: Mapping[str, str]
    on_death: Callable[[Part, int, float], None]
    awaited: str = "worker"
    asked: str = "api"
    _children: dict[str, _Child] = field(default_factory=dict)
    _announced: bool = False

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None]) -> None:
        """Keep every part alive until `stop`; `on_ready` once all of them answer."""
        self._children = {part.name: _Child(part) for part in self.parts}
        keepers = [
            asyncio.create_task(self._keep(child, stop)) for child in self._children.values()
        ]
        watcher = asyncio.create_task(self._announce(on_ready))
        try:
            await stop.wait()
        finally:
            watcher.cancel()
            for child in reversed(self._children.values()):
                await _end(child)
            await asyncio.gather(watcher, *keepers, return_exceptions=True)
            (self.state / STATE_FILE).unlink(missing_ok=True)

    async def _keep(self, child: _Child, stop: asyncio.Event) -> None:
        pause = 0.0
        while not stop.is_set():
            began = time.monotonic()
            reading = await self._start(child)
            code = await child.process.wait() if child.process else 0
            child.process, child.ready = None, False
            reading.cancel()
            if stop.is_set():
                return
            steady = time.monotonic() - began > STEADY
            pause = 0.0 if steady else min(LONGEST_PAUSE, max(0.2, pause * 2))
            self._write()
            self.on_death(child.part, code, pause)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause)

    async def _start(self, child: _Child) -> asyncio.Task[None]:
        """Start the child; the task reads whether it says that it is ready."""
        part = child.part
        reader, writer = os.pipe()
        launch = [sys.executable, "-I", "-S", str(LAUNCHER), str(int(part.orphaned))]
        command = [argument.replace("{ready}", str(writer)) for argument in part.command]
        with _open_log(part.log) as log:
            child.process = await asyncio.create_subprocess_exec(
                *launch,
                str(os.getpid()),
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=None if part.environment is None else dict(part.environment),
                pass_fds=(writer,),
                start_new_session=True,  # Ctrl-C is for us: we end them in order
            )
        os.close(writer)
        self._write()
        return asyncio.create_task(self._hear(child, reader))

    async def _hear(self, child: _Child, reader: int) -> None:
        """Wait for the child's word; a child that cannot speak closes the pipe and says nothing."""
        loop = asyncio.get_running_loop()
        heard = asyncio.Event()
        loop.add_reader(reader, heard.set)
        try:
            await heard.wait()
            child.ready = os.read(reader, 16) != b""
            self._write()
        finally:
            loop.remove_reader(reader)
            os.close(reader)

    async def _announce(self, on_ready: Callable[[], None]) -> None:
        """Once: the one has said so, and the other finds everything well."""
        while not (self._children[self.awaited].ready and await self._healthy()):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.1)
        self._announced = True
        self._write()
        on_ready()

    async def _healthy(self) -> bool:
        def look() -> bool:
            # not urllib: it would ask a proxy of the environment about our own loopback
            link = http.client.HTTPConnection(self.addresses[self.asked], timeout=5)
            try:
                link.request("GET", "/health")
                return link.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False
            finally:
                link.close()

        return await asyncio.to_thread(look)

    def _write(self) -> None:
        """Who we are, for tests and tools; whole or not at all."""
        pids = {name: c.process.pid for name, c in self._children.items() if c.process}
        told = {
            "pid": os.getpid(),
            "ready": self._announced,
            "children": pids,
            "addresses": dict(self.addresses),
        }
        aside = self.state / f"{STATE_FILE}.new"
        aside.write_text(json.dumps(told))
        aside.rename(self.state / STATE_FILE)


async def _end(child: _Child) -> None:
    """SIGTERM, then after the part's grace SIGKILL; returns when it is gone."""
    process = child.process
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), child.part.grace)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.contextmanager
def _open_log(path: Path) -> Iterator[IO[bytes]]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        yield log


@contextlib.contextmanager
def alone(state: Path, what: str = "qianyun up") -> Iterator[None]:
    """Hold the folder against another of the same; the lock goes with the process. AlreadyUp."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / LOCK_FILE).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyUp(
                f"此状态文件夹已有 {what} 在运行 / another `{what}` works on {state}; stop "
                f"it first (its pid is in {STATE_FILE}), or set QIANYUN_STATE to another folder"
            ) from error
        yield
