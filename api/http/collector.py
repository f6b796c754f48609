"""The garbage collector out of the way of work that makes very many objects and drops none."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_inside = 0
_was_on = True


@contextmanager
def paused() -> Iterator[None]:
    """Without it, the collector walks an estate of tens of thousands of objects again and again
    while it grows, and finds nothing: a third of the time. It is on again when the last thread that
    is inside has left."""
    global _inside, _was_on  # noqa: PLW0603  the collector is one for all threads
    with _lock:
        if not _inside:
            _was_on = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _was_on:
                gc.enable()


def settled() -> None:
    """Take what there is out of the collector's sight: it is kept for long, and holds no circles. To walk
    a judged city of two million objects, the collector stops every thread for two seconds and a half.
    What is dropped later goes by its count of references, as ever."""
    gc.freeze()
