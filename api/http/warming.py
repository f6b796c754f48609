"""What somebody would wait for at the first question is made soon after the start: the city's judgement
(seconds, of a large one) and the document of the API (some two)."""

import threading
from collections.abc import Callable, Sequence

import structlog

SOON = 2.0
"""Seconds after the start: what is asked at once comes first."""

_log = structlog.get_logger("api.http.warming")


def warmed(stopping: threading.Event, works: Sequence[Callable[[], object]]) -> None:
    """Do each in a thread that holds nothing up; what fails is told to who asks for it."""

    def work() -> None:
        for one in works:
            if stopping.wait(SOON):
                return
            try:
                one()
            except Exception as error:
                _log.info("not made beforehand", kind=type(error).__name__)

    threading.Thread(target=work, name="warming", daemon=True).start()
