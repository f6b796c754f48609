"""The way of a system, a project or a line through a policy: which phases it has left, in which it is, and
which evidence is missing. A pure function; the phases and gates are the pack's (requirements E).

    for standing in lifecycle(pack, estate, records, date(2018, 6, 30)): …
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from inventory.errors import CalendarUnknown
from inventory.model import Estate, Frozen
from inventory.policies.assess import facts_of
from inventory.policies.calendar import months_after, working_days_after
from inventory.policies.conditions import Test, all_of
from inventory.policies.facts import Facts
from inventory.policies.fields import reader
from inventory.policies.index import Index
from inventory.policies.pack import Clock, Pack, Phase, Proof
from inventory.policies.records import Records
from inventory.secrecy import shown_name

SETS = ("systems", "projects", "lines")
"""What has a way, in the order in which it is told."""


class Stage(StrEnum):
    """How an object stands to a phase."""

    DONE = "done"
    OPEN = "open"  # it may go on; what is missing is the evidence to leave it
    WAITING = "waiting"  # a phase before it, or its gate, is not yet passed
    OUT_OF_ORDER = "out_of_order"  # left, though its gate was never passed
    SKIPPED = "skipped"  # it does not concern the object


class Missing(Frozen):
    """One piece of evidence. `known`: it was told, and is against it; else nobody told it.
    `named`: the text asks for it, else it is the product's proposal."""

    title: str
    title_en: str
    known: bool
    named: bool


class PhaseState(Frozen):
    """One phase of one object. `waits_for` are phases, `gate` evidence to begin, `missing` evidence
    to leave; `late`: its day is past and it is not left; `undecided`: it is not told whether it
    concerns the object, so that it can't be late."""

    id: str
    title: str
    title_en: str
    clause: str
    stage: Stage
    waits_for: tuple[str, ...] = ()
    gate: tuple[Missing, ...] = ()
    missing: tuple[Missing, ...] = ()
    deadline: date | None = None
    late: bool = False
    undecided: bool = False


class Standing(Frozen):
    """One object. `phase` is the first that is open, else the first that waits; None where all
    that concern it are left."""

    policy: str
    set: str
    code: str
    name: str
    organisation: str | None = None
    phase: str | None = None
    phases: tuple[PhaseState, ...] = ()

    @property
    def now(self) -> PhaseState | None:
        return next((state for state in self.phases if state.id == self.phase), None)


def lifecycle(
    pack: Pack,
    estate: Estate,
    records: Records,
    day: date,
    baseline: tuple[date, Estate] | None = None,
    *,
    codes: Collection[str] | None = None,
    rest: Callable[[], None] = lambda: None,
) -> tuple[Standing, ...]:
    """How every system, project and line stands on `day`, or those of `codes`: by set and code. Nothing
    where the policy has no phases. `rest` is called after each, so that others may go on."""
    facts = facts_of(pack, estate, Index(records, pack.id, day), baseline)
    found: list[Standing] = []
    for of in SETS:
        phases = sorted((p for p in pack.phases if p.set == of), key=lambda p: (p.number, p.id))
        if phases:
            steps = [_Step(pack, phase, facts) for phase in phases]
            things = (t for t in facts.members(of) if codes is None or t.code in codes)
            for thing in things:
                found.append(_standing(pack, of, thing, steps))
                rest()
    return tuple(found)


def _standing(pack: Pack, of: str, thing: Any, steps: "list[_Step]") -> Standing:
    states: dict[str, PhaseState] = {}
    for step in steps:
        states[step.phase.id] = step.state(thing, states)
    every = tuple(states.values())
    current = [s.id for stage in (Stage.OPEN, Stage.WAITING) for s in every if s.stage is stage]
    return Standing(
        policy=pack.id,
        set=of,
        code=thing.code,
        name=shown_name(thing),
        organisation=thing.organisation,
        phase=current[0] if current else None,
        phases=every,
    )


@dataclass(frozen=True)
class _Asked:
    proof: Proof
    ask: Test


class _Step:
    """One phase, its tests made once and asked of many objects."""

    def __init__(self, pack: Pack, phase: Phase, facts: Facts) -> None:
        self.phase, self.day = phase, facts.day
        self.concerns = all_of(phase.where, phase.set, facts)
        self.enter = [_asked(pack, proof, phase.set, facts) for proof in phase.enter]
        self.leave = [_asked(pack, proof, phase.set, facts) for proof in phase.leave]
        days = (t.deadline for t in pack.targets if t.id in phase.entries)
        self.deadline = max((d for d in days if d is not None), default=None)
        born_late = self.deadline is not None and self.deadline < pack.validity.effective_from
        holds = pack.in_force(facts.day, phase.clause) and not born_late
        self.late = self.deadline is not None and facts.day > self.deadline and holds

    def state(self, thing: Any, before: dict[str, PhaseState]) -> PhaseState:
        base = {
            "id": self.phase.id,
            "title": self.phase.title,
            "title_en": self.phase.title_en,
            "clause": self.phase.clause,
            "deadline": self.deadline,
        }
        concerned = self.concerns(thing)
        if concerned is False:  # where it is not told, nobody may leave the phase out
            return PhaseState(stage=Stage.SKIPPED, **base)
        waits = tuple(
            named
            for named in self.phase.after
            if before[named].stage in (Stage.OPEN, Stage.WAITING)
        )
        gate = tuple(_missing(self.enter, thing))
        missing = tuple(_missing(self.leave, thing))
        if missing:
            stage = Stage.WAITING if waits or gate else Stage.OPEN
        else:
            stage = Stage.OUT_OF_ORDER if gate else Stage.DONE
        return PhaseState(
            stage=stage,
            waits_for=waits if missing else (),
            gate=gate,
            missing=missing,
            late=self.late and bool(missing) and concerned is True,
            undecided=concerned is None,
            **base,
        )


def _missing(asked: list[_Asked], thing: Any) -> Iterator[Missing]:
    for one in asked:
        answer = one.ask(thing)
        if answer is not True:
            proof = one.proof
            yield Missing(
                title=proof.title,
                title_en=proof.title_en,
                known=answer is False,
                named=proof.named,
            )


def _asked(pack: Pack, proof: Proof, of: str, facts: Facts) -> _Asked:
    if proof.clock is None:
        return _Asked(proof, all_of(proof.needs, of, facts))
    clock = next(c for c in pack.clocks if c.id == proof.clock)
    return _Asked(proof, _passed(clock, of, facts))


def _passed(clock: Clock, of: str, facts: Facts) -> Callable[[Any], bool | None]:
    """Whether the time of a clock had passed since its start when what it is a time before was done, or
    has by today; not known where the start is not told."""
    assert clock.starts is not None
    started = reader(of, clock.starts, facts)
    ended = reader(of, clock.ends, facts) if clock.ends else lambda _: None

    def ask(thing: Any) -> bool | None:
        since = started(thing)
        if since is None:
            return None
        try:
            due = (
                working_days_after(since, clock.working_days)
                if clock.working_days
                else months_after(since, clock.months or 0)
            )
        except CalendarUnknown:
            return None
        return bool(due <= min(facts.day, ended(thing) or facts.day))

    return ask
