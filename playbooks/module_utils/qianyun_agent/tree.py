"""Trees: their size and digest, and carrying them by rsync.

Rsync runs on the target and talks to `rsync --server --daemon` on the source, started by the
forced command of the move's key with a configuration of ours: so the client can name modules
(tree0, tree1 …) and nothing else on the source.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator, Sequence

from .errors import AgentError
from .move import Move
from .pace import Progress
from .proc import PROGRAM, run

VANISHED = 24  # rsync: files went away during the pass; fine while the system still serves


def walk(top: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below `top` with its lstat, as (path relative to top, stat); top itself is ''."""
    yield "", os.lstat(top)
    stack = [""]
    while stack:
        relative = stack.pop()
        try:
            entries = list(os.scandir(os.path.join(top, relative)))  # noqa: PTH118
        except FileNotFoundError:
            continue
        for entry in entries:
            name = os.path.join(relative, entry.name)  # noqa: PTH118
            try:
                found = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            yield name, found
            if stat.S_ISDIR(found.st_mode):
                stack.append(name)


def size(path: str) -> dict[str, int]:
    """{"bytes", "files"} of a tree: bytes as stored, entries of any kind."""
    total = files = 0
    for _, found in walk(path):
        total += max(found.st_blocks * 512, found.st_size if stat.S_ISREG(found.st_mode) else 0)
        files += 1
    return {"bytes": total, "files": files}


def _content(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as stream:  # noqa: PTH123
        while True:
            block = stream.read(1 << 20)
            if not block:
                return digest.hexdigest()
            digest.update(block)


class Digest:
    """SHA-256 over a tree: names, kinds, modes, owners, link targets and contents.

    Contents are remembered by inode, size, mtime and ctime, so that a second digest within the
    hold reads only what has changed.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._known: dict[str, tuple[tuple[int, int, int, int], str]] = {}

    def _of_file(self, name: str, found: os.stat_result) -> str:
        key = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        known = self._known.get(name)
        if known and known[0] == key:
            return known[1]
        value = _content(os.path.join(self.path, name))  # noqa: PTH118
        self._known[name] = (key, value)
        return value

    def _line(self, name: str, found: os.stat_result) -> str:
        head = f"{name}\0{found.st_mode:o}\0{found.st_uid}\0{found.st_gid}\0"
        if stat.S_ISREG(found.st_mode):
            return head + f"{found.st_size}\0{self._of_file(name, found)}"
        if stat.S_ISLNK(found.st_mode):
            return head + os.readlink(os.path.join(self.path, name))  # noqa: PTH115, PTH118
        if stat.S_ISBLK(found.st_mode) or stat.S_ISCHR(found.st_mode):
            return head + str(found.st_rdev)
        return head

    def read(self) -> dict[str, Any]:
        """{"digest", "files", "bytes"}; files that vanish meanwhile are left out."""
        lines, total = [], 0
        for name, found in walk(self.path):
            try:
                lines.append(self._line(name, found))
            except FileNotFoundError:
                continue
            total += found.st_size if stat.S_ISREG(found.st_mode) else 0
        whole = hashlib.sha256()
        for line in sorted(lines):
            whole.update(line.encode(errors="surrogateescape") + b"\n")
        return {"digest": whole.hexdigest(), "files": len(lines), "bytes": total}


def server_config(move: Move, *, writable: bool) -> str:
    """rsyncd.conf for the source: one module per tree."""
    lines = [
        "uid = 0", "gid = 0", "use chroot = yes", "numeric ids = yes", "munge symlinks = no",
        f"read only = {'no' if writable else 'yes'}", "list = no", "log file = /dev/null",
        "timeout = 120",
    ]  # fmt: skip
    for index, tree in enumerate(move.trees):
        lines += [f"[tree{index}]", f"path = {tree.path}"]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Carrier:
    """How the source is reached, and at which rate: the ssh command (words without blanks), its host
    name, and who keeps count."""

    ssh: Sequence[str]
    host: str
    attempt: str  # marks the server's process too, so that reap finds it
    lock: int  # descriptor that children keep, so that the work stays locked while one lives
    told: Progress

    @property
    def keep(self) -> list[int]:
        return [self.lock] if self.lock >= 0 else []

    @property
    def asked(self) -> str:
        """How a request begins that the port of the source understands."""
        return f"attempt={self.attempt}" if self.attempt else "rsync"

    def _command(self, back: bool) -> list[str]:
        """Who sends keeps the limit: the source, or we."""
        rate = str(self.told.kbps)
        ours = [PROGRAM, "outgoing", self.told.code, rate] if back else []
        return [
            "rsync", "-aHAXS", "--numeric-ids", "--delete", "--modify-window=-1", "--stats",
            "--timeout=120", "-e", " ".join([*ours, *self.ssh]),
            f"--rsync-path={self.asked}" + ("" if back else f" rate={rate}"),
        ]  # fmt: skip

    def carry(
        self, index: int, path: str, *, back: bool, final: bool, seconds: float
    ) -> dict[str, Any]:
        """One pass of tree `index`, to this host, or `back` to the source.

        `final`: nothing may vanish, and nobody is asked anything. Returns seconds and counts.
        """
        remote, local = f"{self.host}::tree{index}/", path + "/"
        if not back:
            Path(path).mkdir(parents=True, exist_ok=True)
        command = self._command(back) + ([local, remote] if back else [remote, local])
        started = time.monotonic()
        tick = None if final else self.told.tick
        done = run(command, seconds=seconds, keep=self.keep, tick=tick)
        if done.code not in ((0,) if final else (0, VANISHED)):
            raise _failure(path, done.code, done.output)
        return {
            "path": path,
            "seconds": round(time.monotonic() - started, 3),
            "files": _count(done.output, "Number of regular files transferred"),
            "bytes": _count(done.output, "Total transferred file size"),
        }


def _count(output: str, label: str) -> int:
    found = re.search(re.escape(label) + r": ([\d,.]+)", output)
    return int(re.sub(r"\D", "", found.group(1))) if found else 0


def _failure(path: str, code: int, output: str) -> AgentError:
    tail = " | ".join(line for line in output.strip().splitlines()[-6:] if line)
    if "No space left" in output or "Disk quota" in output:
        return AgentError(
            f"磁盘已满 / the disk is full: {path}",
            read=tail,
            expected="room for the whole tree",
            do="扩容该文件系统后重试，源端不受影响 / enlarge the file system and retry; the source serves on",
        )
    return AgentError(
        f"同步目录失败 / rsync failed: {path}",
        read=f"exit {code}: {tail}",
        expected="exit 0",
        do="检查线路与两端磁盘后重试 / check the line and both disks, then retry",
    )


def exists(path: str) -> bool:
    return Path(path).exists()


def disk_free(path: str) -> int:
    """Free bytes where `path` is, or would be made."""
    place = Path(path)
    while not place.exists():
        place = place.parent
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize
