"""What moves over each line and out of each room, for metrics."""

from migrator.engine.flows import flows
from migrator.people.rights import local
from migrator.planning.plan import StepKind
from tests.migrator.scripted import Stage
from tests.migrator.test_control import CALM, begun, drive, drive_one


def test_lines_and_rooms_of_open_runs(stage: Stage) -> None:
    run = begun(stage, 3)
    told = flows(stage.truth, {})
    assert {code: flow.items for code, flow in told.lines.items()} == {"L-R1": 0}
    assert told.rooms == {"R1": 0}
    assert told.lines["L-R1"].allowed_kbps == 80_000
    stage.running.limit(run, {"rate:L-R1": 8_000}, local("wang"))
    drive_one(stage, run, "S0", StepKind.PRESYNC)
    seen = []

    def look(code: str, step: StepKind | None) -> None:
        if step is not StepKind.PRESYNC or seen:
            return
        attempt = stage.truth.attempts.of(run, "S0")[-1]
        line = {"at": "", "event": "copied", "text": "copied 250 of 1000 bytes at 50 bytes/s, may"}
        stage.truth.logs.add(attempt, [line])
        seen.append(flows(stage.truth, {}))

    stage.world.on_play = look
    stage.performer.perform(run, "S0", StepKind.PRESYNC, CALM)
    (told,) = seen
    flow = told.lines["L-R1"]
    assert (flow.copied, flow.per_second, flow.allowed_kbps) == (250, 50, 8_000)
    assert flow.items == told.rooms["R1"] >= 1
    assert flows(stage.truth, {}).lines["L-R1"].per_second == 0
    assert drive(stage, run)
    assert flows(stage.truth, {}).lines == {}
    assert flows(stage.truth, {}).rooms == {}
