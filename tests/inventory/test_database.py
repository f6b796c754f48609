from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from inventory.database import make_engine, reading, writing
from inventory.errors import StoreError
from inventory.wal import BUSY_MS


def test_sqlite_is_set_up_for_several_writers(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    with reading(engine) as connection:
        told = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert told == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": BUSY_MS,
    }
    engine.dispose()


def test_a_reader_sees_one_state_and_never_waits_for_a_writer(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    with writing(engine) as writer:
        writer.execute(text("CREATE TABLE t (n INTEGER)"))
    with reading(engine) as reader, writing(engine) as writer:
        count = text("SELECT count(*) FROM t")
        assert reader.execute(count).scalar() == 0
        writer.execute(text("INSERT INTO t VALUES (1)"))
        assert reader.execute(count).scalar() == 0
    with reading(engine) as reader:
        assert reader.execute(count).scalar() == 1
    engine.dispose()


def test_what_fails_is_rolled_back(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/a.db")
    with writing(engine) as writer:
        writer.execute(text("CREATE TABLE t (n INTEGER NOT NULL)"))
    with pytest.raises(IntegrityError), writing(engine) as writer:  # noqa: PT012
        writer.execute(text("INSERT INTO t VALUES (1)"))
        writer.execute(text("INSERT INTO t VALUES (NULL)"))
    with reading(engine) as reader:
        assert reader.execute(text("SELECT count(*) FROM t")).scalar() == 0
    engine.dispose()


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    """SQLite refuses one of two that turn a file to WAL at the same moment, without waiting."""

    def use(file: Path) -> None:
        engine = make_engine(f"sqlite:///{file}")
        with writing(engine) as writer:
            writer.execute(text("CREATE TABLE IF NOT EXISTS t (n INTEGER)"))
        engine.dispose()

    with ThreadPoolExecutor(8) as pool:
        for n in range(40):
            list(pool.map(use, [tmp_path / f"{n}.db"] * 8))


@pytest.mark.parametrize("url", ["nonsense", "mysql://u:geheim@h/d", "sqlite+nodriver:///x"])
def test_a_bad_url_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(StoreError, match="QIANYUN_DATABASE_URL") as caught:
        make_engine(url)
    assert "geheim" not in str(caught.value)
