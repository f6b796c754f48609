"""The real crew, whose playbooks are `tests.sim.step` on hosts that are folders."""

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from migrator.attempts.ansible import Outcome
from migrator.attempts.attempt import read_outcome, write_outcome
from migrator.attempts.crew import KILL_SECONDS, Cancelled, Crew, Watch, _no_outcome, _wait
from migrator.attempts.processes import Pen, start_python
from migrator.planning.plan import CUTOVER, StepKind
from migrator.runs.kinds import KINDS

STEPS = {kind.playbook: step for step, kind in KINDS.items() if kind.playbook}
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class SimCrew(Crew):
    """`hosts`: a folder with one for each system; `seconds`: what a step takes."""

    hosts: Path = Path()
    seconds: float = 0.2
    rooms: Mapping[str, str] = field(default_factory=dict)  # address by room, where there are any
    room_port: int = 0

    def _run_in_pen(
        self, play: Any, item: Any, watch: Watch, placed: Any = None, token: int = 0
    ) -> Outcome:
        step = STEPS.get(play.playbook)
        if step is None:  # reap: what it left was on this machine, and its pen is empty
            return Outcome(ok=True, finished="")
        pen = Pen.make(play.name)
        host = self.hosts / item.code
        host.mkdir(parents=True, exist_ok=True)
        errors = play.folder / "stderr.log"
        # with a path of its own: what stands for ansible-playbook needs no package
        process = start_python("tests.sim.step", pen, {"PYTHONPATH": str(ROOT)}, errors)
        try:
            if placed:
                placed(pen, process.pid)
            order = {
                "host": str(host),
                "folder": str(play.folder),
                "token": token or time.time_ns() // 1_000_000,
                "attempt": play.name,
                "step": step.value,
                "seconds": self.seconds,
                "reach": ([self.rooms[item.source.place], self.room_port] if self.rooms else None),
                "at": self.truth.now(),
                "phases": [k.value for k in CUTOVER] if step is StepKind.QUIESCE else [],
            }
            try:
                assert process.stdin
                process.stdin.write(json.dumps(order))
                process.stdin.close()
            except BrokenPipeError:
                pass
            reason = _wait(process, watch)
        finally:
            pen.empty(KILL_SECONDS)
            process.wait()
        if reason:
            raise Cancelled(reason)
        return read_outcome(play.folder) or _no_outcome(process.returncode, errors)


@dataclass(frozen=True)
class IdleCrew(Crew):
    """Steps that only take time: what is left is what the engine itself costs."""

    seconds: float = 5.0

    def _run_in_pen(
        self, play: Any, item: Any, watch: Watch, placed: Any = None, token: int = 0
    ) -> Outcome:
        step = STEPS.get(play.playbook)
        if placed:
            placed(Pen(play.name, None), os.getpid())
        until = time.monotonic() + self.seconds
        while (left := until - time.monotonic()) > 0:
            watch.beat()
            if reason := watch.stop():
                raise Cancelled(reason)
            time.sleep(min(0.5, left))
        phases = [{"phase": k.value, "started": "1", "ended": "2"} for k in CUTOVER]
        told = {"host": "h", "verb": str(step)}
        evidence = told | ({"phases": phases} if step is StepKind.QUIESCE else {})
        outcome = Outcome(ok=True, evidence=(evidence,), finished=self.truth.now())
        write_outcome(play.folder, outcome)
        return outcome
