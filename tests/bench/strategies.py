"""What a move's playbooks cost by Mitogen and by Ansible's own strategy: processor time of all
processes, on this machine and on the lab's hosts (which are the same machine)."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from migrator.attempts.processes import own_cgroup
from migrator.attempts.strategy import Strategy
from tests.lab.addresses import ENTRIES, FILES, PORTAL
from tests.lab.lab import Lab
from tests.playbooks.ansible import Mover

STEPS = ("preflight", "presync", "cutover")


def figures() -> Iterator[dict[str, object]]:
    with (
        counted() as spent,
        tempfile.TemporaryDirectory(prefix="qy-bench-") as folder,
        Lab.up(Path(folder) / "l") as lab,
    ):
        cost = {one: _cost(lab, Path(folder), one, spent) for one in Strategy}
    (cpu, wall), (plain_cpu, plain_wall) = cost[Strategy.MITOGEN], cost[Strategy.PLAIN]
    yield {
        "name": "engine.strategies",
        "value": round(plain_cpu / cpu, 2),
        "unit": "processor time of plain over Mitogen's, preflight, presync and cutover of 3 systems",
        "bar": "≤ 1: the default is the cheaper one",
        "ok": plain_cpu <= cpu,
        "beside": round(cpu, 1),
        "beside_is": f"s, Mitogen, wall {wall:.1f}; plain {plain_cpu:.1f}, wall {plain_wall:.1f}; "
        f"load {os.getloadavg()[0]:.1f}",
    }


def _cost(lab: Lab, folder: Path, strategy: Strategy, spent: "Spent") -> tuple[float, float]:
    """Seconds of processor time and of wall."""
    lab.reset()
    (folder / strategy).mkdir()
    cpu, begun = spent(), time.monotonic()
    for system in (PORTAL, ENTRIES, FILES):
        mover = Mover(lab, system, folder / strategy, strategy=strategy)
        for step in STEPS:
            mover.done(step)
    return spent() - cpu, time.monotonic() - begun


class Spent:
    """Seconds of processor time that a cgroup and those below it have used (cpu.stat)."""

    def __init__(self, cgroup: Path) -> None:
        self._cgroup = cgroup

    def __call__(self) -> float:
        lines = (self._cgroup / "cpu.stat").read_text().splitlines()
        return int(dict(line.split() for line in lines)["usage_usec"]) / 1e6


@contextmanager
def counted() -> Iterator[Spent]:
    """This process and all that it starts, in a cgroup of their own."""
    own = own_cgroup()
    assert own, "a writable cgroup v2 is needed"
    folder = own / f"bench-{os.getpid()}"
    folder.mkdir()
    (folder / "cgroup.procs").write_text(str(os.getpid()))
    try:
        yield Spent(folder)
    finally:
        (own / "cgroup.procs").write_text(str(os.getpid()))
        folder.rmdir()
