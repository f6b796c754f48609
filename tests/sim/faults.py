"""What befalls a night: each method is one fault, over when it returns or undone by the operator.
False: there was nobody whom it could befall just now."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import text

from migrator.errors import StoreDown
from migrator.store.truth import Truth
from tests.temporal import start_server

DROP = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
ROOT = Path(__file__).resolve().parent.parent.parent


class Faults:
    folder: Path
    disk: Path
    url: str
    address: str
    run: str
    heartbeat: int
    dice: random.Random
    truth: Truth
    server: Any
    workers: dict[str, subprocess.Popen[str]]
    stopped: dict[str, float]

    def start_worker(self, name: str) -> None:
        raise NotImplementedError

    def steps(self) -> list[int]:
        """Processes that stand for ansible-playbook, of attempts that are open."""
        found: list[int] = []
        with suppress(StoreDown):
            for attempt in self.truth.attempts.of(self.run):
                if attempt.state == "running" and attempt.pid:
                    found.append(attempt.pid)
        return [pid for pid in found if _alive(pid)]

    def kill_worker(self) -> None:
        name = self.dice.choice(sorted(self.workers))
        self.workers[name].kill()
        self.workers[name].wait()
        self.stopped.pop(name, None)
        self.start_worker(name)

    def stop_worker(self) -> bool:
        """Beyond the heartbeat time-out: the server tries again while the old attempt lives."""
        name = self.dice.choice(sorted(self.workers))
        if name in self.stopped:
            return False
        self.workers[name].send_signal(signal.SIGSTOP)
        self.stopped[name] = time.monotonic() + 2 * self.heartbeat
        return True

    def kill_server(self) -> None:
        self.server.kill()
        self.server.wait()
        self.server = start_server(self.folder, self.address)

    def kill_playbook(self) -> bool:
        steps = self.steps()
        if steps:
            kill(self.dice.choice(steps), signal.SIGKILL)
        return bool(steps)

    def stop_playbook(self) -> bool:
        steps = self.steps()
        if steps:
            pid = self.dice.choice(steps)
            kill(pid, signal.SIGSTOP)
            time.sleep(0.3)
            kill(pid, signal.SIGCONT)
        return bool(steps)

    def kill_ssh(self) -> bool:
        for pid in self.steps():
            children = _children(pid)
            if children:
                kill(children[0], signal.SIGKILL)
                return True
        return False

    def cut_database(self) -> None:
        """Somebody holds the database for a while, and dies with it open; a server drops everybody."""
        if not self.url.startswith("sqlite"):
            with self.truth.reading() as connection:
                connection.execute(text(DROP))
            return
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
            "import sys;from migrator.store.truth import Truth;t=Truth.open(sys.argv[1]);r=sys.argv[2]\n"
            "print('on',flush=True)\n"
            "while True:\n"
            "  for v in ({'total':3},{'total':8}): t.controls.set_limits(r,v,actor='api',reason='x')\n"
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


def kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
