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
