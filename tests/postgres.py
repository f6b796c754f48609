"""A PostgreSQL server of one's own: made in a temporary folder, on a unix socket, gone at the end."""

import os
import pwd
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UPPER = 60
"""Seconds that starting or stopping may take."""


def programs() -> Path | None:
    """The folder of the newest server's programs (Debian keeps them out of PATH), if any."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@contextmanager
def server() -> Iterator[str]:
    """The URL of a new, empty cluster (user postgres); without fsync, since nothing has to last."""
    found = programs()
    if found is None:
        raise RuntimeError("no PostgreSQL server: expected /usr/lib/postgresql/*/bin; `make setup`")
    user = pwd.getpwnam("postgres")
    # not below pytest's folder: it is root's alone, and a socket's path may not be long
    root = Path(tempfile.mkdtemp(prefix="qianyun-pg-", dir="/tmp"))
    os.chown(root, user.pw_uid, user.pw_gid)
    data = root / "data"

    def run(*words: str) -> None:
        subprocess.run(
            words,
            check=True,
            user=user.pw_uid,
            group=user.pw_gid,
            extra_groups=[],
            cwd=root,
            env={"PATH": f"{found}:/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=UPPER,
        )

    try:
        run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", f"--pgdata={data}")
        options = f"-c listen_addresses='' -c unix_socket_directories={root} -c fsync=off"
        run("pg_ctl", "start", "-w", "-D", str(data), "-l", str(root / "log"), "-o", options)
        yield f"postgresql+psycopg://postgres@/postgres?host={root}"
    finally:
        _stop(data)
        shutil.rmtree(root, ignore_errors=True)


def _stop(data: Path) -> None:
    """SIGQUIT to the postmaster that we started: its children end with it; seen to be gone."""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        watched = os.pidfd_open(pid)
    except (OSError, ValueError, IndexError):
        return
    os.kill(pid, signal.SIGQUIT)
    select.select([watched], [], [], UPPER)
    os.close(watched)
