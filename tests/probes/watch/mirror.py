"""A host that answers echoes as a test wants it to: twice, late, in another order, forged."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from probes.icmp import ICMP6_FILTER, REPLY, REQUEST, checksum
from tests.probes.conftest import sysctl

type Answering = Callable[[bytes], list[bytes]]
"""Request (from the ICMP header on) → what is sent back."""


def reply(family: int, request: bytes, *, flip: int | None = None) -> bytes:
    """The right answer, or one with a byte changed."""
    packet = bytearray(request)
    packet[0], packet[2:4] = REPLY[family], b"\0\0"
    if flip is not None:
        packet[flip] ^= 0xFF
    if family == 4:
        packet[2:4] = checksum(bytes(packet)).to_bytes(2)
    return bytes(packet)


@contextmanager
def mirror(family: int, answering: Answering) -> Iterator[str]:
    """Gives the address; the kernel's own answers are off in this namespace."""
    loop = asyncio.get_running_loop()
    if family == 4:
        sysctl("ipv4/icmp_echo_ignore_all", "1")
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    else:
        sysctl("ipv6/icmp/echo_ignore_all", "1")
        sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, bytes(32))
    address = "127.0.0.1" if family == 4 else "::1"
    sock.bind((address, 0))
    sock.setblocking(False)

    def heard() -> None:
        data, peer = sock.recvfrom(2048)
        packet = data[(data[0] & 15) * 4 :] if family == 4 else data
        if packet[0] == REQUEST[family]:
            for answer in answering(packet):
                sock.sendto(answer, peer)

    loop.add_reader(sock, heard)
    try:
        yield address
    finally:
        loop.remove_reader(sock)
        sock.close()
