"""Entries of the audit that stand alone (a reading, a refusal), written together: who comes while others'
are being written waits, and goes with all who wait into the next transaction. Each returns when its own
entry is committed, as if it had been alone; a disk is made to write once for twenty who read at once.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from inventory.canonical import canonical_json
from migrator.store.audit import record


@dataclass
class _Note:
    """`context`: of who asks, which tells by what they came in."""

    context: Context
    told: Mapping[str, Any]
    written: bool = False
    error: BaseException | None = None


class Noting:
    """Safe between threads."""

    def __init__(self, writing: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._writing = writing
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting: list[_Note] = []

    def note(self, **told: Any) -> None:
        """Raises StoreDown."""
        canonical_json(told["detail"])  # what cannot be written is no fault of others'
        mine = _Note(copy_context(), told)
        with self._lock:
            self._waiting.append(mine)
        with self._turn:
            if not (mine.written or mine.error):
                self._write()
        if mine.error is not None:
            raise mine.error

    def _write(self) -> None:
        with self._lock:
            notes, self._waiting = self._waiting, []
        try:
            with self._writing() as connection:
                for one in notes:
                    one.context.run(record, connection, **one.told)
        except BaseException as error:  # whoever waits must hear of it
            for one in notes:
                one.error = error
            return
        for one in notes:
            one.written = True
