"""Reports that were made final, their files, and what was handed in"""

import sqlalchemy as sa
from alembic import op

from migrator.store.tables_reports import TRIGGERS

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(length=30), nullable=False),
        sa.Column("policy", sa.String(length=63), nullable=False),
        sa.Column("entry", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("scope", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cut_off", sa.String(length=10), nullable=False),
        sa.Column("format", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.String(length=40), nullable=False),
        sa.Column("made_by", sa.String(length=200), nullable=False),
        sa.CheckConstraint("revision > 0", name=op.f("ck_reports_revision_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint(
            "form", "policy", "period", "scope", "revision", name=op.f("uq_reports_form")
        ),
    )
    op.create_table(
        "report_files",
        sa.Column("report", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"], ["reports.id"], name=op.f("fk_report_files_report_reports")
        ),
        sa.PrimaryKeyConstraint("report", "kind", name=op.f("pk_report_files")),
    )
    op.create_index("ix_report_files_digest", "report_files", ["digest"])
    op.create_table(
        "report_sendings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report", sa.Integer(), nullable=True),
        sa.Column("policy", sa.String(length=63), nullable=False),
        sa.Column("entry", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=63), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("on", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=60), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("at", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"], ["reports.id"], name=op.f("fk_report_sendings_report_reports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_sendings")),
    )
    op.create_index("ix_report_sendings_entry", "report_sendings", ["policy", "entry", "period"])
    for statement in TRIGGERS[op.get_context().dialect.name]:
        op.execute(statement)
