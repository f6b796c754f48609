"""Histories of workflows as earlier builds wrote them, to be replayed by today's.

`python -m tests.migrator.histories NAME [runs|network]` runs a small story on a Temporal server of its own
and keeps what its workflows did in `tests/data/histories/NAME.*.json`. Run it before the workflows are
changed, and never write over a file that an earlier build left: a run that is under way in a city is
older than the program that goes on with it.
"""

import asyncio
import json
import re
import sys
import tempfile
from pathlib import Path

from inventory.database import make_engine
from migrator.engine.server import wait_for_server
from migrator.people.rights import local
from migrator.planning.plan import StepKind
from migrator.store.truth import Truth
from tests.migrator.builders import city, system
from tests.migrator.engine_room import EngineRoom
from tests.migrator.network_room import BY_HAND, FRR, WINDOW
from tests.migrator.scripted import Clock, Stage
from tests.temporal import UPPER, free_port, start_server, stop_server

FOLDER = Path(__file__).resolve().parent.parent / "data" / "histories"
_WHO = re.compile(r'\d+@[\w.-]+?(?=[":]|-[0-9a-f]{32})')


def tell(room: EngineRoom) -> None:
    """Two items: one is paused, turned round and rolled back, one goes its way."""
    world = room.stage.world
    world.close("S0", StepKind.PRESYNC)
    world.script["S1", StepKind.BACKUP] = ["没有空间"]
    run, _ = room.order(city([system(0), system(1)]))
    world.wait(lambda: world.under_way("S0", StepKind.PRESYNC), "presync")
    room.wait_state(run, "S1", "failed")
    room.stage.running.pause(run, "S0", local("zhang"))
    room.stage.running.retry(run, "S1", local("zhang"))
    room.stage.running.rollback(run, "S0", local("zhang"))
    world.let_go("S0", StepKind.PRESYNC)
    room.wait_end(run, "ended")


def tell_network(room: EngineRoom) -> None:
    """A network plan waits for a word, is played to its end, and undone."""
    stage = room.stage
    stage.hold(city([system(0)]))
    path = stage.root / "changes.toml"
    path.write_text(BY_HAND + FRR.format(name="first", host="gw", n=1), "utf-8")
    network = room.networking()
    kept = network.file(local("zhang"), path, title="", window=WINDOW)
    network.approve(kept.code, kept.digest, local("li"))
    network.start(kept.code, local("wang"))
    waits = lambda: "egress" in stage.truth.network.record(kept.code).note  # noqa: E731
    stage.world.wait(waits, "a person's word")
    network.told(kept.code, "egress", local("wang"), "已执行", reference="1")
    room.wait_network(kept.code, "done")


def keep(room: EngineRoom, name: str) -> None:
    for handle in room.handles():
        text = room.do(handle.fetch_history()).to_json()
        plain = json.dumps(json.loads(text), ensure_ascii=False, indent=1, sort_keys=True)
        kind = "item" if "." in handle.id else KINDS[handle.id[0]]
        path = FOLDER / f"{name}.{kind}.{handle.id.rpartition('.')[2]}.json"
        path.write_text(_WHO.sub("1@worker", plain) + "\n")  # which machine it was is no business


KINDS = {"R": "run", "N": "network"}
STORIES = {"runs": tell, "network": tell_network}


def main(name: str, story: str = "runs") -> None:
    with tempfile.TemporaryDirectory() as root:
        address = f"127.0.0.1:{free_port()}"
        server = start_server(Path(root), address)
        Truth.open(f"sqlite:///{root}/qianyun.db").engine.dispose()
        clock = Clock()
        stage = Stage(Truth(make_engine(f"sqlite:///{root}/qianyun.db"), clock), Path(root), clock)
        # the look at hosts that are not there
        import migrator.engine.perform
        import migrator.engine.watching

        migrator.engine.perform.look = migrator.engine.watching.look = stage.world.look
        try:
            asyncio.run(wait_for_server(address, "default", UPPER))
            room = EngineRoom(stage, address)
            room.start_worker()
            try:
                STORIES[story](room)
                keep(room, name)
            finally:
                room.close()  # or its threads outlive the story, and the program never ends
        finally:
            stop_server(server)


if __name__ == "__main__":
    main(*sys.argv[1:])
