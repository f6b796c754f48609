"""Services by Debian's `service NAME …`, which works with systemd and with LSB scripts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Sequence

from .errors import AgentError
from .proc import check, run

SYSTEMD = Path("/run/systemd/system")
LISTEN = "0A"  # state of a listening socket in /proc/net/tcp


def known(name: str) -> bool:
    """Whether this host has such a service."""
    if Path("/etc/init.d", name).exists():
        return True
    return SYSTEMD.is_dir() and run(["systemctl", "cat", f"{name}.service"]).code == 0


def running(name: str) -> bool:
    return run(["service", name, "status"], seconds=15, marked=False).code == 0


def listening(port: int) -> bool:
    """Whether anything listens on a TCP port of this host, on either family."""
    wanted = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except FileNotFoundError:
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == LISTEN and fields[1].endswith(wanted):
                return True
    return False


def start(names: Sequence[str], seconds: float = 60) -> None:
    """Starts services in their order; raises AgentError for the first that will not."""
    for name in names:
        check(
            ["service", name, "start"],
            doing=f"service {name} start",
            do=f"查看该服务日志 / read the logs of {name}",
            seconds=seconds,
            marked=False,
        )


def stop(names: Sequence[str], port: int, seconds: float = 60) -> None:
    """Stops services in reverse order, and sees that nothing listens on `port` any more."""
    for name in reversed(names):
        check(
            ["service", name, "stop"],
            doing=f"service {name} stop",
            do=f"查看该服务日志 / read the logs of {name}",
            seconds=seconds,
            marked=False,
        )
    limit = time.monotonic() + 5
    while names and listening(port):
        if time.monotonic() > limit:
            raise AgentError(
                "服务已停但端口仍在监听 / services stopped, yet the port is still served",
                read=f"port {port} listening",
                expected="nothing listening",
                do="在台账补齐该系统的全部服务 / declare every service of the system in the ledger",
            )
        time.sleep(0.01)


def at_boot(names: Sequence[str], enabled: bool) -> list[str]:
    """Sets whether services start at boot; returns notes about those that could not be set."""
    notes = []
    for name in names:
        done = run(["update-rc.d", name, "defaults"], seconds=30) if enabled else None
        if done is None or done.code == 0:
            done = run(["update-rc.d", name, "enable" if enabled else "disable"], seconds=30)
        if done.code != 0 and "no runlevel symlinks" not in done.output:
            notes.append(f"{name}: {done.output.strip()[-200:]}")
    return notes
