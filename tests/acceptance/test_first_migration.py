"""The main job: three systems move to the cloud while a client outside uses them, and worker and
engine are killed."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.city import STRATEGIES, City
from tests.lab.measure import Line, lost_writes, outside_client, read, summarise

TRAP = "{{ lookup('pipe','touch /tmp/pwned') }} $(touch /tmp/pwned); \"政务公开门户\""
TARGETS = {"LJ-S-001": "zw-web-01", "LJ-S-002": "zw-app-01", "LJ-S-003": "zw-file-01"}


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_three_systems_move_and_nobody_notices(city: City, strategy: str) -> None:
    """Network engineer, second person and operator, from the ledger to the cloud."""
    city.use(strategy)
    ledger = city.ledger(names={"LJ-S-001": TRAP})
    assert city.json("inventory", "check", str(ledger))["problems"] == []
    city.qianyun("inventory", "apply", str(ledger))
    plan = city.json("plan", "make", "--ignore-windows")
    _only_a_second_person_approves_this_very_plan(city, plan)

    city.start_up()
    out = city.state / "client.jsonl"
    with outside_client(city.lab, out, pace=0.1):
        run = city.json("run", "start", plan["code"], actor="wang")["code"]
        city.until_attempt(run, "LJ-S-002", "presync")
        city.kill("worker")
        city.kill("temporal")
        city.wait(run, timeout=600)

    _every_step_is_done(city, run)
    city.attempts_follow_each_other(run)
    _nobody_noticed(city, read(out))
    _the_inventory_knows(city)
    _nothing_is_left_to_do(city)
    _the_old_host_is_archived_and_wiped(city, run)
    _no_secret_is_written(city)
    assert not Path("/tmp/pwned").exists()
    city.qianyun("audit", "verify")


def _only_a_second_person_approves_this_very_plan(city: City, plan: dict[str, str]) -> None:
    approve = ("plan", "approve", plan["code"], "--digest")
    by_author = city.qianyun(*approve, plan["digest"], actor="zhang", expect=1)
    assert "zhang" in by_author.stderr
    other = city.qianyun(*approve, "0" * 64, actor="li", expect=1)
    assert plan["digest"] in other.stderr
    city.qianyun("run", "start", plan["code"], expect=1)  # not yet approved
    city.qianyun(*approve, plan["digest"], actor="li")


def _every_step_is_done(city: City, run: str) -> None:
    status = city.status(run)
    assert status["state"] == "done"
    for item in status["items"]:
        assert {s["step"]: s["state"] for s in item["steps"]} == dict.fromkeys(
            [
                "preflight",
                "backup",
                "presync",
                "gate",
                "quiesce",
                "final_sync",
                "start",
                "verify",
                "switch",
                "soak",
                "commit",
            ],
            "done",
        )


def _nobody_noticed(city: City, lines: list[Line]) -> None:
    seen = summarise(lines)
    assert {(s.system, s.family) for s in seen} == {(c, f) for c in TARGETS for f in (4, 6)}
    assert all(s.errors == 0 for s in seen), seen
    serving = {system: city.lab.hosts[host] for system, host in TARGETS.items()}
    assert lost_writes(lines, serving) == []


def _the_inventory_knows(city: City) -> None:
    for system, host in TARGETS.items():
        placement = city.facts(system)["placement"]
        assert (placement["place"], placement["hosts"]) == ("LJ-CLOUD", [host])


def _nothing_is_left_to_do(city: City) -> None:
    again = city.qianyun("plan", "make", "--ignore-windows", expect=1)
    assert any(told in again.stdout for told in ("nothing is left to move", "没有可迁移的系统"))


def _the_old_host_is_archived_and_wiped(city: City, run: str) -> None:
    """After the trial (here of no days): an operator archives, another person wipes by the digest."""
    old = (run, "LJ-S-003")
    archived = city.json("decommission", "archive", *old, actor="wang")
    digest = archived["archive"]["digest"]
    city.qianyun("decommission", "wipe", *old, "--digest", digest, actor="wang", expect=1)
    folder = city.lab.hosts["jt-file-01"].root("/srv/files")
    assert folder.exists()
    wiped = city.json("decommission", "wipe", *old, "--digest", digest, actor="li")
    assert not folder.exists()
    assert wiped["wipe"]["wiped"]["/srv/files"]["files"] > 0
    assert (wiped["archived_by"], wiped["wiped_by"]) == ("wang", "li")
    assert [line["code"] for line in wiped["lines"]] == ["LJ-DX-1001"]


def _no_secret_is_written(city: City) -> None:
    """Not one of the secrets, nor the private key's text, is in any file of the state folder."""
    key = city.lab.ssh_key.read_text().splitlines()[3]
    for secret in (city.lab.sudo_password, city.replication_password, key):
        found = subprocess.run(
            ["grep", "-rlaF", "--", secret, str(city.state)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.stdout == ""
    assert json.loads((city.state / "up.json").read_text())["pid"]
