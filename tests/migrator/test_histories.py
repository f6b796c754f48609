"""Runs that an earlier build began go on with this one: its histories are replayed, as they were kept."""

import asyncio
import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from migrator.engine.worker import RUNNER
from migrator.engine.workflows import ItemWorkflow, NetworkWorkflow, PlanWorkflow
from tests.migrator.histories import FOLDER

KEPT = sorted(FOLDER.glob("*.json"))


def replay(path: Path, text: str) -> None:
    async def run() -> None:
        replayer = Replayer(
            workflows=[PlanWorkflow, ItemWorkflow, NetworkWorkflow],
            data_converter=pydantic_data_converter,
            workflow_runner=RUNNER,
        )
        await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, text))

    asyncio.run(run())


def test_histories_of_former_builds_replay() -> None:
    assert {path.name.split(".")[1] for path in KEPT} == {"item", "network", "run"}
    for path in KEPT:
        replay(path, path.read_text())


def asked(path: Path) -> int:
    """How often an item's workflow asked for its next order, by its history."""
    events = json.loads(path.read_text())["events"]
    begun = [event.get("activityTaskScheduledEventAttributes") for event in events]
    return sum(1 for a in begun if a and a["activityType"]["name"] == "next_of_item")


def test_both_ways_to_the_next_order_are_among_them() -> None:
    """`first`: asked for after each step. `carried`: brought by the step's result."""
    for system in ("S0", "S1"):
        first, carried = (FOLDER / f"{name}.item.{system}.json" for name in ("first", "carried"))
        assert 0 < asked(carried) < asked(first) / 2


def test_another_way_would_be_seen() -> None:
    """What the test above rests on: a history that went another way is refused."""
    path = next(p for p in KEPT if p.name.startswith("first.item."))
    told = json.loads(path.read_text())
    for event in told["events"]:
        attributes = event.get("activityTaskScheduledEventAttributes")
        if attributes and attributes["activityType"]["name"] == "perform_step":
            attributes["activityType"]["name"] = "another"
            break
    with pytest.raises(NondeterminismError):
        replay(path, json.dumps(told))
