"""An HTTP proxy in front of a NetBox that breaks what it is told to break, and records the rest.

    with Proxy(netbox.url) as proxy:
        proxy.add(Rule(CutBody(after=200), method="GET", path=r"^/api/dcim/devices/"))
        …  # a client of proxy.url

Links that NetBox gives lead through the proxy too: the client's Host is handed on.
"""

import contextlib
import http.client
import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

UPPER = 300
"""Seconds that NetBox may take for one answer, and that a held request is held at most."""

HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "trailer"}
)


# ── what may happen to a request ────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Answer:
    """NetBox never sees the request; the client gets this."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Hang:
    """NetBox never sees the request; the client gets nothing until it gives up."""


@dataclass(frozen=True)
class Refuse:
    """NetBox never sees the request; the connection is closed."""


@dataclass(frozen=True)
class LoseAnswer:
    """NetBox does it; the connection is closed before a byte of the answer."""


@dataclass(frozen=True)
class CutBody:
    """NetBox does it; the connection is closed after `after` bytes of the answer's body."""

    after: int


@dataclass(frozen=True)
class Rewrite:
    """NetBox does it; the client gets another body, and headers in the place of NetBox's."""

    body: Callable[[bytes], bytes] = lambda body: body
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Meanwhile:
    """`call` is done before NetBox sees the request: somebody else was quicker."""

    call: Callable[[], object]


@dataclass(frozen=True)
class Hold:
    """The request waits before NetBox sees it: `reached` is set, then `release` is awaited."""

    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


type Action = Answer | Hang | Refuse | LoseAnswer | CutBody | Rewrite | Meanwhile | Hold


@dataclass(frozen=True, eq=False)
class Rule:
    """`action` for requests whose method and path?query match (regular expressions, searched).

    The first `skip` of them are let pass; then `times` are acted on (None: all).
    """

    action: Action
    method: str = "."
    path: str = "."
    times: int | None = 1
    skip: int = 0

    def fits(self, method: str, target: str) -> bool:
        return bool(re.search(self.method, method) and re.search(self.path, target))


@dataclass(frozen=True)
class Seen:
    """One request as it came. `headers` in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_write(self) -> bool:
        return self.method not in {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Answered:
    """What NetBox said."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


# ── the proxy ───────────────────────────────────────────────────────────────────────────────────


class Proxy:
    """Listens on a free port of 127.0.0.1, from `with` to its end. Rules are asked in their order.

    `tls`: it speaks TLS to its clients."""

    def __init__(self, netbox: str, tls: ssl.SSLContext | None = None) -> None:
        place = urlsplit(netbox)
        self._upstream = (place.hostname or "127.0.0.1", place.port or 80)
        self._lock = threading.Lock()
        self._rules: list[Rule] = []
        self._matched: dict[Rule, int] = {}
        self._requests: list[Seen] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy = self
        self._scheme = "http" if tls is None else "https"
        if tls is not None:  # the handshake is the thread's of each client
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.05])

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def requests(self) -> tuple[Seen, ...]:
        """All so far, in the order in which they came."""
        with self._lock:
            return tuple(self._requests)

    @property
    def writes(self) -> tuple[Seen, ...]:
        return tuple(seen for seen in self.requests if seen.is_write)

    def add(self, rule: Rule) -> Rule:
        with self._lock:
            self._rules.append(rule)
        return rule

    def hits(self, rule: Rule) -> int:
        """How often the rule was acted on."""
        with self._lock:
            return max(0, self._matched.get(rule, 0) - rule.skip)

    def clear(self) -> None:
        """Nothing is broken any more, and nothing has been asked yet."""
        with self._lock:
            self._rules.clear()
            self._requests.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            held = [rule.action for rule in self._rules if isinstance(rule.action, Hold)]
        for action in held:
            action.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.cut_clients()
        self._server.server_close()  # waits for the threads of the requests

    def note(self, seen: Seen) -> Action | None:
        """Write the request down; what is to happen to it, if anything."""
        target = f"{seen.path}?{seen.query}" if seen.query else seen.path
        with self._lock:
            self._requests.append(seen)
            for rule in self._rules:
                past = self._matched.get(rule, 0)
                if rule.times is not None and past >= rule.skip + rule.times:
                    continue
                if rule.fits(seen.method, target):
                    self._matched[rule] = past + 1
                    if past >= rule.skip:
                        return rule.action
        return None

    def forward(self, seen: Seen, target: str) -> Answered:
        """NetBox's answer, read whole. OSError or HTTPException where there is none."""
        link = http.client.HTTPConnection(*self._upstream, timeout=UPPER)
        try:
            link.putrequest(seen.method, target, skip_host=True, skip_accept_encoding=True)
            for name, value in seen.headers.items():
                if name not in HOP_BY_HOP:
                    link.putheader(name, value)
            link.putheader("connection", "close")
            link.endheaders(seen.body)
            answer = link.getresponse()
            return Answered(answer.status, tuple(answer.getheaders()), answer.read())
        finally:
            link.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    proxy: Proxy

    def __init__(self, place: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._clients: set[socket.socket] = set()
        super().__init__(place, handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        self._clients.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._clients.discard(request)
        super().shutdown_request(request)

    def cut_clients(self) -> None:
        for client in tuple(self._clients):
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        place = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, place.path, place.query, headers, body)
        try:
            self._treat(seen, self.server.proxy.note(seen))
            self.wfile.flush()
        except (OSError, http.client.HTTPException):
            self.close_connection = True

    def _treat(self, seen: Seen, action: Action | None) -> None:
        match action:
            case Answer():
                headers = (("Content-Type", action.content_type), *action.headers.items())
                return self._give(Answered(action.status, headers, action.body))
            case Hang():
                select.select([self.connection], [], [], UPPER)
                self.close_connection = True
                return None
            case Refuse():
                self.close_connection = True
                return None
            case Hold():
                action.reached.set()
                action.release.wait(UPPER)
            case Meanwhile():
                action.call()
        answered = self.server.proxy.forward(seen, self.path)
        match action:
            case LoseAnswer():
                self.close_connection = True
            case CutBody():
                self._give(answered, action.after)
                self.close_connection = True
            case Rewrite():
                kept = [h for h in answered.headers if h[0].lower() not in _lower(action.headers)]
                headers = (*kept, *action.headers.items())
                self._give(Answered(answered.status, headers, action.body(answered.body)))
            case _:
                self._give(answered)
        return None

    def _give(self, answered: Answered, after: int | None = None) -> None:
        self.send_response_only(answered.status)
        for name, value in answered.headers:
            if name.lower() not in HOP_BY_HOP and name.lower() != "content-length":
                self.send_header(name, value)
        bodiless = answered.status in {204, 304} or self.command == "HEAD"
        if not bodiless:
            self.send_header("Content-Length", str(len(answered.body)))
        self.end_headers()
        if not bodiless:
            self.wfile.write(answered.body[:after])


def _lower(headers: Mapping[str, str]) -> set[str]:
    return {name.lower() for name in headers}
