"""A night of a simulated city: server, workers, database, an operator; faults; and who judges it all.

The judge believes only the hosts' journals, the truth, and the audit (research/cutover.md, "Faults on
purpose"): nobody worked on a host while somebody else did, whoever served is who should, every item ended
done or rolled back, no attempt overlaps another, the chain holds.
"""

import itertools
import json
import os
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
from migrator.audit import first_fault
from migrator.errors import EngineDown, MigratorError, StoreDown
from migrator.people import local
from migrator.plan import Means, StepKind
from migrator.planning import Planning
from migrator.processes import marked
from migrator.progress import ItemState, StepState
from migrator.running import Running
from migrator.store import Truth
from tests.migrator.builders import city, system
from tests.temporal import free_port, start_server

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {"done", "rolled_back", "aborted"}


def nothing(*_: object) -> None:
    """Nobody is woken: workers look by themselves."""


@dataclass
class Night:
    """`folder` holds all; `disk` is what may be filled up (the same, or a small tmpfs)."""

    folder: Path
    disk: Path
    items: int = 20
    seconds: float = 0.2
    broken: bool = False
    seed: int = 1
    url: str = ""
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
            moves_at_once=8,
            per_room=6,
            per_line=6,
            per_cloud=8,
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
            "heartbeat": 3,
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

    def steps(self) -> list[int]:
        """Processes that stand for ansible-playbook, of attempts that are open."""
        found: list[int] = []
        with suppress(StoreDown):
            for attempt in self.truth.attempts.of(self.run):
                if attempt.state == "running" and attempt.pid:
                    found.append(attempt.pid)
        return [pid for pid in found if _alive(pid)]

    # faults ───────────────────────────────────────────────────────────────────────────────────

    def kill_worker(self) -> None:
        name = self.dice.choice(sorted(self.workers))
        self.workers[name].kill()
        self.workers[name].wait()
        self.stopped.pop(name, None)
        self.start_worker(name)

    def stop_worker(self) -> None:
        """Beyond the heartbeat time-out: the server tries again while the old attempt lives."""
        name = self.dice.choice(sorted(self.workers))
        if name not in self.stopped:
            self.workers[name].send_signal(signal.SIGSTOP)
            self.stopped[name] = time.monotonic() + 6

    def kill_server(self) -> None:
        self.server.kill()
        self.server.wait()
        self.server = start_server(self.folder, self.address)

    def kill_playbook(self) -> None:
        if steps := self.steps():
            _kill(self.dice.choice(steps), signal.SIGKILL)

    def stop_playbook(self) -> None:
        if steps := self.steps():
            pid = self.dice.choice(steps)
            _kill(pid, signal.SIGSTOP)
            time.sleep(0.3)
            _kill(pid, signal.SIGCONT)

    def kill_ssh(self) -> None:
        for pid in self.steps():
            children = _children(pid)
            if children:
                _kill(children[0], signal.SIGKILL)
                return

    def cut_database(self) -> None:
        """Somebody holds the database for a while, and dies with it open."""
        code = (
            "import sqlite3,sys,time;c=sqlite3.connect(sys.argv[1],timeout=9);"
            "c.execute('BEGIN IMMEDIATE');c.execute('UPDATE runs SET note=note');"
            "print('held',flush=True);time.sleep(30)"
        )
        holder = subprocess.Popen(
            [sys.executable, "-c", code, f"{self.disk}/qianyun.db"], stdout=subprocess.PIPE
        )
        assert holder.stdout
        holder.stdout.readline()
        time.sleep(0.5)
        holder.kill()
        holder.wait()

    def kill_commander(self) -> None:
        """The way in: somebody gives commands and is killed in the middle of them."""
        code = (
            "import sys;from migrator.store import Truth;t=Truth.open(sys.argv[1]);r=sys.argv[2]\n"
            "print('on',flush=True)\n"
            "while True:\n"
            "  for v in ({'total':3},{'total':8}): t.runs.set_limits(r,v,actor='api',reason='x')\n"
        )
        api = subprocess.Popen(
            [sys.executable, "-c", code, self.url, self.run],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert api.stdout
        api.stdout.readline()
        time.sleep(self.dice.uniform(0.05, 0.3))
        api.kill()
        api.wait()

    def fill_disk(self) -> None:
        """No byte is left where database and attempts lie, for a while."""
        ballast = self.disk / "ballast"
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 65536)
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0")
        time.sleep(1.0)
        ballast.unlink()

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

    def go(self, faults: list[Callable[[], None]], pace: float, deadline: float) -> bool:
        """Faults one after the other while the run goes on, then none; whether it ended in time."""
        until = time.monotonic() + deadline
        left = list(faults)
        next_at = time.monotonic() + 2.0
        while time.monotonic() < until:
            self.operate()
            with suppress(StoreDown):
                if self.truth.runs.head(self.run).ended_at:
                    return True
            if left and time.monotonic() >= next_at:
                fault = left.pop(0)
                fault()
                self.faults[fault.__name__] += 1
                next_at = time.monotonic() + pace * self.dice.uniform(0.5, 1.5)
            time.sleep(0.15)
        return False

    def judge(self) -> list[str]:
        """What went wrong, one line each."""
        wrong: list[str] = []
        run = self.truth.runs.get(self.run)
        for item in run.items:
            if item.state.value not in GOOD:
                wrong.append(f"{item.system} ended {item.state}")
            wrong += [
                f"{item.system}: {line}" for line in self._host(item.system, item.state.value)
            ]
            wrong += [f"{item.system}: {line}" for line in self._attempts(item.system)]
        if fault := first_fault(self.truth.audit_entries()):
            wrong.append(fault)
        if self.truth.attempts.of(run.code) and any(
            a.state == "running" for a in self.truth.attempts.of(run.code)
        ):
            wrong.append("an attempt is still open")
        return wrong

    def _host(self, code: str, state: str) -> list[str]:
        path = self.hosts / code / "journal.jsonl"
        if not path.exists():
            return ["nothing was done"] if state == "done" else []
        wrong: list[str] = []
        ends = Counter[str]()
        for line in map(json.loads, path.read_text().splitlines()):
            if line["event"] in {"overlap", "committed-without-target"}:
                wrong.append(f"{line['event']}: {line}")
            if line["event"] == "end":
                ends[line["step"]] += 1
        active = self.hosts / code / "active"
        serves = active.read_text() if active.exists() else "source"
        if serves != {"done": "target"}.get(state, "source"):
            wrong.append(f"{serves} serves, and the item is {state}")
        if state == "done":
            wrong += [f"{s} was never done" for s in ("preflight", "commit") if not ends[s]]
        return wrong

    def _attempts(self, code: str) -> list[str]:
        tried = self.truth.attempts.of(self.run, code)
        return [
            f"attempts {one.token} and {two.token} overlap"
            for one, two in itertools.pairwise(tried)
            if one.ended_at is None or two.started_at < one.ended_at
        ]

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
                    _kill(pid, signal.SIGKILL)
        self.server.kill()
        self.server.wait()
        self.truth.engine.dispose()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
