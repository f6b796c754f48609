"""The lab's networks: routers, bridges, cables and lines, all in namespaces of its own.

`core` joins the cloud, the exchange zone, ops and the outside; each room is a router of its own
behind its line, whose rate tbf holds both ways.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from tests.lab import shell
from tests.lab.addresses import (
    CITIZEN_NUMBER,
    LINES,
    OPS,
    OPS_NUMBER,
    OUTSIDE,
    PLACES,
    ROOMS,
    LineFact,
    Place,
)

CORE = "core"
NETS = (CORE, *(room.short for room in ROOMS), "ops", "citizen")
MARK = "LAB_OF_PROCESS"  # in the environment of whatever is started in a lab's plain namespaces


@dataclass(frozen=True)
class Namespace:
    """A network namespace with a file system and processes of the machine."""

    name: str
    path: str  # of the namespace file
    lab_id: str

    def command(self, argv: Sequence[str]) -> list[str]:
        """The argv that runs `argv` in this namespace. It execs: the pid is the program's own."""
        mark = f"{MARK}={self.lab_id}"
        return ["nsenter", f"--net={self.path}", "--", "env", mark, *argv]

    def run(
        self,
        argv: Sequence[str],
        *,
        check: bool = True,
        text: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(argv),
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            check=check,
            env=env,
            timeout=timeout,
        )

    def popen(
        self,
        argv: Sequence[str],
        *,
        stdin: int | IO[Any] | None = subprocess.DEVNULL,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(argv), stdin=stdin, stdout=stdout, stderr=stderr, env=env, text=True
        )

    @contextmanager
    def entered(self) -> Iterator[None]:
        """The calling thread (and threads and processes it starts) works in this namespace."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            there = os.open(self.path, os.O_RDONLY)
            try:
                os.setns(there, os.CLONE_NEWNET)
            finally:
                os.close(there)
            try:
                yield
            finally:
                os.setns(home, os.CLONE_NEWNET)
        finally:
            os.close(home)

    def ip(self, *lines: str) -> None:
        shell.run(["nsenter", f"--net={self.path}", "ip", "-batch", "-"], "\n".join(lines) + "\n")

    def sysctl(self, **values: int) -> None:
        """Sets net.* values; `__` in a name stands for a dot."""
        pairs = [f"net.{name.replace('__', '.')}={value}" for name, value in values.items()]
        shell.run(["nsenter", f"--net={self.path}", "sysctl", "-qw", *pairs])


@dataclass
class Network:
    """Every plain namespace of a lab by name, and what joins them."""

    namespaces: Mapping[str, Namespace]
    rates: dict[str, int] = field(default_factory=dict)

    def router(self, place: Place) -> Namespace:
        return self.namespaces[place.short if place in ROOMS else CORE]

    def build(self) -> None:
        for name in (CORE, *(room.short for room in ROOMS)):
            self.namespaces[name].sysctl(
                ipv4__ip_forward=1, ipv6__conf__all__forwarding=1, ipv6__conf__default__accept_dad=0
            )
        for place in PLACES:
            self.router(place).ip(
                "link set lo up",
                f"link add {place.short} type bridge mcast_snooping 0",
                f"addr add {place.address(1)}/{place.v4.prefixlen} dev {place.short}",
                f"addr add {place.address6(1)}/{place.v6.prefixlen} dev {place.short} nodad",
                f"link set {place.short} up",
            )
        for number, line in enumerate(LINES):
            self._lay(line, number)
        self._plug_in("ops", OPS, OPS_NUMBER)
        self._plug_in("citizen", OUTSIDE, CITIZEN_NUMBER)

    def _lay(self, line: LineFact, number: int) -> None:
        """A line: a cable between core and the room's router, with transit addresses of its own."""
        room = next(place for place in ROOMS if place.code == line.room)
        core, far = self.namespaces[CORE], self.namespaces[room.short]
        v4, v6 = f"10.255.{number}", f"fd00:255:{number}:"
        core.ip(
            f"link add up-{room.short} type veth peer name uplink netns {far.path}",
            f"addr add {v4}.1/30 dev up-{room.short}",
            f"addr add {v6}:1/64 dev up-{room.short} nodad",
            f"link set up-{room.short} up",
        )
        far.ip(
            f"addr add {v4}.2/30 dev uplink",
            f"addr add {v6}:2/64 dev uplink nodad",
            "link set uplink up",
            f"route add default via {v4}.1",
            f"route add default via {v6}:1",
        )
        core.ip(f"route add {room.v4} via {v4}.2", f"route add {room.v6} via {v6}:2")
        self.set_rate(line, line.kbit)

    def set_rate(self, line: LineFact, kbit: int) -> None:
        room = next(place for place in ROOMS if place.code == line.room)
        burst = max(16_000, kbit * 1000 // 8 // 50)  # 20 ms worth, and room for large packets
        shape = f"root tbf rate {kbit}kbit burst {burst} latency 100ms"
        for namespace, device in (
            (self.namespaces[CORE], f"up-{room.short}"),
            (self.namespaces[room.short], "uplink"),
        ):
            command = ["tc", "qdisc", "replace", "dev", device, *shape.split()]
            shell.run(["nsenter", f"--net={namespace.path}", *command])
        self.rates[line.code] = kbit

    def _plug_in(self, name: str, place: Place, number: int) -> None:
        """Joins a plain namespace to its place by a cable, as eth0."""
        namespace = self.namespaces[name]
        self.cable(place, number, f"p-{name}", namespace.path)
        namespace.ip(
            "link set lo up",
            "link set eth0 up",
            f"addr add {place.address(number)}/{place.v4.prefixlen} dev eth0",
            f"addr add {place.address6(number)}/{place.v6.prefixlen} dev eth0 nodad",
            f"route add default via {place.address(1)}",
            f"route add default via {place.address6(1)}",
        )

    def cable(self, place: Place, number: int, port: str, namespace: str) -> None:
        """A cable from the bridge of `place` to eth0 of a namespace (a pid or a path)."""
        # The address of the card follows from the IP address: a host that comes back is the same
        # card to its neighbours, which remember.
        card = ":".join(f"{byte:02x}" for byte in (2, 0, *place.address(number).packed))
        self.router(place).ip(
            f"link add {port} type veth peer name eth0 address {card} netns {namespace}",
            f"link set {port} master {place.short} up",
        )

    def unplug(self, place: Place, port: str) -> None:
        """Takes the cable away at once (the kernel would do it some time after the host died)."""
        router = self.router(place).path
        argv = ["nsenter", f"--net={router}", "ip", "link", "del", port]
        subprocess.run(argv, capture_output=True, check=False, env=shell.ENVIRONMENT)
