"""Runs that an earlier build began go on with this one: its histories are replayed, as they were kept."""

import asyncio
import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from migrator.worker import RUNNER
from migrator.workflows import ItemWorkflow, PlanWorkflow
from tests.migrator.histories import FOLDER

KEPT = sorted(FOLDER.glob("*.json"))


def replay(path: Path, text: str) -> None:
    async def run() -> None:
        replayer = Replayer(
            workflows=[PlanWorkflow, ItemWorkflow],
            data_converter=pydantic_data_converter,
            workflow_runner=RUNNER,
        )
        await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, text))

    asyncio.run(run())


def test_histories_of_former_builds_replay() -> None:
    assert {path.name.split(".")[1] for path in KEPT} == {"item", "run"}
    for path in KEPT:
        replay(path, path.read_text())


def test_another_way_would_be_seen() -> None:
    """What the test above rests on: a history that went another way is refused."""
    path = next(p for p in KEPT if ".item." in p.name)
    told = json.loads(path.read_text())
    for event in told["events"]:
        attributes = event.get("activityTaskScheduledEventAttributes")
        if attributes and attributes["activityType"]["name"] == "perform_step":
            attributes["activityType"]["name"] = "another"
            break
    with pytest.raises(NondeterminismError):
        replay(path, json.dumps(told))
