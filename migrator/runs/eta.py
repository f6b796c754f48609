"""How far a run is and when it may end: from bytes where a copy tells them, else from history. Pure.

What a step takes is the median of its kind in what is known (this run and those before); a copy under way
is told by its bytes and rate. When the run ends is found by playing it on: items take their steps one after
the other, limits and waves hold as they do in the engine.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from migrator.planning.plan import CUTOVER, WAY, Plan, StepKind
from migrator.runs.admission import Claim, admit
from migrator.runs.records import ItemRecord, RunRecord, StepRecord, StepState, Wanted

_PASSED = frozenset({StepState.DONE, StepState.SKIPPED})
LEAST = 1.0
"""Seconds that a step under way has left, at least, as far as anybody can tell."""
_KINDS = tuple(k for k in WAY if k not in CUTOVER or k is StepKind.QUIESCE)
"""Steps as they are run: the cutover is one."""


@dataclass(frozen=True)
class History:
    """Seconds that steps of a kind took, median; of kinds that nobody ever ran, `unknown`."""

    seconds: Mapping[StepKind, float]
    unknown: float = 60.0

    @classmethod
    def of(cls, runs: Iterable[RunRecord]) -> "History":
        found: dict[StepKind, list[float]] = {}
        for run in runs:
            for item in run.items:
                for kind in _KINDS:
                    if (took := _took(item, kind)) is not None:
                        found.setdefault(kind, []).append(took)
        return cls({kind: median(every) for kind, every in found.items()})

    def of_step(self, kind: StepKind, soak: int) -> float:
        if kind is StepKind.SOAK:
            return max(float(soak), self.seconds.get(kind, 0.0)) if soak else 0.0
        return self.seconds.get(kind, self.unknown)


@dataclass(frozen=True)
class Copy:
    """How far a copy is, as its attempt tells: bytes done and in all, and bytes per second."""

    done: int
    total: int
    per_second: float

    @property
    def left_seconds(self) -> float | None:
        return (self.total - self.done) / self.per_second if self.per_second > 0 else None


@dataclass(frozen=True)
class Outlook:
    """`percent` of the whole work by time; `left_seconds` None for who waits for a person or a rollback;
    `waits`: systems that nobody knows an end for, which the run's end leaves out."""

    percent: int
    left_seconds: float | None
    ends: datetime | None
    items: Mapping[str, float | None] = field(default_factory=dict)
    waits: tuple[str, ...] = ()


def outlook(
    run: RunRecord,
    plan: Plan,
    history: History,
    now: datetime,
    *,
    limits: Mapping[str, int],
    copies: Mapping[str, Copy] | None = None,
) -> Outlook:
    """The rest of a run, played on from `now`. Windows, freezes and approvals are not foreseen."""
    soak = plan.means.soak_seconds
    copies = copies or {}
    whole = sum(history.of_step(k, soak) for k in _KINDS) * len(run.items)
    left = {i.system: _left(i, history, soak, now, copies.get(i.system)) for i in run.items}
    known = {code: seconds for code, seconds in left.items() if seconds is not None}
    waits = tuple(code for code, seconds in left.items() if seconds is None)
    ends = _play(run, plan, known, limits)
    done = whole - sum(known.values())
    total = max(ends.values(), default=0.0)
    ended = run.ended_at is not None
    percent = 100 if ended else max(0, min(99, int(100 * done / whole) if whole else 0))
    return Outlook(
        percent=percent,
        left_seconds=0.0 if ended else total,
        ends=None if ended else now + timedelta(seconds=total),
        items={code: ends.get(code) for code in left},
        waits=() if ended else waits,
    )


def _left(
    item: ItemRecord, history: History, soak: int, now: datetime, copy: Copy | None
) -> float | None:
    if item.state.ended:
        return 0.0
    if item.blocked or item.wanted is Wanted.ROLLBACK:
        return None
    total = 0.0
    for kind in _KINDS:
        step = _as_run(item, kind)
        if step.state in _PASSED:
            continue
        usual = history.of_step(kind, soak)
        if kind is StepKind.PRESYNC and copy and copy.left_seconds is not None:
            total += max(
                copy.left_seconds, LEAST
            )  # a last pass, and what looks whether all is there
        elif step.state is StepState.RUNNING and step.started_at:
            total += rest(usual, (now - datetime.fromisoformat(step.started_at)).total_seconds())
        else:
            total += usual
    return total


def rest(usual: float, spent: float) -> float:
    """Of a step under way. One that takes longer than it usually does has an end that nobody knows; it
    is not 0 s: what has lasted long lasts as much longer again as one may guess, a tenth of it."""
    return max(usual - spent, spent / 10, LEAST if usual else 0.0)


def _as_run(item: ItemRecord, kind: StepKind) -> StepRecord:
    """The cutover counts as passed with its last phase."""
    last = item.step(CUTOVER[-1])
    return last if kind is StepKind.QUIESCE and last.state in _PASSED else item.step(kind)


def _took(item: ItemRecord, kind: StepKind) -> float | None:
    first, last = item.step(kind), item.step(CUTOVER[-1] if kind is StepKind.QUIESCE else kind)
    if last.state is not StepState.DONE or not first.started_at or not last.ended_at:
        return None
    try:
        span = datetime.fromisoformat(last.ended_at) - datetime.fromisoformat(first.started_at)
    except (TypeError, ValueError):
        return None
    return max(0.0, span.total_seconds())


def _play(
    run: RunRecord, plan: Plan, left: Mapping[str, float], limits: Mapping[str, int]
) -> dict[str, float]:
    """Seconds from now at which each item ends, waves after each other, limits as they are."""
    ends: dict[str, float] = {}
    clock, waves = 0.0, sorted({i.wave for i in run.items})
    for wave in waves:
        members = [i for i in run.items if i.wave == wave and i.system in left]
        claims = {i.system: _claim(i, plan) for i in members}
        found = _play_wave(members, claims, left, limits, clock)
        clock = max([clock, *found.values()])
        ends |= found
    return ends


def _play_wave(
    members: Sequence[ItemRecord],
    claims: Mapping[str, Claim],
    left: Mapping[str, float],
    limits: Mapping[str, int],
    clock: float,
) -> dict[str, float]:
    """When each item of the wave ends that begins at `clock`."""
    ends: dict[str, float] = {}
    waiting = [i.system for i in members if not i.begun and not i.state.ended]
    going: list[tuple[float, str]] = []
    for item in members:
        if item.state.ended:
            ends[item.system] = 0.0
        elif item.begun:
            heapq.heappush(going, (clock + left[item.system], item.system))
    while going or waiting:
        for code in admit([claims[c] for c in waiting], [claims[c] for _, c in going], limits):
            waiting.remove(code)
            heapq.heappush(going, (clock + left[code], code))
        if not going:  # a limit below what is asked of it: nobody knows
            break
        clock, ended = heapq.heappop(going)
        ends[ended] = clock
    return ends


def _claim(item: ItemRecord, plan: Plan) -> Claim:
    return Claim(code=item.system, group=str(item.wave), resources=plan.item(item.system).resources)
