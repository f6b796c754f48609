"""TCP looks of the prober: connections as cheap as an echo, without a task for each.

All are begun and ended in the prober's turns over one epoll. The kernel makes the connection and times
it (TCP_INFO: from SYN to SYN-ACK), so the round trip is the network's alone however busy this loop is;
where a SYN was sent again the kernel has no time of the whole and the loop's own counts, waiting
included. What has come is read before anything is called overdue.
"""

import errno
import resource
import select
import socket
import struct
import time
from collections import deque

from probes.errors import Exhausted
from probes.failures import failure_of
from probes.model import Failure, Target
from probes.tcp import has_an_address
from probes.watch.counting import Counting

BEGUN = (0, errno.EINPROGRESS)
MOST = 16_384
"""Connections under way at once, if half of the descriptors allow it."""
BROKEN = select.EPOLLERR | select.EPOLLHUP
WANTED = select.EPOLLOUT | select.EPOLLONESHOT
# struct tcp_info (linux/tcp.h): tcpi_rtt (µs) and tcpi_total_retrans
_INFO = struct.Struct("=68xI28xI")


class Connection:
    """One target: `sock` while a look is under way."""

    __slots__ = ("began", "serial", "slot", "sock", "target", "to")

    def __init__(self, slot: int, target: Target) -> None:
        self.slot = slot
        self.target = target
        self.to = (target.address, target.port)
        self.sock: socket.socket | None = None
        self.serial = 0
        self.began = 0  # ns of perf_counter


class Connects:
    """Of both families. `begin` a look, `read` what the kernel has made, `expire` what is overdue."""

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._poll = select.epoll()
        self._open: dict[int, Connection] = {}
        self._due: dict[float, deque[tuple[float, int, Connection]]] = {}
        allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._most = MOST if allowed == resource.RLIM_INFINITY else min(MOST, max(64, allowed // 2))

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        for one in tuple(self._open.values()):
            self.drop(one)
        self._poll.close()

    def begin(self, one: Connection, now: float, wait: float) -> bool:
        """A look that may take `wait` seconds; False where it was left out: the one before is still
        under way, or too many are."""
        if one.sock is not None or len(self._open) >= self._most:
            return False
        family = socket.AF_INET if one.target.family == 4 else socket.AF_INET6
        one.began = time.perf_counter_ns()
        try:
            sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        except OSError as error:
            self._failed(one, error)
            return True
        number = sock.connect_ex(one.to)
        if number not in BEGUN:
            sock.close()
            self._failed(one, OSError(number, "connect"))
            return True
        one.sock, descriptor = sock, sock.fileno()
        one.serial += 1
        self._open[descriptor] = one
        self._poll.register(descriptor, WANTED)
        queue = self._due.get(wait)
        if queue is None:
            queue = self._due[wait] = deque()
        queue.append((now + wait, one.serial, one))
        return True

    def read(self) -> None:
        """End what the kernel is done with."""
        if not self._open:
            return
        for descriptor, events in self._poll.poll(0, len(self._open)):
            one = self._open[descriptor]
            sock = one.sock
            assert sock is not None  # it is in `_open`
            info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
            trip, again = _INFO.unpack(info)
            # made, though perhaps hung up since: only an answered SYN has a round trip
            if trip or not events & BROKEN:
                took = (
                    (time.perf_counter_ns() - one.began) / 1e9 if again or not trip else trip / 1e6
                )
                self.drop(one)
                self._counting.answered(one.slot, took)
            else:
                number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                self.drop(one)
                self._failed(one, OSError(number, "connect"))

    def expire(self, now: float) -> None:
        """End those whose time is over; `read` comes before."""
        for queue in self._due.values():
            while queue and queue[0][0] <= now:
                _, serial, one = queue.popleft()
                if one.sock is not None and one.serial == serial:
                    self.drop(one)
                    self._counting.failed(one.slot, Failure.TIMEOUT_CONNECT)

    def drop(self, one: Connection) -> None:
        """What is under way for it ends without an outcome."""
        if one.sock is not None:
            del self._open[one.sock.fileno()]
            one.sock.close()  # and with it goes its place in the epoll
            one.sock = None

    def _failed(self, one: Connection, error: OSError) -> None:
        if error.errno == errno.EADDRNOTAVAIL and has_an_address(one.target):
            self._counting.exhausted(one.slot)  # no local port is left
            return
        try:
            failure, _ = failure_of(error, connected=False)
        except Exhausted:
            self._counting.exhausted(one.slot)
        else:
            self._counting.failed(one.slot, failure)
