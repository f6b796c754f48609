"""A worker and the engine's client on a loop of their own, for stories told from outside."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.worker import Replayer

from inventory.model import Estate
from migrator.engine.client import Engine
from migrator.engine.messages import ItemRef
from migrator.engine.worker import RUNNER, Post, run_worker
from migrator.engine.workflows import ItemWorkflow, NetworkWorkflow, PlanWorkflow
from migrator.errors import EngineDown
from migrator.people.rights import local
from migrator.planning.plan import Means, Plan
from migrator.use_cases.network_plans import Networking
from tests.migrator.scripted import DEADLINE, Stage


@dataclass
class EngineRoom:
    """`stage` driven by the Temporal server at `address`."""

    stage: Stage
    address: str
    runs: list[str] = field(default_factory=list)
    network_plans: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.engine: Engine = self.do(Engine.at(self.address))
        self.stage.begin = lambda run: self.do(self.engine.start(run))
        self.stage.wake = lambda run, systems: self.do(self.engine.wake(run, systems))
        self._stop: asyncio.Event | None = None
        self._worker: Any = None

    def do[T](self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE)

    def start_worker(self, post: Post | None = None) -> None:
        self._stop = asyncio.Event()
        work = run_worker(self.engine.client, self.stage.activities, self._stop, post)
        self._worker = asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop_worker(self) -> None:
        """What a worker does at SIGTERM; returns once it has ended."""
        if self._stop:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._worker.result(DEADLINE)
        self._stop = None

    def order(self, estate: Estate, **means: Any) -> tuple[str, Plan]:
        """Plan, approve and start: the code of the run."""
        known = {"ignore_windows": True, "soak_seconds": 0, "per_room": 4, "per_line": 4} | means
        code, plan = self.stage.approved(estate, Means(**known))
        run = self.stage.running.start(code, local("zhang")).code
        self.runs.append(run)
        return run, plan

    def networking(self, *, away: bool = False) -> Networking:
        """`away`: the engine takes no command."""

        def begin(code: str) -> None:
            self.network_plans = sorted({*self.network_plans, code})
            if away:
                raise EngineDown("away")
            self.do(self.engine.start_network(code))

        return Networking(
            truth=self.stage.truth,
            estate=self.stage.estate,
            timezone="Asia/Shanghai",
            rules=self.stage.gates.rules,
            begin=begin,
            wake=lambda code: self.do(self.engine.wake(code, ())),
        )

    def wait_network(self, code: str, state: str) -> None:
        """Until the network plan is in `state`, in the truth and where it has ended in the engine."""
        network = self.stage.truth.network
        self.stage.world.wait(lambda: network.record(code).state == state, f"{code} {state}")
        if state != "running":
            assert self.do(self.engine.client.get_workflow_handle(code).result()) == state

    def wait_state(self, run: str, system: str, state: str) -> None:
        """Until the item is in `state`."""
        self.stage.world.wait(
            lambda: self.stage.states(run)[system] == state, f"{run}/{system} to be {state}"
        )

    def wait_end(self, run: str, state: str) -> dict[str, str]:
        """Until the run has ended in the truth and in the engine; its items' states."""
        truth = self.stage.truth
        self.stage.world.wait(lambda: bool(truth.runs.get(run).ended_at), f"{run} to end")
        assert truth.runs.get(run).state == state
        assert self.do(self.engine.client.get_workflow_handle(run).result()) == state
        assert self.stage.world.faults == []
        return self.stage.states(run)

    def replay(self) -> int:
        """Replay every history of our runs with today's workflows; fails if one goes another way.

        The number of histories."""
        return self.do(self._replay())

    async def _replay(self) -> int:
        replayer = Replayer(
            workflows=[PlanWorkflow, ItemWorkflow, NetworkWorkflow],
            data_converter=pydantic_data_converter,
            workflow_runner=RUNNER,
        )
        count = 0
        for handle in self.handles():
            try:
                history = await handle.fetch_history()
            except RPCError:
                continue  # an item whose turn never came
            await replayer.replay_workflow(history)
            count += 1
        return count

    def activities(self, run: str, system: str) -> list[str]:
        """Names of the activities of an item's workflow, in their order."""
        name = ItemRef(run=run, system=system).workflow_id
        history = self.do(self.engine.client.get_workflow_handle(name).fetch_history())
        every = [event.activity_task_scheduled_event_attributes for event in history.events]
        return [one.activity_type.name for one in every if one.activity_type.name]

    def handles(self) -> list[WorkflowHandle[Any, Any]]:
        ids = [*self.runs, *self.network_plans]
        for run in self.runs:
            items = self.stage.truth.runs.get(run).items
            ids += [ItemRef(run=run, system=item.system).workflow_id for item in items]
        return [self.engine.client.get_workflow_handle(name) for name in ids]

    async def _terminate(self) -> None:
        for handle in self.handles():
            try:
                await handle.terminate("the test is over")
            except RPCError:
                continue  # has ended, or never began

    def close(self) -> None:
        """Stop the worker and leave nothing open for the next test's."""
        for key in list(self.stage.world.closed):
            self.stage.world.let_go(*key)
        try:
            self.stop_worker()
            self.do(self._terminate())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
