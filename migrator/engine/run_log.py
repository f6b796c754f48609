"""The log of a run: what its attempts wrote line by line, and what the truth holds beside that.

The cutover's steps are phases of one program on a host, gate and soak are looks of the worker: none
of them writes lines of its own. Their lines are made here, from the evidence of their attempts.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from migrator.attempts.crew import read_log
from migrator.planning.plan import CUTOVER, StepKind
from migrator.store.attempts import AttemptRecord
from migrator.store.truth import Truth

LOOKS = (StepKind.GATE, StepKind.SOAK)
"""Steps that the worker does itself, with probes."""

PHASE, BEGUN, LOOKED = "phase", "begun", "looked"
"""Events of lines that are made here; every other one is Ansible's."""

SETTLED = frozenset({"done", "failed", "cancelled"})
"""States of attempts whose processes are known to have ended: they write no more."""

type Line = dict[str, Any]


def log_of(truth: Truth, run: str, system: str | None = None) -> list[Line]:
    """Every line of the run so far, in order of time.

    Each has token, system, step, at, event and text. Lines that an attempt wrote have a `number`;
    those made here have `ok`, `started`, `ended` and `seconds`, a phase its `phase`, looks their
    counts. What is under way has ended None.
    """
    attempts = truth.attempts.of(run, system)  # before the evidence: what is closed has its own
    bodies: dict[int, list[Mapping[str, Any]]] = {}
    for kept in truth.attempts.evidence_of(run, system):
        bodies.setdefault(kept.token, []).append(kept.content)
    found: list[Line] = []
    for attempt in attempts:
        found += _written(attempt)
        evidence = bodies.get(attempt.token, [])
        found += _phases(attempt, evidence)
        if attempt.step in LOOKS:
            found += _looks(attempt, evidence)
    return sorted(found, key=lambda line: str(line.get("at") or ""))


class Tail:
    """The log of a run as it comes: each line once, in order of time among those that came together. What
    attempts that have ended wrote is not read again, and of the others only what is new."""

    def __init__(self, truth: Truth, run: str) -> None:
        self._truth, self._run = truth, run
        self._last = 0  # the highest token that was seen
        self._at: dict[int, tuple[int, int]] = {}  # of those under way: (byte, lines) told
        self._seen: set[tuple[object, ...]] = set()

    def new(self) -> list[Line]:
        """What came since the last time."""
        attempts = self._truth.attempts.since(self._run, self._last, tuple(self._at))
        if not attempts:
            return []
        bodies: dict[int, list[Mapping[str, Any]]] = {}
        tokens = [attempt.token for attempt in attempts]
        for kept in self._truth.attempts.evidence_of(self._run, tokens=tokens):
            bodies.setdefault(kept.token, []).append(kept.content)
        found: list[Line] = []
        for attempt in attempts:
            evidence = bodies.get(attempt.token, [])
            found += self._written(attempt)
            made = [*_phases(attempt, evidence)]
            made += _looks(attempt, evidence) if attempt.step in LOOKS else ()
            found += fresh(made, self._seen)
            if attempt.state in SETTLED:
                del self._at[attempt.token]
        self._last = max(self._last, *tokens)
        return sorted(found, key=lambda line: str(line.get("at") or ""))

    def _written(self, attempt: AttemptRecord) -> Iterator[Line]:
        byte, count = self._at.get(attempt.token, (0, 0))
        lines, byte = read_log(attempt, byte)
        self._at[attempt.token] = byte, count + len(lines)
        for number, line in enumerate(lines, count):
            yield line | _head(attempt, attempt.step.value) | {"number": number}


def fresh(lines: Iterable[Line], seen: set[tuple[object, ...]]) -> Iterator[Line]:
    """Lines that were not given before; `seen` remembers them. A phase that two attempts tell of
    (the second joined the program of the first) is one."""
    for line in lines:
        key: tuple[object, ...]
        if "number" in line:
            key = (line["token"], line["number"])
        elif line["event"] == PHASE:
            key = (line["system"], line["phase"], line["started"], line["ok"])
        else:
            key = (line["token"], line["event"])
        if key not in seen:
            seen.add(key)
            yield line


def _written(attempt: AttemptRecord) -> Iterator[Line]:
    for number, line in enumerate(read_log(attempt)[0]):
        yield line | _head(attempt, attempt.step.value) | {"number": number}


def _head(attempt: AttemptRecord, step: str) -> Line:
    return {"token": attempt.token, "system": attempt.system, "step": step}


def _phases(attempt: AttemptRecord, evidence: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """One line a phase, at its end; the step is the phase's own where it is one of the cutover."""
    steps = {kind.value for kind in CUTOVER} if attempt.step in CUTOVER else set()
    for phase in (p for body in evidence for p in body.get("phases", ())):
        name, told = str(phase["phase"]), phase.get("evidence") or {}
        error = told.get("error") or {}
        span = _span(phase.get("started"), phase.get("ended"), ok=phase.get("ok"))
        more = {"hold_seconds": told["hold_seconds"]} if "hold_seconds" in told else {}
        yield (
            _head(attempt, name if name in steps else attempt.step.value)
            | {"at": span["ended"] or span["started"], "event": PHASE, "phase": name}
            | span
            | more
            | {"text": _sentence(error)}
        )


def _sentence(error: Mapping[str, Any]) -> str:
    """What, what was read, what was expected, what to do: evidence is kept by the alphabet."""
    order = ("what", "read", "expected", "do")
    names = [*(n for n in order if n in error), *(n for n in error if n not in {*order, "kind"})]
    return " ".join(f"{name}: {error[name]};" for name in names)


def _looks(attempt: AttemptRecord, evidence: Iterable[Mapping[str, Any]]) -> Iterator[Line]:
    """That the looks began, and what came of them once the attempt has its end."""
    head = _head(attempt, attempt.step.value)
    begun = _span(attempt.started_at, None, ok=None)
    yield head | {"at": attempt.started_at, "event": BEGUN} | begun | {"text": ""}
    if not attempt.ended_at:
        return
    span = _span(attempt.started_at, attempt.ended_at, ok=attempt.state == "done")
    counts = {"looks": 0, "failed": 0, "slowest_ms": 0, "red": {}} | _counted(evidence)
    line = head | {"at": attempt.ended_at, "event": LOOKED} | span | counts
    yield line | {"text": attempt.message}


def _counted(evidence: Iterable[Mapping[str, Any]]) -> Line:
    """`red`: how often each target failed, of those that did."""
    targets = [target for body in evidence for target in _targets(body)]
    if not targets:
        return {}
    return {
        "looks": sum(looks for _, looks, _, _ in targets),
        "failed": sum(failed for _, _, failed, _ in targets),
        "slowest_ms": max(slowest for _, _, _, slowest in targets),
        "red": {name: failed for name, _, failed, _ in targets if failed},
    }


def _targets(body: Mapping[str, Any]) -> Iterator[tuple[str, int, int, int]]:
    """(target, looks, failed, slowest in ms) of a gate's list or a soak's tallies."""
    probes = body.get("probes") or {}
    if isinstance(probes, Mapping):
        for name, tally in probes.items():
            yield name, tally["looks"], tally["failed"], tally["slowest_ms"]
    else:
        for one in probes:
            yield one["target"], 1, int(not one["ok"]), one["ms"]


def _span(started: str | None, ended: str | None, *, ok: bool | None) -> Line:
    seconds = None
    if started and ended:
        with suppress(ValueError, TypeError):  # a host's clock may have told anything
            passed = datetime.fromisoformat(ended) - datetime.fromisoformat(started)
            seconds = round(passed.total_seconds(), 3)
    return {"ok": ok, "started": started, "ended": ended, "seconds": seconds}
