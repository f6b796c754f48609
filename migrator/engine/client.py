"""The client's side of Temporal: connect, start a run, wake whoever sleeps."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from migrator.engine.messages import TASK_QUEUE, ItemRef
from migrator.engine.workflows import NetworkWorkflow, PlanWorkflow
from migrator.errors import EngineDown

DEPLOYMENT = "qianyun"
"""Temporal's name for the versions of our worker together."""


async def connect(address: str, namespace: str) -> Client:
    """A client of the server at `address`. Raises EngineDown."""
    try:
        return await Client.connect(
            address, namespace=namespace, data_converter=pydantic_data_converter
        )
    except (RuntimeError, RPCError) as error:
        raise EngineDown(
            f"无法连接引擎 / the engine does not answer at {address}; start it with `qianyun up` "
            f"or set QIANYUN_TEMPORAL_ADDRESS ({_plain(error)})"
        ) from error


def _plain(error: Exception) -> str:
    """What the library's error says to a person: its dumps of Rust values are cut."""
    head, _, dump = str(error).partition(": tonic::")
    causes = re.findall(r'message: "([^"]+)"', dump)
    return ": ".join([head, *causes[-1:]])


@dataclass(frozen=True)
class Engine:
    client: Client

    @classmethod
    async def at(cls, address: str, namespace: str = "default") -> Self:
        return cls(await connect(address, namespace))

    async def start(self, run: str) -> None:
        """Start the run's workflow; a second start of the same run changes nothing."""
        await self._start(PlanWorkflow.run, run)

    async def start_network(self, plan: str) -> None:
        """The same of a network plan; one that has ended begins once more."""
        await self._start(NetworkWorkflow.run, plan)

    async def _start(self, workflow: Callable[[Any, str], Awaitable[str]], code: str) -> None:
        try:
            await self.client.start_workflow(workflow, code, id=code, task_queue=TASK_QUEUE)
        except WorkflowAlreadyStartedError:
            return
        except RPCError as error:
            raise EngineDown(
                f"引擎未接受 / the engine did not take run {code}: {_plain(error)}"
            ) from error

    async def promote(self, build: str) -> None:
        """From now on workers of this build take all runs, those under way as well. Raises EngineDown
        where none of them has come yet."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self.client.namespace, deployment_name=DEPLOYMENT, build_id=build
        )
        try:
            await self.client.workflow_service.set_worker_deployment_current_version(request)
        except RPCError as error:
            raise EngineDown(
                f"引擎未切换到版本 {build} / the engine did not go over to build {build}: "
                f"{_plain(error)}; start a worker with QIANYUN_WORKER_BUILD={build} first"
            ) from error

    async def wake(self, run: str, systems: tuple[str, ...]) -> None:
        """Wake the run and these items; one that has ended or not begun needs no waking."""
        await self._signal(self.client.get_workflow_handle(run))
        for system in systems:
            ref = ItemRef(run=run, system=system)
            await self._signal(self.client.get_workflow_handle(ref.workflow_id))

    async def _signal(self, handle: "WorkflowHandle[object, object]") -> None:
        try:
            await handle.signal("wake")
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise EngineDown(
                    f"已记录，但引擎未被唤醒 / recorded, but the engine was not woken: {_plain(error)}; it "
                    "looks by itself within a minute of its return"
                ) from error
