"""A machine room at its worst: worker, engine and all of Qianyun are killed under way."""

import os

import pytest

from tests.city import City, wait_until
from tests.lab.addresses import ENTRIES, FILES
from tests.lab.measure import lost_writes, outside_client, read, summarise

TARGETS = {"LJ-S-002": "zw-app-01", "LJ-S-003": "zw-file-01"}


SYSTEMS = (FILES, ENTRIES)


@pytest.mark.slow  # a first share of it is in test_first_migration
def test_killed_at_many_points_and_still_right(city: City) -> None:
    """SIGKILL during preflight, presync, the hold and the soak: the run ends done, nothing is
    lost, and no two attempts on one system ever overlapped."""
    first, last = FILES.code, ENTRIES.code
    city.load_ledger(systems=SYSTEMS)
    city.start_up()
    plan = city.approved_plan()
    out = city.state / "client.jsonl"
    with outside_client(city.lab, out, SYSTEMS, pace=0.05):
        run = city.json("run", "start", plan, actor="wang")["code"]
        city.until_step(run, first, "preflight", "running")
        city.kill("worker")
        city.until_attempt(run, last, "presync")
        city.kill("worker")
        city.kill("temporal")
        city.until_step(run, last, "quiesce", "running", "done")
        city.kill("worker")
        city.until_step(run, last, "soak", "running", "done")
        _kill_all(city)
        city.start_up()
        city.wait(run)
    lines = read(out)
    serving = {system: city.lab.hosts[host] for system, host in TARGETS.items()}
    assert lost_writes(lines, serving) == []
    assert not any(seen.errors for seen in summarise(lines)), summarise(lines)
    city.attempts_follow_each_other(run)
    city.qianyun("audit", "verify")


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
