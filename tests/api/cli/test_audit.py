"""The audit through the command line."""

import sqlite3
from pathlib import Path

from tests.api.conftest import Run


def test_an_intact_chain(run: Run, plan: dict[str, object]) -> None:
    told = run("audit", "verify", "--json")
    assert told.code == 0
    assert told.json["entries"] == 2
    assert told.json["head"] in run("audit", "verify").out
    listed = run("audit", "list", "--last", 1, "--json").json["entries"]
    assert [entry["action"] for entry in listed] == ["plan.make"]
    assert "plan.make" in run("audit", "list").out


def test_a_changed_entry_is_found(run: Run, plan: dict[str, object], state: Path) -> None:
    with sqlite3.connect(state / "qianyun.db") as database:
        database.execute("DROP TRIGGER audit_no_update")
        database.execute("UPDATE audit SET actor = 'li' WHERE seq = 2")
    database.close()
    done = run("audit", "verify")
    assert done.code == 1
    assert "第 2 条" in done.out


def test_a_chain_cut_at_its_end_is_found_by_a_hash_kept_elsewhere(
    run: Run, plan: dict[str, object], state: Path
) -> None:
    kept = str(run("audit", "verify", "--json").json["head"])
    assert run("audit", "verify", "--expect", kept).code == 0
    with sqlite3.connect(state / "qianyun.db") as database:
        database.execute("DROP TRIGGER audit_no_delete")
        database.execute("DELETE FROM audit WHERE seq = 2")
    database.close()
    assert run("audit", "verify").code == 0  # what is left of the chain is whole
    done = run("audit", "verify", "--expect", kept)
    assert done.code == 1
    assert kept in done.out


def test_a_chain_that_grew_still_holds_the_hash(run: Run, plan: dict[str, object]) -> None:
    kept = str(run("audit", "verify", "--json").json["head"])
    said = ("--digest", plan["digest"], "--as", "wang", "--reason", "不需要")
    assert run("plan", "reject", plan["code"], *said).code == 0
    assert run("audit", "verify", "--json").json["head"] != kept
    assert run("audit", "verify", "--expect", kept).code == 0
