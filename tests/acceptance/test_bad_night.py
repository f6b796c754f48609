"""The operator's bad night: every step fails once, is told why, is mended and tried again."""

import pytest

from migrator.planning.plan import CUTOVER, StepKind
from migrator.runs.records import ItemRecord
from tests.city import City
from tests.lab.addresses import FILES
from tests.lab.measure import lost_writes, outside_client, read, summarise

SYSTEM = "LJ-S-003"
SOURCE, TARGET = "jt-file-01", "zw-file-01"


@pytest.mark.slow  # four minutes: make chaos runs it
def test_each_step_fails_is_mended_and_goes_on(city: City) -> None:
    """Nothing is lost; until the switch the source keeps serving, and what fails after it goes
    back by itself. The second night's plan fails at the gate and at commit, and is done."""
    city.load_ledger(systems=(FILES,))
    city.start_up()
    out = city.state / "client.jsonl"
    with outside_client(city.lab, out, (FILES,), pace=0.05):
        run = city.json("run", "start", _plan_with_the_target_off(city), actor="wang")["code"]
        _up_to_the_gate(city, run)
        _the_cutover_gives_up(city, run)
        assert not any(seen.errors for seen in summarise(read(out))), summarise(read(out))
        _the_soak_turns_it_round(city, run)
    assert lost_writes(read(out), {SYSTEM: city.lab.hosts[SOURCE]}) == []
    assert city.status(run)["state"] == "ended"
    assert city.facts(SYSTEM).get("placement") is None
    _the_second_night(city)


def _plan_with_the_target_off(city: City) -> str:
    plan = city.approved_plan()
    city.lab.hosts[TARGET].stop()
    return plan


def _up_to_the_gate(city: City, run: str) -> None:
    source, target = city.lab.hosts[SOURCE], city.lab.hosts[TARGET]
    _failed(city, run, "preflight", TARGET)
    target.start()
    _retry(city, run)
    city.until_step(run, SYSTEM, "backup", "running")
    source.fill_disk(spare_kib=8_000)  # too little for a backup, enough for the clients
    _failed(city, run, "backup", SOURCE)
    source.free_disk()
    _retry(city, run)
    city.until_step(run, SYSTEM, "presync", "running")
    target.fill_disk()
    _failed(city, run, "presync", TARGET)
    target.free_disk()


def _the_cutover_gives_up(city: City, run: str) -> None:
    """The target's service cannot start: authority goes back, and no client saw an error."""
    target = city.lab.hosts[TARGET]
    target.run(["sh", "-c", "echo 'not nginx;' > /etc/nginx/conf.d/broken.conf"])
    _retry(city, run)
    _failed(city, run, "quiesce", TARGET)
    target.run(["rm", "/etc/nginx/conf.d/broken.conf"])


def _the_soak_turns_it_round(city: City, run: str) -> None:
    """The entrance dies after the switch: the item turns round, and that fails as well until
    the entrance is back."""
    gateway = city.lab.hosts["gw-01"]
    _retry(city, run)
    city.until_step(run, SYSTEM, "soak", "running")
    gateway.stop()
    item = city.until_item(run, SYSTEM, "failed")
    assert "probes failed after the switch" in _told(item, "soak")
    assert "gw-01" in _told(item, "rollback")
    gateway.start()
    _retry(city, run)
    city.until_item(run, SYSTEM, "rolled_back")
    assert city.serves(8003, "2000")


def _the_second_night(city: City) -> None:
    source = city.lab.hosts[SOURCE]
    run = city.json("run", "start", city.approved_plan(), actor="wang")["code"]
    city.qianyun("run", "pause", run, SYSTEM)
    city.until_item(run, SYSTEM, "paused")
    assert city.item(run, SYSTEM).step(StepKind.PRESYNC).state == "pending"
    city.qianyun("run", "resume", run, SYSTEM)
    city.until_step(run, SYSTEM, "presync", "running")
    source.run(["service", "nginx", "stop"])
    item = city.until_item(run, SYSTEM, "failed")
    assert SOURCE in _told(item, "gate")
    source.run(["service", "nginx", "start"])
    _retry(city, run)
    city.until_step(run, SYSTEM, "soak", "running")
    source.stop()
    item = city.until_item(run, SYSTEM, "failed")
    assert SOURCE in _told(item, "commit")
    assert city.serves(8003, "2000")
    source.start()
    _retry(city, run)
    city.until_item(run, SYSTEM, "done")
    assert city.facts(SYSTEM)["placement"]["hosts"] == [TARGET]


def _told(item: ItemRecord, step: str) -> str:
    return item.step(StepKind(step)).message


def _failed(city: City, run: str, step: str, host: str) -> None:
    """The step failed, its message names the host, and clients are still served."""
    item = city.until_item(run, SYSTEM, "failed")
    bad = item.blocked
    assert bad is not None
    assert bad.step in (CUTOVER if step == "quiesce" else (StepKind(step),))
    assert host in bad.message
    assert city.serves(8003, "2000")


def _retry(city: City, run: str) -> None:
    city.qianyun("run", "retry", run, SYSTEM, "--reason", "mended")
