"""A filled database of the first released schema, brought to the newest: nothing is lost, and what
alembic makes is what the tables say."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

import migrator.store.tables_alerts
import migrator.store.tables_network
import migrator.store.tables_people
import migrator.store.tables_reports  # noqa: F401  (each registers its tables)
from inventory.database import make_engine, writing
from inventory.tables import metadata
from migrator.store.audit import first_fault, record
from migrator.store.truth import HEAD, MIGRATIONS, Truth
from migrator.use_cases.accounts import Accounts


def config_of_migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The URL of a database of revision 0001 with a plan, its approval and an audit."""
    url = f"sqlite:///{tmp_path}/old.db"
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
        connection.execute(
            text(
                "INSERT INTO approvals (plan, digest, decision, actor, reason, at) VALUES "
                "('P-20260101-1', :d, 'approve', 'li', '', '2026-01-02T00:00:00.000+00:00')"
            ),
            {"d": "0" * 64},
        )
        for number in range(50):
            record(connection, at=f"2026-01-01T00:00:{number:02}", actor="zhang", action="note",
                   object=str(number))  # fmt: skip
    engine.dispose()
    return url


def test_a_filled_database_of_the_first_schema(old: str) -> None:
    truth = Truth.open(old)
    kept = truth.plans.record("P-20260101-1")
    assert (kept.author, kept.state) == ("zhang", "approved")
    chain = truth.audit_entries()
    assert (len(chain), first_fault(chain)) == (50, None)
    assert Accounts(truth).first() is not None  # and the new tables can be written
    assert first_fault(truth.audit_entries()) is None
    assert Accounts(Truth.open(old)).first() is None  # opening again changes nothing


def test_the_migrations_make_what_the_tables_say(old: str) -> None:
    truth = Truth.open(old)
    with truth.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), metadata)
    ours = [one for one in found if not any(n in str(one) for n in ("idx_unfit", "log_search"))]
    assert ours == []


def test_the_head_is_alembic_s_own() -> None:
    assert ScriptDirectory.from_config(config_of_migrations()).get_current_head() == HEAD
