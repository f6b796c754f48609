"""How quickly hosts come up."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.lab.lab import Lab


def figures() -> Iterator[dict[str, object]]:
    with (
        tempfile.TemporaryDirectory(prefix="qy-bench-") as folder,
        Lab.up(Path(folder) / "l") as lab,
    ):
        hosts = len(lab.hosts)
        boots = [s for what, s in lab.timings.items() if what.startswith("start ")]
        yield {
            "name": "lab.start_per_host",
            "value": round(lab.timings["up"] / hosts, 2),
            "unit": "s",
            "bar": "≤ 2 with what runs on it made new",
            "ok": lab.timings["up"] / hosts <= 2,
            "beside": round(sorted(boots)[len(boots) // 2], 2),
            "beside_is": "median boot of one host, several at once",
        }
