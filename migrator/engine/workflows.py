"""The workflows: durable, thin, deterministic. They ask the truth what is next and do it.

A signal only wakes. A wait is a durable timer of at most `RECHECK`, so that a signal which never
came (the engine was down when an operator spoke) costs a minute and nothing else.
"""

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from migrator.engine.messages import (
        ItemOrder,
        ItemRef,
        NetworkOrder,
        NetworkRef,
        RunOrder,
        StepRef,
    )

RECHECK = timedelta(seconds=60)
_BRIEF = timedelta(seconds=30)
_LONG = timedelta(days=2)
_FOREVER = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=1.5,
    maximum_interval=timedelta(seconds=15),
)


class _Sleeper:
    """Waits until woken or until the time is up; a wake-up that came before is not lost."""

    def __init__(self) -> None:
        self._woken = False

    def wake(self) -> None:
        self._woken = True

    def forget(self) -> None:
        """What woke us will be seen: we are about to ask."""
        self._woken = False

    async def wait(self, limit: timedelta) -> None:
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self._woken, timeout=limit)
        self._woken = False


@workflow.defn
class ItemWorkflow:
    """One system's way, one step after the other."""

    def __init__(self) -> None:
        self._sleeper = _Sleeper()

    @workflow.signal
    def wake(self) -> None:
        self._sleeper.wake()

    @workflow.run
    async def run(self, ref: ItemRef) -> str:
        told: ItemOrder | None = None
        while True:
            order = told or await self._ask(ref)
            told = None
            if order.end is not None:
                await self._tell_run(ref)
                return order.end.value
            if order.step is not None:
                step = StepRef(
                    run=ref.run,
                    system=ref.system,
                    step=order.step,
                    heartbeat_seconds=order.heartbeat_seconds,
                )
                # a step of the same worker brings the next order with it: half the activities
                told = await workflow.execute_activity(
                    "perform_step",
                    step,
                    result_type=ItemOrder,  # None (builds before, workers of zones) passes
                    task_queue=order.queue,
                    start_to_close_timeout=_LONG,
                    heartbeat_timeout=timedelta(seconds=order.heartbeat_seconds),
                    retry_policy=_FOREVER,
                )
                continue
            wait = timedelta(seconds=order.wait_seconds or RECHECK.total_seconds())
            await self._sleeper.wait(min(wait, RECHECK))
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(ref)

    async def _ask(self, ref: ItemRef) -> ItemOrder:
        order: ItemOrder = await workflow.execute_activity(
            "next_of_item",
            ref,
            result_type=ItemOrder,
            start_to_close_timeout=_BRIEF,
            retry_policy=_FOREVER,
        )
        return order

    async def _tell_run(self, ref: ItemRef) -> None:
        run = workflow.get_external_workflow_handle(ref.run)
        try:
            await run.signal("wake")
        except Exception as error:  # the run rechecks by itself; its end is not ours to prevent
            workflow.logger.info("run %s was not woken: %s", ref.run, error)


@workflow.defn
class PlanWorkflow:
    """A run: starts items as waves and limits allow, until every item has ended."""

    def __init__(self) -> None:
        self._sleeper = _Sleeper()

    @workflow.signal
    def wake(self) -> None:
        self._sleeper.wake()

    @workflow.run
    async def run(self, run: str) -> str:
        begun: set[str] = set()
        while True:
            order: RunOrder = await workflow.execute_activity(
                "next_of_run",
                run,
                result_type=RunOrder,
                start_to_close_timeout=_BRIEF,
                retry_policy=_FOREVER,
            )
            if order.end is not None:
                return order.end.value
            # under way by the truth and not begun by us: the engine lost its database, or the
            # worker died between marking an item and answering
            for system in (*order.under_way, *order.start):
                if system not in begun:
                    await self._begin(ItemRef(run=run, system=system))
                    begun.add(system)
            await self._sleeper.wait(RECHECK)
            if order.gather_seconds:  # those that end together are answered together
                await workflow.sleep(order.gather_seconds)
                self._sleeper.forget()
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(run)

    async def _begin(self, ref: ItemRef) -> None:
        """Start an item's workflow; one that is under way is left alone."""
        with contextlib.suppress(WorkflowAlreadyStartedError):
            await workflow.start_child_workflow(
                ItemWorkflow.run,
                ref,
                id=ref.workflow_id,
                parent_close_policy=ParentClosePolicy.ABANDON,
            )


@workflow.defn
class NetworkWorkflow:
    """A network plan's changes, one after the other, there or back."""

    def __init__(self) -> None:
        self._sleeper = _Sleeper()

    @workflow.signal
    def wake(self) -> None:
        self._sleeper.wake()

    @workflow.run
    async def run(self, plan: str) -> str:
        while True:
            order: NetworkOrder = await workflow.execute_activity(
                "next_of_network",
                plan,
                result_type=NetworkOrder,
                start_to_close_timeout=_BRIEF,
                retry_policy=_FOREVER,
            )
            if order.end:
                return order.end
            if order.number is not None and order.step is not None:
                await workflow.execute_activity(
                    "perform_network",
                    NetworkRef(
                        plan=plan,
                        number=order.number,
                        step=order.step,
                        heartbeat_seconds=order.heartbeat_seconds,
                    ),
                    task_queue=order.queue,
                    start_to_close_timeout=_LONG,
                    heartbeat_timeout=timedelta(seconds=order.heartbeat_seconds),
                    retry_policy=_FOREVER,
                )
                continue
            wait = timedelta(seconds=order.wait_seconds or RECHECK.total_seconds())
            await self._sleeper.wait(min(wait, RECHECK))
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(plan)
