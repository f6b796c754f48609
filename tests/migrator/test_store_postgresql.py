"""The same truth on a real PostgreSQL, a database of its own for every test."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from inventory.database import make_engine
from migrator.store.truth import Truth
from tests.migrator.scripted import Clock, Stage
from tests.migrator.store_contract import TruthContract, errors, together
from tests.postgres import server

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """A server whose database `template_truth` is at the newest schema."""
    with server() as url:
        statement(url, "CREATE DATABASE template_truth")
        truth = Truth.open(named(url, "template_truth"))
        truth.engine.dispose()
        yield url


def named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def statement(url: str, sql: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(sql))
    engine.dispose()


@pytest.fixture
def stage(postgresql: str, tmp_path: Path) -> Iterator[Stage]:
    database = f"truth{next(_NUMBERS)}"
    statement(postgresql, f"CREATE DATABASE {database} TEMPLATE template_truth")
    clock = Clock()
    truth = Truth(make_engine(named(postgresql, database)), clock)
    yield Stage(truth, tmp_path, clock)
    truth.engine.dispose()


class TestTruthOnPostgresql(TruthContract):
    def drop_triggers(self, truth: Truth) -> None:
        for name in ("audit_no_change", "audit_no_truncate"):
            self.change(truth, f"DROP TRIGGER {name} ON audit")

    def test_the_audit_is_not_emptied(self, truth: Truth) -> None:
        self.three_entries(truth)
        with pytest.raises(Exception, match="append-only"):
            self.change(truth, "TRUNCATE audit")
        assert len(truth.audit_entries()) == 3


def test_opening_at_once_makes_one_schema(postgresql: str) -> None:
    statement(postgresql, "CREATE DATABASE fresh")

    def use(number: int) -> None:
        truth = Truth.open(named(postgresql, "fresh"))
        truth.audit(f"p{number}", "note", "x")
        truth.engine.dispose()

    assert not errors(together(3, use))


def test_the_schema_has_the_index_of_trigrams_where_the_server_can(postgresql: str) -> None:
    """Migration 0011's branch for PostgreSQL; without the extension there is none, and no error."""
    engine = create_engine(named(postgresql, "template_truth"))
    with engine.connect() as connection:
        can = connection.scalar(
            text("SELECT count(*) FROM pg_available_extensions WHERE name = 'pg_trgm'")
        )
        made = connection.scalar(
            text(
                "SELECT count(*) FROM pg_indexes WHERE tablename = 'log_lines' "
                "AND indexdef LIKE '%USING gin%gin_trgm_ops%'"
            )
        )
    engine.dispose()
    assert made == (3 if can else 0)
