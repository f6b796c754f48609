"""TCP: does the port take a connection, over exactly one family?"""

import asyncio
import errno
import socket

from probes.look import Look
from probes.model import ProbeResult, Target


async def connect(target: Target) -> socket.socket:
    """A connected, non-blocking socket. Raises OSError; nothing is resolved, nothing falls back."""
    family = socket.AF_INET if target.family == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (target.address, target.port))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL and _has_an_address(target):
            raise OSError(errno.ENOBUFS, "本机端口用尽 / no local port is left") from error
        raise
    except BaseException:
        sock.close()
        raise
    return sock


def _has_an_address(target: Target) -> bool:
    """EADDRNOTAVAIL is said when no local port is left and when we have no address of the family:
    a datagram socket, whose ports are others, tells them apart. Nothing is sent."""
    family = socket.AF_INET if target.family == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((target.address, target.port))
    except OSError:
        return False
    return True


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phase: connect."""
    look = Look(target)
    try:
        async with asyncio.timeout(deadline):
            sock = await connect(target)
    except OSError as error:
        return look.broken(error)
    look.mark("connect")
    sock.close()
    return look.done()
