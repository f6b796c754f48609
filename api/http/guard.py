"""What stands before every route: the name that was asked for, the size of what comes, the headers of
what goes, and one line in the log for each request. Plain ASGI, so that streams stay streams."""

import ipaddress
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import structlog
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.calm import Calm
from api.http.matching import ASKED_WITHIN
from api.http.problems import Refusal, problem
from migrator.store.audit import PEER

LARGEST = 32 * 1024 * 1024
"""Bytes of a request's body: the largest ledger that a department sent had 6 MB."""

HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
    b"cache-control": b"no-store",
}
"""Where an answer does not say otherwise itself; pages have a policy of their own."""

STRICT = {b"strict-transport-security": b"max-age=31536000"}

_log = structlog.get_logger("api.http.access")


class Guard:
    """`secure`: people reach it by https alone, and browsers are told to keep to that (RFC 6797)."""

    def __init__(
        self,
        app: ASGIApp,
        names: Callable[[], frozenset[str]],
        *,
        secure: bool = False,
        calm: Calm,
    ) -> None:
        self._app = app
        self._calm = calm
        self._names = names
        self._headers = HEADERS | (STRICT if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope.get(ASKED_WITHIN):
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request = Request(scope, receive)
        PEER.set(_peer(request))
        status = 0
        # of a page's form the pages tell it, when they come to read it
        page = not request.url.path.startswith("/api/")
        size = 0
        failed = False

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                if not status:
                    self._calm.end()
                status = message["status"]
                there = {name.lower() for name, _ in message["headers"]}
                more = [(n, v) for n, v in self._headers.items() if n not in there]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        async def received() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST:
                raise Refusal(413, _TOO_LARGE)
            return message

        self._calm.begin()
        try:
            if not self._ours(request):
                await problem(request, 421)(scope, receive, sent)
            elif int(_digits(request.headers.get("content-length"))) > LARGEST and not page:
                await problem(request, 413, _TOO_LARGE)(scope, receive, sent)
            else:
                await self._app(scope, received, sent)
        except Exception:
            failed = True
            raise
        finally:
            if not status:
                self._calm.end()
            # a fault of ours is answered further out, by 500
            _note(request, status or 500 * failed, time.perf_counter() - began)

    def _ours(self, request: Request) -> bool:
        """Whether the name asked for is loopback's or the public one."""
        try:
            host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
            return host in self._names() or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False


def _note(request: Request, status: int, seconds: float) -> None:
    _log.info(
        "request",
        method=request.method,
        path=request.url.path[:500],  # never the query: it may hold a state or a code
        status=status,
        ms=round(seconds * 1000, 1),
        peer=_peer(request),
    )


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


_TOO_LARGE = f"应不超过 {LARGEST} 字节 / expected at most {LARGEST} B"


def _digits(told: str | None) -> str:
    return told if told and told.isascii() and told.isdigit() and len(told) < 20 else "0"
