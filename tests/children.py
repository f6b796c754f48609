"""Programs that run beside a test: they end with the process that started them, also a killed one."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAST_LINES = 20
LOOK_AGAIN = 0.02
"""Seconds between two looks at whether a program is ready."""


class DidNotStart(RuntimeError):
    """A program ended, or was not ready in time; with the end of its log."""


@dataclass
class Child:
    """A running program. `ending` is the signal that asks it to end."""

    process: subprocess.Popen[bytes]
    log: Path
    ending: signal.Signals

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Returns once `ready()`; DidNotStart when the program ends before, or at the deadline."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.wait(LOOK_AGAIN):
                raise DidNotStart(f"ended with {self.process.wait()}: {self._said()}")
            if time.monotonic() > deadline:
                raise DidNotStart(f"not ready after {seconds:.0f} s: {self._said()}")

    def wait(self, seconds: float) -> bool:
        """Whether it has ended, waiting up to `seconds` for that."""
        if self.process.returncode is not None:
            return True
        watched = os.pidfd_open(self.pid)
        try:
            return bool(select.select([watched], [], [], seconds)[0])
        finally:
            os.close(watched)

    def stop(self, seconds: float = 30) -> None:
        """Ask it to end and see it gone, with all that it started; killed if it does not listen."""
        if not self.wait(0):
            self.process.send_signal(self.ending)
            self.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to it and to all of its group that is left; seen to be gone."""
        if self.process.returncode is None:  # so its number cannot be another's yet
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.process.wait()

    def _said(self) -> str:
        try:
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        program = self.process.args
        name = program if isinstance(program, str) else " ".join(map(str, program))  # type: ignore[arg-type]
        return "\n".join([f"{name}  ({self.log})", *lines[-LAST_LINES:]])


def spawn(
    words: Sequence[str],
    log: Path,
    *,
    environ: Mapping[str, str],
    as_user: Sequence[str] = (),
    orphaned: signal.Signals = signal.SIGKILL,
    ending: signal.Signals = signal.SIGTERM,
    folder: Path = Path("/"),
    hand_over: Sequence[int] = (),
) -> Child:
    """Start `words`, output to `log`; `orphaned` is the signal it gets when we end (prctl(2)).

    `as_user` are words in front that change the user. `hand_over` are file descriptors that it may
    use. Start it from a thread that lives as long as
    it should: the kernel takes the thread for the parent.
    """
    # A change of user clears the wish to be told of our end: so it comes first.
    asked = [*as_user, "setpriv", "--pdeathsig", orphaned.name.removeprefix("SIG"), *words]
    with log.open("ab") as out:
        process = subprocess.Popen(
            asked,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=hand_over,
            start_new_session=True,  # a group of its own, to be ended whole
        )
    return Child(process, log, ending)
