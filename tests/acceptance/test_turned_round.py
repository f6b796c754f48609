"""An operator turns a move round: in the middle of the copy, and after the switch."""

import pytest

from migrator.attempts.processes import marked
from migrator.planning.plan import StepKind
from tests.city import City, wait_until
from tests.lab.addresses import ENTRIES
from tests.lab.measure import lost_writes, outside_client, read, summarise

SYSTEM = "LJ-S-002"
SOURCE, TARGET = "rs-app-01", "zw-app-01"
LINE = "LJ-YD-1002"


@pytest.mark.slow  # two minutes: make chaos runs it
def test_cancelled_while_copying_then_rolled_back_after_the_switch(city: City) -> None:
    """Nothing of the cancelled attempt remains on either side, no write is lost in either
    rollback, and the source serves in the end."""
    city.extra = {"QIANYUN_SOAK_SECONDS": "600"}
    city.load_ledger(systems=(ENTRIES,))
    city.start_up()
    out = city.state / "client.jsonl"
    with outside_client(city.lab, out, (ENTRIES,), pace=0.05):
        _cancelled_while_copying(city)
        _rolled_back_after_the_switch(city)
    lines = read(out)
    assert lost_writes(lines, {SYSTEM: city.lab.hosts[SOURCE]}) == []
    assert not any(seen.errors for seen in summarise(lines)), summarise(lines)
    again = city.json("plan", "make", "--ignore-windows")["plan"]
    assert [i["system"]["code"] for w in again["waves"] for i in w["items"]] == [SYSTEM]


def _cancelled_while_copying(city: City) -> None:
    city.lab.set_rate(LINE, 4_000)  # the base copy takes minutes: time to turn round
    target = city.lab.hosts[TARGET]
    run = city.json("run", "start", city.approved_plan(), actor="wang")["code"]
    wait_until(
        lambda: any("pg_basebackup" in command for command in target.pids().values()),
        120,
        "the base copy on the target",
    )
    attempt = next(a for a in city.status(run)["attempts"] if a["state"] == "running")
    assert attempt["step"] == "presync"
    assert marked(f"a{attempt['token']}")
    city.qianyun("run", "rollback", run, SYSTEM, "--reason", "not tonight", actor="wang")
    city.lab.set_rate(LINE, 200_000)
    city.until_item(run, SYSTEM, "rolled_back")
    states = {a["token"]: a["state"] for a in city.status(run)["attempts"]}
    assert states[attempt["token"]] == "cancelled"
    assert marked(f"a{attempt['token']}") == set()
    assert not any("pg_basebackup" in command for command in target.pids().values())


def _rolled_back_after_the_switch(city: City) -> None:
    run = city.json("run", "start", city.approved_plan(), actor="wang")["code"]
    city.until_step(run, SYSTEM, "soak", "running")
    assert city.item(run, SYSTEM).step(StepKind.SWITCH).state == "done"
    written = len(read(city.state / "client.jsonl"))
    wait_until(
        lambda: len(read(city.state / "client.jsonl")) > written + 50, 30, "writes on the target"
    )
    city.qianyun("run", "rollback", run, SYSTEM, "--reason", "users complain", actor="wang")
    city.until_item(run, SYSTEM, "rolled_back")
    assert city.status(run)["state"] == "ended"
