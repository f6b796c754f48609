"""The entrance of the city as tests use it: asking through it, and its HAProxy's admin socket."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.addresses import GATEWAY, SystemFact
from tests.lab.lab import Lab

MAP = "/etc/haproxy/hold.map"
ADMIN = (
    "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect('/run/haproxy/admin.sock');"
    "s.sendall(sys.argv[1].encode() + b'\\n'); sys.stdout.write(s.makefile().read())"
)
CURRENT_SESSIONS = 4  # column of `show stat`


def url(system: SystemFact, family: int, path: str = "") -> str:
    """Where the outside finds a system over IPv4 or IPv6; its check path unless told otherwise."""
    address = str(GATEWAY.address) if family == 4 else f"[{GATEWAY.address6}]"
    return f"http://{address}:{system.entrance_port}{path or system.check.path}"


def get(lab: Lab, system: SystemFact, family: int) -> str:
    """What a citizen reads at the system's check path; CalledProcessError unless it is a 2xx."""
    return lab.citizen.run(["curl", "-sSf", "-m", "30", url(system, family)]).stdout


def haproxy(lab: Lab, command: str) -> str:
    """A command on the admin socket of the gateway, and its answer."""
    return lab.hosts[GATEWAY.name].run(["/usr/bin/python3", "-c", ADMIN, command]).stdout


def set_hold(lab: Lab, system: SystemFact, seconds: int | None) -> None:
    """Holds new requests of a system for at most `seconds`; None releases them."""
    state = "open" if seconds is None else rf"hold\ {int(time.time()) + seconds}"
    for frontend in system.frontends:
        haproxy(lab, f"set map {MAP} {frontend} {state}")


@contextmanager
def held(lab: Lab, system: SystemFact, seconds: int) -> Iterator[None]:
    """The gateway holds the system for the block, or for `seconds` if that is less."""
    try:
        set_hold(lab, system, seconds)
        yield
    finally:
        set_hold(lab, system, None)


def sessions(lab: Lab, system: SystemFact) -> int:
    """Connections that the system's frontends have just now, held ones among them."""
    rows = [row.split(",") for row in haproxy(lab, "show stat").splitlines() if "," in row]
    mine = [row for row in rows if row[0] in system.frontends and row[1] == "FRONTEND"]
    return sum(int(row[CURRENT_SESSIONS]) for row in mine)
