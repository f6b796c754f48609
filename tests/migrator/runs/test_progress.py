from datetime import UTC, datetime

import pytest

from migrator.planning.plan import CUTOVER, WAY, Means, StepKind
from migrator.runs.of_item import Decision, Do, End, Hours, Wait, next_of_item
from migrator.runs.of_run import RunMove, next_of_run
from migrator.runs.records import ItemState, RunState, StepRecord, StepState, Wanted
from tests.migrator.builders import done_until, item_record, plan_of, run_record

OPEN = Hours(now=datetime(2026, 1, 2, 15, tzinfo=UTC), timezone="Asia/Shanghai", window=None)
SHUT = Hours(now=OPEN.now, timezone="Asia/Shanghai", window="23:30-05:00")  # it is 23:00 there
Kind, State = StepKind, StepState
EVERY = dict.fromkeys(WAY, State.DONE)


@pytest.mark.parametrize("step", [k for k in WAY if k not in CUTOVER])
def test_the_first_step_that_is_not_done_is_next(step: StepKind) -> None:
    assert next_of_item(item_record(done_until(step)), False, OPEN) == Do(step=step)


@pytest.mark.parametrize("step", CUTOVER)
def test_the_cutover_is_one_piece(step: StepKind) -> None:
    assert next_of_item(item_record(done_until(step)), False, OPEN) == Do(step=Kind.QUIESCE)


@pytest.mark.parametrize(
    ("states", "fields", "decision"),
    [
        ({}, {"paused": True}, Wait(state=ItemState.PAUSED, reason="已暂停 / paused")),
        (EVERY, {}, End(state=ItemState.DONE)),
        (EVERY, {"paused": True}, End(state=ItemState.DONE)),
        (done_until(Kind.PRESYNC, backup=State.SKIPPED), {}, Do(step=Kind.PRESYNC)),
        (done_until(Kind.BACKUP, backup=State.RUNNING), {}, Do(step=Kind.BACKUP)),
        (
            done_until(Kind.BACKUP, backup=State.FAILED),
            {},
            Wait(state=ItemState.FAILED, reason="backup: "),
        ),
        (
            done_until(Kind.GATE, gate=State.HELD),
            {},
            Wait(state=ItemState.HELD, reason="gate: "),
        ),
        (
            done_until(Kind.VERIFY, verify=State.FAILED),
            {},
            Wait(state=ItemState.FAILED, reason="verify: "),
        ),
        ({}, {"wanted": Wanted.ROLLBACK}, End(state=ItemState.ABORTED)),
        (done_until(Kind.BACKUP), {"wanted": Wanted.ROLLBACK}, Do(step=Kind.ROLLBACK)),
        (
            done_until(Kind.BACKUP),
            {"wanted": Wanted.ROLLBACK, "paused": True},
            Do(step=Kind.ROLLBACK),
        ),
        (
            done_until(Kind.SOAK, soak=State.FAILED),
            {"wanted": Wanted.ROLLBACK},
            Do(step=Kind.ROLLBACK),
        ),
        (
            done_until(Kind.GATE, rollback=State.FAILED),
            {"wanted": Wanted.ROLLBACK},
            Wait(state=ItemState.FAILED, reason="rollback: "),
        ),
        (
            done_until(Kind.GATE, rollback=State.DONE),
            {"wanted": Wanted.ROLLBACK},
            End(state=ItemState.ROLLED_BACK),
        ),
    ],
)
def test_what_an_item_does_next(
    states: dict[StepKind, StepState], fields: dict[str, object], decision: Decision
) -> None:
    assert next_of_item(item_record(states, **fields), False, OPEN) == decision


def test_a_paused_run_holds_its_items() -> None:
    assert isinstance(next_of_item(item_record(), True, OPEN), Wait)
    assert next_of_item(item_record(EVERY), True, OPEN) == End(state=ItemState.DONE)


@pytest.mark.parametrize("step", WAY)
def test_only_the_gate_and_the_cutover_wait_for_the_window(step: StepKind) -> None:
    decision = next_of_item(item_record(done_until(step)), False, SHUT)
    if step is Kind.GATE or step in CUTOVER:
        assert isinstance(decision, Wait)
        assert decision.seconds == 30 * 60
        assert "23:30-05:00" in decision.reason
    else:
        assert decision == Do(step=step)


def test_a_rollback_waits_for_no_window() -> None:
    item = item_record(done_until(Kind.SOAK), wanted=Wanted.ROLLBACK)
    assert next_of_item(item, False, SHUT) == Do(step=Kind.ROLLBACK)


def test_commit_stays_begun_whatever_becomes_of_the_step() -> None:
    begun = StepRecord(step=Kind.COMMIT, state=State.PENDING, started_at="2026-01-02T00:00:00Z")
    assert item_record(EVERY).committed
    assert item_record(done_until(Kind.COMMIT, commit=State.FAILED)).committed
    assert not item_record(done_until(Kind.COMMIT)).committed
    assert item_record(steps=(begun,)).committed


def waiting(system: str, wave: int = 1, **fields: object) -> object:
    return item_record(system=system, wave=wave, **{"state": ItemState.WAITING, **fields})


def in_state(system: str, state: ItemState, wave: int = 1, **fields: object) -> object:
    return item_record(system=system, wave=wave, state=state, **fields)


CHAIN = plan_of(2, [("S1", "S0")])
WIDE = plan_of(3, means=Means(per_room=3, per_line=3, moves_at_once=2))


def test_the_first_wave_starts_up_to_the_limit() -> None:
    assert [len(w.items) for w in WIDE.waves] == [2, 1]
    assert next_of_run(run_record(WIDE), WIDE).start == ("S0", "S1")
    assert next_of_run(run_record(CHAIN), CHAIN).start == ("S0",)


@pytest.mark.parametrize(
    "state", [ItemState.RUNNING, ItemState.PAUSED, ItemState.FAILED, ItemState.HELD]
)
def test_an_item_holds_its_place_until_it_has_ended(state: ItemState) -> None:
    ring = [("S0", "S1"), ("S1", "S2"), ("S2", "S0")]
    plan = plan_of(3, ring, Means(per_room=1))
    assert next_of_run(run_record(plan, [in_state("S0", state)]), plan).start == ()
    ended = run_record(plan, [in_state("S0", ItemState.DONE)])
    assert next_of_run(ended, plan).start == ("S1",)


def test_the_next_wave_waits_for_the_whole_one_before() -> None:
    assert next_of_run(run_record(WIDE, [in_state("S0", ItemState.DONE)]), WIDE).start == ("S1",)
    both = [in_state("S0", ItemState.DONE), in_state("S1", ItemState.DONE)]
    assert next_of_run(run_record(WIDE, both), WIDE).start == ("S2",)


@pytest.mark.parametrize("state", [ItemState.ROLLED_BACK, ItemState.ABORTED])
def test_a_wave_that_lost_an_item_pauses_the_run_once(state: ItemState) -> None:
    lost = [in_state("S0", state)]
    move = next_of_run(run_record(CHAIN, lost), CHAIN)
    assert move.start == ()
    assert "S0 未完成" in move.pause
    paused = run_record(CHAIN, lost, paused=True, note=move.pause)
    assert next_of_run(paused, CHAIN) == RunMove()
    resumed = run_record(CHAIN, lost, note=move.pause)
    assert next_of_run(resumed, CHAIN).start == ("S1",)


def test_a_paused_run_starts_nothing() -> None:
    assert next_of_run(run_record(WIDE, paused=True), WIDE) == RunMove()


def test_an_aborted_item_ends_whatever_its_wave_and_the_pause() -> None:
    turned = [waiting("S1", 2, wanted=Wanted.ROLLBACK)]
    run = run_record(CHAIN, turned, paused=True)
    assert next_of_run(run, CHAIN).start == ("S1",)


@pytest.mark.parametrize(
    ("last", "end"),
    [
        (ItemState.DONE, RunState.DONE),
        (ItemState.ROLLED_BACK, RunState.ENDED),
        (ItemState.ABORTED, RunState.ENDED),
    ],
)
def test_a_run_ends_with_its_last_item(last: ItemState, end: RunState) -> None:
    items = [in_state("S0", ItemState.DONE), in_state("S1", last, 2)]
    assert next_of_run(run_record(CHAIN, items), CHAIN) == RunMove(end=end)
