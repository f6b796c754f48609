"""The services of a system, in their order; of which kind each is, its name tells (units)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Sequence

from . import units
from .errors import AgentError

LISTEN = "0A"  # state of a listening socket in /proc/net/tcp


def known(name: str) -> bool:
    """Whether this host has such a service."""
    return units.of(name).known()


def running(name: str) -> bool:
    return units.of(name).running()


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
        units.of(name).start(seconds)


def stop(names: Sequence[str], port: int, seconds: float = 60) -> None:
    """Stops services in reverse order, and sees that nothing listens on `port` any more."""
    for name in reversed(names):
        units.of(name).stop(seconds)
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
    return [note for name in names if (note := units.of(name).at_boot(enabled))]
