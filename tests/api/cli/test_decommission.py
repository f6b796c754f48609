"""Old hosts through the command line. What the host would say is put into the truth as an attempt does; real
archives and wipes are tested on the lab (tests/playbooks/test_decommission.py)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import Qianyun
from migrator.attempts.ansible import Outcome
from migrator.attempts.crew import Crew, Watch
from migrator.planning.plan import Item, StepKind
from migrator.runs.records import RunState
from tests.api.cli.test_run import FIRST, begun, finish
from tests.api.conftest import Run

__all__ = ["begun"]
DIGEST = "d" * 64
ARCHIVE = {
    "folder": "/var/backups/qianyun/lj-s-002/decommission", "digest": DIGEST,
    "at": "2026-11-22T02:00:00+08:00",
    "parts": [{"file": "part-0.tar", "of": "/srv/entries", "entries": 7, "bytes": 900, "sha256": "a" * 64}],
}  # fmt: skip
WIPE = {
    "archive": DIGEST, "method": "overwritten once with zeros", "begun": "2026-11-23T02:00:00+08:00",
    "ended": "2026-11-23T02:01:00+08:00",
    "media": {"/srv/entries": {"file_system": "ext4", "rotational": False, "reached": False}},
    "wiped": {"/srv/entries": {"files": 6, "bytes": 800}},
}  # fmt: skip


@pytest.fixture
def hosts(monkeypatch: pytest.MonkeyPatch, begun: str, state: Path) -> list[tuple[str, Any]]:
    """What the old host was asked, and answers that it would give."""
    assert begun
    asked: list[tuple[str, Any]] = []

    def perform(
        crew: Crew, run: str, item: Item, step: StepKind, watch: Watch, hold: int, **told: Any
    ) -> Outcome:
        asked.append((step.value, dict(told["more"])))
        attempt = crew.open(run, item, step)
        body = {"archive": ARCHIVE} if step is StepKind.ARCHIVE else {"wipe": WIPE}
        outcome = Outcome(ok=True, evidence=({"verb": step.value, **body},), finished="now")
        crew.close(attempt, outcome)
        return outcome

    monkeypatch.setattr(Crew, "perform", perform)
    key = state / "ssh" / "id_ed25519"
    key.parent.mkdir(parents=True, exist_ok=True)
    key.touch()
    return asked


@pytest.fixture
def done(begun: str, product: Qianyun) -> str:
    finish(product, begun, RunState.DONE)
    return begun


def audited(product: Qianyun) -> Sequence[str]:
    return [e.action for e in product.truth.audit_entries() if "decommission" in e.action]


def test_archive_wipe_and_paper(
    run: Run, done: str, product: Qianyun, hosts: list[tuple[str, Any]], tmp_path: Path
) -> None:
    first = run("decommission", "show", done, FIRST, "--json").json
    assert (first["archive"], first["wipe"]) == (None, None)
    assert run("decommission", "archive", done, FIRST, "--as", "op").code == 0
    told = run("decommission", "show", done, FIRST).out
    assert DIGEST in told

    other = run("decommission", "wipe", done, FIRST, "--digest", "e" * 64, "--as", "li")
    assert other.code != 0
    assert "摘要不符" in other.err
    own = run("decommission", "wipe", done, FIRST, "--digest", DIGEST, "--as", "op")
    assert own.code != 0
    assert hosts == [("archive", {})]

    wiped = run(
        "decommission", "wipe", done, FIRST, "--digest", DIGEST, "--as", "li", "--json"
    ).json
    assert (wiped["archived_by"], wiped["wiped_by"]) == ("op", "li")
    assert hosts[-1] == ("wipe", {"archive_digest": DIGEST})
    assert "须消磁或销毁" in run("decommission", "show", done, FIRST).out
    assert audited(product) == [
        "decommission.archive.begin", "decommission.archive",
        "decommission.wipe.refused", "decommission.wipe.refused",
        "decommission.wipe.begin", "decommission.wipe",
    ]  # fmt: skip
    for kind in ("docx", "xlsx", "html"):
        file = tmp_path / f"paper.{kind}"
        assert run("decommission", "paper", done, FIRST, "--out", file).code == 0
        assert file.stat().st_size > 1000
    assert "否，须另行消磁或销毁" in (tmp_path / "paper.html").read_text("utf-8")


@pytest.mark.usefixtures("hosts")
def test_before_the_commit_its_old_host_is_needed(run: Run, begun: str) -> None:
    for verb in ("show", "archive"):
        told = run("decommission", verb, begun, FIRST)
        assert told.code == 1
        assert "尚未提交" in told.err


@pytest.mark.usefixtures("hosts")
def test_without_an_archive_nothing_is_wiped(run: Run, done: str) -> None:
    told = run("decommission", "wipe", done, FIRST, "--digest", DIGEST, "--as", "li")
    assert told.code == 1
    assert "尚未归档" in told.err
