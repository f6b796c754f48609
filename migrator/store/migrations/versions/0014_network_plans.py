"""Network plans: what was filed, what was decided of it, how far its changes are"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TIME = sa.String(40)
_CODE = sa.String(63)


def upgrade() -> None:
    op.create_table(
        "network_plans",
        sa.Column("code", _CODE, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("made_at", _TIME, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("wanted", sa.String(20), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("started_by", sa.String(200), nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.CheckConstraint(
            "state in ('filed', 'running', 'done', 'failed', 'rolled_back')",
            name=op.f("ck_network_plans_state"),
        ),
        sa.CheckConstraint(
            "wanted in ('forward', 'rollback')", name=op.f("ck_network_plans_wanted")
        ),
        sa.CheckConstraint(
            "state <> 'running' OR started_at IS NOT NULL",
            name=op.f("ck_network_plans_running_was_started"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_network_plans")),
    )
    _decisions()
    op.create_table(
        "network_steps",
        sa.Column("plan", _CODE, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("started_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.ForeignKeyConstraint(
            ["plan"], ["network_plans.code"], name=op.f("fk_network_steps_plan_network_plans")
        ),
        sa.PrimaryKeyConstraint("plan", "number", "step", name=op.f("pk_network_steps")),
    )


def _decisions() -> None:
    op.create_table(
        "network_decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", _CODE, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(20), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("kind", sa.String(60), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.CheckConstraint(
            "decision in ('approve', 'reject', 'withdraw', 'evidence', 'no-evidence')",
            name=op.f("ck_network_decisions_decision"),
        ),
        sa.ForeignKeyConstraint(
            ["plan"], ["network_plans.code"], name=op.f("fk_network_decisions_plan_network_plans")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_decisions")),
    )
    op.create_index("ix_network_decisions_plan", "network_decisions", ["plan", "digest"])


def downgrade() -> None:
    op.drop_table("network_steps")
    op.drop_index("ix_network_decisions_plan", "network_decisions")
    op.drop_table("network_decisions")
    op.drop_table("network_plans")
