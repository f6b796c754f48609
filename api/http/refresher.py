"""Bringing the estate up to date in the background: many requests, few refreshes."""

import threading
from collections.abc import Callable, Sequence

import structlog

DELAYS_S: Sequence[float] = (1, 5, 30, 120)
"""Seconds until a refresh that failed is tried again, one after the other; then it is given up
until the next request: NetBox may have been stopped for good."""

_log = structlog.get_logger("api.http.refresher")


class Refresher:
    """Runs `refresh` in a thread of its own, never twice at once. Requests that come while it runs
    lead to exactly one more run afterwards, since what they tell of may have been read already."""

    def __init__(self, refresh: Callable[[], object], delays_s: Sequence[float] = DELAYS_S) -> None:
        self._refresh = refresh
        self._delays = tuple(delays_s)
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._busy = False

    def ask(self) -> None:
        """Ask for a refresh; returns at once."""
        with self._lock:
            self._asked.set()
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._run, name="netbox-refresh", daemon=True).start()

    def _run(self) -> None:
        failures = 0
        while self._next(failures):
            try:
                self._refresh()
                failures = 0
                _log.info("netbox refreshed")
            except Exception as error:  # whatever it is, later events must find a live thread
                failures += 1
                _log.error("netbox refresh failed", failures=failures, error=str(error))

    def _next(self, failures: int) -> bool:
        """Whether there is another refresh to do: after a failure also without a new request."""
        if 0 < failures <= len(self._delays):
            self._asked.wait(self._delays[failures - 1])
        with self._lock:
            again = self._asked.is_set() or 0 < failures <= len(self._delays)
            self._asked.clear()
            self._busy = again
        return again
