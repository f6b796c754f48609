"""Path MTU: how large may a packet be, and does the path say so? (RFC 1191, RFC 8201)

Echoes that must not be fragmented. A path that answers "packet too big, mtu=1400" works: TCP reads
that too. One that drops large packets in silence is a black hole: connections open and then hang.
A small echo goes first, which also wakes neighbour discovery.
"""

import asyncio
import contextlib
import secrets
import socket
import struct

from probes.icmp import IP_RECVERR, IPV6_RECVERR, REPLY, REQUEST, checksum, open_socket
from probes.look import Look
from probes.model import Failure, ProbeResult, Target

LEAST = {4: 576, 6: 1280}  # bytes that every path must take (RFC 791, RFC 8200)
HEADS = {4: 28, 6: 48}  # bytes of IP and ICMP
TRIES = 3
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PROBE = 10, 23, 3  # PROBE: never fragment, keep no cache
IPV6_DONTFRAG = 62
MSG_ERRQUEUE = 0x2000
EMSGSIZE = 90
OURSELVES = "本机 / this machine"


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: answer (the small echo), mtu. Evidence: mtu (bytes), told_by (who said too big).

    ok where `target.size` passes, or the path told a smaller size and that one passes.
    """
    look = Look(target)
    if not LEAST[target.family] <= target.size <= 9216:
        return look.done(
            Failure.BAD_TARGET, read=target.size, expected=f"{LEAST[target.family]} – 9216"
        )
    try:
        sock, raw = open_socket(target.family)
    except PermissionError as error:
        return look.done(Failure.PERMISSION, error=error, expected="CAP_NET_RAW")
    except OSError as error:
        return look.broken(error, connected=True)
    path = _Path(sock, target, raw=raw)
    try:
        async with asyncio.timeout(deadline):
            sock.connect((target.address, 0))
            return await _measured(path, look, deadline)
    except OSError as error:
        return look.broken(error, connected=True)
    finally:
        path.close()


async def _measured(path: "_Path", look: Look, deadline: float) -> ProbeResult:
    target = look.target
    wait = deadline / (TRIES * 8)
    if not await path.passes(LEAST[target.family], wait * 4):
        return look.done(Failure.TIMEOUT_ANSWER, read=f"{LEAST[target.family]} 字节 / bytes")
    look.mark("answer")
    size = target.size
    while not await path.passes(size, wait):
        if LEAST[target.family] <= path.told < size:
            size = path.told
            look.note(told_by=path.teller)
            continue
        largest = await path.largest(LEAST[target.family], size, wait)
        look.mark("mtu")
        look.note(mtu=largest)
        return look.done(Failure.BLACK_HOLE, read=f"{largest} 字节通过 / bytes pass", expected=size)
    look.mark("mtu")
    return look.done(mtu=size)


class _Path:
    """Echoes of a given size to one target."""

    def __init__(self, sock: socket.socket, target: Target, *, raw: bool) -> None:
        self.told = 0
        self.teller = ""
        self._sock = sock
        self._family = target.family
        self._raw = raw
        self._id = secrets.randbits(16)
        self._token = secrets.token_bytes(16)
        self._sequence = 0
        self._ready = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(sock, self._ready.set)
        if self._family == 4:
            sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PROBE)
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PROBE)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_DONTFRAG, 1)

    def close(self) -> None:
        self._loop.remove_reader(self._sock)
        self._sock.close()

    async def passes(self, size: int, wait: float) -> bool:
        """Whether an echo of `size` bytes comes back; False at once where it is told too big."""
        self.told = 0
        for _ in range(TRIES):
            if not self._send(size):
                return False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    return await self._answer()
        return False

    async def largest(self, passes: int, fails: int, wait: float) -> int:
        """Between one that passes and one that does not, within 8 bytes; the deadline may cut."""
        while fails - passes > 8:
            middle = (passes + fails) // 2
            if await self.passes(middle, wait / 2):
                passes = middle
            else:
                fails = middle
        return passes

    def _send(self, size: int) -> bool:
        self._sequence += 1
        head = struct.pack("!BBHHH", REQUEST[self._family], 0, 0, self._id, self._sequence)
        packet = (head + self._token).ljust(size - HEADS[self._family] + 8, b"q")
        if self._family == 4:
            packet = packet[:2] + struct.pack("!H", checksum(packet)) + packet[4:]
        try:
            self._sock.send(packet)
        except BlockingIOError:
            return True  # as good as lost
        except OSError as error:
            if error.errno != EMSGSIZE:
                raise
            self._read_errors()
            if not self.told:  # our own interface takes no more
                option = (socket.IPPROTO_IP, 14) if self._family == 4 else (socket.IPPROTO_IPV6, 24)
                self.told, self.teller = self._sock.getsockopt(*option), OURSELVES
            return False
        return True

    async def _answer(self) -> bool:
        """True for the reply to the last request, False when it was told too big."""
        while True:
            try:
                data = self._sock.recv(16384)
            except BlockingIOError:
                self._read_errors()
                if self.told:
                    return False
                self._ready.clear()
                await self._ready.wait()
                continue
            except OSError as error:
                if error.errno != EMSGSIZE:
                    raise
                continue  # the queue of errors says how much
            if self._raw and self._family == 4 and data:
                data = data[(data[0] & 0x0F) * 4 :]
            if len(data) >= 24 and data[8:24] == self._token and data[0] == REPLY[self._family]:
                (sequence,) = struct.unpack("!H", data[6:8])
                if sequence == self._sequence:
                    return True

    def _read_errors(self) -> None:
        """What routers told: struct sock_extended_err of linux/errqueue.h, with its teller."""
        with contextlib.suppress(BlockingIOError):
            while True:
                _, ancillary, _, _ = self._sock.recvmsg(64, 512, MSG_ERRQUEUE)
                for level, kind, data in ancillary:
                    if (level, kind) not in (
                        (socket.IPPROTO_IP, IP_RECVERR),
                        (socket.IPPROTO_IPV6, IPV6_RECVERR),
                    ):
                        continue
                    number, _origin, _type, _code, _pad, info, _data = struct.unpack(
                        "=IBBBBII", data[:16]
                    )
                    if number == EMSGSIZE and info:
                        self.told, self.teller = info, _offender(data[16:]) or OURSELVES


def _offender(data: bytes) -> str:
    """The sockaddr that follows: who told."""
    if len(data) >= 8 and data[:2] == struct.pack("=H", socket.AF_INET):
        return socket.inet_ntop(socket.AF_INET, data[4:8])
    if len(data) >= 24 and data[:2] == struct.pack("=H", socket.AF_INET6):
        return socket.inet_ntop(socket.AF_INET6, data[8:24])
    return ""
