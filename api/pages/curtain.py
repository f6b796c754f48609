"""What every answer of the pages carries, and what a form of another site meets."""

from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import problem

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'; frame-src 'self'"
)


class Curtain:
    """Headers of every answer of the pages; a form that another site sent is refused before it is
    read. Plain ASGI, so that streams stay streams."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                more = [(n, v) for n, v in HEADERS.items() if n not in there]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        request = Request(scope, receive)
        if request.method == "POST" and not _same_origin(request):
            answer: ASGIApp = problem(request, HTTPStatus.FORBIDDEN, FORGED)
            await answer(scope, receive, sent)
            return
        await self._app(scope, receive, sent)


FORGED = (
    "表单来自别的网站，未予处理；请刷新页面重试 / a form that another site sent, nothing was done: load the "
    "page again"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"x-frame-options": b"SAMEORIGIN",
}


def _same_origin(request: Request) -> bool:
    """By what the browser itself says; a program that says nothing has its token asked later."""
    told = request.headers.get("sec-fetch-site")
    if told is not None:
        return told in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")
