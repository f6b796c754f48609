"""What the segment itself says: who answers for an address, and whether VRRP's packets get through.

Asked on the wire and not of the other host, so an address that a third machine has is found, and one
that two have. ARP is RFC 826, the probe of it RFC 5227; neighbour discovery RFC 4861.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import Callable, Optional, Set

from .errors import AgentError
from .vip import Vip, family

VRRP = 112  # IP protocol
PROBES, GAP = 3, 0.2  # an answer that takes longer than the last gap is one of another segment
GREETING = b"qianyun meet "
ETHERTYPE_ARP, ETHERTYPE_IPV4 = 0x0806, 0x0800
SOLICITATION, ADVERTISEMENT, SOURCE_OPTION, TARGET_OPTION = 135, 136, 1, 2
HOPS = 255  # what both protocols demand, and no router lets through


@dataclass(frozen=True)
class Interface:
    """The card that the host has its own address on."""

    name: str
    index: int
    mac: str


def _mac(raw: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in raw)


def who_has(card: Interface, own: str, address: str) -> Set[str]:
    """Hardware addresses of all other hosts of the segment that answer for `address`."""
    try:
        found = _arp(card, address) if family(address) == 4 else _ndp(card, own, address)
    except OSError as error:
        raise AgentError(
            f"无法在网段内询问地址 / the segment cannot be asked: {card.name}",
            read=error,
            expected="an open raw socket",
            do="检查网卡与权限 / look at the card, and at who runs this",
        ) from error
    return found - {card.mac}


def _gather(
    link: socket.socket, send: Callable[[], object], read: Callable[[bytes], Optional[str]]
) -> Set[str]:
    """Asks `PROBES` times and reads until the last gap is over."""
    found = set()
    for _ in range(PROBES):
        send()
        limit = time.monotonic() + GAP
        while (left := limit - time.monotonic()) > 0:
            if select.select([link], [], [], left)[0]:
                mac = read(link.recv(65536))
                found |= {mac} if mac else set()
    return found


def _arp(card: Interface, address: str) -> Set[str]:
    wanted, mac = ipaddress.IPv4Address(address).packed, bytes.fromhex(card.mac.replace(":", ""))
    head = b"\xff" * 6 + mac + struct.pack("!H", ETHERTYPE_ARP)
    # the sender's address is 0: nobody's table is changed by the question
    ask = struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, 1) + mac + bytes(4) + bytes(6) + wanted

    def read(frame: bytes) -> Optional[str]:
        answer = len(frame) >= 42 and struct.unpack("!H", frame[20:22])[0] == 2
        return _mac(frame[22:28]) if answer and frame[28:32] == wanted else None

    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ARP)) as link:
        link.bind((card.name, ETHERTYPE_ARP))
        return _gather(link, lambda: link.send(head + ask), read)


def _ndp(card: Interface, own: str, address: str) -> Set[str]:
    wanted, mac = ipaddress.IPv6Address(address).packed, bytes.fromhex(card.mac.replace(":", ""))
    group = ipaddress.IPv6Address(ipaddress.IPv6Address("ff02::1:ff00:0").packed[:13] + wanted[13:])
    ask = struct.pack("!BBHI", SOLICITATION, 0, 0, 0) + wanted + bytes((SOURCE_OPTION, 1)) + mac

    def read(packet: bytes) -> Optional[str]:
        if len(packet) < 32 or packet[0] != ADVERTISEMENT or packet[8:24] != wanted:
            return None
        return _mac(packet[26:32]) if packet[24] == TARGET_OPTION else None

    with _neighbourly(card, own) as link:
        return _gather(link, lambda: link.sendto(ask, (str(group), 0, 0, card.index)), read)


def announce(card: Interface, own: str, address: str, mac: str) -> None:
    """Tells the segment that `address` is at `mac` (RFC 5227, 3; RFC 4861, 7.2.6). Raises OSError."""
    where = bytes.fromhex(mac.replace(":", ""))
    if family(address) == 4:
        packed = ipaddress.IPv4Address(address).packed
        frame = b"\xff" * 6 + bytes.fromhex(card.mac.replace(":", ""))
        frame += struct.pack("!HHHBBH", ETHERTYPE_ARP, 1, ETHERTYPE_IPV4, 6, 4, 1)
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
            link.bind((card.name, 0))
            link.send(frame + where + packed + bytes(6) + packed)
        return
    override = 1 << 29
    told = struct.pack("!BBHI", ADVERTISEMENT, 0, 0, override)
    told += ipaddress.IPv6Address(address).packed + bytes((TARGET_OPTION, 1)) + where
    with _neighbourly(card, own) as link:
        link.sendto(told, ("ff02::1", 0, 0, card.index))


def _neighbourly(card: Interface, own: str) -> socket.socket:
    """A socket for neighbour discovery on this card."""
    link = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOPS)
    link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, card.index)
    link.bind((own, 0))
    return link


def meet(vip: Vip, side: str, seconds: float) -> bool:
    """Whether VRRP's packets get there and back; the other host asks the same at the same time.

    They are of a type that does not exist, so whoever speaks VRRP discards them (RFC 5798, 7.1). A raw
    socket is behind the host's firewall, as keepalived's is.
    """
    try:
        return _met(vip, vip.own(side)[0], vip.peer(side)[0], seconds)
    except OSError:  # no such address here, or no way there: the card and the wire tell more
        return False


def _met(vip: Vip, own: str, peer: str, seconds: float) -> bool:
    kind = socket.AF_INET if family(own) == 4 else socket.AF_INET6
    heard = known = False
    limit = time.monotonic() + seconds
    with socket.socket(kind, socket.SOCK_RAW, VRRP) as link:
        if kind == socket.AF_INET:
            link.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, HOPS)
        else:
            link.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, HOPS)
        link.bind((own, 0))
        while time.monotonic() < limit:
            done = heard and known
            for _ in range(3 if done else 1):  # the last one is missed if it gets lost
                link.sendto(_greeting(vip, heard), (peer, 0))
            if done:
                return True
            if select.select([link], [], [], 0.1)[0]:
                packet, sender = link.recvfrom(65536)
                _, mark, rest = packet.partition(GREETING + vip.name.encode() + b"=")
                if mark and sender[0] == peer:
                    heard, known = True, rest[:1] == b"1"
    return False


def _greeting(vip: Vip, heard: bool) -> bytes:
    """Version 3, type 15, and whether the other one has been heard."""
    head = struct.pack("!BBBBHH", 0x3F, vip.vrid, 0, 0, 0, 0)
    return head + GREETING + vip.name.encode() + b"=" + (b"1" if heard else b"0")
