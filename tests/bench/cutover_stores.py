"""What clients see of a move of the application over MariaDB and over Redis: cutover, rollback and
cutover again while 50 are written a second, then the way back by an attempt of the engine."""

import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.cutover import LINE, LINE_KBIT, PACE, RATE_KBPS, times
from tests.lab import stores
from tests.lab.addresses import ENTRIES
from tests.lab.measure import Line, outside_client, read, summarise
from tests.playbooks.ansible import Mover

MIB = {"mariadb": 256, "redis": 64}
BARS = {"mariadb": 1.0, "redis": 2.0}


def mariadb() -> Iterator[dict[str, object]]:
    yield from _figures(stores.MARIADB)


def redis() -> Iterator[dict[str, object]]:
    yield from _figures(stores.REDIS)


def _figures(kind: stores.Kind) -> Iterator[dict[str, object]]:
    engine = kind.system.databases[0].engine
    with (
        tempfile.TemporaryDirectory(prefix="qy-bench-") as place,
        stores.lab(Path(place) / "lab", kind, MIB[engine]) as lab,
    ):
        folder = Path(place)
        lab.set_rate(LINE, LINE_KBIT)
        changes = {"rate_kbps": RATE_KBPS, "stateless": True}
        mover = Mover(lab, kind.system, folder, changes=changes, seconds=900)
        mover.done("preflight", "presync")
        with outside_client(lab, folder / "over", (kind.system,), PACE):
            mover.done("rehearse")
        over = read(folder / "over")
        lost = stores.lost(over, kind, lab.hosts[ENTRIES.target])
        with outside_client(lab, folder / "back", (kind.system,), PACE):
            ordered = time.time()
            mover.attempt("rollback")
        back = read(folder / "back")
        lost += stores.lost(back, kind, lab.hosts[ENTRIES.source])
        begun, released = times(lab.hosts[ENTRIES.target])
    bad = len(lost) + sum(not line.ok for line in over + back)
    gap, bar, load = _gap(over), BARS[engine], f"load {os.getloadavg()[0]:.1f}"
    yield {
        "name": f"cutover.{engine}",
        "value": gap,
        "unit": "s, longest gap between acknowledged writes in cutover, rollback, cutover by one "
        f"command, services declared stateless; {MIB[engine]} MiB, 50/s, 100 Mbit/s; {load}",
        "bar": f"≤ {bar:g}, none lost, none failed",
        "ok": gap <= bar and not bad,
        "beside": bad,
        "beside_is": f"lost or failed of {len(over) + len(back)}",
    }
    yield {
        "name": f"cutover.{engine}_rollback",
        "value": round(released - ordered, 2),
        "unit": "s from the order (the start of the attempt) until the source has the traffic again",
        "bar": "≤ 5",
        "ok": released - ordered <= 5,
        "beside": _gap(back),
        "beside_is": "s, longest gap between acknowledged writes meanwhile; the shipped program took "
        f"{released - begun:.2f} s; {load}",
    }


def _gap(lines: list[Line]) -> float:
    return max(one.downtime_s for one in summarise([li for li in lines if li.write], PACE))
