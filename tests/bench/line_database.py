"""What the copy of one database takes of a line while its share is halved, and raised, in flight:
PostgreSQL's base copy, MariaDB's dump, Redis' synchronisation, by the kernel's counter each second."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench import line
from tests.bench.cutover import DISK_KIB, fill
from tests.lab import stores
from tests.lab.addresses import ENTRIES, GATEWAY
from tests.lab.lab import Lab
from tests.playbooks.ansible import Mover

LINE, ROUTER = "LJ-YD-1002", "rs"
PHASES = ((40_000, 22.0), (20_000, 22.0), (60_000, 16.0))
MIB = 420
ENGINES = ("postgresql", "mariadb", "redis")


@dataclass(frozen=True)
class Copied:
    """`cut`: why the copy had to begin anew, or nothing; `evidence`: of the copy, by the target."""

    samples: list[line.Sample]
    cut: list[str]
    late: float
    evidence: dict[str, object]
    log: list[str]


def figures() -> Iterator[dict[str, object]]:
    for engine in ENGINES:
        with tempfile.TemporaryDirectory(prefix="qy-bench-") as folder:
            yield from _told(engine, copied(Path(folder), engine, MIB, PHASES))


def copied(folder: Path, engine: str, mib: int, phases: Sequence[tuple[int, float]]) -> Copied:
    """A presync whose only weight is a database of so many MiB, by an attempt of the engine's."""
    with ExitStack() as stack:
        lab, mover = _made(stack, folder, engine, mib)
        lab.set_rate(LINE, line.LINE_KBIT)
        mover.changes["rate_kbps"] = phases[0][0]
        item = line.Item(mover, _attempts(mover, folder), phases[0][0], started=phases[0][0])
        threads = item.begin()
        samples: list[line.Sample] = []
        try:
            until = time.monotonic() + line.UPPER
            while not item.copies:
                assert time.monotonic() < until, "the copy did not begin"
                time.sleep(0.1)
            with lab.network.namespaces[ROUTER].entered():
                for kbps, seconds in phases:
                    line.phase([item], kbps, seconds, samples)
            assert not item.over.is_set(), "the copy ended too early"
        finally:
            item.kbps = line.LINE_KBIT
            for thread in threads:
                thread.join()
        log = [one["text"] for one in mover.log if one["event"] == "copied"]
        evidence = next(e for e in item.evidence if e.get("verb") == "copy")
    return Copied(samples, item.cut, line.longest_gap(samples), evidence["clusters"][0], log)


def _attempts(mover: Mover, folder: Path) -> Path:
    return folder / f"attempt-{mover.system.slug}-1000"


def _made(stack: ExitStack, folder: Path, engine: str, mib: int) -> tuple[Lab, Mover]:
    if engine == "postgresql":
        hosts = (ENTRIES.source, ENTRIES.target, GATEWAY.name)
        lab = stack.enter_context(Lab.up(folder / "lab", hosts))
        for name in hosts[:2]:
            lab.hosts[name].disk_kib = DISK_KIB
        lab.reset(*hosts[:2])
        fill(lab.hosts[ENTRIES.source], mib)
        return lab, Mover(lab, ENTRIES, folder, seconds=600)
    kind = {one.system.databases[0].engine: one for one in stores.ALL}[engine]
    lab = stack.enter_context(stores.lab(folder / "lab", kind, mib, DISK_KIB))
    if engine == "redis":  # what fills it would shrink to nothing
        stores.redis(lab.hosts[ENTRIES.source], "config", "set", "rdbcompression", "no")
    return lab, Mover(lab, kind.system, folder, seconds=600)


def _told(engine: str, seen: Copied) -> Iterator[dict[str, object]]:
    every = line.shares(seen.samples)
    steps = " → ".join(str(kbps // 1000) for kbps, _ in PHASES)
    yield {
        "name": f"line.{engine}_least",
        "value": round(100 * min(every), 1),
        "unit": f"% of what its copy might take, least of {len(every)} windows of 10 s; {steps} Mbit/s "
        "in flight",
        "bar": "≥ 90",
        "ok": min(every) >= 0.9,
        "beside": round(100 * sum(every) / len(every), 1),
        "beside_is": f"%, mean; load {os.getloadavg()[0]:.1f}, samples at most {seen.late:.1f} s apart",
    }
    yield {
        "name": f"line.{engine}_most",
        "value": round(100 * max(every), 1),
        "unit": "%, most of those windows, by the kernel's counter of the line",
        "bar": "≤ 105, not cut off",
        "ok": max(every) <= 1.05 and not seen.cut,
        "beside": len(seen.cut),
        "beside_is": "times that the worker would have cut it off; 90 % of the raised share after "
        f"{line.risen(seen.samples):.1f} s",
    }
