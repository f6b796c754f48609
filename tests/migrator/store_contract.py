"""What the truth must do on every database; the test files bring the database."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from inventory.mark import Mark
from inventory.reports.model import Report, Section, Source, Text
from migrator.errors import AttemptAlive, Forbidden, NotFound, Refused
from migrator.people.rights import local
from migrator.planning.plan import WAY, Means, Plan, StepKind
from migrator.planning.planner import make_plan
from migrator.runs.records import ItemState, RunState, StepState, Wanted
from migrator.store.audit import first_fault, record
from migrator.store.sendings import Sending
from migrator.store.truth import Truth
from tests.migrator.builders import city, plan_of, system
from tests.migrator.scripted import Stage

AT_ONCE = 6
REPORT = Report(
    form="annual",
    numbers=("F-04",),
    layout="letter",
    title="年度报告",
    place="沧州市",
    period="2018",
    made_on=date(2019, 1, 2),
    cut_off=date(2018, 12, 31),
    sections=(Section(heading="一、", blocks=(Text(text="无"),)),),
    source=Source(policy="cangzhou-2017-157", number="157", estate="0" * 64),
)
SENT = Sending(
    policy="cangzhou-2017-157",
    entry="CZ-21",
    code="O-1",
    period="2018",
    on=date(2019, 1, 2),
    channel="邮箱",
    receiver="",
    evidence="回执",
)


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """`work` in so many threads that set out together; results or the exceptions they raised."""
    ready = threading.Barrier(count)

    def one(number: int) -> Any:
        ready.wait()
        try:
            return work(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def errors(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]


class TruthContract:
    """`stage`: the migrator on an empty database."""

    @pytest.fixture
    def truth(self, stage: Stage) -> Truth:
        return stage.truth

    @pytest.fixture
    def plan(self) -> Plan:
        return plan_of(2)

    def change(self, truth: Truth, statement: str, **values: Any) -> None:
        """What somebody with a database shell might do."""
        with truth.engine.begin() as connection:
            connection.execute(text(statement), values)

    def test_a_mark_tells_of_every_change_and_of_nothing_else(self, truth: Truth) -> None:
        mark = Mark(truth.engine)
        first = mark.read()
        assert first is not None
        truth.audit_entries()
        assert mark.read() == first
        with truth.writing() as connection:
            record(connection, at=truth.now(), actor="zhang", action="note", object="x")
            under_way = mark.read()
        assert mark.read() not in {first, under_way}

    # plans

    def test_plans_get_the_next_code_of_the_day(
        self, truth: Truth, plan: Plan, stage: Stage
    ) -> None:
        assert [truth.plans.add(plan, "zhang").code for _ in range(3)] == [
            "P-20260102-1",
            "P-20260102-2",
            "P-20260102-3",
        ]
        stage.clock.at = stage.clock.at.replace(day=3)
        assert truth.plans.add(plan, "zhang").code == "P-20260103-1"
        assert truth.plans.load("P-20260102-2") == plan

    def test_writers_at_once_lose_no_plan(self, truth: Truth, plan: Plan) -> None:
        results = together(AT_ONCE, lambda n: truth.plans.add(plan, f"p{n}"))
        assert not errors(results)
        assert sorted(r.code for r in results) == [f"P-20260102-{n + 1}" for n in range(AT_ONCE)]
        assert len(truth.plans.all()) == AT_ONCE
        assert first_fault(truth.audit_entries()) is None

    def test_a_plan_whose_bytes_changed_is_refused_and_its_approval_void(
        self, stage: Stage
    ) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        with stage.truth.reading() as connection:
            query = text("SELECT body FROM plans WHERE code = :code")
            body = connection.scalar(query, {"code": code}) or ""
        changed = body.replace('"hold_seconds":20', '"hold_seconds":120')
        assert changed != body
        self.change(stage.truth, "UPDATE plans SET body = :b WHERE code = :c", b=changed, c=code)
        for use in (stage.truth.plans.load, lambda c: stage.running.start(c, local("zhang"))):
            with pytest.raises(Refused, match="摘要不符"):
                use(code)
        assert stage.truth.runs.all() == []

    def test_an_approval_counts_for_its_own_digest_only(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        other = make_plan(city([system(0)]), Means(hold_seconds=60))
        self.change(
            stage.truth,
            "UPDATE plans SET body = :b, digest = :d WHERE code = :c",
            b=other.model_dump_json(),
            d=other.digest,
            c=code,
        )
        assert stage.truth.plans.record(code).state == "draft"
        with pytest.raises(Refused, match="未获批准"):
            stage.running.start(code, local("zhang"))

    def test_approval_needs_the_digest_and_another_person(self, stage: Stage) -> None:
        stage.hold(city([system(0)]))
        record, _ = stage.planning.make(local("zhang"), Means())
        with pytest.raises(Refused, match="摘要不符"):
            stage.planning.approve(record.code, "0" * 64, local("li"))
        with pytest.raises(Forbidden, match="zhang"):
            stage.planning.approve(record.code, record.digest, local("zhang"))
        assert stage.truth.plans.record(record.code).state == "draft"
        assert stage.planning.approve(record.code, record.digest, local("li")).state == "approved"
        assert (
            stage.planning.reject(record.code, record.digest, local("wang"), "no").state
            == "rejected"
        )
        refused = [e.actor for e in stage.truth.audit_entries() if e.action.endswith("refused")]
        assert refused == ["li", "zhang"]

    def test_facts_that_changed_void_approval_and_start(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        stage.hold(city([system(0, name="新名")]))
        digest = stage.truth.plans.record(code).digest
        for use in (
            lambda: stage.planning.approve(code, digest, local("li")),
            lambda: stage.running.start(code, local("zhang")),
        ):
            with pytest.raises(Refused, match=r"system\.name: '系统0' → '新名'"):
                use()

    def test_a_plan_with_nothing_to_move_is_refused_with_reasons(self, stage: Stage) -> None:
        stage.hold(city([system(0, room="CLOUD")]))
        with pytest.raises(Refused, match="S0 系统0: 已在目标云"):
            stage.planning.make(local("zhang"), Means())

    # runs

    def test_a_plan_runs_once_at_a_time(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        run = stage.running.start(code, local("zhang"))
        assert run.code == "R-20260102-1"
        with pytest.raises(Refused, match="已在执行"):
            stage.running.start(code, local("zhang"))
        stage.truth.runs.set_item(run.code, "S0", state=ItemState.ROLLED_BACK)
        stage.truth.runs.set_run(run.code, state=RunState.ENDED, ended_at=stage.truth.now())
        assert stage.running.start(code, local("zhang")).code == "R-20260102-2"

    def test_a_system_is_on_one_way_at_a_time(self, stage: Stage) -> None:
        first, _ = stage.approved(city([system(0), system(1)]), Means())
        second, _ = stage.approved(city([system(0), system(1)]), Means(hold_seconds=30))
        stage.running.start(first, local("zhang"))
        with pytest.raises(Refused, match="已在执行"):
            stage.running.start(second, local("zhang"))
        assert len(stage.truth.runs.all()) == 1

    def test_of_starts_at_once_one_wins(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        results = together(AT_ONCE, lambda n: stage.running.start(code, local(f"p{n}")))
        assert all(isinstance(error, Refused) for error in errors(results))
        assert len(errors(results)) == AT_ONCE - 1
        assert len(stage.truth.runs.all()) == 1

    def test_what_is_not_there_is_not_found(self, truth: Truth, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        run = stage.running.start(code, local("zhang")).code
        for ask in (
            lambda: truth.plans.record("P-1"),
            lambda: truth.plans.load("P-1"),
            lambda: truth.runs.get("R-1"),
            lambda: truth.runs.item(run, "S9"),
        ):
            with pytest.raises(NotFound):
                ask()

    def test_a_step_does_not_begin_against_what_was_told_meanwhile(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        run, runs = stage.running.start(code, local("zhang")).code, stage.truth.runs
        stage.running.pause(run, "S0", local("zhang"))
        assert not runs.begin(run, "S0", StepKind.PREFLIGHT)
        stage.running.resume(run, "S0", local("zhang"))
        stage.running.pause(run, None, local("zhang"))
        assert not runs.begin(run, "S0", StepKind.PREFLIGHT)
        stage.running.resume(run, None, local("zhang"))
        assert runs.begin(run, "S0", StepKind.PREFLIGHT)
        stage.running.pause(run, None, local("zhang"))
        assert runs.begin(run, "S0", StepKind.PREFLIGHT)  # under way already: it comes to its end
        runs.set_step(run, "S0", StepKind.PREFLIGHT, state=StepState.DONE)
        assert not runs.begin(run, "S0", StepKind.PREFLIGHT)
        stage.running.rollback(run, "S0", local("zhang"))
        assert not runs.begin(run, "S0", StepKind.BACKUP)
        assert runs.begin(run, "S0", StepKind.ROLLBACK)

    def test_commit_and_rollback_exclude_each_other(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(n) for n in range(4)]), Means())
        run, runs = stage.running.start(code, local("zhang")).code, stage.truth.runs

        for item in runs.get(run).items:

            def one(number: int, system: str = item.system) -> bool:
                if number % 2:
                    return runs.begin(run, system, StepKind.COMMIT)
                stage.running.rollback(run, system, local("zhang"))
                return True

            results = together(2, one)
            after = runs.item(run, item.system)
            turned = after.wanted is Wanted.ROLLBACK
            assert turned is not after.committed
            assert results[1] is not turned
            assert isinstance(results[0], Refused) is not turned

    def test_after_a_failed_commit_there_is_no_way_back(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        run, runs = stage.running.start(code, local("zhang")).code, stage.truth.runs
        assert runs.begin(run, "S0", StepKind.COMMIT)
        runs.set_step(run, "S0", StepKind.COMMIT, state=StepState.FAILED, message="no")
        stage.running.retry(run, "S0", local("zhang"))
        with pytest.raises(Refused, match="已提交"):
            stage.running.rollback(run, "S0", local("zhang"))
        stage.running.abort(run, local("zhang"))
        assert runs.item(run, "S0").wanted is Wanted.FORWARD

    def test_counts_of_a_run_are_those_of_its_items(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(n) for n in range(5)]), Means())
        run, runs, tallies = (
            stage.running.start(code, local("zhang")).code,
            stage.truth.runs,
            stage.truth.tallies,
        )
        at = {"started_at": "2026-11-22T20:00:00.000+00:00"}
        done = {"state": StepState.DONE, "ended_at": "2026-11-22T20:01:30.500+00:00"} | at
        for name in ("S0", "S1"):
            runs.set_step(run, name, StepKind.PREFLIGHT, **done)
        runs.set_step(run, "S1", StepKind.BACKUP, state=StepState.FAILED, message="no", **at)
        runs.set_item(run, "S1", state=ItemState.FAILED)
        for kind in WAY:
            runs.set_step(run, "S2", kind, state=StepState.SKIPPED)
        runs.set_item(run, "S2", state=ItemState.DONE)
        runs.set_item(run, "S3", state=ItemState.RUNNING)

        heads, whole = tallies.heads(), runs.get(run)
        assert heads == [whole.model_copy(update={"items": ()})]
        (tally,) = tallies.of(heads, stepped=True)
        assert tally.waves == {
            (wave, state): sum((i.wave, i.state) == (wave, state) for i in whole.items)
            for wave, state in {(i.wave, i.state) for i in whole.items}
        }
        assert tally.waiting == ("S1",)
        assert tally.stuck == tuple(i for i in whole.items if i.system == "S1")
        sums = {(s.step, s.state, s.ended): s for s in tally.steps}
        looked = sums[StepKind.PREFLIGHT, StepState.DONE, False]
        assert (looked.many, looked.timed) == (2, 2)
        assert looked.seconds == pytest.approx(181, abs=0.01)
        assert sums[StepKind.COMMIT, StepState.SKIPPED, True].many == 1
        assert not any(s.state is StepState.PENDING for s in tally.steps)

        runs.set_step(run, "S3", StepKind.PREFLIGHT, **done)  # known at once
        runs.set_step(run, "S3", StepKind.BACKUP, state=StepState.RUNNING, **at)
        (later,) = tallies.of(heads, stepped=True)
        assert later.running == ((StepKind.BACKUP, at["started_at"]),)
        assert {s.many for s in later.steps if s.step is StepKind.PREFLIGHT and not s.ended} == {3}

        some = frozenset({"S1", "S2", "S9"})
        (mine,) = tallies.of(heads, some, stepped=True)
        assert (mine.items, mine.waiting) == (2, ("S1",))
        assert sum(s.many for s in mine.steps) == len(WAY) + 2
        assert mine.running == ()
        assert tallies.heads(frozenset({"S9"})) == []
        states = {i.system: i.state for i in whole.items if i.system in some}
        assert tallies.states([run], some) == {run: states}
        assert tallies.moves("S1") == [runs.item(run, "S1")]
        assert sorted(tallies.under_way()) == [(code, "S1"), (code, "S3")]

    def test_a_page_of_a_run_holds_what_is_looked_for(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(n) for n in range(5)]), Means(ignore_windows=True))
        run, tallies = stage.running.start(code, local("zhang")).code, stage.truth.tallies
        whole = stage.truth.runs.get(run).items
        told: list[tuple[int, int]] = []

        def choose(first: int, count: int) -> tuple[int, int]:
            told.append((first, count))
            return first, 2

        assert tallies.page(run, choose) == (whole[:2], 0)
        stage.truth.runs.set_item(run, whole[0].system, state=ItemState.DONE)
        assert tallies.page(run, choose)[1] == 1
        assert tallies.page(run, choose, at=whole[3].system) == (whole[3:], 3)
        mine = frozenset({whole[3].system})
        assert tallies.page(run, choose, mine, at=whole[1].system) == (whole[3:4], 0)
        assert told == [(0, 5), (1, 5), (3, 5), (0, 1)]

    def test_commands_that_do_not_fit_are_refused(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        run, running, runs = (
            stage.running.start(code, local("zhang")).code,
            stage.running,
            stage.truth.runs,
        )
        with pytest.raises(Refused, match="没有失败或挂起的步骤"):
            running.retry(run, "S0", local("zhang"))
        runs.set_step(run, "S0", StepKind.PRESYNC, state=StepState.FAILED)
        with pytest.raises(Refused, match="不可跳过"):
            running.skip(run, "S0", local("zhang"), "why not")
        runs.set_step(run, "S0", StepKind.PRESYNC, state=StepState.DONE)
        runs.set_step(run, "S0", StepKind.BACKUP, state=StepState.FAILED)
        with pytest.raises(Refused, match="理由"):
            running.skip(run, "S0", local("zhang"), "  ")
        running.skip(run, "S0", local("zhang"), "昨夜已备份")
        step = runs.item(run, "S0").step(StepKind.BACKUP)
        assert (step.state, step.message) == (StepState.SKIPPED, "昨夜已备份")
        runs.set_item(run, "S0", state=ItemState.DONE)
        with pytest.raises(Refused, match="已结束"):
            running.rollback(run, "S0", local("zhang"))

    # attempts

    def open(self, truth: Truth, system: str = "S0", run: str = "R") -> Any:
        return truth.attempts.open(run, system, StepKind.PRESYNC, "here", "/x")

    def test_one_open_attempt_for_each_system(self, truth: Truth) -> None:
        first = self.open(truth)
        with pytest.raises(AttemptAlive, match="S0"):
            self.open(truth, run="R2")
        other = self.open(truth, "S1")
        assert truth.attempts.open_ones("S0") == [first]
        assert truth.attempts.close(first.token, "lost", "gone", [])
        assert self.open(truth).token > other.token > first.token

    def test_of_attempts_at_once_one_opens(self, truth: Truth) -> None:
        results = together(AT_ONCE, lambda n: self.open(truth))
        assert [type(error) for error in errors(results)] == [AttemptAlive] * (AT_ONCE - 1)
        assert len(truth.attempts.of("R")) == 1

    def test_tokens_differ_when_many_open_at_once(self, truth: Truth) -> None:
        results = together(AT_ONCE, lambda n: self.open(truth, f"S{n}"))
        assert not errors(results)
        assert len({attempt.token for attempt in results}) == AT_ONCE

    def test_tokens_grow_though_the_clock_goes_back(
        self, truth: Truth, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = self.open(truth, "S0")
        monkeypatch.setattr("migrator.store.attempts.time.time_ns", lambda: 1_000_000)
        second = self.open(truth, "S1")
        assert second.token == first.token + 1

    def test_an_outcome_is_written_once(self, truth: Truth) -> None:
        token = self.open(truth).token
        bodies = [{"verb": "presync", "seconds": 1.5, "rows": 3}]
        results = together(AT_ONCE, lambda n: truth.attempts.close(token, "done", f"{n}", bodies))
        assert sorted(results) == [False] * (AT_ONCE - 1) + [True]
        assert not truth.attempts.close(token, "failed", "late", bodies)
        kept = truth.attempts.of("R", "S0")
        assert [a.state for a in kept] == ["done"]
        assert kept[0].message == str(results.index(True))
        evidence = truth.attempts.evidence_of("R", "S0")
        assert [e.body for e in evidence] == ['{"rows":3,"seconds":"1.5","verb":"presync"}']

    def test_a_closed_attempt_is_given_no_place(self, truth: Truth) -> None:
        token = self.open(truth).token
        assert truth.attempts.place(token, pid=7, cgroup="/c")
        assert truth.attempts.of("R")[0].pid == 7
        truth.attempts.close(token, "lost", "", [])
        assert not truth.attempts.place(token, pid=8, cgroup="")
        assert truth.attempts.of("R")[0].pid == 7

    # audit

    def test_every_change_leaves_its_entry_and_the_chain_holds(self, stage: Stage) -> None:
        code, _ = stage.approved(city([system(0)]), Means())
        run = stage.running.start(code, local("wang")).code
        stage.running.pause(run, None, local("wang"), "看看")
        stage.running.rollback(run, "S0", local("wang"), "不迁了")
        chain = stage.truth.audit_entries()
        assert [(e.actor, e.action, e.object) for e in chain] == [
            ("zhang", "plan.make", code),
            ("li", "plan.approve", code),
            ("wang", "run.start", run),
            ("wang", "run.pause", run),
            ("wang", "run.rollback", f"{run}/S0"),
        ]
        assert chain[-1].detail["reason"] == "不迁了"
        assert first_fault(chain) is None

    def test_writers_at_once_keep_one_chain(self, truth: Truth) -> None:
        each = 5

        def write(number: int) -> None:
            for turn in range(each):
                truth.audit(f"p{number}", "note", "x", turn=turn)

        assert not errors(together(AT_ONCE, write))
        chain = truth.audit_entries()
        assert len(chain) == AT_ONCE * each
        assert first_fault(chain) is None
        for number in range(AT_ONCE):
            mine = [e.detail["turn"] for e in chain if e.actor == f"p{number}"]
            assert mine == list(range(each))

    def test_a_change_that_fails_leaves_no_entry(self, truth: Truth, plan: Plan) -> None:
        code = truth.plans.add(plan, "zhang").code
        truth.runs.add(code, plan, "zhang")
        before = truth.audit_entries()
        with pytest.raises(Refused):
            truth.runs.add(code, plan, "zhang")
        assert truth.audit_entries() == before

    TAMPERING = (
        "UPDATE audit SET actor = 'nobody' WHERE seq = 2",
        "UPDATE audit SET detail = '{}' WHERE seq = 2",
        "UPDATE audit SET at = '2020-01-01T00:00:00+00:00' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
    )

    def three_entries(self, truth: Truth) -> None:
        for number in range(3):
            truth.audit("zhang", "note", "x", number=number)

    @pytest.mark.parametrize("table", ["reports", "report_files", "report_sendings"])
    def test_final_reports_refuse_to_be_changed(self, truth: Truth, table: str) -> None:
        kept = truth.reports.keep(REPORT, {"html": b"x"}, actor="zhang")
        truth.sendings.add(replace(SENT, report=kept.id), actor="zhang")
        assert truth.reports.get(kept.id).report == REPORT
        assert truth.reports.content(kept.id, "html") == b"x"
        assert [one.on for one in truth.sendings.every()] == [SENT.on]
        column = {"reports": "reason", "report_files": "digest"}.get(table, "channel")
        for statement in (f"UPDATE {table} SET {column} = ''", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"):
                self.change(truth, statement)
        assert truth.reports.faults() == []

    @pytest.mark.parametrize("statement", TAMPERING)
    def test_the_audit_refuses_to_be_changed(self, truth: Truth, statement: str) -> None:
        self.three_entries(truth)
        before = truth.audit_entries()
        with pytest.raises(DatabaseError, match="append-only"):
            self.change(truth, statement)
        assert truth.audit_entries() == before

    @pytest.mark.parametrize("statement", TAMPERING[:-1])
    def test_what_was_changed_all_the_same_is_found(self, truth: Truth, statement: str) -> None:
        self.three_entries(truth)
        self.drop_triggers(truth)
        self.change(truth, statement)
        assert "2" in (first_fault(truth.audit_entries()) or "")

    def test_an_entry_that_was_made_anew_breaks_the_chain(self, truth: Truth) -> None:
        """Somebody who knows how hashes are made changes an entry and its hash."""
        self.three_entries(truth)
        self.drop_triggers(truth)
        forged = truth.audit_entries()[1]
        forged = type(forged)(**{**forged.__dict__, "actor": "nobody"})
        statement = "UPDATE audit SET actor = :actor, hash = :hash WHERE seq = 2"
        self.change(truth, statement, actor="nobody", hash=forged.expected_hash())
        assert "3" in (first_fault(truth.audit_entries()) or "")

    def drop_triggers(self, truth: Truth) -> None:
        raise NotImplementedError
