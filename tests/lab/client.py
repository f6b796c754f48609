"""The outside client: a program of its own (standard library only) that measures every request.

    python client.py --out FILE --pace SECONDS SYSTEM=PORT … --v4 ADDRESS --v6 ADDRESS

One stream per system and family, each with one request at a time on a connection it keeps. One JSON
line per request: system, family, method, path, at (unix s), start (monotonic s), ms, and `status`
or `error`; `ok` is whether it was answered as it should be. Writes carry what was written: `id`, or
`path` and `sha256`. It ends at SIGTERM or SIGINT, requests under way are finished first.
"""

import argparse
import hashlib
import http.client
import itertools
import json
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

TIMEOUT_S = 30.0
OVERWRITTEN = 5  # files that are written again and again, per family


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    content: str = ""  # what the answer must hold
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    facts: tuple[tuple[str, Any], ...] = ()


def portal(family: int) -> Iterator[Request]:
    """Reads the site."""
    for number in itertools.count():
        yield Request("GET", "/", "政务公开门户")
        yield Request("GET", f"/page/{number % 150:03}.html", f"政务公开门户 {number % 150}")


def entries(family: int) -> Iterator[Request]:
    """Writes rows whose ids nobody else uses."""
    first = int(time.time() * 1000) * 1_000_000 + family * 100_000
    for number in itertools.count(first):
        body = json.dumps({"id": number, "body": f"外部登记 {number}"}, ensure_ascii=False)
        headers = (("Content-Type", "application/json"),)
        yield Request("POST", "/entries", "", body.encode(), headers, (("id", number),))


def files(family: int) -> Iterator[Request]:
    """Writes new files, writes others again (same size each time), reads in between."""
    run = f"{time.time_ns():x}"
    for number in itertools.count():
        yield _put(f"/client/v{family}/{run}-{number:08}.txt", number)
        yield Request("GET", "/index.txt", "公文附件库")
        yield _put(f"/client/v{family}/again-{number % OVERWRITTEN}.txt", number)


def _put(path: str, number: int) -> Request:
    body = f"{path} {number:012} {time.time_ns():020}\n".encode()
    return Request("PUT", path, "", body, (), (("sha256", hashlib.sha256(body).hexdigest()),))


KINDS = {"LJ-S-001": portal, "LJ-S-002": entries, "LJ-S-003": files}


class Stream:
    """One system over one family: sends what its kind makes, at its pace, and writes it down."""

    def __init__(self, system: str, family: int, address: str, port: int) -> None:
        self.system, self.family = system, family
        self.address, self.port = address, port
        self.connection: http.client.HTTPConnection | None = None

    def go(self, pace: float, stop: threading.Event, book: "Book") -> None:
        chance = random.Random(f"{self.system}{self.family}")
        due = time.monotonic() + chance.random() * pace
        for request in KINDS[self.system](self.family):
            if stop.wait(max(0.0, due - time.monotonic())):
                return
            book.write(self.measure(request))
            # Late requests are not made up for: a held one must not be followed by a burst.
            due = max(due, time.monotonic() - pace) + pace * chance.uniform(0.8, 1.2)

    def measure(self, request: Request) -> dict[str, Any]:
        line: dict[str, Any] = {
            "system": self.system,
            "family": self.family,
            "method": request.method,
            "path": request.path,
            "at": time.time(),
            "start": time.monotonic(),
            **dict(request.facts),
        }
        try:
            status, text = self.send(request)
            good = 200 <= status < 300 and request.content in text
            line |= {"status": status, "ok": good}
            if 200 <= status < 300 and not good:
                line["error"] = f"answer without {request.content}"
        except (OSError, http.client.HTTPException) as error:
            self.hang_up()
            line |= {"error": f"{type(error).__name__}: {error}", "ok": False}
        line["ms"] = round((time.monotonic() - line["start"]) * 1000, 3)
        return line

    def send(self, request: Request) -> tuple[int, str]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address, self.port, timeout=TIMEOUT_S)
        self.connection.request(
            request.method, request.path, request.body or None, dict(request.headers)
        )
        answer = self.connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        if answer.will_close:
            self.hang_up()
        return answer.status, text

    def hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Book:
    """The file of lines, shared by the streams."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.lock = threading.Lock()

    def write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self.lock:
            self.file.write(text)
            self.file.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--pace", type=float, default=0.02)
    parser.add_argument("--v4", required=True)
    parser.add_argument("--v6", required=True)
    parser.add_argument("systems", nargs="+", metavar="SYSTEM=PORT")
    options = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with open(options.out, "a", encoding="utf-8") as file:  # noqa: PTH123
        book = Book(file)
        streams = [
            Stream(system, family, address, int(port))
            for system, _, port in (pair.partition("=") for pair in options.systems)
            for family, address in ((4, options.v4), (6, options.v6))
        ]
        threads = [
            threading.Thread(target=stream.go, args=(options.pace, stop, book))
            for stream in streams
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
