from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from inventory.changes import diff
from inventory.database import make_engine, reading, writing
from inventory.errors import StoreError
from inventory.model import Estate
from inventory.store_embedded import EmbeddedStore
from inventory.tables import estate_snapshots, metadata
from tests.inventory.estates import small_estate
from tests.inventory.store_contract import StoreContract

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{tmp_path}/qianyun.db")
    metadata.create_all(made, tables=[estate_snapshots])
    yield made
    made.dispose()


@pytest.fixture
def store(engine: Engine) -> EmbeddedStore:
    return EmbeddedStore(engine, clock=lambda: NOON)


class TestEmbeddedStore(StoreContract):
    pass


def test_every_state_is_kept_with_who_made_it(engine: Engine, store: EmbeddedStore) -> None:
    first, second = small_estate(10), small_estate(11)
    one = diff(Estate(), first)
    two = diff(first, second)
    store.apply(one, actor="张三")
    store.apply(two, actor="李四")
    store.apply(two, actor="李四")
    with reading(engine) as connection:
        rows = connection.execute(select(estate_snapshots).order_by("id")).mappings().all()
    assert [(r["id"], r["made_by"], r["digest"], r["changes_digest"]) for r in rows] == [
        (1, "张三", first.digest, one.digest),
        (2, "李四", second.digest, two.digest),
    ]
    assert rows[0]["made_at"].replace(tzinfo=UTC) == NOON
    assert store.at(first.digest) == first
    assert store.at(second.digest) == second
    assert store.at("0" * 64) is None


def test_state_outlives_the_engine(tmp_path: Path, engine: Engine, store: EmbeddedStore) -> None:
    store.apply(diff(Estate(), small_estate()), actor="张三")
    engine.dispose()
    again = make_engine(f"sqlite:///{tmp_path}/qianyun.db")
    assert EmbeddedStore(again).load() == small_estate()
    again.dispose()


def test_a_snapshot_of_a_later_version_fails_clearly(engine: Engine, store: EmbeddedStore) -> None:
    store.apply(diff(Estate(), small_estate()), actor="张三")
    with writing(engine) as connection:
        connection.execute(update(estate_snapshots).values(format=2))
    with pytest.raises(StoreError, match="snapshot 1 has format 2, this program knows 1"):
        store.load()
    with pytest.raises(StoreError, match="format 2"):
        store.apply(diff(Estate(), small_estate(2)), actor="张三")


def test_a_damaged_snapshot_fails_clearly(engine: Engine, store: EmbeddedStore) -> None:
    store.apply(diff(Estate(), small_estate()), actor="张三")
    with writing(engine) as connection:
        connection.execute(update(estate_snapshots).values(estate='{"rooms": [{"no": 1}]}'))
    with pytest.raises(StoreError, match="restore the database from a backup"):
        store.load()


def test_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    bare = make_engine(f"sqlite:///{tmp_path}/bare.db")
    with pytest.raises(StoreError, match="qianyun db upgrade"):
        EmbeddedStore(bare).load()
    with pytest.raises(StoreError, match="qianyun db upgrade"):
        EmbeddedStore(bare).apply(diff(Estate(), small_estate()), actor="张三")
    bare.dispose()
