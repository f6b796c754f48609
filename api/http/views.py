"""Runs and plans as plain data, whole: what --json and the HTTP API give."""

from typing import Any

from migrator.runs.approvals import PlanRecord
from migrator.runs.records import RunRecord, RunState
from migrator.store.truth import Truth


def plan_summary(record: PlanRecord) -> dict[str, Any]:
    """A plan without its content."""
    return {"state": record.state} | record.model_dump(mode="json", exclude={"decisions"})


def run_summary(run: RunRecord) -> dict[str, Any]:
    """A run without its steps; `items`: state by system."""
    data = run.model_dump(mode="json", exclude={"items"})
    return data | {"items": {item.system: item.state.value for item in run.items}}


def run_whole(truth: Truth, run: RunRecord) -> dict[str, Any]:
    """A run with every attempt and all evidence."""
    evidence = [
        record.model_dump(mode="json") | {"body": record.content}
        for record in truth.attempts.evidence_of(run.code)
    ]
    attempts = [attempt.model_dump(mode="json") for attempt in truth.attempts.of(run.code)]
    whole = run.model_dump(mode="json") | {"waiting_for_operator": waiting(run)}
    return whole | {"attempts": attempts, "evidence": evidence}


def names_of(truth: Truth, run: RunRecord) -> dict[str, str]:
    """The systems' names as the run's plan has them."""
    return {item.code: item.system.name for item in truth.plans.load(run.plan).items}


def waiting(run: RunRecord) -> list[str]:
    """Systems whose item waits for an operator's decision."""
    return [item.system for item in run.items if item.waits]


def self_paused(run: RunRecord) -> bool:
    """Whether the run paused itself, since a wave lost an item."""
    return run.state is RunState.PAUSED and bool(run.note)
