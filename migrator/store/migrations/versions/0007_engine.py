"""The engine: decisions on waves and items, limits of a run, events, lines of logs, machines"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TIME = sa.String(40)
_CODE = sa.String(63)
_DECISIONS = "decision in ('approve', 'reject', 'withdraw', 'evidence', 'no-evidence')"


def upgrade() -> None:
    with op.batch_alter_table("approvals") as table:
        table.add_column(sa.Column("scope", sa.String(10), nullable=False, server_default="plan"))
        table.add_column(sa.Column("subject", _CODE, nullable=False, server_default=""))
        table.add_column(sa.Column("kind", sa.String(40), nullable=False, server_default=""))
        table.add_column(sa.Column("reference", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("content", sa.String(64), nullable=False, server_default=""))
        table.alter_column("decision", existing_type=sa.String(10), type_=sa.String(20))
        table.drop_constraint(op.f("ck_approvals_decision"), type_="check")
        table.create_check_constraint(op.f("ck_approvals_decision"), _DECISIONS)
        table.create_check_constraint(
            op.f("ck_approvals_scope"), "scope in ('plan', 'wave', 'item')"
        )
    op.add_column("runs", sa.Column("limits", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("items", sa.Column("ready_at", _TIME))
    op.add_column("items", sa.Column("begun_at", _TIME))
    op.add_column("attempts", sa.Column("rate_kbps", sa.Integer()))
    _events()
    _logs()
    _workers()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run", _CODE, nullable=False),
        sa.Column("system", _CODE, nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_run", "events", ["run", "id"])


def _logs() -> None:
    op.create_table(
        "log_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run", _CODE, nullable=False),
        sa.Column("system", _CODE, nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("event", sa.String(60), nullable=False),
        sa.Column("host", sa.String(200), nullable=False),
        sa.Column("task", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_lines")),
    )
    op.create_index("ix_log_lines_run", "log_lines", ["run", "id"])
    op.create_index("ix_log_lines_item", "log_lines", ["run", "system", "id"])
    op.create_index("ix_log_lines_attempt", "log_lines", ["token", "number"], unique=True)


def _workers() -> None:
    op.create_table(
        "notices",
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("rule", name=op.f("pk_notices")),
    )
    op.create_table(
        "machines",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("zone", sa.String(200), nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.Column("gone_at", _TIME),
        sa.Column("gone_by", sa.String(200), nullable=False, server_default=""),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_machines")),
    )
