"""The way in under a city's weight: 5,000 systems, 8,000 lines, 100,000 audit entries; pages, lists,
live listeners, memory.

`QIANYUN_BENCH_MINUTES=30` measures memory for that long; five minutes by default.
"""

import asyncio
import json
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import insert

from api.bootstrap import Qianyun
from api.http.serving import GRACE_SECONDS
from api.settings import load
from inventory.canonical import canonical_json
from inventory.changes import diff
from inventory.model import Estate, Line
from migrator.people.rights import Role, local
from migrator.planning.plan import Means, StepKind
from migrator.store.audit import Entry
from migrator.store.tables import audit
from migrator.use_cases.running import Running
from tests.bench import web_browser, web_lists, web_memory
from tests.bench.engine_scale import _cpu
from tests.bench.web_lists import p95
from tests.children import Child, spawn
from tests.migrator.builders import CLOUD, city, system
from tests.running_api import ROOT
from tests.sim.night import nothing

SYSTEMS, LINES, ENTRIES = 5_000, 8_000, 100_000
LISTENERS, EVENTS_PER_S, LISTEN_S = 200, 100, 20.0
PASSWORD = "correct horse battery"
PAGES = (
    *(
        "/",
        "/systems",
        "/systems?q=系统",
        "/systems/S17",
        "/network",
        "/rooms",
        "/rooms/R1",
        "/lines",
    ),
    *("/lines/L-100", "/plans", "/plans/{plan}", "/runs", "/runs/{run}", "/probes", "/policies"),
    *(
        "/policies/holds",
        "/reports",
        "/ledgers",
        "/admin/users",
        "/admin/audit",
        "/admin/health",
        "/me",
    ),
)


@dataclass(frozen=True)
class Stand:
    """A filled state with the API running over it."""

    url: str
    child: Child
    token: str
    plan: str
    run: str
    product: Qianyun
    folder: Path

    @property
    def pid(self) -> int:
        return self.child.pid


def figures() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="qy-web-") as folder, standing(Path(folder)) as stand:
        yield from _pages(stand)
        yield from web_lists.figures(stand.url, stand.token, stand.folder)
        yield from web_browser.figures(stand.url, "everybody", PASSWORD)
        yield _listeners(stand)
        yield _memory(stand)
        yield _stop(stand)


@contextmanager
def standing(folder: Path) -> Iterator[Stand]:
    """Fill a state (half a minute), start the API over it."""
    from tests.running_api import UPPER
    from tests.temporal import free_port

    kept = {n: v for n, v in os.environ.items() if not n.startswith("QIANYUN_")}
    address = f"127.0.0.1:{free_port()}"
    told = {
        "QIANYUN_STATE": str(folder / "state"),
        "QIANYUN_API_ADDRESS": address,
        "QIANYUN_TEMPORAL_ADDRESS": "127.0.0.1:9",
    }
    product = Qianyun(load(told))
    begun = time.monotonic()
    plan, run = _fill(product)
    print(f"filled in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    person = local("bench")
    product.accounts.add(person, "everybody", tuple(Role), password=PASSWORD)
    _, token = product.accounts.make_token(person, "everybody", "bench", tuple(Role))
    child = spawn(
        [sys.executable, "-m", "api.cli.main", "api"],
        folder / "log",
        environ=kept | told,
        folder=ROOT,
    )
    try:
        child.wait_until(lambda: _answers(address), UPPER)
        yield Stand(f"http://{address}", child, token, plan, run, product, folder)
    finally:
        child.stop()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/health/live", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _fill(product: Qianyun) -> tuple[str, str]:
    """Inventory, plan, approval, run, audit; the codes of plan and run."""
    lines = [
        Line(code=f"L-{n}", name=f"专线{n}", a_end=f"R{n % 100}", z_end=CLOUD,
             bandwidth_kbps=100_000, rent_per_year=12_000)
        for n in range(LINES)
    ]  # fmt: skip
    rooms = {f"R{n}": None for n in range(100)}
    wanted: Estate = city(
        [system(n, room=f"R{n % 100}") for n in range(SYSTEMS)], lines=lines, rooms=rooms
    )
    changes = diff(product.estate.load(), wanted)
    product.estate.apply(changes, actor="bench", confirmed=changes.digest)
    many = dict.fromkeys(("per_room", "per_line", "per_cloud"), 500)
    means = Means(ignore_windows=True, soak_seconds=0, moves_at_once=500, **many)
    kept, plan = product.planning.make(local("zhang"), means)
    product.planning.approve(kept.code, plan.digest, local("li"))
    running = Running(truth=product.truth, estate=product.estate, begin=nothing, wake=nothing)
    run = running.start(kept.code, local("wang")).code
    _fill_audit(product)
    return kept.code, run


def _fill_audit(product: Qianyun) -> None:
    """A chain that holds, written at once."""
    last = product.truth.audit_entries()[-1]
    rows, previous = [], last.hash
    for seq in range(last.seq + 1, ENTRIES + 1):
        bare = Entry(seq=seq, at=last.at, actor=f"user{seq % 50}", action="inventory.read",
                     object=f"S{seq % SYSTEMS}", detail={"via": "session"}, previous=previous,
                     hash="")  # fmt: skip
        previous = bare.expected_hash()
        detail = canonical_json(bare.detail).decode()
        rows.append({**vars(bare), "detail": detail, "hash": previous})
    with product.truth.writing() as connection:
        connection.execute(insert(audit), rows)


@contextmanager
def _signed_in(stand: Stand) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stand.url, trust_env=False, timeout=120) as client:
        client.post("/api/v1/session", json={"name": "everybody", "password": PASSWORD})
        client.headers["Accept-Encoding"] = "gzip"
        yield client


def _pages(stand: Stand) -> Iterator[dict[str, object]]:
    worst = heaviest = 0.0
    slow = heavy = ""
    every: dict[str, float] = {}
    with _signed_in(stand) as client:
        for raw in PAGES:
            path = raw.format(plan=stand.plan, run=stand.run)
            took, size = [], 0.0
            for _ in range(21):
                begun = time.perf_counter()
                with client.stream("GET", path, headers={"Accept": "text/html"}) as answer:
                    body = b"".join(answer.iter_raw())
                took.append((time.perf_counter() - begun) * 1000)
                assert answer.status_code == 200, f"{path}: {answer.status_code}"
                size = len(body) / 1000
            every[path] = round(p95(took[1:]), 1)
            if every[path] > worst:
                worst, slow = every[path], path
            if size > heaviest:
                heaviest, heavy = size, path
        first = _first_bytes(client)
    yield {
        "name": "web.page_p95",
        "value": worst,
        "unit": f"ms at the client, the slowest of {len(PAGES)} pages: {slow}; {_slowest(every)}",
        "bar": "≤ 150",
        "ok": worst <= 150,
        "beside": every["/me"],
        "beside_is": "ms, /me: a page with nearly nothing on it",
    }
    yield {
        "name": "web.page_wire",
        "value": round(heaviest, 1),
        "unit": f"kB over the wire, the heaviest page: {heavy}",
        "bar": "≤ 300",
        "ok": heaviest <= 300,
        "beside": round(first, 1),
        "beside_is": "kB of scripts, styles and fonts, once, kept by the browser",
    }


def _slowest(every: dict[str, float]) -> str:
    worst = sorted(every.items(), key=lambda one: -one[1])[:5]
    return ", ".join(f"{path} {ms}" for path, ms in worst)


def _first_bytes(client: httpx.Client) -> float:
    """kB of what the first page brings besides itself."""
    text = client.get("/", headers={"Accept": "text/html"}).text
    found = set(re.findall(r"(?:src|href)=\"(/assets/[^\"]+)\"", text))
    total = 0.0
    for path in found:
        with client.stream("GET", path) as answer:
            total += len(b"".join(answer.iter_raw()))
    return total / 1000


def _listeners(stand: Stand) -> dict[str, object]:
    heard, cpu = asyncio.run(_listened(stand))
    emitted = int(LISTEN_S * EVENTS_PER_S)
    return {
        "name": "web.sse_cpu",
        "value": round(cpu * 100, 1),
        "unit": f"% of a core, {LISTENERS} listeners, {EVENTS_PER_S} events/s for {LISTEN_S:.0f} s; the "
        f"one that heard least heard {min(heard)} of {emitted}",
        "bar": "≤ 10, every event heard by all",
        "ok": cpu <= 0.10 and min(heard) == emitted,
        "beside": round(
            LISTENERS * EVENTS_PER_S * cpu and cpu / (LISTENERS * EVENTS_PER_S) * 1e6, 2
        ),
        "beside_is": "µs of processor for each event told to one listener",
    }


async def _cursor(stand: Stand) -> str:
    """Where the stream stands, once a first listener has been told of all 5,000 items."""
    headers, last = {"Authorization": f"Bearer {stand.token}"}, ""
    async with (
        httpx.AsyncClient(headers=headers, trust_env=False, timeout=120) as client,
        client.stream("GET", f"{stand.url}/api/v1/runs/{stand.run}/events") as answer,
    ):
        states = 0
        async for line in answer.aiter_lines():
            states += line == "event: state"
            if line.startswith("id: "):
                last = line[4:]
                if states > SYSTEMS:
                    break
    return last


async def _listened(stand: Stand) -> tuple[list[int], float]:
    """(events heard by each listener, the server's share of a core meanwhile)."""
    attempt = stand.product.truth.attempts.open(
        stand.run, "S1", StepKind.PREFLIGHT, "here", str(stand.folder / "attempts")
    )
    log = Path(attempt.folder) / "log.jsonl"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()
    heard = [0] * LISTENERS
    cursor = await _cursor(stand)

    async def listen(number: int) -> None:
        host, _, port = stand.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"GET /api/v1/runs/{stand.run}/events?cursor={cursor} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {stand.token}\r\n\r\n".encode()
        )
        rest = b""
        while part := await reader.read(1 << 16):
            whole = rest + part
            heard[number] += whole.count(b"tick-") - rest.count(b"tick-")
            rest = whole[-5:]

    tasks = [asyncio.create_task(listen(n)) for n in range(LISTENERS)]
    await asyncio.sleep(5)  # they are all there
    cpu, at = _cpu(stand.pid), time.monotonic()
    with log.open("a") as file:
        for number in range(int(LISTEN_S * EVENTS_PER_S)):
            line = {"at": f"2026-01-01T00:00:00.{number:06}", "event": "runner_on_ok", "host": "S1",
                    "task": "copy", "text": f"tick-{number}"}  # fmt: skip
            file.write(json.dumps(line) + "\n")
            file.flush()
            await asyncio.sleep(max(0.0, at + (number + 1) / EVENTS_PER_S - time.monotonic()))
    share = (_cpu(stand.pid) - cpu) / (time.monotonic() - at)
    await asyncio.sleep(3)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return heard, share


def _memory(stand: Stand) -> dict[str, object]:
    paths = [one.format(plan=stand.plan, run=stand.run) for one in PAGES]
    lists = (*web_lists.SAME, *web_lists.OTHER, *web_lists.AUDIT, "/api/v1/plans/P-20000101-1")
    with _signed_in(stand) as client:
        return web_memory.figure(client, stand.pid, (*paths, *lists))


STREAMS = 50


def _stop(stand: Stand) -> dict[str, object]:
    """From SIGTERM to the end of the process while streams are open."""
    headers = {"Authorization": f"Bearer {stand.token}"}
    with ExitStack() as stack:
        client = stack.enter_context(
            httpx.Client(base_url=stand.url, headers=headers, trust_env=False, timeout=120)
        )
        for path in ("/api/v1/events", f"/api/v1/runs/{stand.run}/events"):
            for _ in range(STREAMS // 2):
                answer = stack.enter_context(client.stream("GET", path))
                assert answer.status_code == 200
        begun = time.monotonic()
        stand.child.process.send_signal(signal.SIGTERM)
        ended = stand.child.wait(60)
        took = time.monotonic() - begun
    return {
        "name": "web.stop",
        "value": round(took, 2),
        "unit": f"s from SIGTERM to the end, {STREAMS} streams open",
        "bar": "≤ 5",
        "ok": ended and took <= 5,
        "beside": float(GRACE_SECONDS),
        "beside_is": "s, after which nothing is waited for",
    }
