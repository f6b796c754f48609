"""A worker: runs workflows and activities until it is told to stop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from migrator.activities import Activities
from migrator.messages import TASK_QUEUE
from migrator.workflows import ItemWorkflow, PlanWorkflow

THREADS = 32
"""Steps and questions under way at once in one worker."""


async def run_worker(client: Client, activities: Activities, stop: asyncio.Event) -> None:
    """Work until `stop` is set; then let attempts be cut off and seen to be gone."""
    restrictions = SandboxRestrictions.default.with_passthrough_modules(
        "pydantic", "pydantic_core", "annotated_types", "inventory", "migrator"
    )
    with ThreadPoolExecutor(THREADS) as threads:
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[PlanWorkflow, ItemWorkflow],
            activities=activities.all,
            activity_executor=threads,
            workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
            max_concurrent_activities=THREADS,
            graceful_shutdown_timeout=timedelta(seconds=30),
            # a lost worker must be noticed within the heartbeat time-out, not a minute later
            max_heartbeat_throttle_interval=timedelta(seconds=2),
            default_heartbeat_throttle_interval=timedelta(seconds=1),
        )
        async with worker:
            await stop.wait()
