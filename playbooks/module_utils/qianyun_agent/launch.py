"""Starting the cutover program, keeping watch over it, and telling how it went.

The guard holds the run's lock and starts the program as its child (which keeps the lock too). If
the child dies or stands still beyond the hold's deadline, the guard kills what is left of it and
starts a recovery. If the guard dies as well, the watchdog and the gateway's own deadline act, and
the next cutover.yml or rollback.yml puts the rest in order.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Sequence

from . import journal as journals
from . import practice, record
from .cutover import CUTOVER, RECOVER, ROLLBACK, Cutover
from .errors import AgentError, Fenced
from .files import folder, is_locked, locked, read_json, write_json
from .journal import Journal
from .move import Move, identity, parse, plain
from .proc import PROGRAM, environment

RUN_SECONDS = 8 * 3600.0
RECOVER_SECONDS = 240.0
STILL_AFTER = 1.0  # seconds beyond the hold's deadline before a child counts as standing still


def lock_file(code: str) -> Path:
    return folder(code) / "run.lock"


def journal_file(code: str, token: int) -> Path:
    return folder(code) / f"cutover-{token}.jsonl"


def execute(move: Move, kind: str, token: int, mode: str, acting: int) -> None:
    """The child: one run (`mode` is kind), or the recovery of one under the token `acting`."""
    journal = Journal(journal_file(move.code, token))
    lock = int(os.environ.get("QIANYUN_LOCK", "-1"))
    journal.write("begin", mode=mode, kind=kind, token=acting, pid=os.getpid())
    try:
        run = Cutover(move, kind, acting, journal, lock)
    except AgentError as error:
        if mode != RECOVER:
            journal.write("end", outcome="aborted", error=error.plain(), notes=[])
        raise
    try:
        run.recover() if mode == RECOVER else run.run()
    finally:
        run.close()


def guard(move: Move, kind: str, token: int) -> None:
    """Recovers an earlier run that has no end, then runs the child, and recoveries if it dies."""
    before = read_json(folder(move.code) / "run.json").get("before")
    with locked(lock_file(move.code), 0, "cutover") as lock:
        if before:
            earlier, its_kind = int(before["token"]), str(before["kind"])
            if not _to_its_end(move, its_kind, earlier, [RECOVER] * 3, token, lock):
                Journal(journal_file(move.code, token)).write(
                    "end",
                    outcome="broken",
                    error=None,
                    notes=["the earlier run cannot be recovered"],
                )
                return
        # One more than the dead run's token fences what it may have sent and nobody has read yet.
        if not _to_its_end(move, kind, token, [kind, RECOVER, RECOVER, RECOVER], token + 1, lock):
            Journal(journal_file(move.code, token)).write(
                "end", outcome="broken", error=None, notes=["recovery failed; see agent.log"]
            )


def _to_its_end(  # noqa: PLR0917
    move: Move, kind: str, token: int, modes: Sequence[str], recovering: int, lock: int
) -> bool:
    """Starts children one after the other until the journal has an end; whether it has."""
    path = journal_file(move.code, token)
    for mode in modes:
        acting = recovering if mode == RECOVER else token
        child = subprocess.Popen(
            [PROGRAM, "run", move.code, str(token), kind, mode, str(acting)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=_log(move.code),
            env=environment(marked=True, QIANYUN_LOCK=str(lock)),
            cwd="/",
            pass_fds=(lock,),
            start_new_session=True,
        )
        _watch(child, path, RECOVER_SECONDS if mode == RECOVER else RUN_SECONDS)
        if journals.end(journals.events(path)):
            return True
        time.sleep(0.5 if mode == kind else 3)
    return False


def _log(code: str) -> int:
    path = folder(code) / "agent.log"
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _stuck(found: list[dict[str, Any]]) -> bool:
    """Whether a hold is on for longer than it may be, and nothing is being undone."""
    names = [event["event"] for event in found]
    if "hold" not in names or {"released", "undo", "end"} & set(names):
        return False
    held = [event for event in found if event["event"] == "hold"][-1]
    age = datetime.now(timezone.utc) - datetime.fromisoformat(held["at"])
    return age.total_seconds() > float(held["seconds"]) + STILL_AFTER


def _watch(child: subprocess.Popen[bytes], path: Path, seconds: float) -> None:
    """Waits for the child; kills it and its group when it stands still or takes too long."""
    limit = time.monotonic() + seconds
    recovering = seconds == RECOVER_SECONDS
    while child.poll() is None:
        stuck = not recovering and _stuck(journals.events(path))
        if stuck or time.monotonic() > limit:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            return
        time.sleep(0.1)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _finished(move: Move, kind: str, last: dict[str, Any]) -> bool:
    """Whether the last run already brought about what is asked for."""
    if last.get("kind") != kind:
        return False
    closing = journals.end(journals.events(journal_file(move.code, int(last["token"]))))
    active = record.read(move.code).role == record.ACTIVE
    return closing is not None and closing["outcome"] == "done" and active == (kind == CUTOVER)


def _unended(move: Move, last: dict[str, Any]) -> dict[str, Any] | None:
    """The earlier run that has to be recovered first: {"token", "kind"}, or None."""
    if not last:
        return None
    found = journals.events(journal_file(move.code, int(last["token"])))
    if journals.end(found):
        return None
    if not found and last.get("before"):
        return dict(last["before"])
    return {"token": last["token"], "kind": last["kind"]}


def _settled(move: Move) -> None:
    """Raises Fenced unless presync left this move here; the new limits replace those it had.

    The program reads the move from there. What may differ are the name and the limits.
    """
    stored = read_json(folder(move.code) / "move.json")
    same = stored.get("kind") == "target" and stored["move"].get("system") == move.system
    if same and identity(parse(stored["move"])) == identity(move):
        write_json(folder(move.code) / "move.json", {**stored, "move": plain(move)}, 0o600)
        return
    raise Fenced(
        "目标上没有此迁移的预同步 / presync has not prepared this move on the target",
        read="another move.json" if stored else "no move.json",
        expected="the same system, hosts, trees, databases, services and check",
        do="重新运行 presync.yml / run presync.yml again",
    )


def begin(move: Move, kind: str, token: int, *, given_up: bool = False) -> tuple[int, bool]:
    """Starts a run, or finds the one to attach to: (its token, whether it was there).

    A run under way is attached to if it is of the same kind, without claiming our token, which
    would fence it; a rollback waits for a cutover to end and starts then. Token 0 means there is
    nothing to do: no cutover, or an earlier rollback had the source give the move up. Raises
    Fenced for a token that is too low.
    """
    home = folder(move.code)
    now = record.read(move.code)
    record.refuse_lower(now, token)
    last = read_json(home / "run.json")
    if kind == ROLLBACK and (given_up or not last) and now.role != record.ACTIVE:
        return 0, True
    with locked(home / "begin.lock", RUN_SECONDS, "begin"):
        last = read_json(home / "run.json")
        if last and is_locked(lock_file(move.code)):
            if last["kind"] == kind:
                return int(last["token"]), True
            follow(move, int(last["token"]), RUN_SECONDS)
        if last and _finished(move, kind, last):
            return int(last["token"]), True
        if kind == CUTOVER:
            _settled(move)
        _idle(move)
        record.claim(move.code, token)
        _start(move, kind, token, last)
    return token, False


def at_once(move: Move, token: int) -> dict[str, Any]:
    """Begins the rollback of a target that serves, and does not wait: {"token", "attached"}.

    For who cannot wait for Ansible; rollback.yml under the same token finds the run, and does the
    rest. Empty for a host that has nothing to roll back.
    """
    if record.read(move.code).role != record.ACTIVE:
        return {}
    practice.forget(move)
    begun, attached = begin(move, ROLLBACK, token)
    return {"token": begun, "attached": attached}


def _idle(move: Move) -> None:
    if is_locked(folder(move.code) / "work.lock"):
        raise Fenced(
            "预同步仍在进行 / a presync is still at work",
            read="work.lock locked",
            expected="unlocked",
            do="等待其结束，或用 reap.yml 清除 / wait for its end, or reap it",
        )


def _start(move: Move, kind: str, token: int, last: dict[str, Any]) -> None:
    """Starts the guard in a session of its own, and waits until it holds the run's lock."""
    value = {"token": token, "kind": kind, "at": journals.now(), "before": _unended(move, last)}
    write_json(folder(move.code) / "run.json", value)
    child = subprocess.Popen(
        [PROGRAM, "guard", move.code, str(token), kind],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=_log(move.code),
        env=environment(QIANYUN_CUTOVER=str(token)),
        cwd="/",
        start_new_session=True,
    )
    limit = time.monotonic() + 30
    while not is_locked(lock_file(move.code)) and child.poll() is None:
        if time.monotonic() > limit:
            break
        time.sleep(0.02)


def follow(move: Move, token: int, seconds: float) -> dict[str, Any]:
    """Waits for a run's end; {"outcome", "phases", "error", "notes", "hold_seconds", …}.

    The outcome is done, aborted, broken, or `died` when nothing runs and nothing was concluded.
    """
    path = journal_file(move.code, token)
    limit, quiet = time.monotonic() + seconds, 0
    while True:
        alive = is_locked(lock_file(move.code))
        found = journals.events(path)
        closing = journals.end(found)
        quiet = 0 if alive or closing else quiet + 1
        if (closing and not alive) or quiet > 60 or time.monotonic() > limit:
            break
        time.sleep(0.05)
    closing = closing or {"outcome": "died", "error": None, "notes": []}
    listed = journals.phases(found)
    held = [one["evidence"]["hold_seconds"] for one in listed if "hold_seconds" in one["evidence"]]
    return {
        "token": token,
        "outcome": closing["outcome"],
        "error": closing["error"],
        "notes": closing["notes"],
        "phases": listed,
        "hold_seconds": held[-1] if held else None,
        "journal": str(path),
    }
