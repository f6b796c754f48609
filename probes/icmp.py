"""ICMP echo: does the host answer at layer 3?

Uses an unprivileged ping socket where `net.ipv4.ping_group_range` allows it, else a raw socket
(CAP_NET_RAW). One request a second until the deadline: a single lost packet is no outage, and
the first one often only wakes neighbour discovery. With `target.count` above 1, that many are sent
at an even pace, and loss and jitter are told.
"""

import asyncio
import contextlib
import itertools
import secrets
import socket
import struct
import time

from probes.look import Look
from probes.loss import Train
from probes.model import Failure, Family, ProbeResult, Target

RESEND = 1.0  # seconds between requests
# Linux numbers that Python's socket module does not name.
SO_TIMESTAMPNS = 35
IP_RECVERR, IPV6_RECVERR = 11, 25
SOL_RAW, ICMP_FILTER, ICMP6_FILTER = 255, 1, 1
REQUEST = {4: 8, 6: 128}
REPLY = {4: 0, 6: 129}


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phase: answer (round trip; kernel receive time stamp where there is one)."""
    look = Look(target)
    try:
        sock, raw = open_socket(target.family)
    except PermissionError as error:
        return look.done(
            Failure.PERMISSION,
            error=error,
            expected="ping_group_range 含本组或 CAP_NET_RAW / this group in "
            "net.ipv4.ping_group_range, or CAP_NET_RAW",
        )
    except OSError as error:
        return look.broken(error, connected=True)
    echo = _Echo(sock, target.family, raw=raw)
    look.note(socket="raw" if raw else "ping")
    try:
        async with asyncio.timeout(deadline):
            sock.connect((target.address, 0))
            if target.count > 1:
                return _told(look, await echo.train(target.count, deadline))
            rtt = await echo.run()
    except OSError as error:
        return look.broken(error, connected=True, sent=len(echo.sent))
    finally:
        echo.close()
    look.time("answer", rtt)
    return look.done(sent=len(echo.sent))


def _told(look: Look, train: Train) -> ProbeResult:
    look.note(sent=train.sent, received=train.received, loss=f"{train.loss * 100:.1f} %")
    if not train.received:
        return look.done(Failure.TIMEOUT_ANSWER)
    for phase in ("answer", "best", "worst", "jitter"):
        look.time(phase, getattr(train, phase))
    return look.done()


def open_socket(family: Family) -> tuple[socket.socket, bool]:
    """A non-blocking socket, and whether it is raw. Raises OSError."""
    domain, protocol = (
        (socket.AF_INET, socket.IPPROTO_ICMP)
        if family == 4
        else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
    )
    raw = False
    try:
        sock = socket.socket(domain, socket.SOCK_DGRAM, protocol)
    except OSError:
        sock = socket.socket(domain, socket.SOCK_RAW, protocol)
        raw = True
        only_replies(sock, family)
    sock.setblocking(False)
    # Without it the kernel keeps "host unreachable" to itself and we would wait in vain.
    if family == 4:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return sock, raw


def only_replies(sock: socket.socket, family: Family) -> None:
    """Bits that are set are blocked, one bit per ICMP type."""
    if family == 4:
        mask = 0xFFFFFFFF & ~(1 << REPLY[4])
        sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", mask))
    else:
        words = [0xFFFFFFFF] * 8
        words[REPLY[6] >> 5] &= ~(1 << (REPLY[6] & 31))
        sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, struct.pack("=8I", *words))


class _Echo:
    """Requests and the wait for one matching reply on a connected socket."""

    def __init__(self, sock: socket.socket, family: Family, *, raw: bool) -> None:
        self.sent: dict[int, tuple[int, int]] = {}  # sequence → (real, monotonic) nanoseconds
        self._sock = sock
        self._family = family
        self._raw = raw
        self._id = secrets.randbits(16)  # a fixed one sticks in firewall sessions
        self._token = secrets.token_bytes(16)
        self._ready = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._ready.set)

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._sock.close()

    async def run(self) -> float:
        """Milliseconds of the first round trip that came back."""
        for sequence in itertools.count(1):
            self._send(sequence & 0xFFFF)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RESEND):
                    return await self._reply()
        raise AssertionError

    async def train(self, count: int, deadline: float) -> Train:
        """`count` requests at an even pace in the first half of the deadline, at least one
        a second; replies until the end."""
        loop = asyncio.get_running_loop()
        begun, pace = loop.time(), min(RESEND, deadline / 2 / count)
        heard: dict[int, float] = {}
        for number in range(1, count + 1):
            self._send(number & 0xFFFF)
            until = begun + (pace * number if number < count else deadline * 0.95)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(until):
                    while number < count or len(heard) < count:
                        sequence, rtt = await self._next()
                        heard.setdefault(sequence, rtt)
        return Train(count, tuple(heard[n] for n in sorted(heard)))

    def _send(self, sequence: int) -> None:
        packet = struct.pack("!BBHHH", REQUEST[self._family], 0, 0, self._id, sequence)
        packet += self._token
        if self._family == 4:  # over v6 the kernel fills it in
            packet = packet[:2] + struct.pack("!H", checksum(packet)) + packet[4:]
        self.sent[sequence] = time.time_ns(), time.perf_counter_ns()
        with contextlib.suppress(BlockingIOError):  # as good as lost on the way
            self._sock.send(packet)

    async def _reply(self) -> float:
        return (await self._next())[1]

    async def _next(self) -> tuple[int, float]:
        """Sequence and milliseconds of the next reply to one of ours."""
        while True:
            try:
                data, ancillary, _flags, _peer = self._sock.recvmsg(2048, 256)
            except BlockingIOError:
                self._ready.clear()
                await self._ready.wait()
                continue
            sequence = self._match(data)
            if sequence is not None and (sent := self.sent.get(sequence)):
                return sequence, round_trip(*sent, ancillary)

    def _match(self, data: bytes) -> int | None:
        """Which request this answers, or None if it answers none of ours."""
        if self._raw and self._family == 4 and data:
            data = data[(data[0] & 0x0F) * 4 :]  # raw v4 comes with its IP header
        if len(data) < 8 or data[8:] != self._token:
            return None
        kind, _code, _sum, ident, sequence = struct.unpack("!BBHHH", data[:8])
        # A ping socket gets an id from the kernel, which also filters by it.
        if kind != REPLY[self._family] or (self._raw and ident != self._id):
            return None
        return int(sequence)


def round_trip(real: int, monotonic: int, ancillary: list[tuple[int, int, bytes]]) -> float:
    """Milliseconds since a request was sent (nanoseconds of both clocks)."""
    elapsed = time.perf_counter_ns() - monotonic
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= 16:
            seconds, nanoseconds = struct.unpack("@ll", data[:16])
            stamped = seconds * 1_000_000_000 + nanoseconds - real
            if 0 < stamped < elapsed:  # else the clock was set meanwhile
                elapsed = stamped
    return elapsed / 1e6


def checksum(data: bytes) -> int:
    """RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF
