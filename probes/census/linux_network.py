"""Sockets, connections, addresses and routes as a Linux host tells them. Pure.

Sources: ss(8) from iproute2 2.6.32 (RHEL 6) on, netstat(8), ip(8), ifconfig(8) old and new.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Interface, ip_address, ip_interface, ip_network
from itertools import pairwise
from typing import Literal

from inventory.facts import Address, Connection, Interface, Route, Socket, Why
from probes.census.reading import NotRead, clean, whole
from probes.census.script import Answer

_NOWHERE = str(IPv4Address(0))


@dataclass(frozen=True)
class _Row:
    """A line of ss or netstat. `family` is told by netstat's protocol, or by the addresses."""

    protocol: str
    state: str
    at: str
    peer: str
    process: str | None


def sockets(answer: Answer) -> tuple[Socket, ...]:
    """What is listened on, once per protocol, address and port."""
    found: dict[tuple[str, int, Address | None, int], Socket] = {}
    for row in _rows(answer):
        end = _end(row.at)
        if row.state not in {"LISTEN", "UNCONN", ""} or end is None or not end[2]:
            continue
        if row.protocol.startswith("udp") and _port(row.peer) not in {0, None}:
            continue
        family, address, port = end
        if row.at.startswith("*:"):  # ss: one socket that takes both families
            family = 46
        elif row.protocol.endswith("6"):
            family = 6
        key = (row.protocol[:3], family, address, port)
        found.setdefault(
            key,
            Socket(
                protocol="udp" if row.protocol.startswith("udp") else "tcp",
                family=family,
                address=address,
                port=port,
                process=row.process,
            ),
        )
    return tuple(found.values())


def connections(answer: Answer) -> tuple[Connection, ...]:
    """Established TCP connections with others; our own, by which this was read, is left out."""
    mine = _visit(answer)
    found = []
    for row in _rows(answer):
        if row.state not in {"ESTAB", "ESTABLISHED"} or not row.protocol.startswith("tcp"):
            continue
        here, there = _end(row.at), _end(row.peer)
        if not here or not there or here[1] is None or there[1] is None:
            continue
        if there[1].is_loopback or there[1] == here[1]:
            continue
        if mine and there[1] == mine[0] and here[2] == mine[1]:
            continue
        found.append(
            Connection(
                address=here[1],
                port=here[2],
                peer=there[1],
                peer_port=there[2],
                process=row.process,
            )
        )
    return tuple(found)


def visitor(answer: Answer) -> Address | None:
    """From where we came, as sshd saw it (`SSH_CONNECTION`, ssh(1))."""
    mine = _visit(answer)
    return mine[0] if mine else None


def _visit(answer: Answer) -> tuple[Address, int] | None:
    words = answer.parts.get("visitor", "").split()
    if len(words) != 4:
        return None
    address, port = _address(words[0]), whole(words[3])
    return (address, port) if address and port else None


def _rows(answer: Answer) -> Iterator[_Row]:
    text = answer.parts.get("ss")
    if text is not None:
        parsed = [row for line in text.splitlines() if (row := _ss(line))]
    elif (text := answer.parts.get("netstat")) is not None:
        parsed = [row for line in text.splitlines() if (row := _netstat(line))]
    else:
        raise NotRead(Why.FAILED)
    if not parsed:  # sshd listens at least: nothing at all means that nothing was understood
        raise NotRead(Why.NOT_UNDERSTOOD, text)
    yield from parsed


def _ss(line: str) -> _Row | None:
    words = line.split()
    if len(words) < 6 or words[0] not in {"tcp", "udp"}:
        return None
    name = re.search(r'users:\(\("([^"]*)"', line)
    return _Row(words[0], words[1], words[4], words[5], clean(name[1], 60) if name else None)


def _netstat(line: str) -> _Row | None:
    words = line.split()
    if len(words) < 5 or not re.fullmatch(r"(tcp|udp)6?", words[0]):
        return None
    told = len(words) > 5 and re.fullmatch(r"[A-Z_]+[0-9]?", words[5]) is not None
    state = words[5] if told else ""
    name = re.search(r"\s\d+/(\S+)", line)
    return _Row(
        words[0], state, words[3], words[4], clean(name[1].rstrip(":"), 60) if name else None
    )


def _end(text: str) -> tuple[Literal[4, 6, 46], Address | None, int] | None:
    """(family, address or None for every one, port or 0 for any) of `10.0.0.1:22`, `[::]:22`,
    `*:22`, `:::22`, `10.0.0.1%eth0:68`."""
    where, colon, tail = text.rpartition(":")
    port = 0 if tail == "*" else whole(tail, 0, 65535)
    if not colon or port is None:
        return None
    where = where.strip("[]").partition("%")[0]
    if where in {"*", ""}:
        return 4, None, port
    address = _address(where if where != ":" else "::")
    if address is None:
        return None
    family: Literal[4, 6] = 4 if isinstance(address, IPv4Address) else 6
    return family, None if address.is_unspecified else address, port


def _port(text: str) -> int | None:
    tail = text.rpartition(":")[2]
    return 0 if tail == "*" else whole(tail, 0, 65535)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def addresses(answer: Answer) -> tuple[Interface, ...]:
    """All but loopback's and those of one link only."""
    if (text := answer.parts.get("ip")) is not None:
        told = re.findall(r"^\d+: \S+\s+inet6? (\S+)", text, re.M)
    elif (text := answer.parts.get("ifconfig")) is not None:
        told = list(_ifconfig(text))
    else:
        raise NotRead(Why.FAILED)
    if not told:
        raise NotRead(Why.NOT_UNDERSTOOD, text)
    found = (_interface(one) for one in told)
    return tuple(
        dict.fromkeys(
            one for one in found if one and not one.ip.is_loopback and not one.ip.is_link_local
        )
    )


def _interface(text: str) -> Interface | None:
    try:
        found = ip_interface(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Interface) and found.ip.scope_id:
        return None
    return found


def _ifconfig(text: str) -> Iterator[str]:
    """Old: `inet addr:10.0.0.1 … Mask:255.255.255.0`; new: `inet 10.0.0.1  netmask 255.255.255.0`."""
    for v4, mask in re.findall(r"inet (?:addr:)?([\d.]+)\b.*?(?:Mask:|netmask )([\d.x]+)", text):
        yield f"{v4}/{mask}"
    for v6, length in re.findall(r"inet6 ([0-9a-fA-F:]+)\s+prefixlen (\d+)", text):
        yield f"{v6}/{length}"
    for v6 in re.findall(r"inet6 addr: ?([0-9a-fA-F:]+/\d+)", text):
        yield v6


def routes(answer: Answer) -> tuple[Route, ...]:
    if "route" in answer.parts:
        texts = (answer.parts["route"], answer.parts.get("route6", ""))
        return tuple(
            route for text in texts for line in text.splitlines() if (route := _ip_route(line))
        )
    if "netstat" not in answer.parts:
        raise NotRead(Why.NO_COMMAND)
    found = []
    for line in answer.parts["netstat"].splitlines():
        words = line.split()
        if len(words) >= 8 and _address(words[0]) and _address(words[2]):
            network = ip_network(f"{words[0]}/{words[2]}", strict=False)
            to = str(network) if network.prefixlen else "default"
            found.append(
                Route(
                    to=to,
                    via="" if words[1] == _NOWHERE else words[1],
                    device=clean(words[7], 30),
                )
            )
    return tuple(found)


def _ip_route(line: str) -> Route | None:
    words = line.split()
    if not words or words[0] in {
        "broadcast",
        "local",
        "multicast",
        "anycast",
        "fe80::/64",
        "ff00::/8",
    }:
        return None
    if words[0] in {"unreachable", "blackhole", "prohibit", "throw"} or line[0].isspace():
        return None
    after = dict(pairwise(words))
    return Route(
        to=clean(words[0], 60),
        via=clean(after.get("via", ""), 60),
        device=clean(after.get("dev", ""), 30),
    )
