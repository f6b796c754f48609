"""A virtual address there and back under clients: what they notice, and how long both hosts had it."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from tests.lab.host import Host
from tests.playbooks.vip_pair import V4, V6, Pair, lab

LINE = re.compile(r"\[(\S+)\] (Deleted )?\d+: \S+\s+inet6? (\S+)/")
MOVES = 2
Times = dict[tuple[str, bool], list[datetime]]


def figures() -> Iterator[dict[str, object]]:
    if not shutil.which("keepalived"):
        return
    with tempfile.TemporaryDirectory(prefix="qy-bench-") as place, lab(Path(place) / "lab") as made:
        pair = Pair(made, Path(place))
        pair.done("vip_prepare")
        with watched(pair.old) as old, watched(pair.new) as new, pair.asked() as told:
            pair.done("vip")
            pair.done("vip", "back")
    clients = tuple(told.values())
    failed, asked = sum(len(one.failed) for one in clients), sum(one.requests for one in clients)
    yield {
        "name": "cutover.vip",
        "value": failed,
        "unit": f"requests that met a cut connection, of {asked}, virtual address there and back",
        "bar": f"≤ 1 per client and move ({len(clients) * MOVES}), none waits > 1.5 s",
        "ok": failed <= len(clients) * MOVES and max(one.longest for one in clients) <= 1.5,
        "beside": max(one.longest for one in clients),
        "beside_is": f"s, longest wait for an answer; load {os.getloadavg()[0]:.1f}",
    }
    both = [
        _both(taker, giver, one) for one in (V4, V6) for taker, giver in ((new, old), (old, new))
    ]
    yield {
        "name": "cutover.vip_both",
        "value": round(max(both), 2),
        "unit": "ms for which both hosts had an address, the longest of there and back, IPv4 and IPv6",
        "bar": "≤ 200 (one advert)",
        "ok": max(both) <= 200,
        "beside": round(max(0.0, -min(both)), 2),
        "beside_is": "ms for which neither had it, the longest",
    }


@contextmanager
def watched(host: Host) -> Iterator[Times]:
    """When each address came (True) and went, by the machine's clock."""
    with tempfile.TemporaryFile("w+") as out:
        watch = host.popen(["ip", "-ts", "monitor", "address"], stdout=out)
        told: Times = {}
        try:
            yield told
        finally:
            watch.terminate()
            watch.wait()
            out.seek(0)
            for at, gone, address in LINE.findall(out.read()):
                told.setdefault((address, not gone), []).append(datetime.fromisoformat(at))


def _both(taker: Times, giver: Times, address: str) -> float:
    """Milliseconds from its coming to the one till its going from the other; one move each way."""
    return (giver[address, False][-1] - taker[address, True][-1]).total_seconds() * 1000
