"""The engine asks the probers: it waits and says why, goes on when they are green, and asks a person
where there is no prober. On a real Temporal; what the probers see is played."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from migrator.engine.green import Green
from migrator.planning.plan import WAY, Means, StepKind
from migrator.runs.of_item import Do, Wait
from migrator.runs.records import ItemState, StepState
from probes.watch.green import SECOND
from probes.watch.of_estate import watches_of
from probes.watch.picture import Picture, Prober, Sight
from tests.migrator.builders import city, done_until, item_record, plan_of, system
from tests.migrator.engine_room import EngineRoom
from tests.migrator.scripted import Stage

Kind = StepKind


def well(minutes: float = 60, **down: bool) -> Picture:
    """All that a prober looks at of S0's city, up for so long."""
    now = time.time_ns()
    since = int(now - minutes * 60 * SECOND)
    sights = tuple(
        Sight(
            w.target.code, w.check, w.target.family, not down.get(w.target.code.partition("@")[0]),
            since, now, 9, 0, 0.01, w.interval,
        )
        for w in watches_of(city([system(0)]))
    )  # fmt: skip
    return Picture((Prober("city", now, now - 10**15, sights),))


def asked(stage: Stage, seen: Picture, step: StepKind, minutes: int | None = 10) -> object:
    """What becomes of the decision to do `step`."""
    plan = plan_of(1, means=Means(ignore_windows=True, green_minutes=minutes))
    before = done_until(step) if step in WAY else {}
    record = item_record(before)
    return Green(stage.truth, lambda: seen).decide(plan, record, Do(step=step))


@pytest.mark.parametrize("step", [Kind.GATE, Kind.QUIESCE, Kind.COMMIT])
def test_before_the_cutover_and_the_commit(stage: Stage, step: StepKind) -> None:
    assert asked(stage, well(), step) == Do(step=step)
    assert stage.truth.audit_entries()[-1].action == "gate.green"
    short = asked(stage, well(4), step)
    assert isinstance(short, Wait)
    assert short.state is ItemState.PAUSED
    assert short.seconds == pytest.approx(360, abs=60)
    assert "waiting for 10 min" in short.reason
    red = asked(stage, well(S0=True), step)
    assert isinstance(red, Wait)
    assert "S0@N1 http/8000 v" in red.reason
    nobody = asked(stage, Picture(()), step)
    assert isinstance(nobody, Wait)
    assert nobody.state is ItemState.HELD
    assert "probe serve" in nobody.reason


@pytest.mark.parametrize("step", [Kind.PREFLIGHT, Kind.BACKUP, Kind.PRESYNC, Kind.SOAK])
def test_other_steps_ask_nobody(stage: Stage, step: StepKind) -> None:
    assert asked(stage, Picture(()), step) == Do(step=step)


def test_a_rollback_and_what_is_under_way_are_never_held_up(stage: Stage) -> None:
    assert asked(stage, Picture(()), Kind.ROLLBACK) == Do(step=Kind.ROLLBACK)
    plan = plan_of(1, means=Means(ignore_windows=True, green_minutes=10))
    begun = item_record(done_until(Kind.QUIESCE, quiesce=StepState.RUNNING))
    decision = Do(step=Kind.QUIESCE)
    assert Green(stage.truth, lambda: Picture(())).decide(plan, begun, decision) == decision


def test_a_plan_without_minutes_asks_nobody_and_keeps_its_digest(stage: Stage) -> None:
    assert asked(stage, Picture(()), Kind.QUIESCE, None) == Do(step=Kind.QUIESCE)
    assert plan_of(1).digest == plan_of(1, means=Means(ignore_windows=True)).digest
    assert "green_minutes" not in plan_of(1).model_dump_json(exclude_none=True)


@pytest.fixture
def room(stage: Stage, temporal_address: str) -> Iterator[EngineRoom]:
    stage.clock.at += timedelta(days=400)  # runs with names of their own
    made = EngineRoom(stage, temporal_address)
    yield made
    made.close()


def test_a_run_waits_and_says_why_and_goes_on(room: EngineRoom) -> None:
    picture = [Picture(())]
    stage = room.stage
    stage.green = Green(stage.truth, lambda: picture[0])
    room.start_worker()
    run, _ = room.order(city([system(0)]), green_minutes=10)
    room.wait_state(run, "S0", "held")
    assert "probe serve" in stage.truth.runs.item(run, "S0").note
    assert stage.step(run, "S0", Kind.GATE) == "pending"
    picture[0] = well(1)
    stage.running.wake(run, ("S0",))
    room.wait_state(run, "S0", "paused")
    assert "waiting for 10 min" in stage.truth.runs.item(run, "S0").note
    picture[0] = well()
    stage.running.wake(run, ("S0",))
    room.wait_end(run, "done")
    asked_for = [e.object for e in stage.truth.audit_entries() if e.action == "gate.green"]
    assert list(dict.fromkeys(asked_for)) == [
        f"{run}/S0/{s}" for s in ("gate", "quiesce", "commit")
    ]
    assert room.replay() == 2
