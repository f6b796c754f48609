"""Methods of requests beside the ones that routes name, and faults that were answered already.

HEAD is answered as GET without its body (RFC 9110, 9.3.2), a stream's at once. A path that has other
methods tells which (405 and Allow, 15.5.6).
"""

from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Methods:
    """Outermost: what a fault was answered with is whole, so nothing is raised on, which would be logged
    once more and cost the client its connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(receive, send, head=scope["method"] == "HEAD")
        if answer.head:
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, answer.receive, answer.send)
        except Exception:
            if not answer.ended:
                raise


class _Answer:
    """One answer on its way. `ended`: it was sent whole."""

    def __init__(self, receive: Receive, send: Send, *, head: bool) -> None:
        self._receive, self._send = receive, send
        self.head, self.ended = head, False

    async def receive(self) -> Message:
        if self.head and self.ended:
            return {"type": "http.disconnect"}
        return await self._receive()

    async def send(self, message: Message) -> None:
        if self.head and self.ended:
            return
        await self._send(message)
        if self.head and message["type"] == "http.response.start":
            await self._send({"type": "http.response.body", "body": b""})
            self.ended = True
        elif message["type"] == "http.response.body":
            self.ended = not message.get("more_body", False)


def allowed(routes: Sequence[BaseRoute], scope: Scope) -> tuple[str, ...]:
    """Methods that a path has; none for a path that nobody answers."""
    found = [
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return tuple(sorted([*found, "HEAD"] if "GET" in found else found))
