"""Plans through the command line: who may decide, on what digest, on which facts."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from tests.api.conftest import HOST_KEYS, Run
from tests.lab.ledger import write_ledger


def approve(run: Run, plan: dict[str, Any], *more: object) -> int:
    return run("plan", "approve", plan["code"], "--as", "li", *more).code


def test_a_plan_shows_its_digest_waves_and_verdicts(run: Run, plan: dict[str, Any]) -> None:
    assert plan["author"] == "zhang"
    assert [len(wave["items"]) for wave in plan["plan"]["waves"]] == [2, 1]
    shown = run("plan", "show", plan["code"]).out
    assert plan["digest"] in shown
    for text in ("LJ-S-001", "rs-app-01", "zw-app-01", "LJ-YD-1002", "LJ-S-004", "涉密"):
        assert text in shown
    again = run("plan", "show", plan["code"], "--json").json
    assert again == plan
    assert [p["code"] for p in run("plan", "list", "--json").json["plans"]] == [plan["code"]]


def test_the_author_is_refused(run: Run, plan: dict[str, Any]) -> None:
    done = run("plan", "approve", plan["code"], "--digest", plan["digest"])
    assert done.code == 1
    assert "zhang" in done.err
    assert run("plan", "show", plan["code"], "--json").json["state"] == "draft"


@pytest.mark.parametrize("name", ["ZHANG", "ｚhang", "ＺＨＡＮＧ", "zʰang"])
def test_the_author_is_refused_however_the_name_is_typed(
    run: Run, plan: dict[str, Any], name: str
) -> None:
    done = run("plan", "approve", plan["code"], "--digest", plan["digest"], "--as", name)
    assert done.code == 1
    assert run("plan", "show", plan["code"], "--json").json["state"] == "draft"


def test_another_digest_is_refused(run: Run, plan: dict[str, Any]) -> None:
    assert approve(run, plan, "--digest", "0" * 64) == 1
    assert approve(run, plan, "--digest", plan["digest"][:12]) == 1


def test_no_digest_is_bad_usage_and_none_is_offered(run: Run, plan: dict[str, Any]) -> None:
    done = run("plan", "approve", plan["code"], "--as", "li")
    assert done.code == 2
    assert "plan show" in done.err
    assert plan["digest"] not in done.err


def test_another_person_approves_and_withdraws(run: Run, plan: dict[str, Any]) -> None:
    assert approve(run, plan, "--digest", plan["digest"]) == 0
    assert run("plan", "show", plan["code"], "--json").json["state"] == "approved"
    reject = ("plan", "reject", plan["code"], "--digest", plan["digest"], "--as", "wang")
    assert run(*reject).code == 2  # without a reason
    done = run(*reject, "--reason", "窗口不合适", "--json")
    assert done.code == 0
    assert done.json["state"] == "rejected"
    assert "窗口不合适" in run("plan", "show", plan["code"]).out


def test_changed_facts_are_refused(run: Run, plan: dict[str, Any], tmp_path: Path) -> None:
    assert run("plan", "check", plan["code"]).code == 0
    path = write_ledger(
        tmp_path / "other.xlsx",
        host_keys=HOST_KEYS,
        cells={("服务器", "zw-app-01", "IPv4地址"): "10.30.0.99"},
    )
    assert run("inventory", "apply", path).code == 0
    checked = run("plan", "check", plan["code"], "--json")
    assert checked.code == 1
    assert any("10.30.0.99" in line for line in checked.json["drift"]["LJ-S-002"])
    assert "10.30.0.99" in run("plan", "check", plan["code"]).out
    rehearsed = run("plan", "dry-run", plan["code"], "--json")
    assert rehearsed.code == 1
    assert rehearsed.json["drift"] == checked.json["drift"]
    assert "没有预演" in rehearsed.err
    assert "10.30.0.99" in run("plan", "dry-run", plan["code"]).out
    done = run("plan", "approve", plan["code"], "--as", "li", "--digest", plan["digest"])
    assert done.code == 1
    assert "10.30.0.99" in done.err


def test_options_become_part_of_the_plan(run: Run, plan: dict[str, Any]) -> None:
    made = run("plan", "make", "--soak", 7, "--moves-at-once", 2, "--json").json
    assert made["plan"]["means"]["soak_seconds"] == 7
    assert made["plan"]["means"]["moves_at_once"] == 2
    assert made["plan"]["means"]["ignore_windows"] is False
    assert made["digest"] != plan["digest"]
    practised = run("plan", "make", "--rehearse", "--json").json
    assert [one["plan"]["means"]["practise"] for one in (practised, made)] == [True, False]
    assert "切换演练" in run("plan", "show", practised["code"]).out


def test_nothing_to_move_is_no(run: Run) -> None:
    assert run("plan", "make").code == 1


def test_unknown_plans_are_2(run: Run) -> None:
    for verb in ("show", "check", "dry-run"):
        assert run("plan", verb, "P-0").code == 2


def test_a_dry_run_without_a_key_is_2(run: Run, plan: dict[str, Any]) -> None:
    done = run("plan", "dry-run", plan["code"])
    assert done.code == 2
    assert "QIANYUN_SSH_KEY" in done.err


def test_the_dry_run_is_told_step_by_step(
    run: Run, plan: dict[str, Any], product: Qianyun, monkeypatch: pytest.MonkeyPatch
) -> None:
    from migrator.attempts.ansible import Outcome

    product.ssh_key.parent.mkdir()
    product.ssh_key.write_text("")
    bad = Outcome(ok=False, message="磁盘不足 / disk full", finished="")
    good = Outcome(ok=True, changed=3, finished="")

    def rehearse(self: object, item: Any, playbook: str, folder: Path, stop: object) -> Outcome:
        return bad if (item.code, playbook) == ("LJ-S-003", "preflight.yml") else good

    monkeypatch.setattr("migrator.attempts.crew.Crew.rehearse", rehearse)
    done = run("plan", "dry-run", plan["code"], "--json")
    assert done.code == 1
    failed = [s for s in done.json["steps"] if not s["ok"]]
    assert [(s["system"], s["step"]) for s in failed] == [("LJ-S-003", "preflight")]
    assert "LJ-S-003 预检" in done.err
    assert "磁盘不足" in run("plan", "dry-run", plan["code"]).out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_dry_run_begins_nothing_more(
    run: Run,
    plan: dict[str, Any],
    product: Qianyun,
    monkeypatch: pytest.MonkeyPatch,
    number: signal.Signals,
    code: int,
) -> None:
    from migrator.attempts.crew import Cancelled

    product.ssh_key.parent.mkdir()
    product.ssh_key.write_text("")
    asked = []

    def rehearse(self: object, item: Any, playbook: str, folder: Path, stop: Any) -> None:
        asked.append(item.code)
        os.kill(os.getpid(), number)
        while not stop():
            time.sleep(0.01)
        raise Cancelled(stop())

    monkeypatch.setattr("migrator.attempts.crew.Crew.rehearse", rehearse)
    before = signal.getsignal(number)
    done = run("plan", "dry-run", plan["code"], "--at-once", 1)
    assert (done.code, len(asked)) == (code, 1)
    assert "已中断" in done.err
    assert "stopped" in done.err
    assert "通过" not in done.err + done.out
    assert signal.getsignal(number) is before
