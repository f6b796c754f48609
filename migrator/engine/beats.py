"""How an activity tells that it lives, and hears that its worker is to stop."""

import time
from collections.abc import Callable

from temporalio import activity


def rarely(act: Callable[[], object], seconds: float) -> Callable[[], None]:
    """`act`, done at most each `seconds` however often it is called. What waits for a process looks
    twice a second; a beat that the server would not be told anyway costs a thread and an encoder."""
    last = [float("-inf")]

    def maybe() -> None:
        now = time.monotonic()
        if now - last[0] >= seconds:
            last[0] = now
            act()

    return maybe


def stop_of_worker() -> str | None:
    """Why what is under way must stop."""
    if activity.is_cancelled() or activity.is_worker_shutdown():
        return "执行进程停止 / the worker is shutting down"
    return None
