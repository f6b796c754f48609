"""Runs of plans with a timetable: nothing before its night, nothing on another, needs first."""

from datetime import UTC, date, datetime, timedelta

from migrator.engine.activities import hours_of
from migrator.planning.plan import Means, Plan, StepKind
from migrator.planning.planner import make_plan
from migrator.runs.of_item import Do, Wait, next_of_item
from migrator.runs.of_run import next_of_run
from migrator.runs.records import ItemState
from tests.migrator.builders import city, done_until, item_record, run_record, system
from tests.migrator.timing.cities import FIRST, means

PLAN = make_plan(
    city(
        [
            system(n, organisation="O1", storage_gib=100, window="22:00-02:00", room=room)
            for n, room in ((0, "R1"), (1, "R1"), (2, "R2"))
        ],
        [("S0", "S1")],
    ),
    Means(city=means(trial=1)),
)
"""S1 and S2 on 2 December, S0, which needs S1, on the 4th; each is copied the day before."""
GATE = item_record(done_until(StepKind.GATE), state=ItemState.RUNNING)


def _at(hour: int, night: int = 4) -> datetime:
    """That hour of a December day in Shanghai."""
    return datetime(2026, 12, night, tzinfo=UTC) + timedelta(hours=hour - 8)


def test_the_plan_is_what_the_tests_say() -> None:
    found = {code: (at.copy_from.day, at.night.day) for code, at in PLAN.appointments.items()}
    assert found == {"S0": (3, 4), "S1": (1, 2), "S2": (1, 2)}
    assert PLAN.appointments["S0"].after == ("S1",)
    assert [[item.code for item in wave.items] for wave in PLAN.waves] == [["S1", "S2"], ["S0"]]
    assert Plan.read(PLAN.model_dump_json(), PLAN.digest) == PLAN


def test_copies_begin_on_their_night_and_needs_are_done_first() -> None:
    run = run_record(PLAN)
    assert next_of_run(run, PLAN, FIRST - timedelta(days=1)).start == ()
    assert next_of_run(run, PLAN, FIRST).start == ("S1", "S2")
    late = date(2026, 12, 9)
    begun = [item_record(system=code, state=ItemState.RUNNING) for code in ("S1", "S2")]
    assert next_of_run(run_record(PLAN, begun), PLAN, late).start == ()
    done = [begun[1], item_record(system="S1", state=ItemState.DONE)]
    assert next_of_run(run_record(PLAN, done), PLAN, late).start == ("S0",)


def test_what_needs_a_lost_item_waits_for_a_person_and_the_rest_goes_on() -> None:
    lost = [item_record(system="S1", state=ItemState.ROLLED_BACK)]
    move = next_of_run(run_record(PLAN, lost), PLAN, date(2026, 12, 3))
    assert "S1" in move.pause
    resumed = run_record(PLAN, lost, note=move.pause)
    assert next_of_run(resumed, PLAN, date(2026, 12, 3)).start == ("S2",)


def test_a_cutover_is_on_its_night_and_on_no_other() -> None:
    early = next_of_item(GATE, False, hours_of(PLAN, "S0", _at(22, night=3)))
    assert isinstance(early, Wait)
    assert early.seconds == 24 * 3600
    assert next_of_item(GATE, False, hours_of(PLAN, "S0", _at(22))) == Do(step=StepKind.GATE)
    assert next_of_item(GATE, False, hours_of(PLAN, "S0", _at(25))) == Do(step=StepKind.GATE)
    missed = next_of_item(GATE, False, hours_of(PLAN, "S0", _at(26)))
    assert isinstance(missed, Wait)
    assert missed.state is ItemState.HELD
    assert "错过" in missed.reason


def test_a_rehearsal_waits_for_nothing() -> None:
    rehearsed = PLAN.model_copy(
        update={"means": PLAN.means.model_copy(update={"ignore_windows": True})}
    )
    assert next_of_item(GATE, False, hours_of(rehearsed, "S0", _at(12))) == Do(step=StepKind.GATE)
    assert next_of_run(run_record(rehearsed), rehearsed, FIRST).start == ("S1", "S2")
