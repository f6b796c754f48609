"""A night of a simulated city: server, workers, database, an operator; and faults.

Who judges is `tests.sim.judge`.
"""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from inventory.changes import diff
from inventory.store_embedded import EmbeddedStore
from migrator.attempts.processes import marked
from migrator.errors import EngineDown, MigratorError, StoreDown
from migrator.people.rights import local
from migrator.planning.plan import Means, StepKind
from migrator.runs.records import ItemState, StepState
from migrator.store.truth import Truth
from migrator.use_cases.planning import Planning
from migrator.use_cases.running import Running
from tests.migrator.builders import city, system
from tests.sim.faults import ROOT, Faults, kill
from tests.sim.judge import judged
from tests.temporal import free_port, start_server


def nothing(*_: object) -> None:
    """Nobody is woken: workers look by themselves."""


@dataclass
class Night(Faults):
    """`folder` holds all; `disk` is what may be filled up (the same, or a small tmpfs)."""

    folder: Path
    disk: Path
    items: int = 20
    seconds: float = 0.2
    broken: str = ""  # which of the builds that the judge must catch (tests.sim.worker)
    seed: int = 1
    heartbeat: int = 3
    at_once: int = 8
    recheck: float = 60.0  # seconds after which an item that nobody woke asks by itself
    url: str = ""  # of a database elsewhere; none: a file on `disk`
    workers: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    stopped: dict[str, float] = field(default_factory=dict)  # by SIGSTOP, until when
    faults: Counter[str] = field(default_factory=Counter)
    server: Any = None

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.url = self.url or f"sqlite:///{self.disk}/qianyun.db"
        self.address = f"127.0.0.1:{free_port()}"
        self.hosts = self.folder / "hosts"
        self.hosts.mkdir()
        self.truth = Truth.open(self.url)
        self.server = start_server(self.folder, self.address)

    # the parts ────────────────────────────────────────────────────────────────────────────────

    def begin(self) -> str:
        """The run of a plan of all items, and two workers of this machine."""
        estate = EmbeddedStore(self.truth.engine)
        systems = [system(n, f"R{1 + n % 2}") for n in range(self.items)]
        wanted = city(systems, [("S1", "S0")])
        changes = diff(estate.load(), wanted)
        estate.apply(changes, actor="zhang", confirmed=changes.digest)
        planning = Planning(self.truth, estate)
        means = Means(
            ignore_windows=True,
            soak_seconds=0,
            moves_at_once=self.at_once,
            per_room=self.at_once,
            per_line=self.at_once,
            per_cloud=self.at_once,
        )
        kept, plan = planning.make(local("zhang"), means)
        planning.approve(kept.code, plan.digest, local("li"))
        self.running = Running(truth=self.truth, estate=estate, begin=nothing, wake=nothing)
        for name in ("a", "b"):
            self.start_worker(name)
        self.run = self.running.start(kept.code, local("wang")).code
        return self.run

    def start_worker(self, name: str) -> None:
        settings = self.folder / f"worker-{name}.json"
        told = {
            "url": self.url,
            "address": self.address,
            "root": str(self.disk),
            "hosts": str(self.hosts),
            "seconds": self.seconds,
            "heartbeat": self.heartbeat,
            "recheck": self.recheck,
            "machine": "here",
            "broken": self.broken,
            "look_seconds": 1.0,
        }
        settings.write_text(json.dumps(told))
        with (self.folder / f"worker-{name}.log").open("a") as log:
            self.workers[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.sim.worker", str(settings)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    # the operator, and the end ────────────────────────────────────────────────────────────────

    def operate(self) -> None:
        """What a person would do: wake who was stopped long enough, retry what failed, roll back what
        cannot be, and go on."""
        for name, until in list(self.stopped.items()):
            if time.monotonic() > until:
                self.workers[name].send_signal(signal.SIGCONT)
                del self.stopped[name]
        with suppress(StoreDown, EngineDown):
            run = self.truth.runs.get(self.run)
            if run.paused:
                self.running.resume(self.run, None, local("wang"))
            for item in run.items:
                stuck = item.step(StepKind.ROLLBACK).state in {StepState.FAILED, StepState.HELD}
                if item.state in {ItemState.FAILED, ItemState.HELD} and (item.blocked or stuck):
                    with suppress(MigratorError):
                        self.running.retry(self.run, item.system, local("wang"), "again")

    def go(
        self,
        faults: list[Callable[[], bool | None]],
        pace: float,
        deadline: float,
        caught: str = "",
    ) -> bool:
        """Faults one after the other while the run goes on, then none; whether it ended in time.
        `caught`: what the judge will say of a broken build, which is enough to end the night."""
        until = time.monotonic() + deadline
        left = list(faults)
        next_at = until
        while time.monotonic() < until:
            self.operate()
            with suppress(StoreDown):
                if self.truth.runs.head(self.run).ended_at:
                    return True
            if caught and any(caught in line for line in self.judge()):
                return True
            if next_at == until and self.steps():  # somebody is at work
                next_at = time.monotonic()
            if left and time.monotonic() >= next_at:
                fault = left.pop(0)
                if fault() is False:
                    left.insert(min(1, len(left)), fault)
                    time.sleep(0.05)
                    continue
                self.faults[fault.__name__] += 1
                self.tell(fault.__name__)
                next_at = time.monotonic() + pace * self.dice.uniform(0.5, 1.5)
            time.sleep(0.25)
        return False

    def open_items(self) -> list[str]:
        items = self.truth.runs.get(self.run).items
        return [f"{i.system} {i.state} {i.note}" for i in items if not i.state.ended]

    def tell(self, fault: str) -> None:
        """How far it is, for who watches (pytest -s)."""
        with suppress(StoreDown):
            states = Counter(str(i.state) for i in self.truth.runs.get(self.run).items)
            told = ", ".join(f"{n} {state}" for state, n in sorted(states.items()))
            print(f"seed {self.seed}: {sum(self.faults.values())} {fault}; {told}", flush=True)

    def judge(self) -> list[str]:
        """What went wrong, one line each."""
        return judged(self.truth, self.run, self.hosts, self.items)

    def close(self) -> None:
        """End what we started, and see it gone."""
        for name, worker in self.workers.items():
            if name in self.stopped:
                worker.send_signal(signal.SIGCONT)
            worker.kill()
            worker.wait()
        with suppress(StoreDown):
            for attempt in self.truth.attempts.of(self.run):
                for pid in marked(attempt.name):
                    kill(pid, signal.SIGKILL)
        self.server.kill()
        self.server.wait()
        self.truth.engine.dispose()
