"""Owning every process of an attempt: start it, end it, and see it gone.

Each attempt runs in a cgroup of its own (v2: `cgroup.kill` takes all of it at once, whatever called
setsid). Where no cgroup can be made, the processes are found by a marker in their environment,
which children inherit; both ways outlive the worker, so that its successor can still clean up.
Facts: Linux kernel documentation, admin-guide/cgroup-v2, "cgroup.kill"; ansible-runner#973.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from migrator.errors import AttemptAlive

MARKER = "QIANYUN_ATTEMPT"
"""Environment variable that names the attempt, here and on the hosts."""

_POLL = 0.02
_SAFE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class Pen:
    """Where an attempt's processes live: a cgroup folder, or none (then the marker finds them)."""

    attempt: str
    cgroup: Path | None

    @classmethod
    def make(cls, attempt: str) -> "Pen":
        """A new pen below our own cgroup; without a writable cgroup v2, a pen by marker."""
        own = own_cgroup()
        if own is None:
            return cls(attempt, None)
        folder = own / f"qianyun-{attempt}"
        try:
            folder.mkdir()
        except OSError:
            return cls(attempt, None)
        if not (folder / "cgroup.kill").exists():
            folder.rmdir()
            return cls(attempt, None)
        return cls(attempt, folder)

    @classmethod
    def found(cls, attempt: str, cgroup: str) -> "Pen":
        """The pen of an earlier attempt, also when its worker died before it wrote down where."""
        if cgroup:
            return cls(attempt, Path(cgroup))
        own = own_cgroup()
        folder = own / f"qianyun-{attempt}" if own else None
        return cls(attempt, folder if folder and folder.exists() else None)

    def put(self, pid: int) -> None:
        while self.cgroup:
            try:
                (self.cgroup / "cgroup.procs").write_text(str(pid))
            except FileNotFoundError:  # swept by another dry run, while it was still empty
                self.cgroup.mkdir(exist_ok=True)
            else:
                return

    def pids(self) -> set[int]:
        """Who is still there; the dead that nobody has waited for do not count."""
        found = marked(self.attempt)
        if self.cgroup:
            with suppress(FileNotFoundError):
                found |= {int(n) for n in (self.cgroup / "cgroup.procs").read_text().split()}
        return {pid for pid in found if _alive(pid)}

    def empty(self, deadline: float) -> None:
        """Kill everything and see it gone within `deadline` seconds; AttemptAlive otherwise."""
        until = time.monotonic() + deadline
        killed: dict[int, str] = {}
        while True:
            if self.cgroup:
                with suppress(FileNotFoundError):
                    (self.cgroup / "cgroup.kill").write_text("1")
            for pid in marked(self.attempt):
                if born := _born(pid):
                    killed[pid] = born
                    _kill(pid)
            # who is dying has lost its environment already, and may hold its files still
            left = self.pids() | {pid for pid, born in killed.items() if _born(pid) == born}
            if not left:
                break
            if time.monotonic() > until:
                raise AttemptAlive(
                    f"尝试 {self.attempt} 的进程仍在 / processes of the attempt remain: "
                    f"{sorted(left)}; expected none after {deadline:.0f} s; "
                    "end them by hand, then retry"
                )
            time.sleep(_POLL)
        self._remove()

    def _remove(self) -> None:
        if self.cgroup and self.cgroup.exists():
            for _ in range(50):
                try:
                    self.cgroup.rmdir()
                    return
                except FileNotFoundError:
                    return
                except OSError:
                    time.sleep(_POLL)  # zombies hold the folder until they are waited for


def sweep(kind: str) -> int:
    """Remove the empty cgroups of pens whose name begins with `kind`: those of owners that died.

    One that holds a process stays (the kernel refuses), and who has just made one and put nobody in
    yet makes it again. How many were removed.
    """
    own = own_cgroup()
    removed = 0
    for folder in own.glob(f"qianyun-{kind}*") if own else ():
        with suppress(OSError):
            folder.rmdir()
            removed += 1
    return removed


def end_with(parent: int, attempt: str, also: Callable[[], None]) -> None:
    """See to it that this process and its pen end when process `parent` does, however that ends.

    For what nobody will take over; `also` is done last. By a pidfd (pidfd_open(2)) rather than
    PR_SET_PDEATHSIG (prctl(2)), which tells of the thread that started us, and tells only us.
    """
    try:
        watched = os.pidfd_open(parent)
    except ProcessLookupError:
        watched = None
    if watched is None or os.getppid() != parent:
        os._exit(2)

    def wait() -> None:
        select.select([watched], [], [])
        own = Pen.found(attempt, "")
        others = marked(attempt)  # without us
        while others:
            for pid in others:
                _kill(pid)
            others = {pid for pid in marked(attempt) if _alive(pid)}
        also()
        if own.cgroup:  # whoever dropped the marker, and we ourselves
            (own.cgroup / "cgroup.kill").write_text("1")
        os._exit(2)

    threading.Thread(target=wait, daemon=True).start()


def start_python(module: str, pen: Pen, env: Mapping[str, str], log: Path) -> subprocess.Popen[str]:
    """`python -m module` in `pen`, with only `env` and a safe PATH; it must wait for its input.

    The caller writes the input after the process is in its pen, so nothing runs outside of it;
    should the caller die first, the process reads end-of-file and has to exit.
    """
    clean = {
        "PATH": f"{Path(sys.executable).parent}:{_SAFE_PATH}",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        MARKER: pen.attempt,
        **env,
    }
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", module],
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=out,
            env=clean,
            start_new_session=True,
            text=True,
        )
    pen.put(process.pid)
    return process


def own_cgroup() -> Path | None:
    """The folder of our cgroup in the v2 hierarchy (alone or `unified` beside v1), if any."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    roots = [Path(fields[1]) for fields in mounts if fields[2] == "cgroup2"]
    ours = [
        line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line[:3] == "0::"
    ]
    if not roots or not ours:
        return None
    folder = roots[0] / ours[0].lstrip("/")
    while folder.name.startswith("qianyun-"):  # started from within an attempt: stay beside it
        folder = folder.parent
    return folder if os.access(folder, os.W_OK) else None


def marked(attempt: str) -> set[int]:
    """Processes of this machine whose environment names `attempt`."""
    needle = f"{MARKER}={attempt}".encode()
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if needle in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
            except OSError:
                continue  # gone meanwhile, or another user's
    return found


def _alive(pid: int) -> bool:
    return _born(pid) is not None


def _born(pid: int) -> str | None:
    """When process `pid` began (ticks since boot): tells it from a later one of the same number.

    None for the dead, also those that nobody has waited for yet (proc(5), /proc/PID/stat).
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else fields[19]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
