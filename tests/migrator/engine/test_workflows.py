"""Runs on a real Temporal server with the real worker; only what happens on hosts is played."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest

from migrator.engine.worker import Post
from migrator.errors import EngineDown, Refused
from migrator.people.rights import local
from migrator.planning.plan import StepKind
from migrator.runs.records import ItemState
from migrator.store.audit import first_fault
from tests.migrator.builders import CLOUD, city, system
from tests.migrator.engine_room import EngineRoom
from tests.migrator.scripted import Stage, WorkerDied, overlapping

Kind = StepKind
WHOLE = ["preflight.yml", "backup.yml", "presync.yml", "cutover.yml", "commit.yml"]
_DAYS = itertools.count()


@pytest.fixture
def room(stage: Stage, temporal_address: str) -> Iterator[EngineRoom]:
    """With a worker. Each test has a day of its own, so that its runs have names of their own."""
    stage.clock.at += timedelta(days=next(_DAYS))
    made = EngineRoom(stage, temporal_address)
    made.start_worker()
    yield made
    made.close()
    assert first_fault(stage.truth.audit_entries()) is None


def test_waves_go_in_order_and_limits_hold(room: EngineRoom) -> None:
    world = room.stage.world
    world.close("S0", Kind.PRESYNC)
    world.close("S3", Kind.PRESYNC)
    systems = [system(0), system(1), system(2), system(3, "R2")]
    estate = city(systems, [("S0", "S1"), ("S1", "S0"), ("S2", "S0")])
    run, plan = room.order(estate, per_room=1)
    assert [[i.code for i in w.items] for w in plan.waves] == [["S0", "S1", "S3"], ["S2"]]
    world.wait(
        lambda: world.under_way("S0", Kind.PRESYNC) and world.under_way("S3", Kind.PRESYNC),
        "two rooms at once",
    )
    assert world.done("S1") == world.done("S2") == []
    world.let_go("S0", Kind.PRESYNC)
    world.let_go("S3", Kind.PRESYNC)
    assert set(room.wait_end(run, "done").values()) == {"done"}

    assert [world.done(s.code) for s in systems] == [WHOLE] * 4
    first = {p.system: p.began for p in reversed(world.plays)}
    last = {p.system: p.ended or 0 for p in world.plays}
    assert last["S0"] < first["S1"]
    assert max(last["S0"], last["S1"], last["S3"]) < first["S2"]
    assert overlapping(world.plays, {"S0": "R1", "S1": "R1", "S2": "R1"}) == 1
    # the inventory says where each lives now, and nothing is left to do
    placed = {
        s.code: (s.place, s.placement and s.placement.run) for s in room.stage.estate.load().systems
    }
    assert placed == {s.code: (CLOUD, run) for s in systems}
    with pytest.raises(Refused, match="没有可迁移的系统"):
        room.stage.planning.make(local("zhang"), plan.means)
    actions = [e.action for e in room.stage.truth.audit_entries() if e.object.endswith("/S3")]
    assert actions == ["item.done"]
    assert room.replay() == 5


def test_steps_that_follow_at_once_are_one_activity(room: EngineRoom) -> None:
    """Each is asked for anew: a pause in the midst of the second holds before the third."""
    world = room.stage.world
    world.close("S0", Kind.BACKUP)
    run, _ = room.order(city([system(0), system(1)]))
    world.wait(lambda: world.under_way("S0", Kind.BACKUP), "backup")
    room.stage.running.pause(run, "S0", local("zhang"))
    world.let_go("S0", Kind.BACKUP)
    room.wait_state(run, "S0", "paused")
    assert world.done("S0") == WHOLE[:2]
    room.stage.running.resume(run, "S0", local("zhang"))
    room.wait_end(run, "done")
    assert [world.done(name) for name in ("S0", "S1")] == [WHOLE, WHOLE]
    assert room.activities(run, "S1") == ["next_of_item", "perform_step"]
    assert room.activities(run, "S0").count("perform_step") == 2


def test_the_total_is_kept_by_whoever_waits_for_an_operator(room: EngineRoom) -> None:
    room.stage.world.script["S0", Kind.BACKUP] = ["disk full"]
    ring = [("S0", "S1"), ("S1", "S0")]
    run, _ = room.order(city([system(0), system(1)], ring), moves_at_once=1)
    room.wait_state(run, "S0", "failed")
    assert "disk full" in room.stage.truth.runs.item(run, "S0").note
    assert room.stage.states(run)["S1"] == "waiting"
    room.stage.running.skip(run, "S0", local("zhang"), "昨夜已备份")
    room.wait_end(run, "done")
    assert room.stage.step(run, "S0", Kind.BACKUP) == "skipped"
    assert overlapping(room.stage.world.plays, {"S0": "", "S1": ""}) == 1
    assert room.replay() == 3


def test_pause_lets_the_step_end_and_begins_no_other(room: EngineRoom) -> None:
    world, running = room.stage.world, room.stage.running
    world.close("S0", Kind.BACKUP)
    run, _ = room.order(city([system(0)]))
    world.wait(lambda: world.under_way("S0", Kind.BACKUP), "backup")
    running.pause(run, None, local("zhang"))
    world.let_go("S0", Kind.BACKUP)
    room.wait_state(run, "S0", "paused")
    assert room.stage.step(run, "S0", Kind.BACKUP) == "done"
    assert world.done("S0") == WHOLE[:2]
    running.resume(run, None, local("zhang"))
    room.wait_end(run, "done")
    assert world.done("S0") == WHOLE
    assert room.replay() == 2


@pytest.mark.parametrize("step", [pytest.param(Kind.PRESYNC, marks=pytest.mark.slow), Kind.QUIESCE])
def test_a_failed_step_waits_and_a_retry_goes_on(room: EngineRoom, step: StepKind) -> None:
    world = room.stage.world
    world.script["S0", step] = ["read 0 bytes, expected 1; free some space"]
    run, _ = room.order(city([system(0)]))
    room.wait_state(run, "S0", "failed")
    assert room.stage.step(run, "S0", step) == "failed"
    assert "expected 1" in room.stage.truth.runs.item(run, "S0").note
    room.stage.running.retry(run, "S0", local("zhang"))
    room.wait_end(run, "done")
    tries = [a.state for a in room.stage.truth.attempts.of(run, "S0") if a.step is step]
    assert tries == ["failed", "done"]
    assert room.replay() == 2


def test_rollback_before_the_switch_cuts_the_step_off(room: EngineRoom) -> None:
    world = room.stage.world
    world.close("S0", Kind.PRESYNC)
    run, _ = room.order(city([system(0)]))
    world.wait(lambda: world.under_way("S0", Kind.PRESYNC), "presync")
    room.stage.running.rollback(run, "S0", local("zhang"), "领导要求")
    assert room.wait_end(run, "ended") == {"S0": "rolled_back"}
    assert world.done("S0") == [*WHOLE[:3], "reap.yml", "rollback.yml"]
    states = [(a.step, a.state) for a in room.stage.truth.attempts.of(run, "S0")][2:]
    assert states == [(Kind.PRESYNC, "cancelled"), (Kind.ROLLBACK, "done")]
    assert room.stage.estate.load().systems[0].placement is None
    assert room.replay() == 2


def test_rollback_after_the_switch(room: EngineRoom) -> None:
    world, running = room.stage.world, room.stage.running
    world.close("S0", Kind.QUIESCE)
    run, _ = room.order(city([system(0)]))
    world.wait(lambda: world.under_way("S0", Kind.QUIESCE), "cutover")
    running.pause(run, "S0", local("zhang"))
    world.let_go("S0", Kind.QUIESCE)
    room.wait_state(run, "S0", "paused")
    assert room.stage.step(run, "S0", Kind.SWITCH) == "done"
    world.script["S0", Kind.ROLLBACK] = ["the source does not answer"]
    running.rollback(run, "S0", local("zhang"))
    room.wait_state(run, "S0", "failed")
    running.retry(run, "S0", local("zhang"))
    assert room.wait_end(run, "ended") == {"S0": "rolled_back"}
    assert world.done("S0") == [*WHOLE[:4], "rollback.yml", "rollback.yml"]
    assert room.replay() == 2


def test_the_cutover_is_not_cut_off_by_a_rollback(room: EngineRoom) -> None:
    """It ends by itself, then the item turns round."""
    world = room.stage.world
    world.close("S0", Kind.QUIESCE)
    run, _ = room.order(city([system(0)]))
    world.wait(lambda: world.under_way("S0", Kind.QUIESCE), "cutover")
    room.stage.running.rollback(run, "S0", local("zhang"))
    world.let_go("S0", Kind.QUIESCE)
    assert room.wait_end(run, "ended") == {"S0": "rolled_back"}
    assert world.done("S0") == [*WHOLE[:4], "rollback.yml"]
    assert room.stage.step(run, "S0", Kind.SWITCH) == "done"


def test_after_commit_began_there_is_no_rollback(room: EngineRoom) -> None:
    world = room.stage.world
    world.close("S0", Kind.COMMIT)
    run, _ = room.order(city([system(0)]))
    world.wait(lambda: world.under_way("S0", Kind.COMMIT), "commit")
    with pytest.raises(Refused, match="已提交"):
        room.stage.running.rollback(run, "S0", local("zhang"))
    room.stage.running.abort(run, local("zhang"))
    world.let_go("S0", Kind.COMMIT)
    assert room.wait_end(run, "done") == {"S0": "done"}


def test_abort_turns_round_what_is_under_way_and_begins_nothing(room: EngineRoom) -> None:
    world = room.stage.world
    world.close("S0", Kind.PRESYNC)
    run, _ = room.order(city([system(0), system(1)], [("S1", "S0")]))
    world.wait(lambda: world.under_way("S0", Kind.PRESYNC), "presync")
    room.stage.running.abort(run, local("zhang"), "停电")
    assert room.wait_end(run, "ended") == {"S0": "rolled_back", "S1": "aborted"}
    assert world.done("S1") == []
    assert room.replay() == 3


def test_a_lost_wave_pauses_the_run_until_a_person_decides(room: EngineRoom) -> None:
    world = room.stage.world
    world.close("S0", Kind.PRESYNC)
    run, _ = room.order(city([system(0), system(1)], [("S1", "S0")]))
    world.wait(lambda: world.under_way("S0", Kind.PRESYNC), "presync")
    room.stage.running.rollback(run, "S0", local("zhang"))
    world.wait(lambda: room.stage.truth.runs.get(run).paused, "the run to pause itself")
    assert "S0 未完成" in room.stage.truth.runs.get(run).note
    assert world.done("S1") == []
    room.stage.running.resume(run, None, local("zhang"))
    assert room.wait_end(run, "ended") == {"S0": "rolled_back", "S1": "done"}
    assert room.replay() == 3


def test_red_probes_at_the_gate_leave_the_source_alone(room: EngineRoom) -> None:
    world = room.stage.world
    world.ill = {"S0"}
    run, _ = room.order(city([system(0)]))
    room.wait_state(run, "S0", "failed")
    told = room.stage.truth.runs.item(run, "S0").step(Kind.GATE).message
    assert "S0@S0-old http v6: refused" in told
    assert world.done("S0") == WHOLE[:3]
    world.ill = set()
    room.stage.running.retry(run, "S0", local("zhang"))
    room.wait_end(run, "done")


def test_a_bad_soak_turns_the_item_round_by_itself(room: EngineRoom) -> None:
    world = room.stage.world

    def break_after_switch(code: str, step: StepKind | None) -> None:
        if step is Kind.QUIESCE:
            world.ill = {code}

    world.on_play = break_after_switch
    run, _ = room.order(city([system(0)]))
    assert room.wait_end(run, "ended") == {"S0": "rolled_back"}
    assert world.done("S0") == [*WHOLE[:4], "rollback.yml"]
    assert room.stage.step(run, "S0", Kind.SOAK) == "failed"
    turned = [e for e in room.stage.truth.audit_entries() if e.action == "run.rollback"]
    assert [e.actor for e in turned] == ["engine"]
    assert "S0@S0-new" in turned[0].detail["reason"]
    assert room.replay() == 2


def test_changed_facts_hold_the_item_before_its_cutover(room: EngineRoom) -> None:
    world = room.stage.world
    world.close("S0", Kind.PRESYNC)
    estate = city([system(0)])
    run, _ = room.order(estate)
    world.wait(lambda: world.under_way("S0", Kind.PRESYNC), "presync")
    room.stage.hold(city([system(0, name="另一个系统")]))
    world.let_go("S0", Kind.PRESYNC)
    room.wait_state(run, "S0", "held")
    told = room.stage.truth.runs.item(run, "S0").step(Kind.GATE).message
    assert "system.name: '系统0' → '另一个系统'" in told
    assert world.done("S0") == WHOLE[:3]
    room.stage.hold(estate)
    room.stage.running.retry(run, "S0", local("zhang"))
    room.wait_end(run, "done")
    assert room.replay() == 2


def test_a_withdrawn_approval_holds_the_item(room: EngineRoom) -> None:
    world = room.stage.world
    world.close("S0", Kind.PRESYNC)
    run, plan = room.order(city([system(0)]))
    world.wait(lambda: world.under_way("S0", Kind.PRESYNC), "presync")
    code = room.stage.truth.runs.get(run).plan
    room.stage.planning.reject(code, plan.digest, local("li"), "等等")
    world.let_go("S0", Kind.PRESYNC)
    room.wait_state(run, "S0", "held")
    room.stage.running.rollback(run, "S0", local("zhang"))
    assert room.wait_end(run, "ended") == {"S0": "rolled_back"}


def test_the_cutover_waits_for_its_window(room: EngineRoom) -> None:
    stage = room.stage  # it is noon in UTC, 20:00 in Shanghai
    run, _ = room.order(city([system(0, window="22:00-06:00")]), ignore_windows=False)
    room.wait_state(run, "S0", "paused")
    assert "22:00-06:00" in stage.truth.runs.item(run, "S0").note
    assert stage.world.done("S0") == WHOLE[:3]
    stage.clock.at += timedelta(hours=1, minutes=59)
    stage.wake(run, ("S0",))
    room.wait_state(run, "S0", "paused")
    assert stage.world.done("S0") == WHOLE[:3]
    stage.clock.at += timedelta(minutes=1)
    stage.wake(run, ("S0",))
    room.wait_end(run, "done")
    assert room.replay() == 2


@pytest.mark.parametrize(
    "step", [pytest.param(Kind.PRESYNC, marks=pytest.mark.slow), Kind.QUIESCE, Kind.COMMIT]
)
def test_a_worker_is_stopped_in_a_step_and_the_next_goes_on(
    room: EngineRoom, step: StepKind
) -> None:
    stage = room.stage
    stage.world.close("S0", step)
    run, _ = room.order(city([system(0)]))
    stage.world.wait(lambda: stage.world.under_way("S0", step), "the step")
    room.stop_worker()
    assert not stage.world.under_way("S0", step)
    assert stage.states(run)["S0"] == "running"
    stage.world.let_go("S0", step)
    room.start_worker()
    room.wait_end(run, "done")
    tries = [a.state for a in stage.truth.attempts.of(run, "S0") if a.step is step]
    assert tries == ["cancelled", "done"]
    assert stage.world.done("S0").count("reap.yml") == 1
    assert room.replay() == 2


def test_a_cutover_is_followed_to_its_end_before_anything_else(room: EngineRoom) -> None:
    """Its program runs on at the target while there is no worker: no rollback may cross it."""
    stage = room.stage
    stage.world.close("S0", Kind.QUIESCE)
    run, _ = room.order(city([system(0)]))
    stage.world.wait(lambda: stage.world.under_way("S0", Kind.QUIESCE), "cutover")
    room.stop_worker()
    stage.running.rollback(run, "S0", local("zhang"))
    stage.world.let_go("S0", Kind.QUIESCE)
    room.start_worker()
    assert room.wait_end(run, "ended") == {"S0": "rolled_back"}
    after = stage.world.done("S0")[3:]
    assert after == ["cutover.yml", "reap.yml", "cutover.yml", "rollback.yml"]
    assert stage.step(run, "S0", Kind.SWITCH) == "done"


def test_a_worker_that_dies_in_a_step_leaves_it_to_the_next(room: EngineRoom) -> None:
    stage = room.stage
    stage.world.script["S0", Kind.PRESYNC] = [WorkerDied()]
    run, _ = room.order(city([system(0)]))
    room.wait_end(run, "done")
    tries = [a.state for a in stage.truth.attempts.of(run, "S0") if a.step is Kind.PRESYNC]
    assert tries == ["lost", "done"]
    assert stage.world.done("S0") == [*WHOLE[:3], "reap.yml", *WHOLE[2:]]
    assert room.replay() == 2


def test_an_attempt_that_had_ended_is_not_run_again(
    room: EngineRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker died after the outcome was written, before it came into the step."""
    stage, deaths = room.stage, [WorkerDied(), None]
    finish = type(stage.performer)._finish

    def die_once(self: object, run: str, code: str, step: StepKind, *rest: object) -> None:
        if step is Kind.QUIESCE and deaths and (death := deaths.pop(0)):
            raise death
        finish(self, run, code, step, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(type(stage.performer), "_finish", die_once)
    run, _ = room.order(city([system(0)]))
    room.wait_end(run, "done")
    assert stage.world.done("S0") == WHOLE
    assert len(stage.truth.attempts.of(run, "S0")) == 7


def test_a_run_ordered_without_the_engine_begins_at_its_return(
    room: EngineRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = room.stage
    room.stop_worker()

    def down(run: str) -> None:
        raise EngineDown("no answer")

    monkeypatch.setattr(stage, "begin", down)
    with pytest.raises(EngineDown, match="已登记"):
        room.order(city([system(0)]))
    room.runs = [run.code for run in stage.truth.runs.all()]
    # and somebody died after it had marked the item, before its workflow was begun
    stage.truth.runs.set_item(room.runs[0], "S0", state=ItemState.RUNNING)
    room.start_worker()
    room.wait_end(room.runs[0], "done")
    assert stage.world.done("S0") == WHOLE


@pytest.fixture
def room_of_builds(room: EngineRoom) -> Iterator[EngineRoom]:
    """Afterwards the server, which others use as well, gives its runs to workers of no build."""
    yield room
    promoted(room, "")


@pytest.mark.slow
def test_a_run_goes_over_to_a_newer_build(room_of_builds: EngineRoom) -> None:
    """Rolling upgrade: two builds of the worker, the older one leaves in the middle of a run."""
    room = room_of_builds
    stage = room.stage
    room.stop_worker()
    room.start_worker(Post(build="one"))
    promoted(room, "one")
    stage.world.close("S0", Kind.PRESYNC)
    run, _ = room.order(city([system(0)]))
    stage.world.wait(lambda: stage.world.under_way("S0", Kind.PRESYNC), "presync")
    room.stop_worker()
    stage.world.let_go("S0", Kind.PRESYNC)
    room.start_worker(Post(build="two"))
    promoted(room, "two")
    room.wait_end(run, "done")
    assert room.replay() == 2


def promoted(room: EngineRoom, build: str) -> None:
    """The server knows a build once one of its workers has asked for work."""

    def tried() -> bool:
        try:
            room.do(room.engine.promote(build))
        except EngineDown:
            return False
        return True

    room.stage.world.wait(tried, f"build {build} to be taken")
