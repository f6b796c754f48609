"""The whole migrator but for the hosts.

Truth, estate, use cases, activities and performer are the real ones. Only two things are played,
because they are what happens on hosts that these tests do not have (tests/acceptance has them):
what a playbook does (`ScriptedCrew._run_in_pen`) and what a probe sees (`World.look`).
"""

import itertools
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inventory.changes import diff
from inventory.model import Estate
from inventory.store_embedded import EmbeddedStore
from migrator.attempts.ansible import Outcome
from migrator.attempts.attempt import write_outcome
from migrator.attempts.crew import Cancelled, Crew, Watch
from migrator.attempts.move import Login
from migrator.engine.activities import Activities
from migrator.engine.green import Green
from migrator.engine.perform import Performer
from migrator.people.rights import local
from migrator.planning.plan import CUTOVER, Means, Plan, StepKind
from migrator.runs.gates import Gates
from migrator.runs.kinds import KINDS
from migrator.store.truth import Truth
from migrator.use_cases.deciding import Wake
from migrator.use_cases.planning import Planning
from migrator.use_cases.running import Running
from probes.model import Failure, ProbeResult, Target

DEADLINE = 60.0
"""Upper bound of every wait; no test rests on being quicker than this."""

STEPS = {kind.playbook: step for step, kind in KINDS.items() if kind.playbook}


class WorkerDied(Exception):
    """The worker vanished in the middle of a step: nothing more is written."""


@dataclass
class Play:
    """One playbook run as the world saw it; `began` and `ended` are ticks of one counter."""

    system: str
    playbook: str
    attempt: str
    began: int
    ended: int | None = None


@dataclass
class World:
    """What happened on the hosts, and what shall happen there.

    `script`: outcomes to come by (system, step): a message means failure, "" success, an exception
    is raised. `closed`: steps that do not end until `let_go`. `ill`: systems whose probes are red.
    """

    plays: list[Play] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    script: dict[tuple[str, StepKind], list[str | Exception]] = field(
        default_factory=lambda: defaultdict(list)
    )
    closed: set[tuple[str, StepKind]] = field(default_factory=set)
    ill: set[str] = field(default_factory=set)
    on_play: Callable[[str, StepKind | None], None] = lambda system, step: None
    changed: threading.Condition = field(default_factory=threading.Condition)
    ticks: Any = field(default_factory=itertools.count)

    def look(self, targets: tuple[Target, ...]) -> list[ProbeResult]:
        found = []
        for target in targets:
            bad = target.code.partition("@")[0] in self.ill
            failure = Failure.REFUSED if bad else None
            found.append(ProbeResult(target=target, ok=not bad, failure=failure))
        return found

    def wait(self, true: Callable[[], bool], what: str) -> None:
        """Until `true`, looked at whenever something happens here and now and then besides, since
        the truth changes without our knowing; AssertionError after `DEADLINE`."""
        until = time.monotonic() + DEADLINE
        with self.changed:
            while not true():
                assert time.monotonic() < until, f"{what}: {self.plays[-5:]}"
                self.changed.wait(0.05)

    def close(self, system: str, step: StepKind) -> None:
        self.closed.add((system, step))

    def let_go(self, system: str, step: StepKind) -> None:
        with self.changed:
            self.closed.discard((system, step))
            self.changed.notify_all()

    def under_way(self, system: str, step: StepKind) -> bool:
        playbook = KINDS[step].playbook
        return any(
            p.ended is None and (p.system, p.playbook) == (system, playbook) for p in self.plays
        )

    def done(self, system: str) -> list[str]:
        """Playbooks of a system in the order in which they began."""
        return [p.playbook for p in self.plays if p.system == system]

    def begin(self, system: str, playbook: str, attempt: str) -> Play:
        self.on_play(system, STEPS.get(playbook))
        with self.changed:
            for other in self.plays:
                if other.system == system and other.ended is None:
                    self.faults.append(f"{playbook} of {attempt} began during {other}")
            play = Play(system, playbook, attempt, next(self.ticks))
            self.plays.append(play)
            self.changed.notify_all()
        return play

    def end(self, play: Play) -> None:
        with self.changed:
            play.ended = next(self.ticks)
            self.changed.notify_all()


@dataclass(frozen=True)
class ScriptedCrew(Crew):
    """The real crew, for whom playbooks run in a played world."""

    world: World = field(default_factory=World)

    def _run_in_pen(
        self, play: Any, item: Any, watch: Watch, placed: Any = None, token: int = 0
    ) -> Outcome:
        step = STEPS.get(play.playbook)
        seen = self.world.begin(item.code, play.playbook, play.name)
        try:
            if placed:
                self.truth.attempts.place(token, pid=2**22 + 1, cgroup="")  # above any real pid
            if step:
                self._stay(item.code, step, watch)
            told = self.world.script[item.code, step] if step else []
            said = told.pop(0) if told else ""
            if isinstance(said, Exception):
                raise said
            outcome = self._outcome(step, said)
            write_outcome(play.folder, outcome)
            return outcome
        finally:
            self.world.end(seen)

    def _stay(self, system: str, step: StepKind, watch: Watch) -> None:
        while True:
            watch.beat()
            if reason := watch.stop():
                raise Cancelled(reason)
            with self.world.changed:
                if (system, step) not in self.world.closed:
                    return
                self.world.changed.wait(0.05)  # a beat: what to stop for is no event of ours

    def _outcome(self, step: StepKind | None, said: str) -> Outcome:
        phases = [{"phase": kind.value, "started": "1", "ended": "2"} for kind in CUTOVER]
        evidence = {"host": "h", "verb": str(step)}
        if step is StepKind.QUIESCE:
            evidence |= {"phases": phases[:1] if said else phases}
        return Outcome(ok=not said, message=said, evidence=(evidence,), finished="now")


@dataclass
class Clock:
    """A clock that a test sets."""

    at: datetime = datetime(2026, 1, 2, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@dataclass
class Stage:
    """The migrator over one database, with a world instead of hosts."""

    truth: Truth
    root: Path
    clock: Clock
    world: World = field(default_factory=World)
    begin: Callable[[str], None] = lambda run: None
    wake: Wake = lambda run, systems: None
    green: Green | None = None
    gates: Gates = field(default_factory=Gates)

    @property
    def estate(self) -> EmbeddedStore:
        return EmbeddedStore(self.truth.engine)

    @property
    def planning(self) -> Planning:
        return Planning(self.truth, self.estate)

    @property
    def running(self) -> Running:
        return Running(
            truth=self.truth,
            estate=self.estate,
            begin=self.begin,
            wake=self.wake,
            gates=self.gates,
        )

    @property
    def crew(self) -> ScriptedCrew:
        return ScriptedCrew(
            truth=self.truth,
            login=Login(user="qianyun", key=self.root / "key"),
            secrets={},
            root=self.root / "attempts",
            machine="here",
            world=self.world,
        )

    @property
    def performer(self) -> Performer:
        return Performer(self.truth, self.estate, self.crew, self.gates, green=self.green)

    @property
    def activities(self) -> Activities:
        return Activities(self.performer, heartbeat_seconds=10)

    def hold(self, estate: Estate) -> None:
        """Make `estate` the one of the inventory."""
        changes = diff(self.estate.load(), estate)
        self.estate.apply(changes, actor="zhang", confirmed=changes.digest)

    def approved(self, estate: Estate, means: Means) -> tuple[str, Plan]:
        """A plan of `estate`, made by zhang and approved by li."""
        self.hold(estate)
        record, plan = self.planning.make(local("zhang"), means)
        self.planning.approve(record.code, record.digest, local("li"))
        return record.code, plan

    def step(self, run: str, system: str, step: StepKind) -> str:
        return self.truth.runs.item(run, system).step(step).state.value

    def states(self, run: str) -> dict[str, str]:
        return {i.system: i.state.value for i in self.truth.runs.get(run).items}


def overlapping(plays: Iterable[Play], systems: dict[str, str]) -> int:
    """The most plays at once, over groups named by `systems` (system → group)."""
    marks = sorted(
        mark
        for p in plays
        if p.system in systems and p.ended is not None
        for mark in ((p.began, 1), (p.ended, -1))
    )
    return max(itertools.accumulate((step for _, step in marks)), default=0)
