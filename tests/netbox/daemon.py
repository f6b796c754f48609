"""A NetBox that stays when the command that started it has ended: `up`, `down`, and `serve` itself.

Its lock says whether it runs: held by `serve` as long as that lives, with its pid in it.
"""

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.netbox import install
from tests.netbox.keys import Keys, write_secret
from tests.netbox.server import NetBox

UPPER = 60
"""Seconds that stopping may take."""

type Say = Callable[[str, str], None]


class Failed(RuntimeError):
    """It did not come up, or does not go; the reason, in both languages."""


@dataclass(frozen=True)
class Place:
    """The folder of one lasting NetBox."""

    folder: Path

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        return self.folder / "daemon.log"

    @property
    def token(self) -> Path:
        """The admin's token alone (0600), for QIANYUN_NETBOX_TOKEN=file:…"""
        return self.folder / "token"

    @property
    def keys(self) -> Keys:
        return Keys.at(self.folder / "secrets.json")


@dataclass(frozen=True)
class Running:
    """What `serve` writes into its lock once NetBox answers."""

    pid: int
    url: str


def running(place: Place) -> Running | None:
    """The one that runs, or is about to (its url is empty then)."""
    with contextlib.suppress(FileNotFoundError), place.lock.open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            said = lock.read()
            return Running(**json.loads(said)) if said else Running(0, "")
    return None


def up(place: Place, port: int, say: Say) -> Running:
    """The running NetBox of this place, started where there is none. Failed otherwise."""
    make_folder(place)
    found = running(place)
    if found and found.url:
        return found
    if found:
        raise Failed(
            f"另一个命令正在启动或停止它，请稍后再试 / another command is starting or stopping it,"
            f" try again in a moment: {place.folder}"
        )
    words = [sys.executable, "-m", "tests.netbox", "serve", f"--folder={place.folder}"]
    with place.log.open("ab") as log:
        server = subprocess.Popen(
            [*words, f"--port={port}"],
            cwd=install.ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    try:
        return _await_ready(server, place, say)
    except BaseException:
        server.terminate()
        server.wait(UPPER)
        raise


def make_folder(place: Place) -> None:
    try:
        place.folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        place.log.touch()
    except OSError as error:
        raise Failed(
            f"不能写入文件夹，请用同一用户或另选 FOLDER= / this folder cannot be written, be the user"
            f" who made it or choose another by FOLDER=: {place.folder}: {error.strerror}"
        ) from error


def _await_ready(server: subprocess.Popen[bytes], place: Place, say: Say) -> Running:
    assert server.stdout
    for line in server.stdout:
        word: dict[str, Any] = json.loads(line)
        if "zh" in word:
            say(word["zh"], word["en"])
        elif "failed" in word:
            raise Failed(word["failed"])
        else:
            return Running(**word)
    raise Failed(f"NetBox 没有启动，见日志 / NetBox did not start, see the log: {place.log}")


def down(place: Place) -> bool:
    """Whether one ran; it has ended then, with all its processes."""
    found = running(place)
    if found is None:
        return False
    if not found.pid:
        raise Failed(f"正在启动，请稍后再试 / it is starting, try again: {place.folder}")
    with contextlib.suppress(ProcessLookupError):
        watched = os.pidfd_open(found.pid)
        try:
            if running(place) == found:  # so the number is still that of the one we mean
                signal.pidfd_send_signal(watched, signal.SIGTERM)
            if not select.select([watched], [], [], UPPER)[0]:
                raise Failed(f"{UPPER} 秒内没有停止 / it did not end in {UPPER} s: pid {found.pid}")
        finally:
            os.close(watched)
    return True


def serve(place: Place, port: int) -> int:
    """Holds a NetBox until SIGTERM, or until one of its servers ends by itself."""
    make_folder(place)
    lock = place.lock.open("w+", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _tell(failed=f"已在运行 / it is running already: {place.folder}")
        return 3
    wake, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _end)
    netbox = NetBox(place.folder, port=port, lasting=True, say=lambda zh, en: _tell(zh=zh, en=en))
    try:
        with netbox:
            netbox.start_worker()
            write_secret(place.token, netbox.token)
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(number, lambda *_: None)  # from here on the pipe tells
            ready = {"pid": os.getpid(), "url": netbox.url}
            json.dump(ready, lock)
            lock.flush()
            _tell(**ready)
            _hush()
            _await_end(wake, netbox)
    except (RuntimeError, OSError) as error:
        _tell(failed=str(error))
        return 3
    return 0


def _end(*_: object) -> None:
    raise SystemExit(0)  # while it starts: what has been started is stopped on the way out


def _await_end(wake: int, netbox: NetBox) -> None:
    names = {os.pidfd_open(pid): name for name, pid in netbox.pids.items() if name != "worker"}
    ended = select.select([wake, *names], [], [])[0]
    for end in ended:
        if end in names:
            print(f"{names[end]} 已结束，全部停止 / has ended, so all end", file=sys.stderr)


def _tell(**words: object) -> None:
    with contextlib.suppress(BrokenPipeError):
        print(json.dumps(words), flush=True)


def _hush() -> None:
    """Let go of the pipe to the command that started us."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
