"""Many moves at once of static sites on fifty hosts: by the engine, beside the same playbooks started by
hand with the same strategy, and by Ansible as it comes.

`QIANYUN_BENCH_PAIRS=6` takes fewer pairs of hosts than 24 (with the gateway 49 hosts).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from inventory.changes import diff
from inventory.model import (
    Cloud,
    Entrance,
    Estate,
    Host,
    Line,
    Node,
    Room,
    Secrecy,
    System,
    Tree,
    Workload,
)
from inventory.store_embedded import EmbeddedStore
from migrator.attempts.ansible import PLAYBOOKS, ansible_settings
from migrator.attempts.move import Login, inventory_of, known_hosts_of, move_of, unsafe
from migrator.attempts.strategy import Strategy
from migrator.people.rights import local
from migrator.planning.plan import Item, Means, StepKind
from migrator.runs.kinds import KINDS
from migrator.store.truth import Truth
from migrator.use_cases.planning import Planning
from tests.bench.strategies import Spent, counted
from tests.city import City
from tests.lab import workloads
from tests.lab.addresses import CLOUD, GATEWAY, LINES, LOGIN, PORTAL, ROOM_JT, HostFact, SystemFact
from tests.lab.lab import Lab

PAIRS = 24
AT_ONCE = 4
STEPS = [step for step in KINDS if KINDS[step].playbook and step is not StepKind.ROLLBACK]


def figures(pairs: int = 0) -> Iterator[dict[str, object]]:
    pairs = pairs or int(os.environ.get("QIANYUN_BENCH_PAIRS", PAIRS))
    with (
        counted() as spent,
        tempfile.TemporaryDirectory(prefix="qy-bench-") as folder,
        lab_of(Path(folder) / "lab", pairs) as lab,
    ):
        state = Path(folder) / "state"
        state.mkdir()
        city = City(lab, state, {"QIANYUN_SOAK_SECONDS": "0"})
        code, items = _planned(city, pairs)
        city.start_up()  # the engine runs already, as it does in a city
        try:
            took = {"orchestrated": _timed(partial(_orchestrated, city, code), spent)}
        finally:
            city.stop_up()
        for name, strategy in (("bare", Strategy.PLAIN), ("stock", None)):
            lab.reset()
            took[name] = _timed(partial(_bare, city, items, strategy), spent)
    yield from _told(took, 2 * pairs + 1)


def _timed(way: Callable[[], None], spent: Spent) -> tuple[float, float]:
    """Seconds of wall and of processor time."""
    cpu, begun = spent(), time.monotonic()
    way()
    return time.monotonic() - begun, spent() - cpu


def systems_of(pairs: int) -> list[tuple[SystemFact, HostFact, HostFact]]:
    """Each with its host in the room and its host in the cloud."""
    found = []
    for number in range(pairs):
        old = HostFact(f"jt-site-{number}", "", ROOM_JT, 50 + number)
        new = HostFact(f"zw-site-{number}", "", CLOUD, 50 + number)
        system = replace(
            PORTAL, code=f"LJ-S-5{number:02}", source=old.name, target=new.name,
            entrance_port=8100 + number,
        )  # fmt: skip
        found.append((system, old, new))
    return found


def lab_of(folder: Path, pairs: int) -> Lab:
    systems = systems_of(pairs)
    sources = [(system, old) for system, old, _ in systems]
    builders: dict[str, Callable[[Path], None]] = {
        GATEWAY.name: lambda layer: workloads.entrance_of(layer, sources),
        **{old.name: workloads.portal for _, old in sources},
    }
    hosts = [GATEWAY, *(host for _, old, new in systems for host in (old, new))]
    return Lab.up(folder, hosts, builders)


def estate_of(lab: Lab, pairs: int) -> Estate:
    def host(fact: HostFact, place: str | None, system: str | None) -> Host:
        return Host(
            code=fact.name, name=fact.name, place=place, system=system, ipv4=fact.address,
            ipv6=fact.address6, ssh_host_key=lab.hosts[fact.name].host_key,
        )  # fmt: skip

    found, hosts = [], [host(GATEWAY, None, None)]
    for system, old, new in systems_of(pairs):
        hosts += [
            host(old, ROOM_JT.code, system.code),
            host(new, CLOUD.code, system.code),
        ]
        trees = tuple(Tree(path=tree.path, writable=tree.writable) for tree in system.trees)
        check = system.check
        found.append(
            System(
                code=system.code, name=system.code, secrecy=Secrecy.NONE, room=ROOM_JT.code,
                target=CLOUD.code, workload=Workload(trees=trees, services=system.services),
                entrance=Entrance(
                    node="N1", port=system.entrance_port, backend_port=check.port,
                    path=check.path, content=check.content,
                ),
            )
        )  # fmt: skip
    line = LINES[0]
    return Estate(
        rooms=(Room(code=ROOM_JT.code, name=ROOM_JT.name),),
        clouds=(Cloud(code=CLOUD.code, name=CLOUD.name),),
        lines=(
            Line(
                code=line.code, name=line.name, a_end=line.room, z_end=line.cloud,
                bandwidth_kbps=line.kbit,
            ),
        ),
        nodes=(
            Node(
                code="N1", name="接入节点", host=GATEWAY.name, ipv4=GATEWAY.address,
                ipv6=GATEWAY.address6,
            ),
        ),
        hosts=tuple(hosts),
        systems=tuple(found),
    )  # fmt: skip


def _planned(city: City, pairs: int) -> tuple[str, Sequence[Item]]:
    truth = Truth.open(f"sqlite:///{city.state}/qianyun.db")
    estate = EmbeddedStore(truth.engine)
    changes = diff(estate.load(), estate_of(city.lab, pairs))
    estate.apply(changes, actor="zhang", confirmed=changes.digest)
    means = Means(
        ignore_windows=True, soak_seconds=0, moves_at_once=AT_ONCE, per_room=AT_ONCE,
        per_line=AT_ONCE, per_cloud=AT_ONCE,
    )  # fmt: skip
    kept, plan = Planning(truth, estate).make(local("zhang"), means)
    Planning(truth, estate).approve(kept.code, plan.digest, local("li"))
    assert len(plan.items) == pairs
    truth.engine.dispose()
    return kept.code, plan.items


def _orchestrated(city: City, plan: str) -> None:
    """From the command to the run's end."""
    run = city.json("run", "start", plan, actor="wang")["code"]
    city.wait(run, timeout=3600)


def _bare(city: City, items: Sequence[Item], strategy: Strategy | None) -> None:
    """The same playbooks, `AT_ONCE` systems side by side; without a strategy, Ansible as it comes."""
    folder = city.state / (strategy or "stock")
    folder.mkdir()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(partial(_moved, city, folder, strategy), items))


def _moved(city: City, folder: Path, strategy: Strategy | None, item: Item) -> None:
    home = folder / item.code
    (home / "cp").mkdir(parents=True)
    (home / "known_hosts").write_text(known_hosts_of(item))
    login = Login(LOGIN, city.lab.ssh_key)
    inventory = inventory_of(item, login, home / "known_hosts", item.code)
    (home / "inventory.json").write_text(json.dumps(inventory))
    told = ansible_settings(home, home / "cp", strategy) if strategy else stock(home)
    environment = {
        **os.environ,
        **told,
        "QIANYUN_BECOME_PASSWORD": city.lab.sudo_password,
        "QIANYUN_REPLICATION_PASSWORD": city.replication_password,
    }
    for number, step in enumerate(STEPS, start=1):
        token = time.time_ns() // 1_000_000 + number
        move = move_of(item) | {"hold_seconds": 20, "login": login.user}
        variables = {"move": move, "attempt": f"a{token}"}
        (home / "variables.json").write_text(json.dumps(unsafe(variables) | {"token": token}))
        _play(city, home, str(KINDS[step].playbook), environment)


def stock(home: Path) -> dict[str, str]:
    """Ansible with no setting of ours but where things are."""
    return {
        "ANSIBLE_CONFIG": str(home / "none.cfg"),
        "ANSIBLE_HOME": str(home / "home"),
        "ANSIBLE_LIBRARY": str(PLAYBOOKS / "library"),
        "ANSIBLE_MODULE_UTILS": str(PLAYBOOKS / "module_utils"),
        "ANSIBLE_ROLES_PATH": str(PLAYBOOKS / "roles"),
        "ANSIBLE_SSH_CONTROL_PATH_DIR": str(home / "cp"),
    }


def _play(city: City, home: Path, playbook: str, environment: Mapping[str, str]) -> None:
    argv = [
        str(Path(sys.executable).parent / "ansible-playbook"),
        "-i", str(home / "inventory.json"), "-e", f"@{home / 'variables.json'}",
        str(PLAYBOOKS / playbook),
    ]  # fmt: skip
    done = subprocess.run(
        city.lab.ops.command(argv), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


def _told(took: Mapping[str, tuple[float, float]], hosts: int) -> Iterator[dict[str, object]]:
    (wall, cpu), (bare, bare_cpu), (stock_wall, stock_cpu) = (
        took[name] for name in ("orchestrated", "bare", "stock")
    )
    load = f"load {os.getloadavg()[0]:.1f}"
    what = f"ratio of wall, {hosts} hosts, {hosts // 2} moves, {AT_ONCE} at once"
    yield {
        "name": "overhead.over_bare",
        "value": round(wall / bare, 2),
        "unit": f"{what}: orchestrated over bare ansible-playbook, plain strategy",
        "bar": "≤ 1.10",
        "ok": wall / bare <= 1.10,
        "beside": round(cpu / bare_cpu, 2),
        "beside_is": f"of processor time; {wall:.0f} s and {bare:.0f} s; {load}",
    }
    yield {
        "name": "overhead.over_stock",
        "value": round(stock_wall / wall, 2),
        "unit": f"{what}: Ansible with no settings over orchestrated with the default strategy",
        "bar": "≥ 3",
        "ok": stock_wall / wall >= 3,
        "beside": round(stock_cpu / cpu, 2),
        "beside_is": f"of processor time; {stock_wall:.0f} s; {load}",
    }
