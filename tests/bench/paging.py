"""A line that is cut: how soon the prober knows, and how many pages two hundred nodes behind it make.

Real Prometheus, real Alertmanager, a pager that counts; everything in namespaces of its own.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.paging import asked, until
from tests.probes.alerts.paged import BEHIND, KIND, TIMING, City, city, entrance, watched
from tests.probes.conftest import ip

CUTS = 7
INTERVAL = 2.0  # seconds; the inventory's is 5 where it tells none


def figures() -> Iterator[dict[str, object]]:
    argv = ["unshare", "--net", sys.executable, "-m", "tests.bench.paging"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as inner:
        assert inner.stdout
        for line in inner.stdout:
            yield json.loads(line)
    assert inner.returncode == 0


def main() -> None:
    ip("link", "set", "lo", "up")
    with tempfile.TemporaryDirectory(prefix="qy-bench-") as made:
        detected = _detected(Path(made, "detected"))
        pages, ends = _paged(Path(made, "paged"))
    for figure in (
        {
            "name": "probes.cut_line_detected",
            "value": round(max(detected), 2),
            "unit": "intervals",
            "bar": "<= 3",
            "ok": max(detected) <= 3,
            "beside": round(sorted(detected)[len(detected) // 2], 2),
            "beside_is": f"the median of {CUTS} cuts; the value is the slowest",
        },
        {
            "name": "probes.pages_of_a_cut_line",
            "value": pages,
            "unit": "pages",
            "bar": "== 1",
            "ok": pages == 1 and ends == 1,
            "beside": BEHIND,
            "beside_is": f"nodes behind it, each of them down; ends told: {ends}",
        },
    ):
        print(json.dumps(figure), flush=True)


def _detected(made: Path) -> list[float]:
    """Intervals from a cut, at another moment of the interval each time, to the state "down"."""
    made.mkdir()
    with city(made, interval=INTERVAL) as place:
        return [_cut_once(place, number / CUTS) for number in range(CUTS)]


def _cut_once(place: City, phase: float) -> float:
    time.sleep(INTERVAL * phase)
    cut = place.cut()
    since = until(place.line_down_since, "the line to be known as down")
    place.heal()
    until(place.all_up, "everything to be up again")
    return (since - cut) / 1e9 / INTERVAL


def _paged(made: Path) -> tuple[int, int]:
    """Pages that tell of something down, and pages that tell of its end."""
    made.mkdir()
    up = f'qianyun_probe_up{{kind="{KIND}",check="icmp"}}'
    since = f'time() - qianyun_probe_state_since_timestamp_seconds{{kind="{KIND}",check="icmp"}}'
    alone = 2 + TIMING.margin + 10  # seconds after which a node alone would have been told long ago
    with entrance(), watched(made) as seen:
        for state in (0, 1):
            (seen.city.heal if state else seen.city.cut)()
            query = f"count(({up} == {state}) and ({since} > {alone})) == {2 * BEHIND}"
            until(lambda q=query: asked(seen.prometheus, q), "every node to be so for long")  # type: ignore[misc]
            until(lambda n=state: len(seen.pager.pages) > n, "the page")  # type: ignore[misc]
        pages = [page["status"] for page in seen.pager.pages]
    return pages.count("firing"), pages.count("resolved")


if __name__ == "__main__":
    main()
