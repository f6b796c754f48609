"""Network plans on a real Temporal server with the real worker; only what happens on devices is played."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import migrator.engine.worker
from migrator.errors import EngineDown
from migrator.people.rights import local
from migrator.runs.network_plan import NetworkRecord
from tests.migrator.builders import city, system
from tests.migrator.engine_room import EngineRoom
from tests.migrator.network_room import BY_HAND, FRR, WINDOW
from tests.migrator.scripted import Stage

_DAYS = itertools.count()
ONE = FRR.format(name="first", host="gw", n=1)
WANG = local("wang")


@pytest.fixture
def room(stage: Stage, temporal_address: str, monkeypatch: Any) -> Iterator[EngineRoom]:
    monkeypatch.setattr(migrator.engine.worker, "LOOK_SECONDS", 0.2)
    stage.clock.at += timedelta(days=next(_DAYS))
    made = EngineRoom(stage, temporal_address)
    stage.hold(city([system(0)]))
    yield made
    made.close()


def approved(room: EngineRoom, text: str) -> NetworkRecord:
    path = room.stage.root / "changes.toml"
    path.write_text(text, "utf-8")
    day = room.stage.clock.at.date().isoformat()
    network = room.networking()
    window = WINDOW.replace("2026-01-02", day)
    kept = network.file(local("zhang"), path, title="", window=window)
    return network.approve(kept.code, kept.digest, local("li"))


def test_a_word_wakes_it_and_what_is_done_can_be_undone(room: EngineRoom) -> None:
    room.start_worker()
    code, network = approved(room, BY_HAND + ONE).code, room.networking()
    network.start(code, WANG)
    waits = lambda: "egress" in room.stage.truth.network.record(code).note  # noqa: E731
    room.stage.world.wait(waits, "a person's word")
    network.told(code, "egress", WANG, "已执行", reference="1")
    room.wait_network(code, "done")
    network.back(code, WANG, "演练")  # the same workflow's name once more
    room.stage.world.wait(waits, "a person's word again")
    network.told(code, "egress", WANG, "已恢复", reference="2")
    room.wait_network(code, "rolled_back")
    assert room.stage.world.faults == []
    assert room.replay() == 1


def test_what_was_started_while_the_engine_was_away_begins_by_itself(room: EngineRoom) -> None:
    code = approved(room, ONE).code
    with pytest.raises(EngineDown, match="recorded"):
        room.networking(away=True).start(code, WANG)
    room.start_worker()
    room.wait_network(code, "done")
