"""What an apply is about to write, so that a killed one is not mistaken for somebody else's edit"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger_intents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("intents", sa.Text(), nullable=False),
        sa.Column("begun_at", sa.String(length=40), nullable=False),
        sa.Column("begun_by", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_intents")),
    )
