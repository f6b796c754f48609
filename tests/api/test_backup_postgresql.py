"""The same over a real PostgreSQL: backed up while others write, restored into another database; and a
filled database of the first released schema, brought to the newest."""

import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from sqlalchemy import text

from api.backup import backup, restore
from api.bootstrap import Qianyun
from api.errors import BadUsage, NotStarted
from api.settings import load
from inventory.database import make_engine, writing
from migrator.people.rights import local
from migrator.store.audit import first_fault, record
from migrator.store.truth import Truth
from migrator.use_cases.accounts import Accounts
from tests.migrator.test_upgrade import config_of_migrations
from tests.postgres import programs, server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(programs() is None, reason="没有 PostgreSQL / no PostgreSQL: make setup"),
]
ROOT = local("root")


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    with server() as url:
        yield url


def database(cluster: str, name: str) -> str:
    """The URL of a new, empty database."""
    socket = cluster.partition("?host=")[2]
    with psycopg.connect(host=socket, user="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    return cluster.replace("@/postgres?", f"@/{name}?")


def over(folder: Path, url: str) -> Qianyun:
    return Qianyun(load({"QIANYUN_STATE": str(folder), "QIANYUN_DATABASE_URL": url}))


def test_backed_up_under_load_and_restored(cluster: str, tmp_path: Path) -> None:
    product = over(tmp_path / "state", database(cluster, "worked"))
    name, _ = Accounts(product.truth).first() or ("", "")
    kept = product.settings.state / "policies" / "own.toml"
    kept.parent.mkdir()
    kept.write_text("x = 1\n")
    stop, written = threading.Event(), threading.Semaphore(0)

    def write() -> None:
        while not stop.is_set():
            product.truth.audit("load", "note", "x")
            written.release()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for one in writers:
        one.start()
    for _ in range(100):
        written.acquire()
    saved = backup(product, tmp_path / "b.tar.gz", ROOT)
    for _ in range(10):  # nobody was stopped
        assert written.acquire(timeout=60)
    stop.set()
    for one in writers:
        one.join()
    empty = over(tmp_path / "other", database(cluster, "fresh"))
    done = restore(empty, saved.file, ROOT)
    chain, whole = empty.truth.audit_entries(), product.truth.audit_entries()
    assert first_fault(chain) is None
    assert 100 < done.entries < len(whole)
    assert chain[: done.entries] == whole[: done.entries]
    assert chain[-1].action == "system.restore"
    assert (empty.settings.state / "policies" / "own.toml").read_text() == "x = 1\n"
    assert Accounts(empty.truth).get(ROOT, name).name == name


def test_a_restore_into_a_database_that_holds_something_changes_nothing(
    cluster: str, tmp_path: Path
) -> None:
    product = over(tmp_path / "state", database(cluster, "first"))
    product.truth.audit("zhang", "note", "x")
    saved = backup(product, tmp_path / "b.tar.gz", ROOT)
    held = over(tmp_path / "held", database(cluster, "held"))
    Truth.open(held.settings.database_url).audit("li", "note", "ours")
    with pytest.raises(NotStarted, match="pg_restore"):
        restore(held, saved.file, ROOT)
    (entry,) = Truth.open(held.settings.database_url).audit_entries()
    assert entry.actor == "li"


def test_one_kind_of_database_is_not_restored_into_another(
    cluster: str, tmp_path: Path, product: Qianyun
) -> None:
    product.truth.audit("zhang", "note", "x")
    saved = backup(product, tmp_path / "b.tar.gz", ROOT)
    with pytest.raises(BadUsage, match="sqlite"):
        restore(over(tmp_path / "other", database(cluster, "kinds")), saved.file, ROOT)


def test_the_first_schema_filled_is_brought_to_the_newest(cluster: str) -> None:
    url = database(cluster, "old")
    engine, config = make_engine(url), config_of_migrations()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    with writing(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO plans (code, digest, body, author, made_at) "
                "VALUES ('P-20260101-1', :d, '{}', 'zhang', '2026-01-01T00:00:00.000+00:00')"
            ),
            {"d": "0" * 64},
        )
        for number in range(500):
            record(connection, at=f"2026-01-01T00:00:{number:03}", actor="zhang", action="note",
                   object=str(number))  # fmt: skip
    engine.dispose()
    truth = Truth.open(url)
    assert truth.plans.record("P-20260101-1").author == "zhang"
    assert first_fault(truth.audit_entries()) is None
    assert len(truth.audit_entries()) == 500
    assert Accounts(truth).first() is not None
