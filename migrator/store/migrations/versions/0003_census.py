"""Visits to hosts: sweeps, and what each visit read"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sweeps",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("begun_at", sa.String(length=40), nullable=False),
        sa.Column("begun_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sweeps")),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sweep", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=63), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("begun_at", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.String(length=40), nullable=True),
        sa.Column("failure", sa.String(length=30), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("found_key", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=True),
        sa.Column("packages", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state in ('begun', 'read', 'failed')", name=op.f("ck_visits_state")),
        sa.CheckConstraint(
            "(state = 'read') = (facts IS NOT NULL)", name=op.f("ck_visits_read_has_facts")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (failure IS NOT NULL)", name=op.f("ck_visits_failed_has_why")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
    )
    with op.batch_alter_table("visits", schema=None) as batch_op:
        batch_op.create_index("ix_visits_code", ["code", "id"], unique=False)
        batch_op.create_index(
            "ix_visits_read",
            ["sweep", "code"],
            unique=True,
            sqlite_where=sa.text("state = 'read'"),
            postgresql_where=sa.text("state = 'read'"),
        )
