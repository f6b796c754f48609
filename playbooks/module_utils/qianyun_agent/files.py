"""Files that outlive a crash: atomic writes with fsync, locks, marked lines, JSON."""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator

from .errors import Fenced

STATE = Path("/var/lib/qianyun")


def folder(code: str) -> Path:
    """The folder of a system on this host (it may not exist)."""
    return STATE / code


def ensure_folder(path: Path, mode: int = 0o711) -> Path:
    """Makes a folder of root's with `mode`, and its parents."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)
    return path


def sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write(path: Path, content: str, mode: int = 0o644, owner: str = "") -> bool:
    """Replaces a file atomically and durably; False when it already had content and mode.

    `owner` is a user's name; without it an existing file keeps its owner.
    """
    try:
        if path.read_text() == content and path.stat().st_mode & 0o777 == mode and not owner:
            return False
    except FileNotFoundError:
        pass
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    try:
        os.fchmod(handle, mode)
        if owner:
            user = pwd.getpwnam(owner)
            os.fchown(handle, user.pw_uid, user.pw_gid)
        elif path.exists():
            os.fchown(handle, path.stat().st_uid, path.stat().st_gid)
        with os.fdopen(handle, "w") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        temporary.unlink()
        raise
    temporary.replace(path)
    sync_folder(path.parent)
    return True


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; empty if there is no file."""
    try:
        value = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return value if isinstance(value, dict) else {}


def write_json(path: Path, value: dict[str, Any], mode: int = 0o644) -> None:
    write(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n", mode)


@contextmanager
def locked(path: Path, seconds: float = 10.0, what: str = "") -> Iterator[int]:
    """Holds an exclusive lock on a file, waiting up to `seconds`; yields its descriptor.

    A child that was given the descriptor keeps the lock beyond our death: that is how a second
    attempt sees that something of the first is still alive. Raises Fenced.
    """
    ensure_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    limit = time.monotonic() + seconds
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                if time.monotonic() >= limit:
                    raise Fenced(
                        f"另一进程正占用本系统 / another process is at work: {what or path.name}",
                        read=f"{path} locked",
                        expected="unlocked",
                        do="等待其结束，或用 reap.yml 清除后重试 / wait for it, or reap it and retry",
                    ) from None
                time.sleep(0.02)
        yield handle
    finally:
        os.close(handle)


def is_locked(path: Path) -> bool:
    """Whether a live process holds the lock."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _mark(code: str) -> str:
    return f"# qianyun {code}"


def set_marked_lines(
    path: Path, code: str, lines: list[str], mode: int = 0o600, owner: str = ""
) -> bool:
    """Makes `lines` the only ones of a text file that bear this system's mark (put on top).

    An empty list takes them out. Returns whether the file changed.
    """
    mark = _mark(code)
    try:
        old = path.read_text()
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        if not lines:
            return False
        old = ""
    kept = [line for line in old.splitlines() if not line.endswith(mark)]
    new = "".join(line + "\n" for line in [f"{line} {mark}" for line in lines] + kept)
    if new == old:
        return False
    return write(path, new, mode, owner)


def marked_lines(path: Path, code: str) -> list[str]:
    """The lines that bear this system's mark."""
    try:
        return [line for line in path.read_text().splitlines() if line.endswith(_mark(code))]
    except FileNotFoundError:
        return []
