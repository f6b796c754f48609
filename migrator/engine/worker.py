"""A worker: runs workflows and activities until it is told to stop."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from migrator.engine.activities import Activities
from migrator.engine.client import DEPLOYMENT, Engine
from migrator.engine.messages import queue_of
from migrator.engine.workflows import ItemWorkflow, NetworkWorkflow, PlanWorkflow
from migrator.errors import MigratorError, Refused

log = structlog.get_logger(__name__)

LOOK_SECONDS = 15.0
"""How often a worker looks for runs that have no workflow, and tells that it is there."""

THREADS = 32
"""Steps under way at once in one worker, where nothing else is set."""

QUESTIONS = 8
"""Threads besides, for questions: they are short, and steps must not keep them waiting."""


RUNNER = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "pydantic", "pydantic_core", "annotated_types", "inventory", "migrator"
    )
)
"""Where workflows are tried: what could make them forget or differ (clocks, dice, files) is refused.
The tests replay every history in it. Workers do without: it would be a fifth of what an item costs them.
"""


@dataclass(frozen=True, kw_only=True)
class Post:
    """Where a worker stands. `zone` "": with the workflows, doing steps of rooms without a zone;
    otherwise it does the steps of that zone alone. `build`: what this program is called among the
    versions that work together; "": there are none. `beside`: done now and then besides."""

    machine: str = ""
    zone: str = ""
    build: str = ""
    steps: int = THREADS
    beside: Callable[[], object] | None = None


async def run_worker(
    client: Client, activities: Activities, stop: asyncio.Event, post: Post | None = None
) -> None:
    """Work until `stop` is set; then let attempts be cut off and seen to be gone. Raises Refused on
    a machine that a person declared off."""
    post = post or Post()
    activities.require_welcome(post.machine, post.zone)
    with ThreadPoolExecutor(post.steps + QUESTIONS) as threads:
        async with _worker(client, activities, post, threads):
            await _keep(Engine(client), activities, stop, post)


def _worker(
    client: Client, activities: Activities, post: Post, threads: ThreadPoolExecutor
) -> Worker:
    given: dict[str, Any] = {
        "task_queue": queue_of(post.zone),
        "activities": activities.steps if post.zone else activities.all,
        "activity_executor": threads,
        "max_concurrent_activities": post.steps + QUESTIONS,
        "graceful_shutdown_timeout": timedelta(seconds=30),
        # four a time-out: one or two may be late, and a lost worker is noticed all the same
        "max_heartbeat_throttle_interval": timedelta(seconds=activities.heartbeat_seconds / 4),
        "default_heartbeat_throttle_interval": timedelta(seconds=activities.heartbeat_seconds / 4),
    }
    if not post.zone:
        given |= {
            "workflows": [PlanWorkflow, ItemWorkflow, NetworkWorkflow],
            "workflow_runner": UnsandboxedWorkflowRunner(),
        }
    if post.build and not post.zone:  # steps of a zone are the same by whichever version is there
        given["deployment_config"] = WorkerDeploymentConfig(
            version=WorkerDeploymentVersion(DEPLOYMENT, post.build),
            use_worker_versioning=True,
            # histories of former builds are replayed by tests: a run goes over to the newer build
            default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
        )
    return Worker(client, **given)


async def _keep(engine: Engine, activities: Activities, stop: asyncio.Event, post: Post) -> None:
    """Tell now and then that we are here; begin the workflow of every open run that has none; do what
    is to be done besides. Until `stop` is set, or a person declares this machine off.

    A run that was ordered while the engine was down, or whose engine lost its database, is in
    the truth and nowhere else; beginning one that exists changes nothing.
    """
    while not stop.is_set():
        try:
            await asyncio.to_thread(activities.require_welcome, post.machine, post.zone)
            if not post.zone:
                for run in await asyncio.to_thread(activities.open_runs):
                    await engine.start(run)
                for plan in await asyncio.to_thread(activities.open_network_plans):
                    await engine.start_network(plan)
            if post.beside:
                await asyncio.to_thread(post.beside)
        except Refused:
            raise
        except MigratorError as error:
            log.warning("runs were not looked after", error=str(error))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
