"""ICMP echo for very many targets over one socket of a family. Ours, since nothing else is quick.

- A reply is known by a secret of this process in its payload, the target's slot and a serial number,
  and must come from the address that was asked: duplicates, late ones and other people's are told
  apart, nothing can be forged blindly. The ICMP id is random and drawn anew after a loss, because a
  firewall's broken session sticks to it.
- The kernel stamps arrivals (SO_TIMESTAMPNS), so our own delay is in no round trip, and replies are
  read until there are none left before anything is called lost.
- What this machine did not send, or threw away unread (SO_RXQ_OVFL), is `unmeasured`, never loss.

Raw sockets need CAP_NET_RAW; else ping sockets (`net.ipv4.ping_group_range`).
"""

import random
import secrets
import socket
import struct
import time
from collections import deque
from collections.abc import Callable

from probes.failures import BY_ERRNO, OURS
from probes.icmp import (
    IP_RECVERR,
    IPV6_RECVERR,
    REPLY,
    REQUEST,
    SO_TIMESTAMPNS,
    only_replies,
    round_trip,
)
from probes.model import Failure, Family

SO_RXQ_OVFL = 40
SO_RCVBUFFORCE = 33
MSG_ERRQUEUE = 0x2000
RECEIVE_BUFFER = 16 << 20  # bytes; the kernel gives what it may
AT_ONCE = 4096  # replies read in one go, so that sending is not starved
_any = random.getrandbits  # ids differ and hide nothing: the secret below does that
LOCAL = 1  # SO_EE_ORIGIN_LOCAL: told by this machine's own stack
_PACKET = struct.Struct("!BBHHH8sII")
_TOKEN = struct.Struct("!8sII")
_EXTENDED = struct.Struct("=IBBBBII")


class Ping:
    """One target and its look under way. `serial` counts requests."""

    __slots__ = ("address", "drops", "ident", "mono", "real", "serial", "slot", "to", "waiting")

    def __init__(self, slot: int, address: str, family: Family) -> None:
        self.slot = slot
        self.address = address
        self.to = (address, 0) if family == 4 else (address, 0, 0, 0)
        self.ident = _any(16)
        self.serial = _any(30)
        self.real = self.mono = self.drops = 0
        self.waiting = False


class Outcomes:
    """Where the looks end: one function each. `stray` is a reply that was nobody's."""

    __slots__ = ("answered", "duplicate", "failed", "late", "stray", "unmeasured")

    def __init__(
        self,
        *,
        answered: Callable[[int, float], None],
        failed: Callable[[int, Failure], None],
        unmeasured: Callable[[int], None],
        duplicate: Callable[[int], None],
        late: Callable[[int], None],
        stray: Callable[[], None],
    ) -> None:
        self.answered, self.failed, self.unmeasured = answered, failed, unmeasured
        self.duplicate, self.late, self.stray = duplicate, late, stray


class Echo:
    """One family. `send` begins a look, `read` takes what came, `expire` ends those overdue."""

    def __init__(self, family: Family, outcomes: Outcomes) -> None:
        """Raises OSError (EACCES, EPERM) where neither kind of socket is allowed."""
        self.family = family
        self.drops = 0  # replies that the kernel threw away unread, as it tells them
        self.told_drops = 0
        self.sent = self.received = self.unsent = 0
        self._outcomes = outcomes
        self._pings: dict[int, Ping] = {}
        self._at: dict[str, list[Ping]] = {}
        self._due: dict[float, deque[tuple[float, int, Ping]]] = {}
        self._secret = secrets.token_bytes(8)
        self._sum = sum(struct.unpack("!4H", self._secret)) + (REQUEST[4] << 8)
        self.sock, self.raw = _open(family)
        # Bytes before the ICMP header: raw v4 sockets show the IP header, whose length varies.
        self._headed = self.raw and family == 4

    def close(self) -> None:
        self.sock.close()

    def add(self, slot: int, address: str) -> Ping:
        ping = Ping(slot, address, self.family)
        self._pings[slot] = ping
        self._at.setdefault(address, []).append(ping)
        return ping

    def remove(self, ping: Ping) -> None:
        """What is under way for it ends without an outcome."""
        ping.waiting = False
        del self._pings[ping.slot]
        same = self._at[ping.address]
        same.remove(ping)
        if not same:
            del self._at[ping.address]

    def send(self, ping: Ping, now: float, wait: float) -> None:
        """Begin a look that may take `wait` seconds (less than the time to the next)."""
        if ping.waiting:  # the one before has not ended: its end is told first
            self._lost(ping)
        ping.serial = serial = (ping.serial + 1) & 0xFFFFFFFF
        sequence = serial & 0xFFFF
        head = self._sum + ping.ident + sequence + (ping.slot >> 16) + (ping.slot & 0xFFFF)
        total = head + (serial >> 16) + sequence
        total = (total >> 16) + (total & 0xFFFF)
        total = ~(total + (total >> 16)) & 0xFFFF if self.family == 4 else 0
        packet = _PACKET.pack(
            REQUEST[self.family], 0, total, ping.ident, sequence, self._secret, ping.slot, serial
        )
        ping.waiting, ping.drops = True, self.drops
        ping.real, ping.mono = time.time_ns(), time.perf_counter_ns()
        try:
            self.sock.sendto(packet, ping.to)
        except OSError as error:
            if not self._sent_after_all(packet, ping, error):
                return
        self.sent += 1
        queue = self._due.get(wait)
        if queue is None:
            queue = self._due[wait] = deque()
        queue.append((now + wait, serial, ping))

    def read(self) -> bool:
        """Take all that has come; False where there may be more."""
        receive, pings, headed = self.sock.recvmsg, self._pings, self._headed
        kind = REPLY[self.family]
        for _ in range(AT_ONCE):
            try:
                data, ancillary, _flags, peer = receive(256, 128)
            except BlockingIOError:
                return True
            except OSError:  # told of some request: the queue of errors says of which
                self.read_errors()
                continue
            start = (data[0] & 0x0F) * 4 if headed and data else 0
            if len(data) < start + 24 or data[start] != kind:
                self._outcomes.stray()
                continue
            secret, slot, serial = _TOKEN.unpack_from(data, start + 8)
            ping = pings.get(slot)
            if secret != self._secret or ping is None or peer[0] != ping.address:
                self._outcomes.stray()
                continue
            self.received += 1
            self._came(ping, serial, ancillary)
        return False

    def _came(self, ping: Ping, serial: int, ancillary: list[tuple[int, int, bytes]]) -> None:
        if len(ancillary) > 1:
            self._count_drops(ancillary)
        if serial != ping.serial:
            self._outcomes.late(ping.slot)
        elif ping.waiting:
            ping.waiting = False
            self._outcomes.answered(ping.slot, round_trip(ping.real, ping.mono, ancillary) / 1000)
        else:
            self._outcomes.duplicate(ping.slot)

    def expire(self, now: float) -> None:
        """End the looks whose time is over. Call after `read` said that it has all."""
        for queue in self._due.values():
            while queue and queue[0][0] <= now:
                _, serial, ping = queue.popleft()
                if ping.waiting and ping.serial == serial:
                    self._lost(ping)

    def read_errors(self) -> None:
        """What routers and hosts told of requests of ours (struct sock_extended_err)."""
        while True:
            try:
                data, ancillary, _flags, peer = self.sock.recvmsg(256, 512, MSG_ERRQUEUE)
            except OSError:
                return
            for level, kind, told in ancillary:
                if (level, kind) in (
                    (socket.IPPROTO_IP, IP_RECVERR),
                    (socket.IPPROTO_IPV6, IPV6_RECVERR),
                ):
                    number, origin, *_ = _EXTENDED.unpack_from(told)
                    if origin != LOCAL:
                        self._blamed(data, peer[0] if peer else "", number)

    def _blamed(self, data: bytes, address: str, number: int) -> None:
        """A router quotes at least the ICMP header: id and sequence tell which request it was."""
        if len(data) < 8:
            return
        ident, sequence = struct.unpack_from("!HH", data, 4)
        for ping in self._at.get(address, ()):
            ours = not self.raw or ident == ping.ident  # a ping socket's id is the kernel's
            if ping.waiting and ours and sequence == ping.serial & 0xFFFF:
                self._fail(ping, BY_ERRNO.get(number, Failure.PROTOCOL))

    def _sent_after_all(self, packet: bytes, ping: Ping, error: OSError) -> bool:
        """An error told while sending may be of some other request, and is then told once."""
        if not isinstance(error, BlockingIOError) and error.errno not in OURS:
            self.read_errors()
            try:
                self.sock.sendto(packet, ping.to)
                return True
            except OSError as again:
                error = again
        if isinstance(error, BlockingIOError) or error.errno in OURS:
            self.unsent += 1
            ping.waiting = False
            self._outcomes.unmeasured(ping.slot)
        else:
            self._fail(ping, BY_ERRNO.get(error.errno or 0, Failure.PROTOCOL))
        return False

    def _lost(self, ping: Ping) -> None:
        if self.drops != ping.drops:  # it may have been among those that we threw away
            ping.waiting = False
            self._outcomes.unmeasured(ping.slot)
        else:
            self._fail(ping, Failure.TIMEOUT_ANSWER)

    def _fail(self, ping: Ping, failure: Failure) -> None:
        ping.waiting = False
        ping.ident = _any(16)
        self._outcomes.failed(ping.slot, failure)

    def _count_drops(self, ancillary: list[tuple[int, int, bytes]]) -> None:
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_RXQ_OVFL:
                (self.drops,) = struct.unpack("=I", data[:4])


def _open(family: Family) -> tuple[socket.socket, bool]:
    """A raw socket, which has ids of our choice and hears errors, else a ping socket."""
    domain, protocol = (
        (socket.AF_INET, socket.IPPROTO_ICMP)
        if family == 4
        else (socket.AF_INET6, socket.IPPROTO_ICMPV6)
    )
    try:
        sock, raw = socket.socket(domain, socket.SOCK_RAW, protocol), True
        only_replies(sock, family)
    except PermissionError:
        sock, raw = socket.socket(domain, socket.SOCK_DGRAM, protocol), False
    sock.setblocking(False)
    level, option = (
        (socket.IPPROTO_IP, IP_RECVERR) if family == 4 else (socket.IPPROTO_IPV6, IPV6_RECVERR)
    )
    sock.setsockopt(level, option, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_RXQ_OVFL, 1)
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return sock, raw
