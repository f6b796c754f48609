"""A worker: runs workflows and activities until it is told to stop."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from migrator.activities import Activities
from migrator.engine import Engine
from migrator.errors import MigratorError
from migrator.messages import TASK_QUEUE
from migrator.workflows import ItemWorkflow, PlanWorkflow

log = structlog.get_logger(__name__)

LOOK_SECONDS = 15.0
"""How often a worker looks for runs that have no workflow."""

THREADS = 32
"""Steps and questions under way at once in one worker."""


RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "pydantic", "pydantic_core", "annotated_types", "inventory", "migrator"
    )
)
"""Where workflows run: what could make them forget or differ (clocks, dice, files) is refused."""


async def run_worker(client: Client, activities: Activities, stop: asyncio.Event) -> None:
    """Work until `stop` is set; then let attempts be cut off and seen to be gone."""
    with ThreadPoolExecutor(THREADS) as threads:
        worker = Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[PlanWorkflow, ItemWorkflow],
            activities=activities.all,
            activity_executor=threads,
            workflow_runner=RUNNER,
            max_concurrent_activities=THREADS,
            graceful_shutdown_timeout=timedelta(seconds=30),
            # a lost worker must be noticed within the heartbeat time-out, not a minute later
            max_heartbeat_throttle_interval=timedelta(seconds=2),
            default_heartbeat_throttle_interval=timedelta(seconds=1),
        )
        async with worker:
            await _keep_runs_begun(Engine(client), activities, stop)


async def _keep_runs_begun(engine: Engine, activities: Activities, stop: asyncio.Event) -> None:
    """Begin the workflow of every open run that has none, until `stop` is set.

    A run that was ordered while the engine was down, or whose engine lost its database, is in
    the truth and nowhere else; beginning one that exists changes nothing.
    """
    while not stop.is_set():
        try:
            for run in await asyncio.to_thread(activities.open_runs):
                await engine.start(run)
        except MigratorError as error:
            log.warning("runs were not looked after", error=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
