"""A machine room at its worst: worker, engine and all of Qianyun are killed under way."""

import itertools
import os
import signal

import pytest

from tests.city import City, wait_until
from tests.lab.addresses import ENTRIES, FILES, SystemFact
from tests.lab.measure import lost_writes, outside_client, read, summarise

TARGETS = {"LJ-S-002": "zw-app-01", "LJ-S-003": "zw-file-01"}


@pytest.mark.parametrize(
    "systems",
    [
        pytest.param((FILES,), id="files"),
        pytest.param((FILES, ENTRIES), id="files and a database", marks=pytest.mark.slow),
    ],
)
def test_killed_at_many_points_and_still_right(city: City, systems: tuple[SystemFact, ...]) -> None:
    """SIGKILL during preflight, presync, the hold and the soak: the run ends done, nothing is
    lost, and no two attempts on one system ever overlapped."""
    first, last = systems[0].code, systems[-1].code
    city.load_ledger(systems=systems)
    city.start_up()
    plan = city.approved_plan()
    out = city.state / "client.jsonl"
    with outside_client(city.lab, out, systems, pace=0.05):
        run = city.json("run", "start", plan, actor="wang")["code"]
        city.until_step(run, first, "preflight", "running")
        _kill(city, "worker")
        city.until_step(run, last, "presync", "running")
        _kill(city, "worker")
        _kill(city, "temporal")
        city.until_step(run, last, "quiesce", "running", "done")
        _kill(city, "worker")
        city.until_step(run, last, "soak", "running", "done")
        _kill_all(city)
        city.start_up()
        city.wait(run)
    lines = read(out)
    serving = {
        system: city.lab.hosts[host]
        for system, host in TARGETS.items()
        if system in {s.code for s in systems}
    }
    assert lost_writes(lines, serving) == []
    assert not any(seen.errors for seen in summarise(lines)), summarise(lines)
    _no_overlap(city, run)
    city.qianyun("audit", "verify")


def _kill(city: City, name: str) -> None:
    """SIGKILL a child of `up`; `up` brings it back."""
    before = city.children()[name]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: city.children().get(name, before) != before, 60, f"{name} back")


def _kill_all(city: City) -> None:
    assert city.up_process is not None
    children = list(city.children().values())
    city.up_process.kill()
    city.up_process.wait(10)
    wait_until(lambda: not any(_alive(pid) for pid in children), 30, "children of up gone")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _no_overlap(city: City, run: str) -> None:
    """Attempts on one system follow each other, and each has exactly one end."""
    attempts = city.status(run)["attempts"]
    assert any(a["state"] == "lost" for a in attempts)
    for system in {a["system"] for a in attempts}:
        own = sorted((a for a in attempts if a["system"] == system), key=lambda a: a["token"])
        for before, after in itertools.pairwise(own):
            assert before["ended_at"] is not None
            assert before["ended_at"] <= after["started_at"]
