"""The log of a run as it comes is the log of the run."""

import json
from pathlib import Path

from migrator.engine.run_log import Line, Tail, log_of
from migrator.planning.plan import StepKind
from migrator.store.attempts import AttemptRecord
from tests.migrator.scripted import Stage


def write(attempt: AttemptRecord, *texts: str, half: str = "") -> None:
    path = Path(attempt.folder) / "log.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for text in texts:
            line = {"at": f"2026-01-01T00:00:{text}", "event": "runner_on_ok", "text": text}
            file.write(json.dumps(line) + "\n")
        file.write(half)


def sorted_(lines: list[Line]) -> list[str]:
    return sorted(json.dumps(line, sort_keys=True) for line in lines)


def test_each_line_comes_once_and_none_is_lost(stage: Stage, tmp_path: Path) -> None:
    attempts, tail = stage.truth.attempts, Tail(stage.truth, "R")
    assert tail.new() == []
    first = attempts.open("R", "S0", StepKind.PRESYNC, "here", str(tmp_path))
    gate = attempts.open("R", "S1", StepKind.GATE, "here", str(tmp_path))
    write(first, "01", "02", half='{"at": "2026')
    told = [tail.new()]
    assert [line["event"] for line in told[0]] == ["runner_on_ok", "runner_on_ok", "begun"]
    assert tail.new() == []
    with (Path(first.folder) / "log.jsonl").open("a") as file:
        file.write('-01-01T00:00:03", "event": "runner_on_ok", "text": "03"}\n')
    write(first, "04")
    phase = {"phase": "presync", "ok": True, "started": "2026-01-01", "ended": "2026-01-02"}
    attempts.close(first.token, "done", "", [{"phases": [phase]}])
    told.append(tail.new())
    assert [line.get("text") for line in told[1]] == ["03", "04", ""]
    write(first, "05")  # nobody writes into what has ended: it is not looked at any more
    attempts.close(gate.token, "lost", "gone", [])
    again = attempts.open("R", "S0", StepKind.PRESYNC, "here", str(tmp_path))
    write(again, "06")
    told.append(tail.new())
    assert [line["event"] for line in told[2]] == ["runner_on_ok", "looked"]
    assert tail.new() == []

    whole = [line for line in log_of(stage.truth, "R") if line.get("text") != "05"]
    assert sorted_([line for some in told for line in some]) == sorted_(whole)
