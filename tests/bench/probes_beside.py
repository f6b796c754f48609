"""The prober's processor time beside blackbox_exporter's and smokeping_prober's."""

import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from probes.model import Target
from probes.watch.table import Head
from probes.watch.watched import Watch
from tests.bench.probes_running import TARGETS, V4, cpu, echoes, prober, until

BLACKBOX = shutil.which("prometheus-blackbox-exporter")
SMOKEPING = shutil.which("prometheus-smokeping-prober")
FEW = 200
ROUNDS = 2000


def icmp(made: Path) -> Iterator[dict[str, object]]:
    """Processor time per probe on the whole path; ours with a scrape of everything each 5 s."""
    from probes.watch.exporter import View

    with prober(made / "icmp", echoes(TARGETS // 2)) as running:
        time.sleep(2)
        view = View(running.folder)
        view.metrics()
        sent, spent, own = running.head(Head.SENT), cpu(running.process.pid), time.process_time()
        for _ in range(4):
            time.sleep(5)
            view.metrics()
        sent = running.head(Head.SENT) - sent
        spent = cpu(running.process.pid) - spent + time.process_time() - own
        ours = spent / sent * 1e6
    for name, theirs in (("blackbox", _blackbox(made, "icmp", "")), ("smokeping", _smokeping())):
        yield _beside(f"probes.icmp_over_{name}", ours, theirs, 10)


def connections(made: Path) -> Iterator[dict[str, object]]:
    for check, bar in (("tcp", 3), ("http", 2)):
        watches = [
            Watch(
                target=Target(
                    code=f"S-{n}", check=check, family=4, address=str(V4 + n), port=80,
                    content="healthy" if check == "http" else "",
                ),
                kind="service",
                interval=0.2,  # a thousand a second: the other is driven as fast as it goes too
            )
            for n in range(FEW)
        ]  # fmt: skip
        with prober(made / check, watches) as running:
            time.sleep(2)
            before, spent = running.sums(), cpu(running.process.pid)
            time.sleep(10)
            after, spent = running.sums(), cpu(running.process.pid) - spent
            looks = after["ANSWERED"] - before["ANSWERED"]
            assert after["FAILED"] == 0, after
        theirs = _blackbox(made, check, ":80")
        yield _beside(f"probes.{check}_over_blackbox", spent / looks * 1e6, theirs, bar)


def _beside(name: str, ours: float, theirs: float | None, bar: int) -> dict[str, object]:
    """A ratio: how many times our processor time per probe the other takes."""
    ratio = round(theirs / ours, 1) if theirs else 0.0
    return {
        "name": name,
        "value": ratio,
        "unit": f"times our processor time per probe; ours {ours:.0f} µs; "
        f"load {os.getloadavg()[0]:.1f}",
        "bar": f"≥ {bar}",
        "ok": ratio >= bar,
        "beside": round(theirs, 1) if theirs else None,
        "beside_is": "µs a probe, the other" if theirs else "not installed here",
    }


def _blackbox(made: Path, check: str, port: str) -> float | None:
    """µs of its processor time per probe, eight at once."""
    if BLACKBOX is None:
        return None
    config = made / f"blackbox-{check}.yml"
    modules = {
        "icmp": "prober: icmp, icmp: {preferred_ip_protocol: ip4}",
        "tcp": "prober: tcp, tcp: {preferred_ip_protocol: ip4}",
        "http": "prober: http, http: {preferred_ip_protocol: ip4, "
        "fail_if_body_not_matches_regexp: [healthy]}",
    }
    config.write_text(f"modules: {{m: {{{modules[check]}}}}}\n")
    listen = "127.0.0.1:9115"
    process = subprocess.Popen(
        [BLACKBOX, f"--config.file={config}", f"--web.listen-address={listen}"],
        stderr=subprocess.DEVNULL,
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    scheme = "http://" if check == "http" else ""

    def one(number: int) -> bool:
        target = f"{scheme}{V4 + number % FEW}{port}"
        with direct.open(f"http://{listen}/probe?module=m&target={target}", timeout=30) as answer:
            return b"probe_success 1" in answer.read()

    try:
        until(lambda: _answers(lambda: one(0)))
        spent = cpu(process.pid)
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(one, range(ROUNDS)))
        return (cpu(process.pid) - spent) / ROUNDS * 1e6
    finally:
        process.terminate()
        process.wait()


def _answers(ask: Callable[[], bool]) -> bool:
    try:
        return ask()
    except OSError:
        return False


def _smokeping() -> float | None:
    """µs of its processor time per probe, as many targets at 1 Hz as it bears."""
    if SMOKEPING is None:
        return None
    hosts = [str(V4 + n) for n in range(FEW)]
    listen = "127.0.0.1:9374"
    process = subprocess.Popen(
        [SMOKEPING, f"--web.listen-address={listen}", "--ping.interval=1s", *hosts],
        stderr=subprocess.DEVNULL,
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def sent() -> float:
        with direct.open(f"http://{listen}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith("smokeping_requests_total")
        )

    try:
        until(lambda: _answers(lambda: sent() >= 2 * FEW))
        before, spent = sent(), cpu(process.pid)
        time.sleep(20)
        return (cpu(process.pid) - spent) / (sent() - before) * 1e6
    finally:
        process.terminate()
        process.wait()
