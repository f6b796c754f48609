"""TCP: does the port take a connection, over exactly one family?"""

import asyncio
import errno
import os
import socket
from collections.abc import Callable

from probes.look import Look
from probes.model import ProbeResult, Target


async def connect(target: Target) -> socket.socket:
    """A connected, non-blocking socket. Raises OSError; nothing is resolved, nothing falls back."""
    family = socket.AF_INET if target.family == 4 else socket.AF_INET6
    sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        number = sock.connect_ex((target.address, target.port))
        if number == errno.EINPROGRESS:
            await writable(sock)
            number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            raise OSError(number, os.strerror(number))
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL and has_an_address(target):
            raise OSError(errno.ENOBUFS, "本机端口用尽 / no local port is left") from error
        raise
    except BaseException:
        sock.close()
        raise
    return sock


async def writable(sock: socket.socket) -> None:
    """Until the kernel would take bytes, or is done with a connect."""
    loop = asyncio.get_running_loop()
    await _until(sock, loop.add_writer, loop.remove_writer)


async def readable(sock: socket.socket) -> None:
    """Until there are bytes, an end or an error to read."""
    loop = asyncio.get_running_loop()
    await _until(sock, loop.add_reader, loop.remove_reader)


async def _until(
    sock: socket.socket, add: Callable[..., None], remove: Callable[[int], bool]
) -> None:
    """asyncio's own sock_connect and sock_recv try first and cost an exception more each time."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    number = sock.fileno()
    add(number, _end, done)
    try:
        await done
    finally:
        remove(number)


def _end(done: asyncio.Future[None]) -> None:
    if not done.done():  # it may be ready once more before whoever waits has run
        done.set_result(None)


def has_an_address(target: Target) -> bool:
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
