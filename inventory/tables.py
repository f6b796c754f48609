"""The tables of the inventory, on the one MetaData that the whole product shares."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

# names of constraints are fixed so that alembic finds them again on SQLite and PostgreSQL alike
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# One row per state of the estate, never changed. `id` is the previous row's plus one and not a
# sequence: two writers that start from the same state collide on it, so history stays one line.
estate_snapshots = Table(
    "estate_snapshots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("format", Integer, nullable=False),  # version of the JSON below
    Column("digest", String(64), nullable=False),
    Column("estate", Text, nullable=False),  # JSON of an Estate, with provenance
    Column("changes", Text, nullable=False),  # JSON of the ChangeSet that led here
    Column("changes_digest", String(64), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),  # UTC
    Column("made_by", String(200), nullable=False),
    CheckConstraint("id > 0", name="id_positive"),
    Index("ix_estate_snapshots_digest", "digest"),
)
