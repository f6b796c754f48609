"""Database engines: SQLite in WAL mode, or PostgreSQL, with the same transaction rules.

On SQLite every transaction begins with BEGIN IMMEDIATE, so writers queue at the start instead of
failing in the middle; `reading(engine)` opts out, and readers then never wait for a writer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from inventory.errors import StoreError
from inventory.wal import into_wal

_READS = "qianyun_reads"


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql+DRIVER://…`. Raises StoreError otherwise."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend not in {"sqlite", "postgresql"}:
            raise StoreError(
                f"不支持的数据库 {backend}，应为 sqlite 或 postgresql / database {backend} is not "
                "known: set QIANYUN_DATABASE_URL to sqlite:///PATH or postgresql+psycopg://…"
            )
        engine = create_engine(parsed, pool_pre_ping=backend == "postgresql")
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        # the URL may hold a password: it is not shown
        raise StoreError(
            "数据库地址无法使用，请检查 QIANYUN_DATABASE_URL / the database URL can't be used, "
            f"check QIANYUN_DATABASE_URL: {type(error).__name__}"
        ) from error
    if backend == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write: commits at the end, rolls back on an exception."""
    with engine.begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads and sees one state of the database."""
    with engine.connect().execution_options(**{_READS: True}) as connection:
        yield connection


def _set_up_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # sqlite3 must not begin transactions by itself: _begin_sqlite does
    dbapi_connection.isolation_level = None
    into_wal(dbapi_connection)
    for pragma in ("synchronous=FULL", "foreign_keys=ON"):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN DEFERRED" if reads else "BEGIN IMMEDIATE")
