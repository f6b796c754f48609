"""Many visits at once, but never more than the limits say."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from probes.census.model import Limits, Target
from probes.census.session import Sessions
from probes.census.visit import Visited, visit

type Visitor = Callable[[Target, Sessions], Visited]


def sweep(
    targets: Iterable[Target],
    limits: Limits,
    *,
    begun: Callable[[Target], None],
    done: Callable[[Target, Visited], None],
    visitor: Visitor = visit,
) -> None:
    """Visit every target; `begun` and `done` are called in this thread, in the order of events.

    Whatever they raise, and KeyboardInterrupt, ends the sweep: every session is ended first, and
    what was under way then is not told as done.
    """
    sessions = Sessions(limits)
    waiting = deque(targets)
    under_way: dict[Future[Visited], Target] = {}
    pool = ThreadPoolExecutor(limits.at_once, thread_name_prefix="census")
    try:
        while waiting or under_way:
            while len(under_way) < limits.at_once:
                target = _next(waiting, under_way.values(), limits.per_line)
                if target is None:
                    break
                begun(target)
                under_way[pool.submit(visitor, target, sessions)] = target
            ended, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ended:
                done(under_way.pop(future), future.result())
    finally:
        sessions.stop()
        pool.shutdown(wait=True, cancel_futures=True)


def _next(waiting: deque[Target], under_way: Iterable[Target], per_line: int) -> Target | None:
    """The first that waits whose lines have room; taken out of `waiting`."""
    if not waiting:
        return None
    if not per_line:
        return waiting.popleft()
    used = Counter(line for target in under_way for line in target.lines)
    for number, target in enumerate(waiting):
        if all(used[line] < per_line for line in target.lines):
            del waiting[number]
            return target
    return None
