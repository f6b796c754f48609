"""Alerts that Alertmanager told of"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("severity", sa.String(length=40), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("began_at", sa.String(length=40), nullable=False),
        sa.Column("told_at", sa.String(length=40), nullable=False),
        sa.Column("ended_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint("state in ('firing', 'resolved')", name=op.f("ck_alerts_state")),
        sa.CheckConstraint(
            "(state = 'resolved') = (ended_at IS NOT NULL)",
            name=op.f("ck_alerts_resolved_has_end"),
        ),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_told_at", "alerts", ["told_at"])


def downgrade() -> None:
    op.drop_table("alerts")
