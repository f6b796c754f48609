"""Holds a lab's namespaces and ends the lab when its owner ends, however that happens.

A program of its own (standard library only), started by `Lab.up`. Argument: one JSON object
{"owner_fd": pidfd of the owner, "owner": its pid, "folder": str, "files": [names in the folder],
"registry": path, "nets": [names]}. It answers one JSON line {"init": pid, "nets": {name: fd}},
pid as the machine sees it, and then waits.

- Network namespaces live as open files here: no name, no process, nothing to forget.
- File systems live in this process's mount namespace: with it they go.
- Every host's processes live below the lab's PID namespace, whose first process dies with this one.
"""

import contextlib
import ctypes
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
LAST_SECONDS = 10.0


def make_namespaces(names: list[str]) -> dict[str, int]:
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    files = {}
    for name in names:
        os.unshare(os.CLONE_NEWNET)
        files[name] = os.open("/proc/self/ns/net", os.O_RDONLY)
    os.setns(home, os.CLONE_NEWNET)
    os.close(home)
    return files


def start_init() -> int:
    """Forks the first process of the lab's PID namespace, which only collects orphans."""
    keeper = os.getpid()
    home = os.open("/proc/self/ns/pid", os.O_RDONLY)
    os.unshare(os.CLONE_NEWPID)
    pid = os.fork()
    if pid:
        os.setns(home, os.CLONE_NEWPID)  # or our later children would be born in there
        os.close(home)
        return pid
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if not Path(f"/proc/{keeper}").exists():  # it died before the line above
        os._exit(1)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            signal.sigtimedwait([signal.SIGCHLD], 1.0)


def kill_inside(nets: dict[str, int], spare: set[int]) -> None:
    """Kills what callers left running in the lab's plain namespaces, and sees it gone."""
    inodes = {os.fstat(fd).st_ino for fd in nets.values()}
    deadline = time.monotonic() + LAST_SECONDS
    while time.monotonic() < deadline:
        found = False
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) in spare:
                continue
            with contextlib.suppress(OSError):
                if (entry / "ns/net").stat().st_ino in inodes:
                    os.kill(int(entry.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        time.sleep(0.01)


def remove(folder: Path, files: list[str], registry: Path) -> None:
    for name in files:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        folder.rmdir()
    registry.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        registry.parent.rmdir()


def main() -> None:
    order = json.loads(sys.argv[1])
    folder = Path(order["folder"])
    # A signal to end wakes the poll below through this pipe; nothing else may end this process.
    wake, woken = os.pipe()
    for end in (wake, woken):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(woken)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.unshare(os.CLONE_NEWNS)
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    mounts = folder / "mounts"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "lab", str(mounts)], check=True)
    nets = make_namespaces(order["nets"])
    init = start_init()
    print(json.dumps({"init": init, "nets": nets}), flush=True)
    os.close(1)
    ending = select.poll()
    ending.register(order["owner_fd"], select.POLLIN)
    ending.register(wake, select.POLLIN)
    ending.poll()
    os.kill(init, signal.SIGKILL)
    os.waitpid(init, 0)
    kill_inside(nets, {os.getpid(), order["owner"]})
    subprocess.run(["umount", "-R", "-l", str(mounts)], check=False)
    remove(folder, order["files"], Path(order["registry"]))


if __name__ == "__main__":
    main()
