"""A worker process of a simulated city: `python -m tests.sim.worker SETTINGS.json`.

SETTINGS: url, address, root, hosts, seconds, heartbeat, machine, zone, rules (a file), steps, build, idle,
recheck, and `broken`: one of the builds that the judge must catch (`BROKEN`).
"""

import asyncio
import json
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import migrator.engine.perform
import migrator.engine.watching
import migrator.engine.worker
import migrator.engine.workflows
from inventory.store_embedded import EmbeddedStore
from migrator.attempts.ansible import Outcome
from migrator.attempts.crew import Crew, Watch
from migrator.attempts.move import Login
from migrator.attempts.processes import Pen
from migrator.engine.activities import Activities
from migrator.engine.client import connect
from migrator.engine.perform import Performer
from migrator.engine.server import wait_for_server
from migrator.engine.worker import Post, run_worker
from migrator.planning.plan import Item, StepKind
from migrator.runs.gates import Gates
from migrator.runs.rules_file import read_rules
from migrator.store.truth import Truth
from probes.model import ProbeResult, Target
from tests.sim.crew import IdleCrew, SimCrew


def look(targets: tuple[Target, ...]) -> list[ProbeResult]:
    """Every system is well: there are no hosts to look at."""
    return [ProbeResult(target=target, ok=True, failure=None) for target in targets]


def _unseen() -> None:
    """What a lost attempt left is believed gone."""
    Pen.empty = lambda self, deadline: None  # type: ignore[method-assign]


def _adopted() -> None:
    """What a lost attempt was about is believed done."""
    clear = Crew.clear

    def believing(self: Crew, run: str, item: Item, step: StepKind, watch: Watch) -> Outcome | None:
        lost = any(a.step is step for a in self.truth.attempts.open_ones(item.code))
        outcome = clear(self, run, item, step, watch)
        return Outcome(ok=True, finished=self.truth.now()) if lost and outcome is None else outcome

    Crew.clear = believing  # type: ignore[method-assign]


BROKEN: Mapping[str, Callable[[], None]] = {"unseen": _unseen, "adopted": _adopted}


def activities(told: dict[str, Any]) -> Activities:
    truth = Truth.open(told["url"])
    common: dict[str, Any] = {
        "truth": truth,
        "login": Login(user="qianyun", key=Path(told["root"]) / "key"),
        "secrets": {},
        "root": Path(told["root"]) / "attempts",
        "machine": told.get("machine", "here"),
        "seconds": told.get("seconds", 0.2),
    }
    crew: Crew = IdleCrew(**common)
    if not told.get("idle"):
        rooms = {"rooms": told.get("rooms", {}), "room_port": told.get("room_port", 0)}
        crew = SimCrew(**common, **rooms, hosts=Path(told["hosts"]))
    gates = Gates(read_rules(Path(told["rules"]))) if told.get("rules") else Gates()
    performer = Performer(truth, EmbeddedStore(truth.engine), crew, gates)
    return Activities(performer, told.get("heartbeat", 2))


async def work(told: dict[str, Any]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    made = activities(told)
    post = Post(
        machine=told.get("machine", "here"),
        zone=told.get("zone", ""),
        steps=told.get("steps", 16),
        build=told.get("build", ""),
    )
    while not stop.is_set():
        try:
            await wait_for_server(told["address"], "default")
            client = await connect(told["address"], "default")
            print("ready", flush=True)
            await run_worker(client, made, stop, post)
        except Exception as error:  # the server went away: as `api.working` does
            print(f"again: {type(error).__name__}: {error}", flush=True)
            await asyncio.sleep(0.5)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"cpu": used.ru_utime + used.ru_stime}), flush=True)


def main() -> None:
    told = json.loads(Path(sys.argv[1]).read_text())
    migrator.engine.perform.look = look
    migrator.engine.watching.look = look
    migrator.engine.worker.LOOK_SECONDS = told.get("look_seconds", 2.0)
    migrator.engine.workflows.RECHECK = timedelta(seconds=told.get("recheck", 60.0))
    if told.get("broken"):
        BROKEN[told["broken"]]()
    asyncio.run(work(told))


if __name__ == "__main__":
    main()
