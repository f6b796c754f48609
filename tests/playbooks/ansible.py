"""Running playbooks as the migrator does: three hosts, extra vars as unsafe data, secrets by environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from migrator.attempts.ansible import Order, Outcome, ansible_settings
from migrator.attempts.attempt import LOG, read_outcome
from migrator.attempts.strategy import Strategy, interpreter
from tests.lab.addresses import GATEWAY, LOGIN, HostFact, SystemFact
from tests.lab.addresses import host as host_fact
from tests.lab.lab import Lab

PLAYBOOKS = Path(__file__).parents[2] / "playbooks"
REPLICATION_PASSWORD = "replicate-me-9f3a7c"
HOSTILE = "{{ lookup('pipe','touch /tmp/pwned') }}; touch /tmp/pwned; $(touch /tmp/pwned)"
UNREACHABLE, FAILED = 4, 2


def unsafe(value: Any) -> Any:
    """The value with every text wrapped, so that Ansible never takes it for a template."""
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, Mapping):
        return {name: unsafe(one) for name, one in value.items()}
    if isinstance(value, list):
        return [unsafe(one) for one in value]
    return value


@dataclass(frozen=True)
class Played:
    """One playbook's end: exit code, evidence by host, messages of failures, all its output."""

    code: int
    evidence: dict[str, list[dict[str, Any]]]
    messages: list[str]
    output: str

    def of(self, host: str) -> dict[str, Any]:
        """The last evidence from a host."""
        return self.evidence[host][-1]


@dataclass
class Mover:
    """Plays the playbooks of one system's move; tokens grow from call to call."""

    lab: Lab
    system: SystemFact
    folder: Path
    changes: dict[str, Any] = field(default_factory=dict)  # of fields of the move
    tokens: "count[int]" = field(default_factory=lambda: count(1_000, 10))
    strategy: Strategy = Strategy.PLAIN
    seconds: float = 240  # a playbook may take
    log: list[dict[str, Any]] = field(default_factory=list)  # of the last `attempt`
    failures: int = -1  # tests that had failed when its hosts were last reset and carried over

    def move(self) -> dict[str, Any]:
        """The move as the migrator would hand it over."""
        system = self.system

        def place(fact: HostFact) -> dict[str, Any]:
            return {
                "host": fact.name,
                "address": str(fact.address),
                "address6": str(fact.address6),
                "ssh_port": 22,
                "host_key": self.lab.hosts[fact.name].host_key,
            }

        return {
            "system": system.code,
            "name": HOSTILE,
            "source": place(host_fact(system.source)),
            "target": place(host_fact(system.target)),
            "gateway": {**place(GATEWAY), "frontends": list(system.frontends)},
            "trees": [{"path": t.path, "writable": t.writable} for t in system.trees],
            "databases": [
                {"engine": d.engine, "version": d.version, "cluster": d.cluster, "port": d.port}
                for d in system.databases
            ],
            "services": list(system.services),
            "check": {
                "port": system.check.port,
                "path": system.check.path,
                "content": system.check.content,
            },
            "rate_kbps": 80_000,
            "hold_seconds": 8,
            "login": LOGIN,
            **self.changes,
        }

    def inventory(self, token: int) -> Path:
        """Writes the inventory: one host per group."""
        names = {
            "source": self.system.source,
            "target": self.system.target,
            "gateway": GATEWAY.name,
        }
        shared = {
            "ansible_user": LOGIN,
            "ansible_ssh_private_key_file": str(self.lab.ssh_key),
            "ansible_ssh_common_args": (
                f"-F none -o UserKnownHostsFile={self.lab.known_hosts} -o GlobalKnownHostsFile=/dev/null"
                " -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes -o ConnectTimeout=10"
            ),
            "ansible_python_interpreter": interpreter(f"attempt-{token}"),
            "ansible_remote_tmp": "/tmp/.qianyun-ansible",
            "ansible_become_password": "{{ lookup('env', 'QIANYUN_BECOME_PASSWORD') }}",
        }
        groups = {
            group: {"hosts": {name: {"ansible_host": str(host_fact(name).address)}}}
            for group, name in names.items()
        }
        path = self.folder / f"{self.system.slug}-hosts-{token}.json"
        path.write_text(
            json.dumps({"all": {"vars": shared, "children": groups}}, ensure_ascii=False)
        )
        return path

    def command(self, playbook: str, *options: str, token: int = 0, **extra: Any) -> list[str]:
        """The argv that plays a playbook in `ops`; several names apart by blanks are one run."""
        token = token or next(self.tokens)
        variables = {"move": self.move(), "token": token, "attempt": f"attempt-{token}", **extra}
        path = self.folder / f"{self.system.slug}-{token}.json"
        path.write_text(json.dumps(unsafe(variables), ensure_ascii=False))
        program = str(Path(sys.executable).parent / "ansible-playbook")
        argv = [program, "-i", str(self.inventory(token)), "-e", f"@{path}", *options]
        files = [str(PLAYBOOKS / f"{name}.yml") for name in playbook.split()]
        return self.lab.ops.command([*argv, *files])

    def environment(self, sudo_password: str = "") -> dict[str, str]:
        """What ansible-playbook gets to see."""
        sockets = self.folder / "cp"
        sockets.mkdir(exist_ok=True)
        return {
            **ansible_settings(self.folder, sockets, self.strategy),
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_STDOUT_CALLBACK": "collected",
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callbacks"),
            "QIANYUN_BECOME_PASSWORD": sudo_password or self.lab.sudo_password,
            "QIANYUN_REPLICATION_PASSWORD": REPLICATION_PASSWORD,
        }

    def play(
        self, playbook: str, *options: str, token: int = 0, sudo_password: str = "", **extra: Any
    ) -> Played:
        """Plays one to its end."""
        done = subprocess.run(
            self.command(playbook, *options, token=token, **extra),
            env=self.environment(sudo_password),
            capture_output=True,
            text=True,
            check=False,
            timeout=self.seconds,
        )
        return read(done.returncode, done.stdout, done.stderr)

    def attempt(self, playbook: str) -> Outcome:
        """Plays one as the engine does, in the process of an attempt; it has to succeed."""
        token = next(self.tokens)
        folder = self.folder / f"attempt-{self.system.slug}-{token}"
        folder.mkdir()
        order = Order(
            attempt=f"attempt-{token}",
            token=token,
            folder=str(folder),
            sockets=str(self.folder / f"cp{token}"),
            playbook=f"{playbook}.yml",
            variables=unsafe({"move": self.move(), "attempt": f"attempt-{token}"})
            | {"token": token},
            inventory=json.loads(self.inventory(token).read_text()),
            known_hosts=self.lab.known_hosts.read_text(),
            secrets={
                "QIANYUN_BECOME_PASSWORD": self.lab.sudo_password,
                "QIANYUN_REPLICATION_PASSWORD": REPLICATION_PASSWORD,
            },
        )
        done = subprocess.run(
            self.lab.ops.command([sys.executable, "-m", "migrator.attempts.attempt"]),
            input=order.model_dump_json(),
            env={
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "PYTHONPATH": str(PLAYBOOKS.parent),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=self.seconds,
        )
        outcome = read_outcome(folder)
        assert outcome is not None, done.stderr
        assert outcome.ok, outcome.message
        self.log = [json.loads(line) for line in (folder / LOG).read_text().splitlines()]
        return outcome

    def done(self, *playbooks: str, **extra: Any) -> Played:
        """Plays several in one run of Ansible, under one token; they have to succeed."""
        played = self.play(" ".join(playbooks), **extra)
        assert played.code == 0, played.output
        return played


def read(code: int, stdout: str, stderr: str) -> Played:
    """Reads what the callback `collected` wrote: one JSON object a line."""
    evidence: dict[str, list[dict[str, Any]]] = {}
    messages: list[str] = []
    for line in stdout.splitlines():
        if not line.startswith('{"host"'):
            continue
        told = json.loads(line)
        if told["qianyun"]:
            evidence.setdefault(told["host"], []).append(told["qianyun"])
        if told["failed"]:
            messages.append(told["msg"])
    return Played(code, evidence, messages, stdout[-6000:] + stderr[-3000:])
