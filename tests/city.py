"""The sample city with Qianyun in it: a lab, a state folder, a ledger, and the command line.

What the three users do in stories (tests/acceptance), in the demo and in the bench, they do
through here: by the real command, in the operations zone of the lab.
"""

import itertools
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from inventory.database import make_engine
from migrator.attempts.strategy import Strategy
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemRecord
from migrator.store.truth import Truth
from tests.lab.addresses import GATEWAY
from tests.lab.lab import Lab
from tests.lab.ledger import write_ledger

REPO = Path(__file__).resolve().parent.parent
FAST = {"QIANYUN_SOAK_SECONDS": "3", "QIANYUN_HEARTBEAT_SECONDS": "6"}
"""Times for a lab: nobody has to wait five minutes to see a soak."""
STRATEGIES = [Strategy.PLAIN.value, pytest.param(Strategy.MITOGEN.value, marks=pytest.mark.slow)]
"""What attempts may be run by; the default always, the other one in `make chaos`."""


class CommandFailed(AssertionError):
    """A command ended with another status than the story expects."""


@dataclass
class City:
    """`state`: Qianyun's folder. `QIANYUN_*` reach the commands by environment only."""

    lab: Lab
    state: Path
    extra: Mapping[str, str] = field(default_factory=dict)
    replication_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    up_process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("QIANYUN_")}
        return kept | {
            "QIANYUN_STATE": str(self.state),
            "QIANYUN_SSH_KEY": str(self.lab.ssh_key),
            "QIANYUN_BECOME_PASSWORD": self.lab.sudo_password,
            "QIANYUN_REPLICATION_PASSWORD": self.replication_password,
            "PYTHONPATH": str(REPO),
            **FAST,
            **self.extra,
        }

    def use(self, strategy: str) -> None:
        """From now on attempts are run by this strategy."""
        self.extra = {**self.extra, "QIANYUN_STRATEGY": strategy}

    def argv(self, *words: str, actor: str = "zhang") -> list[str]:
        who = ["--as", actor]
        return self.lab.ops.command([sys.executable, "-m", "api.cli.main", *who, *words])

    def qianyun(
        self, *words: str, actor: str = "zhang", expect: int | None = 0, timeout: float = 240
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the operations zone; CommandFailed on another exit status."""
        done = subprocess.run(
            self.argv(*words, actor=actor),
            env=self.environment,
            cwd=self.state,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        if expect is not None and done.returncode != expect:
            raise CommandFailed(
                f"qianyun {' '.join(words)}: exit {done.returncode}, expected {expect}\n"
                f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            )
        return done

    def json(self, *words: str, actor: str = "zhang", expect: int | None = 0) -> Any:
        """The JSON document that a command prints."""
        return json.loads(self.qianyun("--json", *words, actor=actor, expect=expect).stdout)

    def ledger(self, name: str = "台账.xlsx", **how: Any) -> Path:
        """The city's ledger, with the real host keys of this lab."""
        keys = {code: host.host_key for code, host in self.lab.hosts.items()}
        return write_ledger(self.state / name, host_keys=keys, **how)

    def load_ledger(self, **how: Any) -> None:
        self.apply(self.ledger(**how))

    def apply(self, ledger: Path) -> None:
        """`inventory apply`; with NetBox it first only shows, and is confirmed by the digest."""
        told = self.json("inventory", "apply", str(ledger))
        if not told["applied"] and told["counts"]["creates"] + told["counts"]["updates"]:
            self.qianyun("inventory", "apply", str(ledger), "--digest", told["digest"])

    def approved_plan(self, *options: str) -> str:
        """A plan by zhang, approved by li: its code."""
        made = self.json("plan", "make", "--ignore-windows", *options)
        code, digest = made["code"], made["digest"]
        self.qianyun("plan", "approve", code, "--digest", digest, actor="li")
        return str(code)

    def start_up(self) -> None:
        """`qianyun up` in the operations zone; returns once engine, worker and API answer."""
        log = (self.state / "up.out").open("ab")
        self.up_process = subprocess.Popen(
            self.argv("up"),
            env=self.environment,
            cwd=self.state,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            text=True,
        )
        wait_until(self.ready, 90, "qianyun up", stop=self._up_ended)

    def _up_ended(self) -> str | None:
        if self.up_process and self.up_process.poll() is not None:
            return (self.state / "up.out").read_text()[-2000:]
        return None

    def ready(self) -> bool:
        """Whether the API says that everything is well."""
        done = self.lab.ops.run(
            ["curl", "-sf", "-m", "3", "http://127.0.0.1:8400/health"], check=False
        )
        return done.returncode == 0

    def children(self) -> dict[str, int]:
        """Process ids of what `up` started: temporal, worker, api."""
        with suppress(FileNotFoundError):
            found: dict[str, int] = json.loads((self.state / "up.json").read_text())["children"]
            return found
        return {}

    def kill(self, name: str) -> None:
        """SIGKILL a child of `up`; `up` brings it back."""
        before = self.children()[name]
        os.kill(before, signal.SIGKILL)
        wait_until(lambda: self.children().get(name, before) != before, 60, f"{name} back")

    def stop_up(self) -> None:
        if self.up_process and self.up_process.poll() is None:
            self.up_process.terminate()
            self.up_process.wait(60)
        self.up_process = None

    def status(self, run: str) -> Any:
        return self.json("run", "status", run)

    def attempts_follow_each_other(self, run: str) -> None:
        """After a kill: some attempt was lost, none overlapped another on the same system, and
        each has exactly one end."""
        attempts = self.status(run)["attempts"]
        assert any(a["state"] == "lost" for a in attempts)
        for system in {a["system"] for a in attempts}:
            own = sorted((a for a in attempts if a["system"] == system), key=lambda a: a["token"])
            for before, after in itertools.pairwise(own):
                assert before["ended_at"] is not None
                assert before["ended_at"] <= after["started_at"]

    def wait(self, run: str, *, expect: int = 0, timeout: float = 300) -> None:
        """Until the run has ended, or an item waits for an operator (expect=1)."""
        self.qianyun("run", "wait", run, expect=expect, timeout=timeout)

    def facts(self, code: str) -> dict[str, Any]:
        """What the inventory says of one object."""
        found: dict[str, Any] = self.json("inventory", "show", code)["objects"][0]["facts"]
        return found

    @cached_property
    def truth(self) -> Truth:
        """For waiting only: a look costs milliseconds, where a command costs a second of CPU."""
        return Truth(make_engine(f"sqlite:///{self.state}/qianyun.db"))

    def item(self, run: str, system: str) -> ItemRecord:
        return self.truth.runs.item(run, system)

    def until_item(self, run: str, system: str, state: str, seconds: float = 120) -> ItemRecord:
        """Wait until the item is in `state`; the item."""
        wait_until(lambda: self.item(run, system).state == state, seconds, f"{system} {state}")
        return self.item(run, system)

    def until_step(self, run: str, system: str, step: str, *states: str) -> None:
        """Wait until the step is in one of `states`."""
        kind = StepKind(step)
        wait_until(
            lambda: self.item(run, system).step(kind).state in states,
            120,
            f"{system} {step} {states}",
        )

    def until_attempt(self, run: str, system: str, step: str) -> None:
        """Wait until the step is being tried: its process is there, and can be lost."""

        def tried() -> bool:
            found = self.truth.attempts.of(run, system)
            return any(a.pid and a.step == step and a.state == "running" for a in found)

        wait_until(tried, 120, f"an attempt of {system} {step}")

    def serves(self, port: int, content: str) -> bool:
        """Whether the system behind the entrance's `port` answers outside, on v4 and on v6."""
        gateway = (str(GATEWAY.address), f"[{GATEWAY.address6}]")
        for address in gateway:
            url = f"http://{address}:{port}/index.txt"
            done = self.lab.citizen.run(["curl", "-sf", "-m", "5", url], check=False)
            if content not in done.stdout:
                return False
        return True


def wait_until(
    true: Callable[[], bool],
    seconds: float,
    what: str,
    stop: Callable[[], str | None] = lambda: None,
) -> None:
    """Wait for a condition; AssertionError with `what` when it does not come."""
    until = time.monotonic() + seconds
    while not true():
        if told := stop():
            raise AssertionError(f"{what}: {told}")
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds:.0f} s")
        time.sleep(0.05)
