"""What is looked up once for all steps; a log that is copied from where it was left."""

import json
from pathlib import Path

from migrator.attempts.crew import read_log
from migrator.engine.glances import LOOK_SECONDS, Glances
from migrator.people.rights import local
from migrator.planning.plan import Means, StepKind
from migrator.store.attempts import AttemptRecord
from tests.migrator.builders import city, system
from tests.migrator.scripted import Stage


def test_an_answer_is_asked_for_once_a_second(stage: Stage) -> None:
    code, _ = stage.approved(city([system(0)]), Means())
    run = stage.running.start(code, local("wang")).code
    now = [0.0]
    glances = Glances(stage.truth, steady=lambda: now[0])
    assert glances.turned(run) == {}
    stage.truth.controls.want_back(run, "S0", actor="wang", verb="rollback", reason="不对")
    assert glances.turned(run) == {}
    now[0] += LOOK_SECONDS
    assert glances.turned(run) == {"S0": "不对"}
    assert glances.head(run).items == ()


def test_a_log_goes_on_where_it_was_left(tmp_path: Path) -> None:
    attempt = AttemptRecord(
        token=1, run="R", system="S", step=StepKind.PRESYNC, state="running", machine="m",
        folder=str(tmp_path), started_at="",
    )  # fmt: skip
    assert read_log(attempt) == ([], 0)
    log = tmp_path / "log.jsonl"
    first = json.dumps({"text": "甲\u2028乙"}, ensure_ascii=False) + "\n"
    log.write_text(first + '{"text": "half', encoding="utf-8")
    lines, offset = read_log(attempt)
    assert (lines, offset) == ([{"text": "甲\u2028乙"}], len(first.encode()))
    with log.open("a") as file:
        file.write(' written"}\n')
    lines, offset = read_log(attempt, offset)
    assert lines == [{"text": "half written"}]
    assert read_log(attempt, offset) == ([], offset)
