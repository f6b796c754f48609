"""Memory of the server under load: pages, lists and their errors asked again and again, resident memory
looked at each few seconds, and a straight line through what was seen after caches had filled."""

import os
import re
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

MINUTES = float(os.environ.get("QIANYUN_BENCH_MINUTES", "5"))
EVERY_S = 2.0
WARM = 0.4
"""Part of the time in which caches fill."""
PROJECTED = 30.0
"""Minutes for which the issue wants no growth."""


def rss_mb(pid: int) -> float:
    """Resident memory (proc(5), /proc/PID/status)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1000


def figure(client: httpx.Client, pid: int, paths: Sequence[str]) -> dict[str, object]:
    asked, seen = _loaded(client, pid, paths)
    warm = [(at, mb) for at, mb in seen if at >= MINUTES * WARM]
    slope, start = statistics.linear_regression(*zip(*warm, strict=True))
    first = start + slope * MINUTES * WARM
    grown = slope * PROJECTED
    return {
        "name": "web.memory_growth",
        "value": round(slope, 2),
        "unit": f"MB a minute by a straight line through {len(warm)} looks in the last "
        f"{MINUTES * (1 - WARM):.1f} of {MINUTES:.1f} min, {asked} requests; {grown:.0f} MB in "
        f"{PROJECTED:.0f} min, from {first:.0f} MB; least {min(mb for _, mb in warm):.0f}, most "
        f"{max(mb for _, mb in warm):.0f}",
        "bar": f"≤ 5 % in {PROJECTED:.0f} min",
        "ok": grown <= 0.05 * first,
        "beside": round(seen[0][1], 1),
        "beside_is": "MB resident before the load",
    }


def _loaded(
    client: httpx.Client, pid: int, paths: Sequence[str], now: Callable[[], float] = time.monotonic
) -> tuple[int, list[tuple[float, float]]]:
    """Requests made, and (minutes, MB) as seen meanwhile."""
    begun, asked = now(), 0
    seen = [(0.0, rss_mb(pid))]
    while now() - begun < MINUTES * 60:
        for path in paths:
            told = path.replace("{n}", str(asked))
            assert client.get(told).status_code in {200, 404}, told
            asked += 1
            minutes = (now() - begun) / 60
            if minutes - seen[-1][0] >= EVERY_S / 60:
                seen.append((minutes, rss_mb(pid)))
    return asked, seen
