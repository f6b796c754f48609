"""Who waits for an answer just now: long work of the same process (a city's judgement) rests meanwhile,
since Python runs one thread at a time and each would take the other's."""

import threading
import time
from collections.abc import Callable

REST = 0.05
"""Longest rest at a time, in seconds."""
RESTS = 30.0
"""Seconds of rest in all, after which the work goes on whoever waits: it must come to its end."""


class Calm:
    """Counts requests whose answer has not begun. Safe between threads."""

    def __init__(self) -> None:
        self._waiting = 0
        self._lock = threading.Lock()
        self._calm = threading.Event()
        self._calm.set()

    def begin(self) -> None:
        with self._lock:
            self._waiting += 1
            self._calm.clear()

    def end(self) -> None:
        with self._lock:
            self._waiting -= 1
            if not self._waiting:
                self._calm.set()

    @property
    def busy(self) -> bool:
        return self._waiting > 0

    def rests(self, after: float) -> Callable[[], None]:
        """What long work calls often: it returns at once, or when nobody waits. In the first `after`
        seconds it never rests: short work is what they wait for."""
        begun, left = time.monotonic(), RESTS

        def rest() -> None:
            nonlocal left
            if not self._waiting or left <= 0 or time.monotonic() - begun < after:
                return
            since = time.monotonic()
            self._calm.wait(REST)
            left -= time.monotonic() - since

        return rest
