"""The crew does one step of one item: one attempt, one pen, one outcome, and nothing left over.

Order of safety: what an earlier attempt left is seen to be gone before a new one begins; where an
attempt lives is written down before it is told what to do; its outcome is written once.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from migrator.attempts.ansible import Failure, Order, Outcome
from migrator.attempts.attempt import read_outcome
from migrator.attempts.move import Ground, Login, inventory_of, known_hosts_of, move_of, unsafe
from migrator.attempts.pacing import Pacing
from migrator.attempts.processes import Pen, start_python
from migrator.attempts.strategy import Strategy
from migrator.errors import AttemptAlive
from migrator.planning.plan import Item, StepKind
from migrator.runs.kinds import KINDS, PRACTISED, REAP
from migrator.store.attempts import AttemptRecord
from migrator.store.truth import Truth

BEAT_SECONDS = 0.5
KILL_SECONDS = 15.0
HOLD_SECONDS = 20
LOG_SECONDS = 3.0
DRY_RUN = "dry-run-"
"""What the folder and the pens of a dry run are called, with its plan's code and time."""


class Cancelled(Exception):
    """The attempt was cut off on purpose, and no process of it remains."""


class Superseded(Exception):
    """Another worker has taken this attempt over and written its end: what we saw is void."""


@dataclass(frozen=True)
class Watch:
    """What the one who waits for an attempt brings: a heartbeat, whether to stop (why), and for a copy
    what it may take of its line now."""

    beat: Callable[[], None]
    stop: Callable[[], str | None]
    rate: Callable[[], int] | None = None  # kbit/s


@dataclass(frozen=True, kw_only=True)
class _Play:
    """A playbook to run: under which name, in which folder, with which variables."""

    name: str
    folder: Path
    playbook: str
    variables: dict[str, Any]
    check: bool = False


@dataclass(frozen=True, kw_only=True)
class Script:
    """What an attempt plays: a playbook with its variables, in earnest or in Ansible's check mode.
    `cancellable`: it may be cut off."""

    playbook: str
    variables: Mapping[str, Any]
    check: bool = False
    cancellable: bool = True


@dataclass(frozen=True)
class Crew:
    """`secrets` by environment name for ansible-playbook; `root` holds the attempts' folders."""

    truth: Truth
    login: Login
    secrets: Mapping[str, str]
    root: Path
    machine: str
    strategy: Strategy = Strategy.PLAIN

    def perform(
        self,
        run: str,
        item: Item,
        step: StepKind,
        watch: Watch,
        hold: int,
        *,
        practise: bool = False,
        more: Mapping[str, Any] = MappingProxyType({}),
    ) -> Outcome:
        """Run the step's playbook as a new attempt, or adopt what the last one finished.

        `practise`: the cutover is done, undone and done again. `more`: further variables.
        Raises Cancelled, Superseded, AttemptAlive.
        """
        playbook = PRACTISED.get(step) if practise else None
        script = Script(
            playbook=playbook or KINDS[step].playbook or "",
            variables=self._variables(item, hold) | dict(more),
            cancellable=KINDS[step].cancellable,
        )
        return self.play(run, item, step, watch, script)

    def play(
        self, run: str, ground: Ground, step: StepKind, watch: Watch, script: Script
    ) -> Outcome:
        """The same of any script. Raises Cancelled, Superseded, AttemptAlive."""
        adopted = self.clear(run, ground, step, watch)
        if adopted:
            return adopted
        attempt = self.open(run, ground, step)
        try:
            outcome = self._play(attempt, ground, script, watch)
        except Cancelled as cancelled:
            self.reap(ground, [attempt], watch)
            self.cancel(attempt, str(cancelled), [])
            raise
        self.close(attempt, outcome)
        return outcome

    def ended(self, run: str, code: str, step: StepKind, since: str | None) -> Outcome | None:
        """The outcome of an attempt that was closed before a crash, and never came into its step, which
        began at `since`: done or failed, it is not run a second time."""
        tried = self.truth.attempts.of(run, code) if since else []
        if since is None or not tried:
            return None
        last = tried[-1]
        if last.step is not step or last.state not in {"done", "failed"}:
            return None
        return read_outcome(Path(last.folder)) if last.started_at >= since else None

    def open(self, run: str, ground: Ground, step: StepKind) -> AttemptRecord:
        """A new attempt with its folder. Raises AttemptAlive when another one is open."""
        attempt = self.truth.attempts.open(
            *(run, ground.code, step, self.machine, str(self.root)),
            rate_kbps=ground.rate_kbps or None,
        )
        Path(attempt.folder).mkdir(parents=True, mode=0o700)
        return attempt

    def close(self, attempt: AttemptRecord, outcome: Outcome) -> None:
        """Write how the attempt ended. Raises Superseded when it is written already."""
        state = "done" if outcome.ok else "failed"
        self._close(attempt, state, outcome.message, list(outcome.evidence))

    def cancel(self, attempt: AttemptRecord, why: str, evidence: list[dict[str, Any]]) -> None:
        """Write that it was cut off. Raises Superseded when its end is written already."""
        self._close(attempt, "cancelled", why, evidence)

    def _close(
        self, attempt: AttemptRecord, state: str, message: str, evidence: list[dict[str, Any]]
    ) -> None:
        self.keep_log(attempt)
        if not self.truth.attempts.close(attempt.token, state, message, evidence):
            raise Superseded(attempt.name)

    def clear(self, run: str, ground: Ground, step: StepKind, watch: Watch) -> Outcome | None:
        """End what earlier attempts left for this ground, here and on its hosts.

        An attempt of this very step that had finished before its worker died is adopted: its
        outcome is written and returned, and the step does not run twice.
        """
        adopted: Outcome | None = None
        for attempt in self.truth.attempts.open_ones(ground.code):
            if attempt.machine != self.machine:
                self._require_gone(attempt)
                outcome = None
            else:
                self._pen(attempt).empty(KILL_SECONDS)
                shutil.rmtree(sockets_of(attempt.name), ignore_errors=True)
                outcome = read_outcome(Path(attempt.folder))
                self.keep_log(attempt)
            if outcome:
                self.close(attempt, outcome)
                if attempt.run == run and attempt.step is step:
                    adopted = outcome
                continue
            if attempt.pid is not None:
                self.reap(ground, [attempt], watch)
            lost = "执行进程消失，已确认无残留 / the worker was lost; seen to be gone"
            self.truth.attempts.close(attempt.token, "lost", lost, [])
        return adopted

    def _require_gone(self, attempt: AttemptRecord) -> None:
        """Only there can its processes be seen to be gone, unless a person saw the machine off. Raises
        AttemptAlive."""
        if not self.truth.machines.is_gone(attempt.machine):
            raise AttemptAlive(
                f"尝试 {attempt.name} 属于 {attempt.machine} / the attempt belongs to another machine, "
                "which must end it first: start its worker again or, when it is off for good, "
                f"`qianyun machine gone {attempt.machine} --reason …`"
            )

    def keep_log(self, attempt: AttemptRecord) -> None:
        """Copy what the attempt has logged so far into the truth."""
        self.truth.logs.add(attempt, read_log(attempt)[0])

    def reap(self, ground: Ground, attempts: list[AttemptRecord], watch: Watch) -> None:
        """End the processes of `attempts` on the ground's hosts. Raises AttemptAlive if unsure."""
        if not ground.hosts:
            return  # all of it was here, and the pen is empty
        names = [attempt.name for attempt in attempts]
        folder = self.root / f"reap-{names[-1]}-{time.time_ns() // 1_000_000}"
        folder.mkdir(parents=True, mode=0o700)
        play = _Play(
            name=folder.name, folder=folder, playbook=REAP, variables={"reap_attempts": names}
        )
        outcome = self._run_in_pen(play, ground, Watch(beat=watch.beat, stop=lambda: None))
        if not outcome.ok:
            raise AttemptAlive(
                f"无法确认主机上的进程已结束 / processes of {', '.join(names)} on the hosts of "
                f"{ground.code} were not seen to be gone: {outcome.message}"
            )

    def rehearse(
        self, item: Item, playbook: str, folder: Path, stop: Callable[[], str | None]
    ) -> Outcome:
        """A playbook in Ansible's check mode: reads, and changes nothing on any host.

        Nobody takes it over: it ends with this process. Raises Cancelled soon after `stop` has a
        reason, with its processes on this machine seen to be gone.
        """
        folder.mkdir(parents=True, mode=0o700)
        play = _Play(
            name=f"{folder.parent.name}-{folder.name}",  # begins with DRY_RUN, unlike any other
            folder=folder,
            playbook=playbook,
            variables=self._variables(item, HOLD_SECONDS),
            check=True,
        )
        return self._run_in_pen(play, item, Watch(beat=lambda: None, stop=stop))

    def _variables(self, item: Item, hold: int) -> dict[str, Any]:
        return {"move": move_of(item) | {"hold_seconds": hold, "login": self.login.user}}

    def _play(
        self, attempt: AttemptRecord, ground: Ground, script: Script, watch: Watch
    ) -> Outcome:
        play = _Play(
            name=attempt.name,
            folder=Path(attempt.folder),
            playbook=script.playbook,
            variables=dict(script.variables),
            check=script.check,
        )

        def placed(pen: Pen, pid: int) -> None:
            cgroup = str(pen.cgroup) if pen.cgroup else ""
            if not self.truth.attempts.place(attempt.token, pid=pid, cgroup=cgroup):
                raise Superseded(attempt.name)

        paced = _paced(watch, play.folder, ground.rate_kbps, cancellable=script.cancellable)
        watch = self._logging(attempt, paced)
        return self._run_in_pen(play, ground, watch, placed, attempt.token)

    def _logging(self, attempt: AttemptRecord, watch: Watch) -> Watch:
        """A watch that copies what is new in the log besides, each `LOG_SECONDS`, so that it can be
        followed. What is copied is not read again: a log may have a hundred thousand lines."""
        last, offset, number = time.monotonic(), 0, 0

        def beat() -> None:
            nonlocal last, offset, number
            watch.beat()
            if time.monotonic() - last > LOG_SECONDS:
                last = time.monotonic()
                lines, offset = read_log(attempt, offset)
                self.truth.logs.add(attempt, lines, number)
                number += len(lines)

        return Watch(beat=beat, stop=watch.stop)

    def _run_in_pen(
        self,
        play: _Play,
        ground: Ground,
        watch: Watch,
        placed: Callable[[Pen, int], None] | None = None,
        token: int = 0,
    ) -> Outcome:
        """Start the attempt's process in a pen, wait for its end, empty the pen."""
        pen = Pen.make(play.name)
        token = token or time.time_ns() // 1_000_000
        order = Order(
            attempt=play.name,
            token=token,
            folder=str(play.folder),
            sockets=str(sockets_of(play.name)),
            playbook=play.playbook,
            variables=unsafe(play.variables | {"attempt": play.name}) | {"token": token},
            inventory=inventory_of(ground, self.login, play.folder / "known_hosts", play.name),
            known_hosts=known_hosts_of(ground),
            secrets=dict(self.secrets),
            strategy=self.strategy,
            check=play.check,
            parent=os.getpid() if play.check else 0,
        )
        errors = play.folder / "stderr.log"
        process = start_python("migrator.attempts.attempt", pen, {"HOME": str(play.folder)}, errors)
        try:
            if placed:
                placed(pen, process.pid)
            _tell(process, order)
            reason = _wait(process, watch)
        finally:
            pen.empty(KILL_SECONDS)
            process.wait()
            shutil.rmtree(sockets_of(play.name), ignore_errors=True)
        if reason:
            raise Cancelled(reason)
        return read_outcome(play.folder) or _no_outcome(process.returncode, errors)

    def _pen(self, attempt: AttemptRecord) -> Pen:
        return Pen.found(attempt.name, attempt.cgroup)


def _paced(
    watch: Watch,
    folder: Path,
    started: int,
    *,
    cancellable: bool,
    steady: Callable[[], float] = time.monotonic,
) -> Watch:
    """The same, that tells the attempt its rate too; what does not follow is cut off where it may be."""
    if watch.rate is None:
        return watch
    pacing = Pacing(folder, started, watch.rate, steady)

    def stop() -> str | None:
        late = pacing.stop()
        return watch.stop() or (late if cancellable else None)

    return Watch(beat=watch.beat, stop=stop)


def sockets_of(name: str) -> Path:
    """Where an attempt keeps its sockets, of SSH or Mitogen: short, and made by the attempt with 0700."""
    short = hashlib.sha256(name.encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f".qy-{short}"


def _tell(process: subprocess.Popen[str], order: Order) -> None:
    """Hand over the order on standard input: secrets touch neither disk nor argv."""
    if process.stdin is None:
        raise RuntimeError("the attempt was started without standard input")
    try:
        process.stdin.write(order.model_dump_json())
        process.stdin.close()
    except BrokenPipeError:
        return  # it died at once; what it said last is in its error log


def _wait(process: subprocess.Popen[str], watch: Watch) -> str | None:
    """Wait for the end, beating; the reason when told to stop before it."""
    while True:
        watch.beat()
        if reason := watch.stop():
            return reason
        try:
            process.wait(BEAT_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return None


def _no_outcome(code: int, errors: Path) -> Outcome:
    told = errors.read_text(errors="replace")[-1500:].strip() if errors.exists() else ""
    message = (
        f"尝试进程退出（{code}）而没有结果 / the attempt's process ended with {code} and left no "
        f"outcome; {told or 'it said nothing'}; look at its folder {errors.parent}, then retry"
    )
    return Outcome(
        ok=False,
        message=message,
        failures=(Failure(host="", task="migrator.attempts.attempt", message=message),),
        finished="",
    )


def read_log(attempt: AttemptRecord, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The lines that an attempt has logged so far, from a byte on, and the byte to go on from; a
    half-written last line waits its turn."""
    path = Path(attempt.folder) / "log.jsonl"
    if not path.exists():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        whole, end, _ = file.read().rpartition(b"\n")
    lines = whole.decode("utf-8", errors="replace").split("\n")
    return [_line(line) for line in lines if line], offset + len(whole) + len(end)


def _line(text: str) -> dict[str, Any]:
    """A line that is none of the log's own is told as it stands: a log is read when things went wrong."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"at": None, "event": "", "text": text}
