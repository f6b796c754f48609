"""Lists asked by twenty at once, who wait for their answer and ask again: the same question by all, and
each question another. Beside them, in the same run, what the server's own machinery takes for a bare
answer of the same size: nothing above it can be quicker.

The clients speak HTTP over bare sockets: httpx takes 2.7 ms an answer on these cores, ten times what the
server does for a bare one, and twenty of it measure themselves.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.children import spawn
from tests.running_api import ROOT, UPPER
from tests.temporal import free_port

AT_ONCE, ROUNDS = 20, 25
SAME = (
    *("/api/v1/inventory/objects/systems", "/api/v1/inventory/objects/lines?sort=-code"),
    *("/api/v1/plans", "/api/v1/runs", "/api/v1/users", "/api/v1/policies"),
    *("/api/v1/reports", "/api/v1/probes/outages", "/api/v1/probes/targets"),
    "/api/v1/inventory/tasks",
)
OTHER = (
    *(
        "/api/v1/inventory/objects/systems?offset={n}",
        "/api/v1/inventory/objects/lines?sort=-code&offset={n}",
        "/api/v1/inventory/objects/systems?q=S{n}",
    ),
    *("/api/v1/plans?offset={n}", "/api/v1/runs?author={n}", "/api/v1/users?offset={n}"),
    *("/api/v1/policies?offset={n}", "/api/v1/reports?offset={n}"),
    *("/api/v1/probes/outages?offset={n}", "/api/v1/probes/targets?offset={n}"),
    "/api/v1/inventory/tasks?offset={n}",
)
AUDIT = ("/api/v1/audit",)
"""Never kept: each reading writes an entry of its own before it is answered."""
BARE = """
import sys, uvicorn
BODY = b"x" * 17000
HEAD = [(b"content-type", b"application/json"), (b"content-length", b"17000")]
async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEAD})
        await send({"type": "http.response.body", "body": BODY})
uvicorn.run(app, port=int(sys.argv[1]), http="h11", access_log=False, log_level="error")
"""


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def figures(url: str, token: str, folder: Path) -> Iterator[dict[str, object]]:
    with _bare(folder) as bare:
        limit = asyncio.run(_asked(bare, "", ("/",)))["/"]
    for name, paths, how in (
        ("web.list_p95", SAME, "the same asked by all"),
        ("web.list_other_p95", OTHER, "each question another"),
        ("web.audit_p95", AUDIT, "each reading noted"),
    ):
        every = asyncio.run(_asked(url, token, paths))
        worst = max(every, key=lambda path: every[path])
        rest = ", ".join(
            f"{p} {ms}" for p, ms in sorted(every.items(), key=lambda one: -one[1])[:5]
        )
        yield {
            "name": name,
            "value": every[worst],
            "unit": f"ms at the client, {AT_ONCE} at once, {how}, the slowest of {len(paths)}: {rest}; "
            f"median of them {statistics.median(every.values()):.1f}",
            "bar": "≤ 50",
            "ok": every[worst] <= 50,
            "beside": limit,
            "beside_is": "ms, a bare ASGI answer of 17 kB at 20 at once in the same run",
        }


@contextmanager
def _bare(folder: Path) -> Iterator[str]:
    port = free_port()
    child = spawn(
        [sys.executable, "-c", BARE, str(port)], folder / "bare", environ=os.environ, folder=ROOT
    )
    try:
        child.wait_until(lambda: asyncio.run(_listens(port)), UPPER)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _asked(url: str, token: str, paths: tuple[str, ...]) -> dict[str, float]:
    """p95 by path."""
    every: dict[str, float] = {}
    numbers = count(1)
    for path in paths:
        took: list[float] = []
        await asyncio.gather(*(_ask(url, token, path, numbers, took) for _ in range(AT_ONCE)))
        every[path] = round(p95(took), 1)
    return every


async def _ask(url: str, token: str, path: str, numbers: "count[int]", took: list[float]) -> None:
    host, _, port = url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    for turn in range(ROUNDS):
        asked = path.format(n=next(numbers))
        begun = time.perf_counter()
        writer.write(
            f"GET {asked} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(size)
        if turn:  # the first opens its connection
            took.append((time.perf_counter() - begun) * 1000)
        assert head.startswith(b"HTTP/1.1 200"), f"{asked}: {head!r} {body[:200]!r}"
    writer.close()
    await writer.wait_closed()
