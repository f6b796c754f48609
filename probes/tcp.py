"""TCP: does the port take a connection, over exactly one family?"""

import asyncio
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
    except BaseException:
        sock.close()
        raise
    return sock


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
