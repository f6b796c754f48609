"""Small loopback servers, each with one behaviour, and an sshd."""

import asyncio
import contextlib
import os
import socket
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from ssl import SSLContext

type Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(
    talk: Talk, address: str = "127.0.0.1", port: int = 0, ssl: SSLContext | None = None
) -> AsyncIterator[int]:
    """A server on `address`, by default on a free port; gives the port."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            await talk(reader, writer)
        writer.close()

    server = await asyncio.start_server(handle, address, port, ssl=ssl)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(data: bytes) -> Talk:
    """Reads a request's head, says `data`, hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        await writer.drain()

    return talk


def answering(body: bytes, status: str = "200 OK", *headers: str) -> Talk:
    """An HTTP answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return saying("\r\n".join(lines).encode() + body)


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Takes the connection, never says a word, ends when the client does."""
    while await reader.read(4096):
        pass


async def hanging_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Closes at once."""


async def resetting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Waits for the first byte, then sends an RST."""
    await reader.read(1)
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def free_port(address: str = "127.0.0.1") -> int:
    """A port nobody listens on: in a namespace of our own nobody else will take it."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as sock:
        sock.bind((address, 0))
        return int(sock.getsockname()[1])


def make_key(folder: Path, kind: str = "ed25519", name: str = "key") -> tuple[Path, str]:
    """A host key pair; gives the private file and "type base64"."""
    path = folder / f"{name}_{kind}"
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True)
    return path, " ".join(path.with_suffix(".pub").read_text().split()[:2])


@contextlib.asynccontextmanager
async def sshd(folder: Path, *keys: Path, more: tuple[str, ...] = ()) -> AsyncIterator[int]:
    """A real sshd on v4 and v6 loopback, in a mount namespace with its own /run; `more` lines of
    its configuration."""
    port = free_port()
    config = folder / "sshd_config"
    lines = [f"Port {port}", "ListenAddress 127.0.0.1", "ListenAddress ::1", "UsePAM no"]
    lines += [*(f"HostKey {key}" for key in keys), "PidFile none", *more, ""]
    config.write_text("\n".join(lines))
    start = (
        'mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -D -e -f "$1"'
    )
    server = await asyncio.create_subprocess_exec(
        "unshare", "--mount", "sh", "-c", start, "sh", str(config),
        stderr=asyncio.subprocess.PIPE, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert server.stderr
    try:
        listening = 0
        while listening < 2:
            line = await server.stderr.readline()
            assert line, "sshd ended before it listened"
            listening += b"Server listening" in line
        yield port
    finally:
        server.terminate()
        await server.communicate()
