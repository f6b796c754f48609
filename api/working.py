"""The worker's life: wait for the engine, work, start over when the engine went away."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine

import structlog

from api.bootstrap import Qianyun
from migrator.engine.client import connect
from migrator.engine.server import wait_for_server
from migrator.engine.worker import run_worker
from migrator.errors import EngineDown, Refused

PAUSE = 1.0
"""Seconds before starting over after the engine was lost."""

_log = structlog.get_logger("worker")


async def work(product: Qianyun, ready_fd: int | None = None) -> None:
    """Work until SIGTERM or SIGINT; then attempts are cut off and seen to be gone.

    `ready_fd`: a descriptor that is told "ready" once work is taken. Raises NotFound when there
    is no SSH key.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    activities = product.activities()
    address, namespace = product.settings.temporal_address, product.settings.temporal_namespace
    while not stop.is_set():
        try:
            if await _unless(stop, wait_for_server(address, namespace)):
                client = await connect(address, namespace)
                _log.info("working", engine=address)
                _tell(ready_fd)
                ready_fd = None
                await run_worker(client, activities, stop, product.post)
        except Refused:
            raise
        except EngineDown as error:
            _log.warning("engine away", reason=str(error))
        except Exception:  # whatever the engine's library says of a server that went away
            _log.exception("worker fell, starts over")
        await _unless(stop, asyncio.sleep(PAUSE))
    _log.info("stopped")


async def _unless(stop: asyncio.Event, waiting: Coroutine[None, None, None]) -> bool:
    """Await `waiting` unless `stop` comes first; whether it came to its end."""
    task = asyncio.create_task(waiting)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return False
    task.result()
    return True


def _tell(ready_fd: int | None) -> None:
    if ready_fd is not None:
        os.write(ready_fd, b"ready\n")
        os.close(ready_fd)
