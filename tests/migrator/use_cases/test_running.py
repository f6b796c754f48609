"""Commands that are refused or leave the truth tidy, and who the audit says gave them."""

from pathlib import Path

import pytest

from inventory.store_embedded import EmbeddedStore
from migrator.attempts.processes import Pen, own_cgroup
from migrator.errors import Refused
from migrator.people.rights import local
from migrator.planning.plan import Means, StepKind
from migrator.planning.planner import make_plan
from migrator.runs.records import ItemState, StepState
from migrator.store.audit import first_fault
from migrator.store.truth import Truth
from migrator.use_cases.running import Running
from tests.migrator.builders import city, system
from tests.migrator.timing.cities import estate, means
from tests.migrator.timing.cities import system as sized


def _run(truth: Truth) -> tuple[Running, str, str]:
    """A run of one system whose engine is never asked (nothing here needs it)."""
    plan = make_plan(city([system(1)]), Means())
    code = truth.plans.add(plan, "zhang").code
    run = truth.runs.add(code, plan, "wang").code
    running = Running(
        truth=truth,
        estate=EmbeddedStore(truth.engine),
        begin=lambda _: None,
        wake=lambda _, __: None,
    )
    return running, run, plan.items[0].code


@pytest.fixture
def truth(tmp_path: Path) -> Truth:
    return Truth.open(f"sqlite:///{tmp_path}/q.db", login="root")


def test_one_item_of_a_paused_run_is_not_resumed(truth: Truth) -> None:
    running, run, code = _run(truth)
    running.pause(run, None, local("wang"))
    with pytest.raises(Refused, match=f"qianyun run resume {run}"):
        running.resume(run, code, local("wang"))
    running.resume(run, None, local("wang"))
    running.resume(run, code, local("wang"))


def test_an_ended_item_has_no_step_under_way(truth: Truth) -> None:
    _, run, code = _run(truth)
    truth.runs.set_step(run, code, StepKind.SOAK, state=StepState.RUNNING)
    truth.runs.set_step(run, code, StepKind.BACKUP, state=StepState.DONE)
    truth.runs.settle(run, code)
    item = truth.runs.item(run, code)
    assert item.step(StepKind.SOAK).state is StepState.PENDING
    assert item.step(StepKind.BACKUP).state is StepState.DONE


def test_a_retry_ends_the_waiting_at_once(truth: Truth) -> None:
    running, run, code = _run(truth)
    truth.runs.set_step(run, code, StepKind.BACKUP, state=StepState.FAILED)
    truth.runs.set_item(run, code, state=ItemState.FAILED)
    running.retry(run, code, local("wang"))
    assert truth.runs.item(run, code).state is ItemState.RUNNING
    assert truth.runs.item(run, code).blocked is None


def test_the_account_stands_beside_the_name(truth: Truth) -> None:
    truth.audit("zhang", "note", "x")
    entry = truth.audit_entries()[-1]
    assert (entry.actor, entry.detail["login"]) == ("zhang", "root")
    assert first_fault(truth.audit_entries()) is None


def test_a_pen_is_found_whose_worker_died_before_it_wrote_it_down() -> None:
    made = Pen.make("a1-lost")
    found = Pen.found("a1-lost", "")
    assert found == made
    found.empty(5)
    own = own_cgroup()
    assert own is None or not (own / "qianyun-a1-lost").exists()


def test_a_plan_of_nights_without_an_item_starts_no_run(truth: Truth) -> None:
    plan = make_plan(estate([sized("S0")]), Means(city=means()))
    assert plan.timetable is not None
    record = truth.plans.add(plan, "zhang")
    truth.plans.decide(record.code, decision="approve", digest=record.digest, actor="li", reason="")
    running = Running(
        truth=truth,
        estate=EmbeddedStore(truth.engine),
        begin=lambda _: None,
        wake=lambda _, __: None,
    )
    with pytest.raises(Refused, match="没有可由剧本执行的迁移项"):
        running.start(record.code, local("wang"))
    assert truth.runs.all() == []
