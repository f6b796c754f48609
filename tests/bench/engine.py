"""An orchestrated move beside the bare `ansible-playbook` of the same playbooks, same hosts."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from migrator.attempts.ansible import PLAYBOOKS, ansible_settings
from migrator.attempts.move import Login, inventory_of, known_hosts_of, move_of, unsafe
from migrator.attempts.strategy import Strategy
from migrator.planning.plan import Item, StepKind
from migrator.runs.kinds import KINDS
from migrator.store.truth import Truth
from tests.city import City
from tests.lab.addresses import ENTRIES
from tests.lab.lab import Lab
from tests.lab.measure import lost_writes, outside_client, read, summarise

SYSTEM, TARGET = ENTRIES.code, "zw-app-01"


def figures() -> Iterator[dict[str, object]]:
    with (
        tempfile.TemporaryDirectory(prefix="qy-bench-") as folder,
        Lab.up(Path(folder) / "lab") as lab,
    ):
        state = Path(folder) / "state"
        state.mkdir()
        city = City(lab, state, {"QIANYUN_SOAK_SECONDS": "0"})
        try:
            yield from _measured(city)
        finally:
            city.stop_up()


def _measured(city: City) -> Iterator[dict[str, object]]:
    city.load_ledger(systems=(ENTRIES,))
    city.start_up()
    plan = city.approved_plan()
    out = city.state / "client.jsonl"
    with outside_client(city.lab, out, (ENTRIES,)):
        begun = time.monotonic()
        run = city.json("run", "start", plan, actor="wang")["code"]
        city.wait(run)
        orchestrated = time.monotonic() - begun
    lines = read(out)
    item = Truth.open(f"sqlite:///{city.state}/qianyun.db").plans.load(plan).item(SYSTEM)
    lost = len(lost_writes(lines, {SYSTEM: city.lab.hosts[TARGET]}))
    city.lab.reset()
    bare = _bare(city, item)
    yield {
        "name": "engine.over_ansible",
        "value": round(orchestrated / bare, 2),
        "unit": "ratio of wall seconds",
        "bar": "≤ 1.5",
        "ok": orchestrated / bare <= 1.5,
        "beside": round(bare, 1),
        "beside_is": f"s, bare ansible-playbook; orchestrated {orchestrated:.1f} s",
    }
    seen = summarise(lines)
    downtime = max(s.downtime_s for s in seen)
    yield {
        "name": "engine.downtime",
        "value": round(downtime * 1000),
        "unit": "ms, longest pause of an application with PostgreSQL as seen outside",
        "bar": "≤ 5000",
        "ok": downtime <= 5 and not any(s.errors for s in seen),
        "beside": sum(s.errors for s in seen),
        "beside_is": f"failed requests of {sum(s.requests for s in seen)}",
    }
    yield {
        "name": "engine.lost_writes",
        "value": lost,
        "unit": "acknowledged writes",
        "bar": "0",
        "ok": lost == 0,
        "beside": sum(s.acknowledged for s in seen),
        "beside_is": "acknowledged writes",
    }


def _bare(city: City, item: Item) -> float:
    """Seconds of the same playbooks, one after the other, started by hand."""
    folder = city.state / "bare"
    folder.mkdir()
    (folder / "known_hosts").write_text(known_hosts_of(item))
    login = Login("qianyun", city.lab.ssh_key)
    (folder / "inventory.json").write_text(
        json.dumps(inventory_of(item, login, folder / "known_hosts", "bare"))
    )
    environment = (
        os.environ
        | ansible_settings(folder, folder / "cp", Strategy.PLAIN)
        | {
            "QIANYUN_BECOME_PASSWORD": city.lab.sudo_password,
            "QIANYUN_REPLICATION_PASSWORD": city.replication_password,
        }
    )
    begun = time.monotonic()
    for number, step in enumerate((s for s in KINDS if s is not StepKind.ROLLBACK), start=1):
        playbook = KINDS[step].playbook
        if playbook:
            token = time.time_ns() // 1_000_000 + number
            variables = {"move": move_of(item) | {"hold_seconds": 20, "login": login.user}}
            variables |= {"attempt": f"a{token}"}
            told = unsafe(variables) | {"token": token}
            (folder / "variables.json").write_text(json.dumps(told))
            _play(city, folder, playbook, environment)
    return time.monotonic() - begun


def _play(city: City, folder: Path, playbook: str, environment: dict[str, str]) -> None:
    argv = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        "-i",
        str(folder / "inventory.json"),
        "-e",
        f"@{folder / 'variables.json'}",
        str(PLAYBOOKS / playbook),
    ]
    subprocess.run(
        city.lab.ops.command(argv), env=environment, check=True, stdout=subprocess.DEVNULL
    )
