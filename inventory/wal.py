"""SQLite files that several processes open: write-ahead log, and patience to get there."""

import random
import sqlite3
import time

BUSY_MS = 30_000


def into_wal(database: sqlite3.Connection) -> None:
    """Turn a file to WAL, and wait for locks up to BUSY_MS milliseconds from now on.

    Of two that turn a new file at the same moment SQLite refuses one at once, whatever its
    patience, since each would wait for the other (sqlite.org/c3ref/busy_handler): the patience is
    ours. Raises sqlite3.OperationalError when the file stays locked, or is none.
    """
    database.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    end = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(random.uniform(0.005, 0.05))  # noqa: S311  no secret
        else:
            return
