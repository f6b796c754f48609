"""HTTP and HTTPS: status, redirect and content, asked of a literal address, with no proxy.

A redirect is judged, never followed: what it leads to is another target, perhaps over the other
family. Spoken by h11 over a socket of ours: a client library costs ten times as much per look, and
ten thousands of looks are made a minute. Owner of h11.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

import h11

from probes.look import Look
from probes.model import Failure, ProbeResult, Target
from probes.tcp import connect, readable
from probes.tls import certificate, context, handshake, unreadable

BODY_LIMIT = 500_000  # bytes read of an answer
HEAD_LIMIT = 65_536  # bytes of status line and headers
CHUNK = 65_536
# `identity`: a compressed body would have to be unpacked before the limit can count it.
HEADERS = (
    ("accept", "*/*"),
    ("accept-encoding", "identity"),
    ("user-agent", "qianyun-probe"),
    ("connection", "close"),
)
END = h11.EndOfMessage()


@dataclass(frozen=True, slots=True)
class Page:
    """What was answered: `status`, where it sends its clients (""), the first BODY_LIMIT bytes as
    text, and the media type (lower case, without parameters)."""

    status: int
    location: str
    text: str
    kind: str


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, tls (where asked for), first_byte (request out to headers in), body."""
    return (await fetched(target, deadline))[0]


async def fetched(target: Target, deadline: float) -> tuple[ProbeResult, Page | None]:
    """The look, and what was read where an answer came."""
    kept: list[Page] = []
    result = await _looked(target, deadline, kept)
    return result, kept[0] if kept else None


async def _looked(target: Target, deadline: float, kept: list[Page]) -> ProbeResult:
    look = Look(target)
    if not re.fullmatch(r"/[!-~]{0,2000}", target.path):
        return look.done(
            Failure.BAD_TARGET,
            read=f"路径 / path {target.path!r}",
            expected="以 / 开头的可见 ASCII / visible ASCII that begins with /",
        )
    try:
        trust = context(target.authorities) if target.tls else None
    except (OSError, ssl.SSLError) as error:
        return unreadable(look, error)
    try:
        async with asyncio.timeout(deadline):
            return await _ask(target, look, trust, kept)
    except h11.ProtocolError as error:
        return look.done(Failure.PROTOCOL, error=error)
    except (OSError, EOFError) as error:
        return look.broken(error)


async def _ask(
    target: Target, look: Look, trust: ssl.SSLContext | None, kept: list[Page]
) -> ProbeResult:
    sock = await connect(target)
    look.mark("connect")
    if trust is None:
        try:
            return await _talk(target, look, _plain(sock), kept)
        finally:
            sock.close()
    look.awaiting(Failure.TIMEOUT_TLS)
    reader, writer = await handshake(sock, trust, target.name or target.address)
    try:
        look.mark("tls")
        look.awaiting(Failure.TIMEOUT_ANSWER)
        look.note(**certificate(writer.get_extra_info("ssl_object")))

        async def say(data: bytes) -> None:
            writer.write(data)
            await writer.drain()

        return await _talk(target, look, _Wire(say, lambda: reader.read(CHUNK)), kept)
    finally:
        writer.transport.abort()


@dataclass(frozen=True, slots=True)
class _Wire:
    """How bytes go out and come in; `hear` gives none at the end."""

    say: Callable[[bytes], Awaitable[None]]
    hear: Callable[[], Awaitable[bytes]]


def _plain(sock: socket.socket) -> _Wire:
    loop = asyncio.get_running_loop()

    async def hear() -> bytes:
        while True:
            await readable(sock)  # what was asked for a moment ago is never there yet
            try:
                return sock.recv(CHUNK)
            except BlockingIOError:
                continue  # woken for nothing, as select(2) allows

    return _Wire(lambda data: loop.sock_sendall(sock, data), hear)


async def _talk(target: Target, look: Look, wire: _Wire, kept: list[Page]) -> ProbeResult:
    speaker = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT)
    request = _request(_host(target), target.path)
    asked = (speaker.send(request) or b"") + (speaker.send(END) or b"")
    await wire.say(asked)
    response = await _event(speaker, wire)
    while isinstance(response, h11.InformationalResponse):
        response = await _event(speaker, wire)
    if not isinstance(response, h11.Response):
        raise h11.RemoteProtocolError(f"{type(response).__name__}")
    look.mark("first_byte")
    look.awaiting(Failure.TIMEOUT_BODY)
    look.note(status=response.status_code)
    told = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
    location = told.get("location", "")
    media = told.get("content-type", "")
    kind = media.partition(";")[0].strip().lower()
    if response.status_code != target.status:
        if location:
            look.note(location=location)
        kept.append(Page(response.status_code, location, "", kind))
        return look.done(Failure.WRONG_STATUS, expected=target.status)
    if target.redirect and not location.startswith(target.redirect):
        return look.done(Failure.WRONG_REDIRECT, read=location, expected=target.redirect)
    body = await _body(speaker, wire)
    look.mark("body")
    text = _text(body, media)
    kept.append(Page(response.status_code, location, text, kind))
    look.note(bytes=len(body))
    return _judged(look, text, told)


def _judged(look: Look, text: str, told: dict[str, str]) -> ProbeResult:
    target = look.target
    if target.content not in text:
        if encoding := told.get("content-encoding"):
            look.note(encoding=encoding)
        return look.done(Failure.WRONG_CONTENT, read=text, expected=target.content)
    return look.done()


@lru_cache(maxsize=1 << 14)
def _request(host: str, path: str) -> h11.Request:
    """The same again and again of one target: to judge and to normalise it costs more than to send it."""
    return h11.Request(method="GET", target=path, headers=[("host", host), *HEADERS])


async def _event(speaker: h11.Connection, wire: _Wire) -> object:
    """The next event. Raises EOFError where the other side hung up in the middle."""
    ended = False
    while True:
        try:
            event = speaker.next_event()
        except h11.RemoteProtocolError as error:
            if ended:
                raise EOFError(str(error)) from error
            raise
        if event is not h11.NEED_DATA:
            if isinstance(event, h11.ConnectionClosed):
                raise EOFError("closed before an answer")
            return event
        data = await wire.hear()
        ended = not data
        speaker.receive_data(data)


async def _body(speaker: h11.Connection, wire: _Wire) -> bytes:
    """The first BODY_LIMIT bytes as they came."""
    body = bytearray()
    while len(body) < BODY_LIMIT:
        event = await _event(speaker, wire)
        if not isinstance(event, h11.Data):
            break
        body += event.data
    return bytes(body[:BODY_LIMIT])


def _host(target: Target) -> str:
    """RFC 9110, 7.2: the port where it is not the scheme's own."""
    name = target.name or (f"[{target.address}]" if target.family == 6 else target.address)
    return name if target.port == (443 if target.tls else 80) else f"{name}:{target.port}"


def _text(body: bytes, kind: str) -> str:
    found = re.search(r"charset=\"?([\w.:-]{1,40})", kind, re.IGNORECASE)
    try:
        return body.decode(found[1] if found else "utf-8", errors="replace")
    except (LookupError, ValueError):  # no such charset, or one that cannot replace
        return body.decode(errors="replace")
