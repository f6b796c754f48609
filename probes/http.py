"""HTTP and HTTPS: status, redirect and content, asked of a literal address, with no proxy.

A redirect is judged, never followed: what it leads to is another target, perhaps over the other
family.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from probes.look import Look
from probes.model import Failure, ProbeResult, Target
from probes.tls import certificate, context, unreadable

BODY_LIMIT = 500_000  # bytes read of an answer
# `identity`: a compressed body would have to be unpacked before the limit can count it.
HEADERS = {"accept": "*/*", "accept-encoding": "identity", "user-agent": "qianyun-probe"}
# Plain HTTP only: an empty context spares every look the reading of the CA bundle.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def check(target: Target, deadline: float) -> ProbeResult:
    """Phases: connect, tls (where asked for), first_byte (request out to headers in), body."""
    look = Look(target)
    if not re.fullmatch(r"/[!-~]{0,2000}", target.path):
        return look.done(
            Failure.BAD_TARGET,
            read=f"路径 / path {target.path!r}",
            expected="以 / 开头的可见 ASCII / visible ASCII that begins with /",
        )
    try:
        trust = context(target.authorities) if target.tls else NO_TLS
    except (OSError, ssl.SSLError) as error:
        return unreadable(look, error)
    try:
        async with asyncio.timeout(deadline):
            return await _ask(target, look, trust)
    except httpx.RemoteProtocolError as error:
        # httpx has one class for "spoke nonsense" and "hung up": only its text tells them apart.
        if re.search(r"disconnected|peer closed", str(error)):
            return look.done(Failure.RESET, error=error)
        return look.done(Failure.PROTOCOL, error=error)
    except (OSError, httpx.HTTPError) as error:
        return look.broken(error)


async def _ask(target: Target, look: Look, trust: ssl.SSLContext) -> ProbeResult:
    async def trace(event: str, info: Mapping[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            look.lap()
        elif event == "connection.connect_tcp.complete":
            look.mark("connect")
            if target.tls:
                look.awaiting(Failure.TIMEOUT_TLS)
        elif event == "connection.start_tls.complete":
            look.mark("tls")
            look.awaiting(Failure.TIMEOUT_ANSWER)
            look.note(**certificate(info["return_value"].get_extra_info("ssl_object")))

    url = httpx.URL(
        scheme="https" if target.tls else "http",
        host=target.address,
        port=target.port,
        raw_path=target.path.encode(),
    )
    asked = {"host": target.name} if target.name else {}
    told = {"trace": trace} | ({"sni_hostname": target.name} if target.name else {})
    async with (
        httpx.AsyncClient(verify=trust, trust_env=False, timeout=None, headers=HEADERS) as client,  # noqa: S113 - asyncio.timeout keeps the deadline
        client.stream("GET", url, headers=asked, extensions=told) as response,
    ):
        look.mark("first_byte")
        look.awaiting(Failure.TIMEOUT_BODY)
        look.note(status=response.status_code)
        if response.status_code != target.status:
            if location := response.headers.get("location"):
                look.note(location=location)
            return look.done(Failure.WRONG_STATUS, expected=target.status)
        location = response.headers.get("location", "")
        if target.redirect and not location.startswith(target.redirect):
            return look.done(Failure.WRONG_REDIRECT, read=location, expected=target.redirect)
        body = await _body(response)
        look.mark("body")
        look.note(bytes=len(body))
        text = _text(body, response.charset_encoding)
        if target.content not in text:
            encoding = response.headers.get("content-encoding", "")
            if encoding:
                look.note(encoding=encoding)
            return look.done(Failure.WRONG_CONTENT, read=text, expected=target.content)
        return look.done()


async def _body(response: httpx.Response) -> bytes:
    """The first BODY_LIMIT bytes as they came."""
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) >= BODY_LIMIT:
            break
    return bytes(body[:BODY_LIMIT])


def _text(body: bytes, charset: str | None) -> str:
    try:
        return body.decode(charset or "utf-8", errors="replace")
    except (LookupError, ValueError):  # no such charset, or one that cannot replace
        return body.decode(errors="replace")
