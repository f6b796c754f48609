"""Three network zones: each with a room and a worker that reaches no other; PostgreSQL, Temporal between.

Run in a network namespace of its own: `unshare --net python -m tests.sim.zones FOLDER`. Prints a JSON object.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from inventory.changes import diff
from inventory.store_embedded import EmbeddedStore
from migrator.people.rights import local
from migrator.planning.plan import Means
from migrator.store.truth import Truth
from migrator.use_cases.planning import Planning
from migrator.use_cases.running import Running
from tests.migrator.builders import city, system
from tests.postgres import server
from tests.sim.night import ROOT, nothing
from tests.temporal import start_server, stop_server

ZONES = ("east", "west", "north")
ROOMS = ("R1", "R2", "R3")
CORE = "10.78.0.1"
PORT = 7233
ROOM_PORT = 2222
LISTEN = (
    "import socket,sys;s=socket.create_server((sys.argv[1],int(sys.argv[2])));print('on',flush=True)\n"
    "while True:\n  c,_=s.accept();c.sendall(sys.argv[1].encode());c.close()\n"
)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


class Zone:
    """A namespace with a way to the core and, on a loopback address of its own, the room's host."""

    def __init__(self, number: int, folder: Path, stack: ExitStack) -> None:
        self.number, self.name, self.folder = number, ZONES[number - 1], folder
        self.room = f"10.77.{number}.1"
        self.keeper = subprocess.Popen(["unshare", "--net", "sleep", "3600"])
        stack.callback(self.keeper.wait)
        stack.callback(self.keeper.kill)
        time.sleep(0.3)  # unshare(1) says nothing when it is done
        self._wire()
        self.listener = self._start([sys.executable, "-c", LISTEN, self.room, str(ROOM_PORT)], None)
        stack.callback(self.listener.kill)
        assert self.listener.stdout
        self.listener.stdout.readline()

    def _wire(self) -> None:
        inside, outside = f"in{self.number}", f"core{self.number}"
        ip("link", "add", outside, "type", "veth", "peer", "name", inside)
        ip("link", "set", inside, "netns", str(self.keeper.pid))
        ip("addr", "add", f"10.78.{self.number}.1/30", "dev", outside)
        ip("link", "set", outside, "up")
        for words in (
            f"link set lo up;addr add {self.room}/32 dev lo;link set {inside} up;"
            f"addr add 10.78.{self.number}.2/30 dev {inside};"
            f"route add {CORE}/32 via 10.78.{self.number}.1"
        ).split(";"):
            subprocess.run([*self._enter(), "ip", *words.split()], check=True)

    def _enter(self) -> list[str]:
        return ["nsenter", "--net", "--target", str(self.keeper.pid)]

    def _start(self, command: list[str], log: Path | None) -> "subprocess.Popen[str]":
        out = subprocess.PIPE if log is None else log.open("a")
        return subprocess.Popen(
            [*self._enter(), *command], cwd=ROOT, stdout=out, stderr=out, text=True
        )

    def worker(self, told: dict[str, object]) -> "subprocess.Popen[str]":
        settings = self.folder / f"{self.name}.json"
        mine = {
            "zone": self.name,
            "machine": f"m-{self.name}",
            "root": f"{self.folder}/{self.name}",
        }
        settings.write_text(json.dumps(told | mine))
        log = self.folder / f"{self.name}.log"
        return self._start([sys.executable, "-m", "tests.sim.worker", str(settings)], log)


def wait(true: Callable[[], bool], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.2)


def main(folder: Path) -> dict[str, object]:
    with ExitStack() as stack:
        ip("link", "set", "lo", "up")
        ip("addr", "add", f"{CORE}/32", "dev", "lo")
        zones = [Zone(n, folder, stack) for n in (1, 2, 3)]
        url = stack.enter_context(server())
        address = f"{CORE}:{PORT}"
        # bound to one address, the server of Temporal's kit does not find its own parts; this
        # namespace has no neighbours but the zones
        temporal = start_server(folder, f"0.0.0.0:{PORT}")
        stack.callback(stop_server, temporal)
        rules = folder / "engine.toml"
        pairs = zip(ROOMS, ZONES, strict=True)
        rules.write_text("[zones]\n" + "".join(f'{room} = "{zone}"\n' for room, zone in pairs))
        told: dict[str, object] = {
            "url": url,
            "address": address,
            "hosts": str(folder / "hosts"),
            "seconds": 0.3,
            "heartbeat": 3,
            "rules": str(rules),
            "rooms": {room: zones[n].room for n, room in enumerate(ROOMS)},
            "room_port": ROOM_PORT,
        }
        truth = Truth.open(url)
        workers = [zone.worker(told) for zone in zones]
        for worker in workers:
            stack.callback(worker.kill)
        settings = folder / "core.json"
        settings.write_text(json.dumps(told | {"root": str(folder / "core"), "machine": "m-core"}))
        with (folder / "core.log").open("a") as log:
            core = subprocess.Popen(
                [sys.executable, "-m", "tests.sim.worker", str(settings)],
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        stack.callback(core.kill)
        return told_by(truth, zones, workers, told, stack)


def told_by(
    truth: Truth,
    zones: list[Zone],
    workers: "list[subprocess.Popen[str]]",
    told: dict[str, object],
    stack: ExitStack,
) -> dict[str, object]:
    run = order(truth)
    # one vanishes in the middle of its work, and comes back later
    wait(lambda: any(a.machine == "m-west" for a in truth.attempts.of(run)))
    workers[1].kill()
    workers[1].wait()
    wait(lambda: sum(i.state.value == "done" for i in truth.runs.get(run).items) >= 4)
    again = zones[1].worker(told)
    stack.callback(again.kill)
    wait(lambda: truth.runs.head(run).ended_at is not None)
    record = truth.runs.get(run)
    plan = truth.plans.load(record.plan)
    by = {
        item.system: {
            "state": item.state.value,
            "room": plan.item(item.system).source.place,
            "machines": sorted({a.machine for a in truth.attempts.of(run, item.system)}),
        }
        for item in record.items
    }
    return {"state": record.state.value, "items": by}


def order(truth: Truth) -> str:
    estate = EmbeddedStore(truth.engine)
    rooms: dict[str, int | None] = dict.fromkeys(ROOMS, None)
    wanted = city([system(n, ROOMS[n % 3]) for n in range(6)], rooms=rooms)
    changes = diff(estate.load(), wanted)
    estate.apply(changes, actor="zhang", confirmed=changes.digest)
    means = Means(ignore_windows=True, soak_seconds=0, moves_at_once=6, per_cloud=6)
    planning = Planning(truth, estate)
    kept, plan = planning.make(local("zhang"), means)
    planning.approve(kept.code, plan.digest, local("li"))
    running = Running(truth=truth, estate=estate, begin=nothing, wake=nothing)
    return running.start(kept.code, local("w")).code


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
