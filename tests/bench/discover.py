"""How quickly hosts are read, beside Ansible's `setup` on the same hosts in the same run."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from api.bootstrap import Qianyun
from api.settings import load
from inventory.changes import diff
from inventory.model import Cloud, Estate, Host
from migrator.attempts.ansible import ansible_settings
from migrator.attempts.strategy import Strategy
from tests.city import City
from tests.lab.addresses import CLOUD, LOGIN, HostFact
from tests.lab.lab import Lab

HOSTS = 200
REAL = 10  # each answers under twenty addresses
AT_ONCE = 16  # visits of ours, and forks of Ansible's
AT_LEAST = 4


def figures() -> Iterator[dict[str, object]]:
    facts = [HostFact(f"census-{n:02}", f"主机{n}", CLOUD, 20 + n) for n in range(REAL)]
    with (
        tempfile.TemporaryDirectory(prefix="qy-bench-") as folder,
        Lab.up(Path(folder) / "lab", facts, {}) as lab,
    ):
        hosts = _more_addresses(lab, HOSTS)
        ours = _ours(lab, Path(folder) / "state", hosts)
        theirs = _ansible(lab, Path(folder) / "ansible", hosts)
        yield {
            "name": "census.discover_200",
            "value": round(theirs / ours, 2),
            "unit": f"times the rate of Ansible's setup, {HOSTS} hosts, {AT_ONCE} at once; "
            f"{HOSTS / ours:.1f} hosts/s, the whole command",
            "bar": f"≥ {AT_LEAST}",
            "ok": theirs / ours >= AT_LEAST,
            "beside": round(HOSTS / theirs, 2),
            "beside_is": f"hosts/s, ansible -m setup with {AT_ONCE} forks and pipelining",
        }


def _more_addresses(lab: Lab, count: int) -> list[Host]:
    """Gives the lab's hosts more addresses, so that there are `count` to visit."""
    hosts = []
    for number in range(count):
        real = lab.hosts[f"census-{number % REAL:02}"]
        address = CLOUD.address(40 + number)
        real.run(["ip", "addr", "add", f"{address}/24", "dev", "eth0"])
        hosts.append(
            Host(
                code=f"h-{number:03}",
                name=f"主机{number}",
                place=CLOUD.code,
                ipv4=address,
                ssh_host_key=real.host_key,
            )
        )
    return hosts


def _ours(lab: Lab, state: Path, hosts: Sequence[Host]) -> float:
    """Seconds of the whole command, with what it writes down and keeps."""
    state.mkdir()
    product = Qianyun(load({"QIANYUN_STATE": str(state), "QIANYUN_ACTOR": "bench"}))
    estate = Estate(clouds=(Cloud(code=CLOUD.code, name=CLOUD.name),), hosts=tuple(hosts))
    changes = diff(product.estate.load(), estate)
    product.estate.apply(changes, actor="bench", confirmed=changes.digest)
    product.truth.engine.dispose()
    city = City(lab, state)
    begun = time.monotonic()
    told = city.json("inventory", "discover", "--at-most", str(AT_ONCE))
    took = time.monotonic() - begun
    assert len(told["read"]) == len(hosts), told["failed"][:2]
    return took


def _ansible(lab: Lab, folder: Path, hosts: Sequence[Host]) -> float:
    """Seconds of `ansible -m setup` on the same addresses with as many at once."""
    folder.mkdir()
    known = folder / "known_hosts"
    known.write_text("".join(f"{h.ipv4} {h.ssh_host_key}\n" for h in hosts))
    told = {
        "all": {
            "hosts": {h.code: {"ansible_host": str(h.ipv4)} for h in hosts},
            "vars": {
                "ansible_user": LOGIN,
                "ansible_ssh_private_key_file": str(lab.ssh_key),
                "ansible_ssh_common_args": f"-F none -o UserKnownHostsFile={known}",
                "ansible_python_interpreter": "/usr/bin/python3",  # nothing to find out there
            },
        }
    }
    (folder / "hosts.json").write_text(json.dumps(told))
    environment = (
        os.environ
        | ansible_settings(folder, folder, Strategy.PLAIN)
        | {
            "ANSIBLE_FORKS": str(AT_ONCE),
            "ANSIBLE_SSH_ARGS": "-o ControlMaster=no",  # one module, one connection: quickest for it
        }
    )
    argv = [
        *(str(Path(sys.executable).parent / "ansible"), "-i", str(folder / "hosts.json"), "all"),
        *("-m", "setup"),
    ]
    begun = time.monotonic()
    done = subprocess.run(
        lab.ops.command(argv), env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    took = time.monotonic() - begun
    assert done.stdout.count("SUCCESS") == len(hosts)
    return took
