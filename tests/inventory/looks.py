"""Looks at hosts, made by hand: a host as careful as its ledger, with what a test changes."""

from ipaddress import ip_address, ip_interface
from typing import Any

from inventory.facts import (
    FACTS,
    Clock,
    Connection,
    Disk,
    Failure,
    Filesystem,
    HostFacts,
    Load,
    Look,
    Memory,
    OperatingSystem,
    Packages,
    Socket,
    Unread,
    Visit,
    Why,
)

GIB = 2**30
BEGUN = "2026-03-01T02:00:00.000+00:00"
WHOLE: dict[str, Any] = {
    "hostname": "web-01",
    "os": OperatingSystem(
        family="linux",
        id="kylin",
        name="Kylin Linux Advanced Server",
        version="V10",
        kernel="4.19.90",
    ),
    "arch": "aarch64",
    "cores": 8,
    "memory": Memory(total=int(15.6 * GIB), available=8 * GIB, swap=0),
    "model": "Huawei TaiShan 200",
    "disks": (Disk(name="sda", size=500 * 10**9),),
    "filesystems": (
        Filesystem(mount="/", device="/dev/sda1", type="xfs", size=460 * GIB, used=GIB),
    ),
    "sockets": (),
    "connections": (),
    "packages": Packages(manager="rpm", count=900, updated="2020-01-01T00:00:00+00:00"),
    "services": (),
    "databases": (),
    "jobs": (),
    "certificates": (),
    "logins": (),
    "routes": (),
    "clock": Clock(synchronised=True, source="chrony", offset=0),
    "load": Load(load=("0.00", "0.01", "0.05"), busy=12, uptime=86_400 * 300),
}


def facts(address: str, **changed: Any) -> HostFacts:
    """`changed`: facts by name; a Why instead of one: it could not be read."""
    told = WHOLE | {"addresses": (ip_interface(f"{address}/24"),)} | changed
    unread = tuple(Unread(fact=n, why=v) for n, v in told.items() if isinstance(v, Why))
    known = {n: v for n, v in told.items() if not isinstance(v, Why)}
    assert set(told) <= {*FACTS, "visitor"}
    return HostFacts(**known, unread=unread)


def look(code: str, address: str, number: int = 1, **changed: Any) -> Look:
    visit = Visit(
        code=code,
        address=address,
        way="ssh",
        begun=BEGUN,
        ended=BEGUN,
        facts=facts(address, **changed),
        evidence="0" * 64,
    )
    return Look(id=number, sweep="s", visit=visit)


def failed(code: str, failure: Failure, found_key: str = "", number: int = 1) -> Look:
    visit = Visit(
        code=code,
        address="10.0.0.1",
        way="ssh",
        begun=BEGUN,
        ended=BEGUN,
        failure=failure,
        found_key=found_key,
    )
    return Look(id=number, sweep="s", visit=visit)


def listens(*ports: int) -> tuple[Socket, ...]:
    return tuple(Socket(protocol="tcp", family=46, address=None, port=port) for port in ports)


def talks(here: str, port: int, peer: str, peer_port: int) -> Connection:
    return Connection(
        address=ip_address(here), port=port, peer=ip_address(peer), peer_port=peer_port
    )
