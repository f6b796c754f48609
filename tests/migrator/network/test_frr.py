"""FRR's commands on FRR: what is rendered is typed into it, and the kernel shows what became of it.
`make setup-roles` installs FRR."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Interface
from pathlib import Path

import pytest

from migrator.network.changes import Change, CloseExit, EnableIPv6, Interface, Rehome
from migrator.network.devices import Vendor, render
from tests.children import Child, spawn

pytestmark = pytest.mark.slow

UPPER = 30.0
PORT = Interface("eth0")
ADDRESS, GATEWAY = "192.0.2.2/24", "192.0.2.1"
CABLE = "ip link add eth0 type veth peer name far0; ip link set far0 up; ip link set eth0 up"
CONFIGURATION = {
    "zebra": f"interface eth0\n ip address {ADDRESS}\n exit\n",
    "staticd": f"ip route 0.0.0.0/0 {GATEWAY}\n",
}


@dataclass(frozen=True)
class Seen:
    """What the kernel has: addresses of the port (without those that it makes itself), gateways."""

    up: bool
    addresses: frozenset[str]
    gateways: tuple[str, ...]


@dataclass(frozen=True)
class Router:
    folder: Path
    pid: int

    def run(self, *argv: str, text: str = "") -> str:
        command = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--", *argv]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
        return done.stdout

    def type(self, text: str) -> str:
        """As an engineer pastes it."""
        return self.run("vtysh", "--vty_socket", str(self.folder), text=text)

    def seen(self) -> Seen:
        (port,) = json.loads(self.run("ip", "-j", "addr", "show", "eth0"))
        routes = json.loads(self.run("ip", "-j", "route") or "[]")
        return Seen(
            up="UP" in port["flags"],
            addresses=frozenset(
                f"{one['local']}/{one['prefixlen']}"
                for one in port["addr_info"]
                if one["scope"] != "link"
            ),
            gateways=tuple(r["gateway"] for r in routes if r["dst"] == "default"),
        )

    def until(self, wanted: Seen) -> None:
        deadline = time.monotonic() + UPPER
        while (found := self.seen()) != wanted:
            assert time.monotonic() < deadline, (found, wanted)
            time.sleep(0.05)


@pytest.fixture
def router() -> Iterator[Router]:
    """zebra and staticd in a namespace of their own, with a port and a default route."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="qy-frr-")))
        shutil.chown(folder, "frr", "frr")
        holder = spawn(
            ["unshare", "--net", "sh", "-c", f"{CABLE}; touch {folder}/cabled; exec sleep 600"],
            folder / "holder.log",
            environ=os.environ,
        )
        stack.callback(holder.kill)
        holder.wait_until((folder / "cabled").exists, UPPER)
        made = Router(folder, holder.pid)
        for name, text in CONFIGURATION.items():
            child = _daemon(made, name, text)
            stack.callback(child.kill)
        made.until(BEFORE)
        yield made


def _daemon(router: Router, name: str, text: str) -> Child:
    folder = router.folder
    (folder / f"{name}.conf").write_text(text)
    ours = {"-f": f"{name}.conf", "-i": f"{name}.pid", "-z": "zserv.api"}
    told = [word for flag, file in ours.items() for word in (flag, str(folder / file))]
    argv = [f"/usr/lib/frr/{name}", *told, "--vty_socket", str(folder)]
    inside = ["nsenter", f"--net=/proc/{router.pid}/ns/net", "--", *argv]
    child = spawn(inside, folder / f"{name}.log", environ=os.environ)
    child.wait_until((folder / f"{name}.vty").exists, UPPER)
    return child


BEFORE = Seen(up=True, addresses=frozenset({ADDRESS}), gateways=(GATEWAY,))
SIX = EnableIPv6(interface=PORT, address=IPv6Interface("2001:db8:1::1/64"))
EXIT = CloseExit(interface=PORT, gateway=IPv4Address(GATEWAY))
NEAR = Rehome(interface=PORT, old=IPv4Interface(ADDRESS), new=IPv4Interface("192.0.2.9/24"))
FAR = Rehome(interface=PORT, old=IPv4Interface(ADDRESS), new=IPv4Interface("198.51.100.2/25"))


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (SIX, Seen(True, frozenset({ADDRESS, "2001:db8:1::1/64"}), (GATEWAY,))),
        (EXIT, Seen(False, frozenset({ADDRESS}), ())),
        (NEAR, Seen(True, frozenset({"192.0.2.9/24"}), (GATEWAY,))),
        (FAR, Seen(True, frozenset({"198.51.100.2/25"}), ())),  # its gateway is out of reach there
    ],
    ids=["ipv6", "exit", "same-network", "other-network"],
)
def test_a_change_is_made_and_undone(router: Router, change: Change, after: Seen) -> None:
    commands = render(Vendor.FRR, change)
    assert "%" not in router.type(commands.forward)  # FRR begins its complaints with it
    router.until(after)
    assert "%" not in router.type(commands.back)
    router.until(BEFORE)
