"""HTTP and HTTPS: status, redirect and content, asked of a literal address, with no proxy.

A redirect is judged, never followed: what it leads to is another target, perhaps over the other
family. Read by httptools (llhttp, a parser in C) from a socket of ours: a client library costs ten times
as much per look, and ten thousands of looks are made a minute. Owner of httptools.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

import httptools

from probes.look import Look
from probes.model import Failure, ProbeResult, Target
from probes.tcp import connect, readable
from probes.tls import certificate, context, handshake, unreadable

BODY_LIMIT = 500_000  # bytes read of an answer
HEAD_LIMIT = 65_536  # bytes of status line and headers
CHUNK = 65_536
# `identity`: a compressed body would have to be unpacked before the limit can count it.
HEADERS = (
    "accept: */*\r\naccept-encoding: identity\r\nuser-agent: qianyun-probe\r\nconnection: close\r\n"
)
LENIENT = {
    "lenient_headers": True,
    "lenient_chunked_length": True,
    "lenient_data_after_close": True,
    "lenient_optional_cr_before_lf": True,
}
"""What old devices do: lines without CR, folded headers, two lengths. They are looked at, not passed on."""


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
    except httptools.HttpParserError as error:
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
            return await _talk(look, _plain(sock), kept)
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

        return await _talk(look, _Wire(say, lambda: reader.read(CHUNK)), kept)
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


async def _talk(look: Look, wire: _Wire, kept: list[Page]) -> ProbeResult:
    answer = Answer()
    try:
        return await _read(look, wire, answer, kept)
    finally:
        answer.close()


async def _read(look: Look, wire: _Wire, answer: "Answer", kept: list[Page]) -> ProbeResult:
    target = look.target
    await wire.say(_request(_host(target), target.path))
    while not answer.headed:
        answer.feed(await wire.hear())
    look.mark("first_byte")
    look.awaiting(Failure.TIMEOUT_BODY)
    look.note(status=answer.status)
    told = answer.headers
    location = told.get("location", "")
    media = told.get("content-type", "")
    kind = media.partition(";")[0].strip().lower()
    if answer.status != target.status:
        if location:
            look.note(location=location)
        kept.append(Page(answer.status, location, "", kind))
        return look.done(Failure.WRONG_STATUS, expected=target.status)
    if target.redirect and not location.startswith(target.redirect):
        return look.done(Failure.WRONG_REDIRECT, read=location, expected=target.redirect)
    while not answer.ended and len(answer.body) < BODY_LIMIT:
        answer.feed(await wire.hear())
    body = bytes(answer.body[:BODY_LIMIT])
    look.mark("body")
    text = _text(body, media)
    kept.append(Page(answer.status, location, text, kind))
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
def _request(host: str, path: str) -> bytes:
    """The same again and again of one target."""
    if not re.fullmatch("[!-~]+", host):
        raise httptools.HttpParserError(f"host {host!r}")
    return f"GET {path} HTTP/1.1\r\nhost: {host}\r\n{HEADERS}\r\n".encode()


class Answer:
    """One answer as it comes. `headed`: status and `headers` (lower case, the last of each) are there;
    `ended`: so is the whole `body`. Informational answers before it are passed over."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()
        self.headed = self.ended = False
        self._size = 0
        self._parser = httptools.HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(**LENIENT)

    def feed(self, data: bytes) -> None:
        """What was heard, nothing at the end. Raises EOFError where the other side hung up in the
        middle, HttpParserError for what is no answer."""
        if not data:
            if not self.headed or not self._until_closed:
                raise EOFError("closed before the end of an answer")
            self.ended = True
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as error:
            raise httptools.HttpParserError("101") from error
        except httptools.HttpParserError:
            if not self.ended:  # what comes behind it is not ours to judge
                raise
        self._size += len(data)
        if not self.headed and self._size > HEAD_LIMIT:
            raise httptools.HttpParserError(f"> {HEAD_LIMIT} bytes of headers")

    def close(self) -> None:
        """Both hold one another: else all that was read stays until the collector comes by."""
        del self._parser

    @property
    def _until_closed(self) -> bool:
        chunked = "chunked" in self.headers.get("transfer-encoding", "").lower()
        return not chunked and "content-length" not in self.headers

    # the names by which httptools calls

    def on_header(self, name: bytes, value: bytes | None) -> None:
        if not self.headed:
            self.headers[name.decode("latin-1").lower()] = (value or b"").decode("latin-1")

    def on_headers_complete(self) -> None:
        if self.headed:
            return
        self.status = self._parser.get_status_code()
        if 100 <= self.status < 200:
            self.headers = {}
        else:
            self.headed = True

    def on_body(self, data: bytes) -> None:
        if not self.ended:
            self.body += data

    def on_message_complete(self) -> None:
        self.ended = self.headed


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
