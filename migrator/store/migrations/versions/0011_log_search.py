"""Logs searched by an index of trigrams: FTS5 on SQLite, pg_trgm on PostgreSQL where it is installed"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# Trigrams, since Chinese has no blanks between words. The text itself stays in log_lines alone.
_SQLITE = (
    """CREATE VIRTUAL TABLE log_search USING fts5(
        text, task, host, content='log_lines', content_rowid='id', tokenize='trigram'
    )""",
    """CREATE TRIGGER log_search_added AFTER INSERT ON log_lines BEGIN
        INSERT INTO log_search (rowid, text, task, host)
        VALUES (new.id, new.text, new.task, new.host);
    END""",
    """CREATE TRIGGER log_search_removed AFTER DELETE ON log_lines BEGIN
        INSERT INTO log_search (log_search, rowid, text, task, host)
        VALUES ('delete', old.id, old.text, old.task, old.host);
    END""",
    "INSERT INTO log_search (log_search) VALUES ('rebuild')",
)


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        for statement in _SQLITE:
            op.execute(statement)
        return
    there = bind.scalar(sa.text("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'"))
    if not there:
        return  # a search then reads the run's lines: slower, the same answer
    try:
        with bind.begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    except sa.exc.DBAPIError:
        return  # the role may not: as above
    for column in ("text", "task", "host"):
        op.execute(
            f"CREATE INDEX ix_log_lines_{column}_trigrams ON log_lines "
            f"USING gin ({column} gin_trgm_ops)"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER log_search_added")
        op.execute("DROP TRIGGER log_search_removed")
        op.execute("DROP TABLE log_search")
        return
    for column in ("text", "task", "host"):
        op.execute(f"DROP INDEX IF EXISTS ix_log_lines_{column}_trigrams")
