"""One writer after the other, as far as writers are ours: NetBox itself has no such queue.

On PostgreSQL an advisory lock, so that several machines queue; on SQLite a lock on a file beside
the database, since a lock inside it would stop every other command for minutes.
"""

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

_LOCK = 0x7169616F  # PostgreSQL advisory lock; the estate's own is 0x7169616E
_HERE = threading.Lock()


@contextmanager
def turn(engine: Engine) -> Iterator[None]:
    """Waits until no other process writes to NetBox for this database."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
            connection.commit()
            try:
                yield
            finally:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
                connection.commit()
        return
    with _HERE:
        if not engine.url.database or engine.url.database == ":memory:":
            yield
            return
        with Path(f"{engine.url.database}.netbox-lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
