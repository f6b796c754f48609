"""What the engine itself costs: many items whose steps only take time; and a log of a million lines.

`QIANYUN_BENCH_ITEMS=300 make bench ONLY=scale.items` takes fewer items than 2,000.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from inventory.changes import diff
from inventory.store_embedded import EmbeddedStore
from migrator.people.rights import local
from migrator.planning.plan import Means, StepKind
from migrator.store.truth import Truth
from migrator.use_cases.planning import Planning
from migrator.use_cases.running import Running
from tests.migrator.builders import city, system
from tests.sim.night import ROOT, nothing
from tests.temporal import free_port, start_server, stop_server

ITEMS, STEP_SECONDS, AT_ONCE = 2_000, 5.0, 200
LINES, PAGE_BAR_MS = 1_000_000, 100.0
CPU_BAR = 0.15


def items_figures(items: int = 0) -> Iterator[dict[str, object]]:
    items = items or int(os.environ.get("QIANYUN_BENCH_ITEMS", ITEMS))
    with tempfile.TemporaryDirectory(prefix="qy-scale-") as folder:
        yield _items(Path(folder), items)


def log_figures() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="qy-logs-") as folder:
        yield from _logs(Path(folder))


def _items(folder: Path, items: int) -> dict[str, object]:
    url = f"sqlite:///{folder}/qianyun.db"
    truth = Truth.open(url)
    run = _order(truth, items)
    address = f"127.0.0.1:{free_port()}"
    server = start_server(folder, address)
    settings = folder / "worker.json"
    told = {"url": url, "address": address, "root": str(folder), "idle": True, "heartbeat": 30}
    told |= {"seconds": STEP_SECONDS, "steps": AT_ONCE, "machine": "here", "look_seconds": 15.0}
    settings.write_text(json.dumps(told))
    begun = time.monotonic()
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.sim.worker", str(settings)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        while not truth.runs.head(run).ended_at:
            time.sleep(1.0)
            assert worker.poll() is None, "the worker ended"
        wall = time.monotonic() - begun
        server_cpu = _cpu(server.pid)
        worker.terminate()
        out, _ = worker.communicate(timeout=60)
    finally:
        worker.kill()
        stop_server(server)
    states = {item.state.value for item in truth.runs.get(run).items}
    truth.engine.dispose()
    used = json.loads(out.splitlines()[-1])["cpu"]
    each = used / items
    return {
        "name": "scale.items_cpu",
        "value": round(each, 3),
        "unit": f"s of the worker's CPU, {items} items of {STEP_SECONDS:.0f} s steps, {wall:.0f} s in all",
        "bar": f"≤ {CPU_BAR}",
        "ok": each <= CPU_BAR and states == {"done"},
        "beside": round(server_cpu / items, 3),
        "beside_is": "s of the Temporal server's CPU per item",
    }


def _order(truth: Truth, items: int) -> str:
    estate = EmbeddedStore(truth.engine)
    wanted = city([system(n) for n in range(items)])
    changes = diff(estate.load(), wanted)
    estate.apply(changes, actor="zhang", confirmed=changes.digest)
    many: dict[str, Any] = dict.fromkeys(("per_room", "per_line", "per_cloud"), items)
    means = Means(ignore_windows=True, soak_seconds=0, moves_at_once=AT_ONCE, **many)
    kept, plan = Planning(truth, estate).make(local("zhang"), means)
    Planning(truth, estate).approve(kept.code, plan.digest, local("li"))
    running = Running(truth=truth, estate=estate, begin=nothing, wake=nothing)
    return running.start(kept.code, local("wang")).code


def _cpu(pid: int) -> float:
    """Seconds of user and system time so far (proc(5), /proc/PID/stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _logs(folder: Path) -> Iterator[dict[str, object]]:
    truth = Truth.open(f"sqlite:///{folder}/qianyun.db")
    run = _order(truth, 4)
    begun = time.monotonic()
    per_attempt = 2_500
    for number in range(LINES // per_attempt):
        code = f"S{number % 4}"
        attempt = truth.attempts.open(run, code, StepKind.PREFLIGHT, "here", str(folder))
        lines = [
            {"at": "t", "event": "runner_on_ok", "host": code, "task": f"t{n}", "text": f"ok {n}"}
            for n in range(per_attempt)
        ]
        truth.logs.add(attempt, lines)
        truth.attempts.close(attempt.token, "done", "", [])
    wrote = time.monotonic() - begun
    token = truth.attempts.of(run, "S2")[-1].token
    pages: dict[str, dict[str, Any]] = {
        "run": {},
        "item": {"system": "S3"},
        "attempt": {"token": token},
    }
    slowest, which = 0.0, ""
    for name, of in pages.items():
        for _ in range(5):
            at = time.monotonic()
            page = truth.logs.page(run, **of)
            took = 1000 * (time.monotonic() - at)
            assert len(page) == 200
            if took > slowest:
                slowest, which = took, name
    at = time.monotonic()
    assert truth.logs.page(run, text="nowhere to be found") == []
    search = 1000 * (time.monotonic() - at)
    yield {
        "name": "scale.log_first_page",
        "value": round(slowest, 1),
        "unit": f"ms, slowest of 15 first pages (of a {which}), {LINES} lines kept in {wrote:.0f} s",
        "bar": f"≤ {PAGE_BAR_MS:.0f}",
        "ok": slowest <= PAGE_BAR_MS,
        "beside": round(search),
        "beside_is": "ms, a search through all of them that finds nothing",
    }
    truth.engine.dispose()


if __name__ == "__main__":
    for figure in items_figures(int(sys.argv[1]) if len(sys.argv) > 1 else 0):
        print(json.dumps(figure, ensure_ascii=False), flush=True)
