"""One look under way: collects phases and evidence, ends in a ProbeResult."""

import time

from probes.failures import failure_of
from probes.model import Failure, ProbeResult, Target

LIMIT = 200  # characters of one piece of evidence


def plain(text: str, limit: int = LIMIT) -> str:
    """Text from outside as one short printable line."""
    shown = "".join(c if c.isprintable() else " " for c in text[: limit * 4])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"


class Look:
    """`mark` ends a phase: its timing is the milliseconds since the phase before it ended.

    Every result has the phase `total`, the milliseconds since the look began.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self._begun = self._last = time.perf_counter()
        self._timings: dict[str, float] = {}
        self._evidence: dict[str, str] = {}
        self._awaited = Failure.TIMEOUT_ANSWER

    def mark(self, phase: str) -> None:
        now = time.perf_counter()
        self._timings[phase] = (now - self._last) * 1000
        self._last = now

    def lap(self) -> None:
        """What was done since the last mark was our own work and belongs to no phase."""
        self._last = time.perf_counter()

    def time(self, phase: str, milliseconds: float) -> None:
        """A phase that was measured elsewhere, such as by the kernel."""
        self._timings[phase] = milliseconds

    def note(self, **evidence: object) -> None:
        self._evidence |= {key: plain(str(value)) for key, value in evidence.items()}

    def done(self, failure: Failure | None = None, **evidence: object) -> ProbeResult:
        self.note(**evidence)
        total = (time.perf_counter() - self._begun) * 1000
        return ProbeResult(
            target=self.target,
            ok=failure is None,
            failure=failure,
            timings=self._timings | {"total": total},
            evidence=dict(self._evidence),
        )

    def broken(
        self, error: BaseException, *, connected: bool | None = None, **evidence: object
    ) -> ProbeResult:
        """The look ended in an outside error; `connected` as in failures, by default whether the
        phase `connect` ended. What a timeout means follows from the phases: see `awaiting`."""
        reached = "connect" in self._timings if connected is None else connected
        failure, text = failure_of(error, connected=reached)
        if failure is Failure.TIMEOUT_ANSWER:
            failure = self._awaited
        return self.done(failure, error=text, **evidence)

    def awaiting(self, timeout: Failure) -> None:
        """What it is called from now on when the time runs out after the connect."""
        self._awaited = timeout
