"""The real Prometheus and Alertmanager beside a test, and a pager that writes down what it is told.

All in the calling thread's network namespace; each program dies with the test's process.
"""

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from probes.asking import ask
from probes.errors import Unreachable
from tests.probes.conftest import ip

UPPER = 300.0  # seconds; nothing rests on being quicker than this
ALERTMANAGER, PROMETHEUS = shutil.which("prometheus-alertmanager"), shutil.which("prometheus")
MISSING = "no Prometheus or Alertmanager here: make setup-netbox brings them"


def until[T](what: Callable[[], T], told: str) -> T:
    """The first answer that is true; asked again and again."""
    end = time.monotonic() + UPPER
    while True:
        if found := what():
            return found
        assert time.monotonic() < end, f"never: {told}"
        time.sleep(0.1)


def answers(url: str) -> bool:
    try:
        ask(url)
    except Unreachable:
        return False
    return True


@contextlib.contextmanager
def running(log: Path, *argv: str) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as out:
        command = ["setpriv", "--pdeathsig", "KILL", *argv]
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def alertmanager(folder: Path, config: str, port: int = 9093) -> Iterator[str]:
    """Gives its URL, once it is ready."""
    folder.mkdir(exist_ok=True)
    (folder / "alertmanager.yml").write_text(config)
    url = f"http://127.0.0.1:{port}"
    argv = (
        ALERTMANAGER or "", f"--config.file={folder}/alertmanager.yml",
        f"--storage.path={folder}/data", f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    )  # fmt: skip
    with running(folder / "alertmanager.log", *argv):
        until(lambda: answers(f"{url}/api/v2/status"), "Alertmanager to be ready")
        yield url


@contextlib.contextmanager
def prometheus(folder: Path, port: int = 9090) -> Iterator[str]:
    """With the `prometheus.yml` that lies in the folder; gives its URL, once it is ready."""
    url = f"http://127.0.0.1:{port}"
    argv = (
        PROMETHEUS or "", f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}",
    )  # fmt: skip
    with running(folder / "prometheus.log", *argv):
        until(lambda: answers(f"{url}/api/v1/query?query=1"), "Prometheus to be ready")
        yield url


def asked(url: str, query: str) -> list[dict[str, Any]]:
    """A PromQL query's vector: labels and value."""
    from urllib.parse import quote

    found = ask(f"{url}/api/v1/query?query={quote(query)}")["data"]["result"]
    return [{**one["metric"], "value": float(one["value"][1])} for one in found]


@dataclass
class Pager:
    """Whoever is on duty: pages in the order in which they came."""

    pages: list[dict[str, Any]] = field(default_factory=list)

    def told(self) -> list[tuple[str, str, str]]:
        """(status, alert, code of the line or the target), one for each alert of each page."""
        return [
            (
                one["status"],
                one["labels"]["alertname"],
                one["labels"].get("code") or one["labels"].get("line", ""),
            )
            for page in self.pages
            for one in page["alerts"]
        ]


@contextlib.contextmanager
def pager(port: int = 9099) -> Iterator[Pager]:
    made = Pager()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.pages.append(json.loads(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """What was told is in `pages`."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def in_own_network(story: Callable[[], None]) -> None:
    """Run it in a network namespace of its own, which goes away with the thread."""
    failed: list[BaseException] = []

    def body() -> None:
        try:
            os.unshare(os.CLONE_NEWNET)
            ip("link", "set", "lo", "up")
            story()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
