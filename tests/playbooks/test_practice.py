"""The rehearsal for real: its order, what it remembers, and what a failure leaves."""

from pathlib import Path
from typing import Any

import pytest

from migrator.runs.kinds import KINDS, PRACTISED
from tests.playbooks.test_agent import raw

from qianyun_agent import files, move, practice  # isort: skip  (test_agent knows where it is)


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> move.Move:
    monkeypatch.setattr(files, "STATE", tmp_path)
    made = move.parse(raw())
    files.folder(made.code).mkdir()
    return made


class Runs:
    """Remembers what was asked for, fails where it is told to."""

    def __init__(self, fails_at: int = 9) -> None:
        self.asked: list[tuple[str, int]] = []
        self.fails_at = fails_at

    def __call__(self, kind: str, token: int) -> tuple[dict[str, Any], str]:
        self.asked.append((kind, token))
        bad = len(self.asked) == self.fails_at
        told = {
            "token": token,
            "outcome": "aborted" if bad else "done",
            "phases": [{"phase": kind}],
        }
        return told, "it stood still" if bad else ""


def test_over_back_and_over_again_and_never_a_second_round(one: move.Move) -> None:
    runs = Runs()
    told, failed = practice.practise(one, 100, runs)
    assert not failed
    assert runs.asked == [("cutover", 100), ("rollback", 102), ("cutover", 104)]
    assert [phase["phase"] for phase in told["phases"]] == ["cutover", "rollback", "cutover"]
    assert (told["outcome"], told["token"], list(told["runs"])) == (
        "done",
        104,
        ["out", "back", "again"],
    )
    assert not practice.practising(one)
    told, failed = practice.practise(one, 200, runs)
    assert (len(runs.asked), told["outcome"], failed) == (3, "done", "")
    practice.forget(one)
    practice.practise(one, 300, runs)
    assert len(runs.asked) == 6


def test_a_failure_ends_the_round_and_the_next_try_goes_on_there(one: move.Move) -> None:
    told, failed = practice.practise(one, 100, Runs(fails_at=2))
    assert (failed, told["outcome"]) == ("back: it stood still", "aborted")
    assert practice.practising(one)
    runs = Runs()
    practice.practise(one, 200, runs)
    assert runs.asked == [("rollback", 202), ("cutover", 204)]


def test_every_stand_in_has_its_playbook() -> None:
    folder = Path(__file__).parents[2] / "playbooks"
    assert all((folder / name).exists() for name in PRACTISED.values())
    assert set(PRACTISED) <= set(KINDS)
