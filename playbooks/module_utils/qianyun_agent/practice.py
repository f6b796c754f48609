"""A rehearsal for real: cutover, rollback, cutover, with clients served all the while.

Each of the three is a whole run of the shipped program with a journal and a token of its own.
After the rollback the target follows the source again, so nothing is copied anew. What was done
is kept on the target: repeating it goes on where it ended, and never begins a second round.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

from .files import folder, read_json, write_json
from .move import Move

AGAIN = "again"
ROUND = (("out", "cutover"), ("back", "rollback"), (AGAIN, "cutover"))
APART = 2  # between tokens of two runs: the one after a run's own is its recovery's
Run = Callable[[str, int], Tuple[Dict[str, Any], str]]
"""Plays `cutover` or `rollback` under a token to its end: evidence, and why it failed or ''."""


def practising(move: Move) -> bool:
    """Whether a round is under way: then a rollback leaves the target following the source."""
    done = read_json(folder(move.code) / "practice.json")
    return bool(done) and done.get("done") != AGAIN


def forget(move: Move) -> None:
    """The next rehearsal is a new one."""
    (folder(move.code) / "practice.json").unlink(missing_ok=True)


def practise(move: Move, token: int, run: Run) -> tuple[dict[str, Any], str]:
    """The three runs, or those that are left of them: what a run tells, of the last one, with all
    `phases`, and each one's by name in `runs`; and why it failed, or ''.

    A run that failed leaves the old side serving, as any cutover does, and ends the round.
    """
    file = folder(move.code) / "practice.json"
    now = read_json(file) or {"done": "", "token": token}
    told: dict[str, Any] = {"runs": {}, "phases": []}
    for index, (name, kind) in enumerate(ROUND):
        if index <= _index(str(now["done"])):
            continue
        write_json(file, now)  # before the first run already: its rollback must know
        one, failed = run(kind, token + index * APART)
        told["phases"] += one.pop("phases", [])
        told["runs"][name] = one
        told.update(one)
        if failed:
            return told, f"{name}: {failed}"
        now = {**now, "done": name}
        write_json(file, now)
    if not told["runs"]:
        told.update(outcome="done", notes=["this rehearsal was done before"])
    return told, ""


def _index(done: str) -> int:
    return [name for name, _ in ROUND].index(done) if done else -1
