"""The command line as a whole: help, version, usage, faults, what is on standard output."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.api.conftest import Run

HEAVY = ("temporalio", "ansible_runner", "fastapi", "sqlalchemy", "pydantic", "rich", "paramiko")
COMMANDS = {
    "inventory": ("check", "diff", "apply", "show", "export"),
    "plan": ("make", "list", "show", "check", "dry-run", "approve", "reject"),
    "run": (
        *("start", "list", "status", "wait", "logs"),
        *("pause", "resume", "retry", "skip", "rollback", "abort"),
    ),
    "probe": ("once",),
    "audit": ("verify", "list"),
    "db": ("upgrade",),
}


def test_help_is_cheap() -> None:
    code = (
        "import sys; from api.cli.main import main; main(['--help']);"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "inventory" in done.stdout


def test_the_program_ends_with_the_command_s_exit_code(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "api.cli.main", "plan", "show", "P-1", "--json"]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, env={"QIANYUN_STATE": str(tmp_path)}
    )
    assert done.returncode == 2
    assert '"NotFound"' in done.stdout
    assert "P-1" in done.stderr


def test_every_command_has_help(run: Run) -> None:
    for group, names in COMMANDS.items():
        listed = run(group, "--help")
        assert listed.code == 0
        for name in names:
            assert name in listed.out
            told = run(group, name, "--help")
            assert told.code == 0
            assert "--json" in told.out
    for name in ("up", "worker", "api"):
        assert run(name, "--help").code == 0


def test_version(run: Run) -> None:
    done = run("--version")
    assert done.code == 0
    assert done.out.startswith("qianyun ")


@pytest.mark.parametrize(
    "argv",
    [
        ("nonsense",),
        ("plan", "show"),
        ("plan", "make", "--soak", "x"),
        (
            "plan",
            "--no",
        ),
    ],
)
def test_wrong_usage_is_2(run: Run, argv: tuple[str, ...]) -> None:
    done = run(*argv)
    assert done.code == 2
    assert done.out == ""


@pytest.mark.parametrize(
    "argv", [("--json", "run", "start"), ("--json", "nosuch"), ("plan", "make", "--json", "--no")]
)
def test_wrong_usage_is_told_in_json_too(run: Run, argv: tuple[str, ...]) -> None:
    done = run(*argv)
    assert done.code == 2
    assert done.json["error"]["message"]
    assert done.json["error"]["message"] in done.err


def test_a_state_folder_that_is_a_file_says_what_to_do(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("QIANYUN_STATE", str(tmp_path / "file"))
    done = run("plan", "list")
    assert done.code == 2
    for told in ("QIANYUN_STATE", str(tmp_path / "file"), "expected a folder"):
        assert told in done.err


def test_a_locked_database_says_so(
    run: Run, plan: dict[str, Any], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal is written into the audit, which waits for the lock."""
    monkeypatch.setattr("inventory.wal.BUSY_MS", 50)
    code = plan["code"]
    other = sqlite3.connect(state / "qianyun.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        done = run("plan", "reject", code, "--digest", "x", "--reason", "x")
    finally:
        other.close()
    assert done.code == 3
    assert "database is locked" in done.err
    assert "另一进程" in done.err


def test_an_unknown_setting_is_2_and_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_LANGG", "en")
    done = run("plan", "list")
    assert done.code == 2
    assert "QIANYUN_LANGG" in done.err


@pytest.mark.parametrize("name", ["a b", "x;y", "-x"])
def test_who_acts_must_be_a_login_name(run: Run, name: str) -> None:
    assert run("plan", "list", f"--as={name}").code == 2


def test_an_unforeseen_fault_is_told_without_a_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("migrator.store.plans.Plans.all", lambda self: 1 / 0)
    done = run("plan", "list")
    assert done.code == 3
    assert "ZeroDivisionError" in done.err
    assert "Traceback" not in done.err
    assert "Traceback" in run("plan", "list", "--debug").err


def test_secrets_stay_out_of_messages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_BECOME_PASSWORD", "hunter2hunter2")

    def leak(self: object) -> None:
        raise ValueError("sudo said hunter2hunter2")

    monkeypatch.setattr("migrator.store.plans.Plans.all", leak)
    done = run("plan", "list", "--debug", "--json")
    assert done.code == 3
    assert "hunter2" not in done.err + done.out


def test_a_database_that_does_not_answer_is_3(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+psycopg://qianyun:hunter2hunter2@127.0.0.1:9/qianyun"
    monkeypatch.setenv("QIANYUN_DATABASE_URL", url)
    done = run("plan", "list", "--debug")
    assert done.code == 3
    assert "127.0.0.1:9" in done.err
    assert "hunter2" not in done.err


def test_english(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QIANYUN_LANG", "en")
    assert "no plan yet" in run("plan", "list").out


def test_database_upgrade(run: Run) -> None:
    assert run("db", "upgrade", "--json").json == {"ok": True}
