"""Killing what an attempt or a move left on this host, and seeing that it is gone."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path
from typing import Any, Callable, Dict, Sequence

from .errors import AgentError, BadMove
from .files import folder
from .proc import ATTEMPT, PROGRAM


def _ancestors() -> set[int]:
    found, pid = set(), os.getpid()
    while pid > 0:
        found.add(pid)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pid = int(fields[1])
    return found


def marked(attempts: Sequence[str]) -> dict[int, str]:
    """Processes (other than ours and our parents) that carry one of the markers: pid → name."""
    marks = {f"{ATTEMPT}={attempt}".encode() for attempt in attempts}
    spared, found = _ancestors(), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in spared:
            continue
        try:
            if marks & set((entry / "environ").read_bytes().split(b"\0")):
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    found[int(entry.name)] = (entry / "comm").read_text().strip()
        except (OSError, IndexError):
            continue
    return found


def reap(attempts: Sequence[str], seconds: float = 10) -> dict[str, Any]:
    """Kills them until none is left: {"killed": {pid: name}}; raises AgentError otherwise."""
    for attempt in attempts:
        if not re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", attempt):
            raise BadMove(
                "尝试编号不合规 / not an attempt's id",
                read=repr(attempt),
                expected="A-Z a-z 0-9 . _ : -",
                do="-",
            )
    return {"killed": _until_gone(lambda: marked(attempts), seconds), "left": 0}


def sessions(code: str) -> dict[int, str]:
    """Processes that serve the move's key, or use it, for one system: pid → name."""
    home = folder(code)
    spared, found = _ancestors(), {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in spared:
            continue
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            served = [PROGRAM, "port", code] in [words[at : at + 3] for at in range(len(words))]
            carried = any(word.startswith(f"--config={home}/rsyncd-") for word in words)
            if served or carried or f"{home}/ssh_config" in words:
                found[int(entry.name)] = (entry / "comm").read_text().strip()
        except OSError:
            continue
    return found


def end_sessions(code: str, seconds: float = 10) -> dict[str, str]:
    """Kills them until none is left; gives pid → name, or raises AgentError."""
    return _until_gone(lambda: sessions(code), seconds)


def _until_gone(find: Callable[[], Dict[int, str]], seconds: float) -> dict[str, str]:
    killed: dict[str, str] = {}
    limit = time.monotonic() + seconds
    while True:
        left = find()
        if not left:
            return killed
        if time.monotonic() > limit:
            raise AgentError(
                "仍有进程存活 / processes are still alive",
                read=left,
                expected="none",
                do="登录该主机排查 / look on the host: perhaps in uninterruptible sleep",
            )
        for pid, name in left.items():
            killed[str(pid)] = name
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)
