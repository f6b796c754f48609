"""Sockets, connections and addresses in the shape that windows.ps1 gives them. Pure."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface
from typing import Any, Literal

from inventory.facts import Address, Connection, Interface, Socket
from probes.census.reading import clean, whole

_LISTEN, _ESTABLISHED = 2, 5  # MSFT_NetTCPConnection.State

Row = Mapping[str, Any]


def sockets(tcp: Sequence[Row], udp: Sequence[Row]) -> tuple[Socket, ...]:
    """What is listened on. A dual socket is listed by Windows under :: alone."""
    found: dict[Socket, None] = {}
    for protocol, row in [("tcp", r) for r in tcp if r.get("state") == _LISTEN] + [
        ("udp", r) for r in udp
    ]:
        address, port = _address(row.get("at")), whole(str(row.get("port")), 1, 65535)
        if address is None or port is None:
            continue
        told: Literal["tcp", "udp"] = "tcp" if protocol == "tcp" else "udp"
        found[
            Socket(
                protocol=told,
                family=4 if isinstance(address, IPv4Address) else 6,
                address=None if address.is_unspecified else address,
                port=port,
                process=clean(str(row["process"]), 60) if row.get("process") else None,
            )
        ] = None
    return tuple(found)


def connections(tcp: Sequence[Row], ssh: str) -> tuple[Connection, ...]:
    """Established ones with others, without our own visit (`ssh`: SSH_CONNECTION)."""
    words = ssh.split()
    mine = (words[0], words[3]) if len(words) == 4 else None
    found = []
    for row in tcp:
        here, there = _address(row.get("at")), _address(row.get("peer"))
        port, peer_port = whole(str(row.get("port"))), whole(str(row.get("peer_port")))
        if row.get("state") != _ESTABLISHED or None in (here, there, port, peer_port):
            continue
        if here is None or there is None or port is None or peer_port is None:
            continue
        if there.is_loopback or there == here or (str(there), str(port)) == mine:
            continue
        process = clean(str(row["process"]), 60) if row.get("process") else None
        found.append(
            Connection(address=here, port=port, peer=there, peer_port=peer_port, process=process)
        )
    return tuple(found)


def visitor(ssh: str) -> Address | None:
    words = ssh.split()
    return _address(words[0]) if len(words) == 4 else None


def addresses(rows: Sequence[Row]) -> tuple[Interface, ...]:
    """All but loopback's and those of one link only."""
    found = []
    for row in rows:
        address, length = _address(row.get("at")), whole(str(row.get("length")), 0, 128)
        if address is None or length is None or address.is_loopback or address.is_link_local:
            continue
        found.append(ip_interface(f"{address}/{length}"))
    return tuple(dict.fromkeys(found))


def _address(value: object) -> Address | None:
    try:
        address = ip_address(str(value).partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address
