"""Any order of commands, outcomes and crashes, against the real truth and the real use cases."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from migrator.attempts.crew import Watch
from migrator.engine.messages import ItemRef
from migrator.errors import Refused
from migrator.people.rights import local
from migrator.planning.plan import WAY, Means, StepKind
from migrator.runs.kinds import KINDS
from migrator.runs.records import ItemRecord, ItemState, StepState, Wanted
from migrator.store.audit import first_fault
from tests.migrator.builders import city, system
from tests.migrator.scripted import Stage, WorkerDied

SYSTEMS = ("S0", "S1", "S2", "S3")
NEEDS = (("S0", "S1"), ("S1", "S0"), ("S2", "S0"))  # a ring of two, one after it, one apart
CALM = Watch(beat=lambda: None, stop=lambda: None)
MEANS = Means(moves_at_once=2, per_room=1, per_line=2, soak_seconds=0, ignore_windows=True)
NIGHT = 50
"""Rounds within which every run comes to its end once somebody answers what it asks."""


class Story(RuleBasedStateMachine):
    """`orders`: what an item's workflow was told to do and has not done yet."""

    make_stage: Callable[[], Stage]

    def __init__(self) -> None:
        super().__init__()
        self.stage = self.make_stage()
        systems = [system(n, "R1" if n < 3 else "R2") for n in range(len(SYSTEMS))]
        code, self.plan = self.stage.approved(city(systems, NEEDS), MEANS)
        self.run_code = self.stage.running.start(code, local("zhang")).code
        self.begun: set[str] = set()
        self.orders: dict[str, StepKind] = {}
        self.cut_in: dict[str, StepKind] = {}
        self.committing: set[str] = set()
        self.stage.world.on_play = self.played

    def record(self, code: str):
        return self.stage.truth.runs.item(self.run_code, code)

    def played(self, code: str, step: StepKind | None) -> None:
        """What must hold whenever something is done on hosts."""
        if step is None:
            return  # reaping
        item, run = self.record(code), self.stage.truth.runs.get(self.run_code)
        resumed = self.cut_in.get(code) is step
        if step is StepKind.ROLLBACK:
            assert item.wanted is Wanted.ROLLBACK
        elif not (resumed and not KINDS[step].cancellable):
            assert item.wanted is Wanted.FORWARD, step
        assert code not in self.committing or step is StepKind.COMMIT
        if step is not StepKind.ROLLBACK and not resumed:
            assert not item.paused, step
            assert not run.paused, step
        if step in WAY:
            before = {s.state for s in item.steps if s.step in WAY[: WAY.index(step)]}
            assert before <= {StepState.DONE, StepState.SKIPPED}
        if step is StepKind.COMMIT:
            self.committing.add(code)

    def look_after_run(self) -> None:
        paused = self.stage.truth.runs.get(self.run_code).paused
        before = {code: self.record(code) for code in SYSTEMS}
        order = self.stage.activities.next_of_run(self.run_code)
        for code in order.start:
            assert not paused or before[code].wanted is Wanted.ROLLBACK
        self.begun |= {*order.start, *order.under_way}

    def ask(self, code: str) -> None:
        if code in self.begun and code not in self.orders:
            order = self.stage.activities.next_of_item(ItemRef(run=self.run_code, system=code))
            if order.end:
                self.begun.discard(code)
            elif order.step:
                self.orders[code] = order.step

    def act(self, code: str) -> None:
        step = self.orders.get(code)
        if step is None:
            return
        try:
            self.stage.performer.perform(self.run_code, code, step, CALM)
        except WorkerDied:
            self.cut_in[code] = step  # the engine gives the same order to the next worker
            return
        self.cut_in.pop(code, None)
        del self.orders[code]

    @rule()
    def the_run_looks(self) -> None:
        self.look_after_run()

    @rule(code=st.sampled_from(SYSTEMS))
    def an_item_asks(self, code: str) -> None:
        self.ask(code)

    @rule(code=st.sampled_from(SYSTEMS), ill=st.booleans())
    def a_step_is_done(self, code: str, ill: bool) -> None:
        self.stage.world.ill = {code} if ill else set()
        self.act(code)
        self.stage.world.ill = set()

    @rule(code=st.sampled_from(SYSTEMS), rounds=st.integers(1, 8))
    def an_item_gets_on(self, code: str, rounds: int) -> None:
        for _ in range(rounds):
            self.ask(code)
            if code not in self.orders:
                break
            self.act(code)

    @rule(code=st.sampled_from(SYSTEMS), death=st.booleans())
    def a_step_goes_wrong(self, code: str, death: bool) -> None:
        self.ask(code)
        if code not in self.orders:
            return
        key = (code, self.orders[code])
        self.stage.world.script[key] = [WorkerDied() if death else "failed"]
        self.act(code)
        self.stage.world.script.clear()

    @rule(
        verb=st.sampled_from(["pause", "resume", "retry", "skip", "rollback"]),
        code=st.sampled_from(SYSTEMS),
    )
    def an_operator_says(self, verb: str, code: str) -> None:
        self.command(verb, code)

    @rule(verb=st.sampled_from(["pause", "resume"]))
    def an_operator_says_of_the_run(self, verb: str) -> None:
        self.command(verb, None)

    @rule()
    def an_operator_aborts(self) -> None:
        try:
            self.stage.running.abort(self.run_code, local("zhang"), "enough")
        except Refused:
            return
        for item in self.stage.truth.runs.get(self.run_code).items:
            assert item.state.ended or item.committed or item.wanted is Wanted.ROLLBACK

    def command(self, verb: str, code: str | None) -> None:
        call = getattr(self.stage.running, verb)
        committed = code is not None and self.record(code).committed
        try:
            call(self.run_code, code, local("zhang"), "because")
        except Refused:
            return
        assert not (verb == "rollback" and committed)

    @invariant()
    def the_rules_hold(self) -> None:
        items = self.stage.truth.runs.get(self.run_code).items
        self.limits_hold(items)
        begun = [i.wave for i in items if i.begun]
        assert max(begun, default=0) <= min((i.wave for i in items if not i.state.ended), default=9)
        for item in items:
            assert not (item.committed and item.wanted is Wanted.ROLLBACK)

    def limits_hold(self, items: tuple[ItemRecord, ...]) -> None:
        limits = {limit.resource: limit.count for limit in self.plan.limits}
        held = Counter[str]()
        for item in items:
            if item.begun and not item.state.ended:
                held.update(self.plan.item(item.system).resources)
        # a target host takes one where nobody says more
        assert all(count <= limits.get(name, 1) for name, count in held.items()), held

    def teardown(self) -> None:
        """From any state, somebody who answers every question brings the run to its end."""
        abort = bool(len(self.stage.world.plays) % 2)
        if abort:
            self.an_operator_aborts()
        for _ in range(NIGHT):
            run = self.stage.truth.runs.get(self.run_code)
            if run.ended_at:
                break
            if run.paused and (not abort or all(i.state.ended or i.committed for i in run.items)):
                self.command("resume", None)
            for item in run.items:
                if item.paused and not item.state.ended:
                    self.command("resume", item.system)
                if item.blocked and not item.state.ended:
                    self.command("retry", item.system)
            self.look_after_run()
            for code in tuple(self.begun):
                self.an_item_gets_on(code, 8)
        assert self.stage.truth.runs.get(self.run_code).ended_at, self.stage.states(self.run_code)
        assert not self.stage.world.faults
        assert first_fault(self.stage.truth.audit_entries()) is None
        for code in self.committing:
            assert self.record(code).state is ItemState.DONE
        self.stage.truth.engine.dispose()


def test_no_story_breaks_the_rules_or_gets_stuck(
    make_stage: Callable[[], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Story, "make_stage", staticmethod(make_stage), raising=False)
    run_state_machine_as_test(
        Story,
        settings=settings(
            max_examples=8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
