"""Starting programs: by list, with a clean environment, within a time limit."""

from __future__ import annotations

import os
import pwd
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Any, Callable, Sequence

from .errors import AgentError

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
PROGRAM = "/usr/local/lib/qianyun/agent"
ATTEMPT = "QIANYUN_ATTEMPT"
CUTOVER = "QIANYUN_CUTOVER"
TICK = 0.25


@dataclass(frozen=True)
class Done:
    """What a program left: exit code and its output (standard error is in `output` as well)."""

    code: int
    output: str


def environment(*, marked: bool = False, **more: str) -> dict[str, str]:
    """A small environment. `marked`: keep the attempt's marker, so that reap finds the child."""
    value = {"PATH": PATH, "LC_ALL": "C.UTF-8", "HOME": "/", **more}
    if marked:
        for name in (ATTEMPT, CUTOVER):
            if name in os.environ:
                value[name] = os.environ[name]
    return value


def as_user(name: str) -> dict[str, Any]:
    """Arguments of Popen that drop to a user; none when we already are that user."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam(name)
    return {
        "user": user.pw_uid,
        "group": user.pw_gid,
        "extra_groups": os.getgrouplist(name, user.pw_gid),
    }


def run(
    command: Sequence[str],
    *,
    seconds: float = 60,
    user: str = "",
    feed: str = "",
    marked: bool = True,
    keep: Sequence[int] = (),
    more: dict[str, str] | None = None,
    tick: Callable[[], object] | None = None,
) -> Done:
    """Runs a program to its end. `keep`: descriptors it inherits; `tick`: done each `TICK`
    meanwhile. Raises AgentError on time-out.

    Output goes through a file and not a pipe: a daemon that the program leaves behind would hold
    the pipe open for ever.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as source:
        source.write(feed.encode())
        source.seek(0)
        child = subprocess.Popen(
            list(command),
            stdin=source,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(marked=marked, **(more or {})),
            cwd="/",
            pass_fds=tuple(keep),
            start_new_session=True,
            **(as_user(user) if user else {}),
        )
        try:
            code = _wait(child, seconds, tick)
        except subprocess.TimeoutExpired:
            raise AgentError(
                f"程序超时 / a program took too long: {command[0]}",
                read=f"> {seconds:g} s",
                expected=f"≤ {seconds:g} s",
                do="查看该主机负载与日志 / look at the host's load and logs",
            ) from None
        finally:
            if child.poll() is None:
                os.killpg(child.pid, 9)
                child.wait()
        output.seek(0)
        return Done(code, output.read().decode(errors="replace"))


def _wait(child: subprocess.Popen[bytes], seconds: float, tick: Callable[[], object] | None) -> int:
    limit = time.monotonic() + seconds
    while tick is not None and time.monotonic() < limit:
        try:
            return child.wait(TICK)
        except subprocess.TimeoutExpired:
            tick()
    return child.wait(max(0.0, limit - time.monotonic()))


def check(command: Sequence[str], *, doing: str, do: str, **options: Any) -> str:
    """Like `run`, but an exit code other than 0 raises AgentError; returns the output."""
    done = run(command, **options)
    if done.code != 0:
        raise AgentError(
            f"命令失败 / a command failed: {doing}",
            read=f"exit {done.code}: {done.output.strip()[-800:]}",
            expected="exit 0",
            do=do,
        )
    return done.output
