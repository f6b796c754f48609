"""NetBox beside the ledgers: tasks for people, what ledgers said last, deliveries of webhooks"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_facts",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=127), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("told_at", sa.String(length=40), nullable=False),
        sa.Column("told_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("kind", "code", name=op.f("pk_ledger_facts")),
    )
    op.create_table(
        "netbox_deliveries",
        sa.Column("digest", sa.String(length=128), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_netbox_deliveries")),
    )
    with op.batch_alter_table("netbox_deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_netbox_deliveries_received_at", ["received_at"], unique=False)

    op.create_table(
        "netbox_accepted",
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_netbox_accepted")),
    )
    op.create_table(
        "netbox_writes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("changes_digest", sa.String(length=64), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_netbox_writes")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=127), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("netbox", sa.Text(), nullable=False),
        sa.Column("ledger", sa.Text(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("advice", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opened_at", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("settled_at", sa.String(length=40), nullable=True),
        sa.Column("settled_by", sa.String(length=200), nullable=True),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("done_at", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "(state = 'settled') = (decision IS NOT NULL AND settled_at IS NOT NULL "
            "AND settled_by IS NOT NULL)",
            name=op.f("ck_tasks_settled_by_someone"),
        ),
        sa.CheckConstraint(
            "decision in ('netbox', 'ledger', 'gone')", name=op.f("ck_tasks_decision")
        ),
        sa.CheckConstraint("state in ('open', 'settled')", name=op.f("ck_tasks_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
    )
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.create_index(
            "ix_tasks_open",
            ["kind", "code", "field"],
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
