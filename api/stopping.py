"""Ctrl-C and SIGTERM for a command that has others at work: told once, then it ends in order."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType


@dataclass
class Told:
    """Which signal came, if one did; the first counts."""

    number: int | None = None

    @property
    def exit_code(self) -> int:
        """As a shell gives it: 130 for Ctrl-C, 143 for SIGTERM."""
        return 128 + (self.number or 0)

    def why(self) -> str | None:
        """The reason to stop, once there is one."""
        if self.number is None:
            return None
        return f"已中断 / stopped by {signal.Signals(self.number).name}"


@contextmanager
def signals() -> Iterator[Told]:
    """Take SIGINT and SIGTERM as a word to stop. A second one changes nothing: what is under way is
    being ended, and nothing may be left."""
    told = Told()
    if threading.current_thread() is not threading.main_thread():
        yield told  # Python lets only the main thread hear signals
        return

    def hear(number: int, _frame: FrameType | None) -> None:
        told.number = told.number or number

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
