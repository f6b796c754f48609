"""Runs through the command line. No engine answers here: the truth is brought into each state by
hand, as activities would; moves over real hosts are tested with the lab."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from migrator.planning.plan import WAY, StepKind
from migrator.runs.records import ItemState, RunState, StepState
from migrator.store.attempts import AttemptRecord
from tests.api.conftest import Run

FIRST = "LJ-S-002"


@pytest.fixture
def begun(run: Run, plan: dict[str, Any], product: Qianyun) -> str:
    """A run under way, recorded while its engine is away."""
    approve = ("plan", "approve", plan["code"], "--digest", plan["digest"], "--as", "li")
    assert run(*approve).code == 0
    truth = product.truth
    return truth.runs.add(plan["code"], truth.plans.load(plan["code"]), "op").code


def fail(product: Qianyun, code: str, step: StepKind, message: str) -> None:
    at = product.truth.now()
    ended = {"state": StepState.FAILED, "started_at": at, "ended_at": at, "message": message}
    product.truth.runs.set_step(code, FIRST, step, **ended)
    product.truth.runs.set_item(code, FIRST, state=ItemState.FAILED, note=f"{step}: {message}")


def finish(product: Qianyun, code: str, state: RunState) -> None:
    now = product.truth.now()
    for item in product.truth.runs.get(code).items:
        for kind in WAY:
            done = {"state": StepState.DONE, "started_at": now, "ended_at": now}
            product.truth.runs.set_step(code, item.system, kind, **done)
        product.truth.runs.set_item(code, item.system, state=ItemState.DONE)
    product.truth.runs.set_run(code, state=state, ended_at=now)


def attempt(product: Qianyun, code: str, root: Path) -> AttemptRecord:
    opened = product.truth.attempts.open(code, FIRST, StepKind.PREFLIGHT, "here", str(root))
    Path(opened.folder).mkdir(parents=True)
    return opened


def write(opened: AttemptRecord, text: str) -> None:
    line = {"at": opened.started_at, "event": "runner_on_ok", "host": "h", "text": text}
    with (Path(opened.folder) / "log.jsonl").open("a") as log:
        log.write(json.dumps(line) + "\n")


def test_a_start_without_an_engine_is_recorded_and_says_so(run: Run, plan: dict[str, Any]) -> None:
    approve = ("plan", "approve", plan["code"], "--digest", plan["digest"], "--as", "li")
    assert run(*approve).code == 0
    done = run("run", "start", plan["code"])
    assert done.code == 3
    assert "127.0.0.1:9" in done.err
    assert "Connection refused" in done.err
    assert "tonic" not in done.err
    (recorded,) = run("run", "list", "--json").json["runs"]
    assert recorded["code"] in done.err
    assert run("run", "start", plan["code"]).code == 1  # under way already


def test_status_shows_waves_steps_and_notes(run: Run, begun: str, product: Qianyun) -> None:
    fail(product, begun, StepKind.BACKUP, "磁盘已满\n请清理")
    shown = run("run", "status", begun)
    assert shown.code == 0
    for text in (begun, "LJ-S-002 失败", "就业登记系统", "等待", "终同步", "磁盘已满", "请清理"):
        assert text in shown.out
    assert "请清理" in run("run", "status", "--steps").out  # the last run by default
    whole = run("run", "status", begun, "--json").json
    assert whole["waiting_for_operator"] == [FIRST]
    assert [len(item["steps"]) for item in whole["items"]] == [11, 11, 11]
    assert run("run", "list", "--json").json["runs"][0]["items"][FIRST] == "failed"


def test_status_gives_attempts_and_evidence(
    run: Run, begun: str, product: Qianyun, tmp_path: Path
) -> None:
    opened = attempt(product, begun, tmp_path)
    product.truth.attempts.close(opened.token, "done", "", [{"verb": "preflight", "free": 7}])
    whole = run("run", "status", begun, "--json").json
    assert [a["token"] for a in whole["attempts"]] == [opened.token]
    assert whole["evidence"][0]["body"]["free"] == 7


def test_commands_are_recorded_although_the_engine_is_away(
    run: Run, begun: str, product: Qianyun
) -> None:
    done = run("run", "pause", begun, "--reason", "封网", "--as", "op")
    assert done.code == 3
    assert "已记录" in done.err
    assert product.truth.runs.get(begun).paused
    entries = run("audit", "list", "--json").json["entries"]
    assert (entries[-1]["action"], entries[-1]["actor"]) == ("run.pause", "op")
    assert run("run", "resume", begun).code == 3
    assert not product.truth.runs.get(begun).paused


def test_what_cannot_be_is_refused(run: Run, begun: str, product: Qianyun) -> None:
    assert run("run", "retry", begun, FIRST).code == 1  # nothing failed
    assert run("run", "retry", begun, "LJ-S-999").code == 2
    assert run("run", "pause", "R-0").code == 2
    fail(product, begun, StepKind.BACKUP, "x")
    assert run("run", "skip", begun, FIRST).code == 1  # no reason
    assert run("run", "skip", begun, FIRST, "--reason", "另有备份").code == 3  # recorded
    assert product.truth.runs.item(begun, FIRST).step(StepKind.BACKUP).state is StepState.SKIPPED
    finish(product, begun, RunState.DONE)
    assert run("run", "abort", begun).code == 1


def test_abort_turns_every_item_round(run: Run, begun: str, product: Qianyun) -> None:
    assert run("run", "abort", begun, "--reason", "停").code == 3
    assert {i.wanted for i in product.truth.runs.get(begun).items} == {"rollback"}


def test_wait_ends_with_the_run(run: Run, begun: str, product: Qianyun) -> None:
    late = run("run", "wait", begun, "--timeout", 0, "--json")
    assert (late.code, late.json["ending"]) == (1, "timeout")
    fail(product, begun, StepKind.GATE, "红")
    stuck = run("run", "wait", begun, "--json")
    assert (stuck.code, stuck.json["waiting_for_operator"]) == (1, [FIRST])
    finish(product, begun, RunState.DONE)
    assert run("run", "wait", begun).code == 0
    product.truth.runs.set_run(begun, state=RunState.ENDED)
    assert run("run", "wait", begun).code == 1


def test_a_retried_item_is_no_longer_waited_for(run: Run, begun: str, product: Qianyun) -> None:
    """Right after the command the item's state is still the old one: the engine writes it."""
    fail(product, begun, StepKind.GATE, "红")
    run("run", "retry", begun, FIRST)
    done = run("run", "wait", begun, "--timeout", 0, "--json")
    assert done.json["ending"] == "timeout"


def test_watch_ends_with_the_run(run: Run, begun: str, product: Qianyun) -> None:
    finish(product, begun, RunState.DONE)
    assert "已完成" in run("run", "status", begun, "--watch").out
    assert run("run", "status", begun, "--watch", "--json").json["state"] == "done"


def test_logs_follow_until_the_end(
    run: Run, begun: str, product: Qianyun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = attempt(product, begun, tmp_path)
    write(opened, "\x1b[32mok: [h]\x1b[0m one")
    looked = threading.Event()
    monkeypatch.setattr("api.cli.follow.time.sleep", lambda seconds: looked.set() or ended.wait(20))
    ended = threading.Event()

    def go_on() -> None:
        looked.wait(20)
        write(opened, "two")
        finish(product, begun, RunState.DONE)
        ended.set()

    other = threading.Thread(target=go_on)
    other.start()
    done = run("run", "logs", begun, FIRST, "-f", "--json")
    other.join()
    assert [json.loads(line)["text"] for line in done.out.splitlines()][-1] == "two"
    shown = run("run", "logs", begun)
    assert "预检 ok: [h] one" in shown.out
    assert run("run", "logs", begun, "LJ-S-999").code == 2


RECAP = (
    "\r\nPLAY RECAP *********************************************************************\r\n"
    "gw-01                      : ok=1    changed=0    unreachable=0    failed=0   \r\n"
    "jt-file-01                 : ok=2    changed=0    unreachable=0    failed=1   "
)
"""As ansible-runner gave it: real, but for its length."""


def test_every_line_of_a_message_is_shown_and_no_blank_one(
    run: Run, begun: str, product: Qianyun, tmp_path: Path
) -> None:
    opened = attempt(product, begun, tmp_path)
    write(opened, RECAP)
    write(
        opened, "\x1b[0;31mfatal: [h]: FAILED! =>\x1b[0m\r\n\r\n\x1b[0;31m  msg: 磁盘已满\x1b[0m\r"
    )
    shown = run("run", "logs", begun).out.splitlines()
    assert [line for line in shown if not line.strip()] == []
    whole = "\n".join(shown)
    for told in ("PLAY RECAP ***", "gw-01   ", "jt-file-01   ", "FAILED! =>\n  msg: 磁盘已满"):
        assert told in whole


AT = "2026-11-22T06:24:{}+00:00"


def phase(name: str, started: str, ended: str | None, *, ok: bool | None = True) -> dict[str, Any]:
    span = {"started": AT.format(started), "ended": AT.format(ended) if ended else None}
    error = {} if ok else {"error": {"kind": "copy", "read": "3 files", "do": "again"}}
    held = {"hold_seconds": 1.67} if name == "switch" and ok else {}
    return {"phase": name, "ok": ok, "evidence": error | held} | span


PHASES = [
    phase("prepare", "09.447", "10.558"),
    phase("quiesce", "10.558", "11.653"),
    phase("final_sync", "11.653", "12.090"),
    phase("start", "12.090", "12.217"),
    phase("verify", "12.217", "12.220"),
    phase("switch", "12.220", "12.228"),
    phase("reverse", "12.228", "13.456"),
]


def done(product: Qianyun, code: str, step: StepKind, root: Path, *bodies: dict[str, Any]) -> int:
    opened = product.truth.attempts.open(code, FIRST, step, "here", str(root))
    product.truth.attempts.close(opened.token, "done", "", list(bodies))
    return opened.token


def test_the_steps_without_lines_of_their_own_are_in_the_log(
    run: Run, begun: str, product: Qianyun, tmp_path: Path
) -> None:
    looks = [
        {"target": "a http v4", "ok": True, "ms": 7},
        {"target": "a tcp v6", "ok": True, "ms": 9},
    ]
    done(product, begun, StepKind.GATE, tmp_path, {"verb": "gate", "probes": looks})
    done(product, begun, StepKind.QUIESCE, tmp_path, {"phases": PHASES, "outcome": "done"})
    # a second attempt that joined the same program tells of the same phases
    done(product, begun, StepKind.QUIESCE, tmp_path, {"phases": PHASES, "outcome": "done"})
    tally = {"looks": 4, "failed": 1, "row": 0, "last": "refused", "slowest_ms": 34}
    done(product, begun, StepKind.SOAK, tmp_path, {"verb": "soak", "probes": {"a http v4": tally}})
    told = [json.loads(x) for x in run("run", "logs", begun, "--json").out.splitlines()]
    assert [line["at"] for line in told] == sorted(line["at"] for line in told)
    phases = [line for line in told if line["event"] == "phase"]
    assert [line["phase"] for line in phases] == [one["phase"] for one in PHASES]
    assert [line["step"] for line in phases] == [
        *("quiesce", "quiesce", "final_sync", "start", "verify", "switch", "quiesce"),
    ]
    assert [line["seconds"] for line in phases[:2]] == [1.111, 1.095]
    gate = next(line for line in told if (line["step"], line["event"]) == ("gate", "looked"))
    assert (gate["ok"], gate["looks"], gate["failed"], gate["slowest_ms"]) == (True, 2, 0, 9)
    soak = next(line for line in told if (line["step"], line["event"]) == ("soak", "looked"))
    assert soak["red"] == {"a http v4": 1}
    finish(product, begun, RunState.DONE)
    shown = run("run", "logs", begun, FIRST, "-f").out
    for words in (
        "关口 开始",
        "关口 完成，用时 0.0s; 探测 2 次，失败 0 次，最慢 9 毫秒",
        "静默 准备 完成，用时 1.1s",
        "静默 完成，用时 1.1s",
        "终同步 完成，用时 0.4s",
        "启动 完成",
        "核验 完成",
        "切换 完成，用时 0.0s; 请求保持 1.67 秒",
        "a http v4: 失败 1 次",
    ):
        assert shown.count(words) == 1, words
    assert shown.index("关口") > shown.index("切换")  # in order of time: the phases' is the past


def test_a_phase_that_failed_or_never_ended_says_so(
    run: Run, begun: str, product: Qianyun, tmp_path: Path
) -> None:
    bad = phase("verify", "12.217", "12.900", ok=False)
    lost = phase("switch", "13.000", None, ok=None)
    done(product, begun, StepKind.QUIESCE, tmp_path, {"phases": [bad, lost], "outcome": "died"})
    shown = run("run", "logs", begun).out
    assert "核验 失败，用时 0.7s; read: 3 files; do: again;" in shown
    assert "切换 没有结束" in shown


def test_looks_under_way_are_told_when_they_begin_and_once(
    run: Run, begun: str, product: Qianyun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = product.truth.attempts.open(begun, FIRST, StepKind.SOAK, "here", str(tmp_path))
    looked = {"verb": "soak", "probes": {}}

    def sleep(seconds: float) -> None:
        product.truth.attempts.close(opened.token, "failed", "入口不通 / red", [looked])
        finish(product, begun, RunState.ENDED)

    monkeypatch.setattr("api.cli.follow.time.sleep", sleep)
    told = [json.loads(x) for x in run("run", "logs", begun, "-f", "--json").out.splitlines()]
    assert [line["event"] for line in told] == ["begun", "looked"]
    assert (told[1]["ok"], told[1]["text"]) == (False, "入口不通 / red")


def test_a_run_is_not_started_on_its_author_s_approval(
    run: Run, plan: dict[str, Any], product: Qianyun
) -> None:
    """Whatever put it there: written by hand into the truth, or by an earlier version."""
    product.truth.plans.decide(
        plan["code"], decision="approve", digest=plan["digest"], actor="ｚHANG", reason=""
    )
    refused = run("run", "start", plan["code"])
    assert refused.code == 1
    assert "ｚHANG" in refused.err
    assert run("run", "list", "--json").json["runs"] == []
    assert run("audit", "list", "--json").json["entries"][-1]["action"] == "run.start.refused"


def test_nothing_was_run_yet(run: Run) -> None:
    assert run("run", "status").code == 2
    assert run("run", "list").code == 0
