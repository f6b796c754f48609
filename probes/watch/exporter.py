"""The exporter: the prober's table over HTTP, in a process of its own.

    /metrics    OpenMetrics 1.0
    /targets    the list of targets as JSON lines, for probers elsewhere
    /sd         the same for Prometheus's http_sd_configs
    /standing   what this prober sees, for those who put several together (`picture`)
    /outages    what it has on record of outages
    /health     200 while the prober turns, else 503 with what was read

It reads the mapped file and nothing else: a slow or hostile client costs the prober nothing, and
what was known stays to be read while the prober is down (its heartbeat tells).
"""

import http.server
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path

from probes.errors import Misuse
from probes.metrics import CONTENT_TYPE_LATEST, of_the_prober
from probes.watch.discovered import groups
from probes.watch.folder import Folder
from probes.watch.outages import recorded
from probes.watch.picture import of_folder
from probes.watch.render import Page
from probes.watch.slots import read
from probes.watch.table import Head, Table
from probes.watch.watched import read as read_targets

CLIENT_TIMEOUT = 10.0  # seconds a client may take for its request or between reads
CLIENTS = 16  # at once; more wait for their turn
STALE = 10.0  # seconds without a turn after which the prober is not well


class View:
    """The table as it is now; prepares anew what the list of seats changes."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._table: Table | None = None
        self._page = Page()
        self._file: tuple[int, ...] = ()
        self._generation = -1

    def metrics(self) -> bytes:
        """Raises Misuse, FileNotFoundError before the prober made its files."""
        with self._lock:
            table = self._current()
            return "".join((*self._page.text(table), of_the_prober(table))).encode()

    def silent_for(self) -> float:
        """Seconds since the prober's latest turn. Raises as `metrics`."""
        with self._lock:
            return time.time() - self._current().q[Head.BEAT] / 1e9

    def _current(self) -> Table:
        found = self._folder.table.stat()
        # another file may be as large; the one that is mapped keeps its number from all others
        file = found.st_dev, found.st_ino, found.st_size
        if self._table is None or self._file != file:
            if self._table is not None:
                self._table.close()
                self._table = None
            self._table = Table(self._folder.table, writable=False)
            self._file, self._generation = file, -1
        generation = self._table.q[Head.GENERATION]
        if self._generation != generation:
            self._page = Page.of(read(self._folder.slots))
            self._generation = generation
        return self._table


def server(folder: Folder, host: str, port: int) -> http.server.ThreadingHTTPServer:
    """Bound and ready; `serve_forever` serves. Raises OSError where the address is taken."""
    view = View(folder)
    turns = threading.BoundedSemaphore(CLIENTS)

    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = CLIENT_TIMEOUT
        server_version = "qianyun"
        sys_version = ""

        def do_GET(self) -> None:  # the name that http.server calls
            with turns:
                self._answer(*_answer(view, folder, self.path.partition("?")[0]))

        def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """A scrape every few seconds is no news."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        address_family = 10 if ":" in host else 2  # AF_INET6, AF_INET

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is no fault of ours."""

    return Server((host, port), Handler)


def _answer(view: View, folder: Folder, path: str) -> tuple[HTTPStatus, str, bytes]:
    text = "text/plain; charset=utf-8"
    try:
        if path == "/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, view.metrics()
        if path == "/targets":
            return HTTPStatus.OK, "application/jsonl", Path(folder.targets).read_bytes()
        if path in _OF_FOLDER:
            told = json.dumps(_OF_FOLDER[path](folder), ensure_ascii=False).encode()
            return HTTPStatus.OK, "application/json", told
        if path == "/health":
            silent = view.silent_for()
            told = f"{silent:.1f} 秒前转过一轮 / seconds since the prober's latest turn\n".encode()
            good = silent <= STALE
            return HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE, text, told
    except (OSError, Misuse, sqlite3.Error) as error:
        told = f"探测进程尚未就绪 / the prober is not ready: {error}\n".encode()
        return HTTPStatus.SERVICE_UNAVAILABLE, text, told
    return HTTPStatus.NOT_FOUND, text, b"/metrics /targets /sd /standing /outages /health\n"


def _standing(folder: Folder) -> object:
    found = of_folder(folder)
    if found is None:
        raise FileNotFoundError(folder.table)
    return found.as_json()


def _outages(folder: Folder) -> object:
    return {"outages": [asdict(one) for one in recorded(folder.outages)]}


_OF_FOLDER: Mapping[str, Callable[[Folder], object]] = {
    "/sd": lambda folder: groups(read_targets(folder.targets)),
    "/standing": _standing,
    "/outages": _outages,
}
