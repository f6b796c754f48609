"""A few bytes out, a few bytes in: what the checks of databases and front ends share.

Every read has a length or a limit: a server that sends forever is `protocol`, never memory.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from probes.look import Look
from probes.model import Failure, ProbeResult, Target
from probes.tcp import connect

LIMIT = 65536  # bytes of one answer


class Unlike(Exception):
    """What came is not the protocol; the message shows what was read."""


class NotReady(Exception):
    """It speaks the protocol and says that it takes no requests now."""


class Dialogue:
    """A connected stream to one target."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def exactly(self, length: int) -> bytes:
        """Raises Unlike for a length no honest server names, IncompleteReadError."""
        if not 0 <= length <= LIMIT:
            raise Unlike(f"{length} 字节 / bytes")
        return await self._reader.readexactly(length)

    async def line(self, limit: int = 512) -> bytes:
        """Up to and with the line feed. Raises Unlike for a longer one."""
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            raise Unlike("行过长 / a line without end") from error
        if len(line) > limit:
            raise Unlike(repr(line[:60]))
        return line


async def converse(
    target: Target, deadline: float, talk: Callable[[Dialogue, Look], Awaitable[None]]
) -> ProbeResult:
    """Phases: connect, answer. `talk` notes evidence and raises for what is wrong."""
    look = Look(target)
    try:
        async with asyncio.timeout(deadline), _connected(target, look) as dialogue:
            await talk(dialogue, look)
            look.mark("answer")
    except Unlike as error:
        return look.done(Failure.PROTOCOL, read=error, expected=target.check)
    except NotReady as error:
        return look.done(Failure.NOT_READY, read=error)
    except (OSError, EOFError) as error:
        return look.broken(error)
    return look.done()


@contextlib.asynccontextmanager
async def _connected(target: Target, look: Look) -> AsyncIterator[Dialogue]:
    sock = await connect(target)
    look.mark("connect")
    reader, writer = await asyncio.open_connection(sock=sock, limit=LIMIT)
    try:
        yield Dialogue(reader, writer)
    finally:
        writer.close()  # sends what is still to be sent, waits for nobody
