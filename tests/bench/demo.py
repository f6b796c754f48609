"""Set-up and demo, timed as a newcomer meets them."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.city import REPO


def figures() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="qy-bench-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", str(REPO), str(clone)], check=True)
        setup = _timed(["make", "-C", str(clone), "setup"])
        again = _timed(["make", "-C", str(clone), "setup"])
        yield {
            "name": "demo.setup",
            "value": round(setup, 1),
            "unit": "s, fresh clone, system packages there, uv's cache warm",
            "bar": "≤ 300",
            "ok": setup <= 300,
            "beside": round(again, 2),
            "beside_is": "s, the second time",
        }
    demo = _timed([sys.executable, "-m", "tests.demo"])
    yield {
        "name": "demo.run",
        "value": round(demo, 1),
        "unit": "s, whole demo with its two kills",
        "bar": "≤ 240",
        "ok": demo <= 240,
        "beside": None,
        "beside_is": "",
    }


def _timed(argv: list[str]) -> float:
    begun = time.monotonic()
    subprocess.run(argv, cwd=REPO, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - begun
