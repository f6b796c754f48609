"""Whether anything in the database has changed: a question far cheaper than any answer from it.

    mark = Mark(engine)
    mark.read()        # equal to what it was: nothing was committed meanwhile

SQLite counts the commits of others for each connection (`PRAGMA data_version`), a few microseconds from
shared memory; ours is one that never writes. PostgreSQL tells which transactions a reader sees: equal
snapshots see the same rows.
"""

import sqlite3
import threading
import weakref
from collections.abc import Hashable
from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from inventory.database import reading


class Mark:
    """Safe between threads. `at_once`: it never waits, and may be asked on an event loop."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._own: sqlite3.Connection | None = None
        self._file = 0, 0
        self.at_once = engine.dialect.name == "sqlite"

    def read(self) -> Hashable | None:
        """To be asked before what it marks is read; None where it cannot be told."""
        try:
            return self._data_version() if self.at_once else self._snapshot()
        except (sqlite3.Error, SQLAlchemyError, OSError):
            return None

    def _data_version(self) -> Hashable:
        path = self._engine.url.database or ""
        with self._lock:
            told = Path(path).stat()
            file = told.st_dev, told.st_ino
            if self._own is None or self._file != file:  # who has a file open doesn't see it go
                self._own = sqlite3.connect(
                    path, timeout=0, isolation_level=None, check_same_thread=False
                )
                self._file = file
                weakref.finalize(self, self._own.close)
            (version,) = self._own.execute("PRAGMA data_version").fetchone()
        return file, int(version)

    def _snapshot(self) -> Hashable:
        with reading(self._engine) as connection:
            told = connection.scalar(text("SELECT CAST(txid_current_snapshot() AS text)"))
        return str(told)
