"""The tables of network plans: what was filed, what was decided of it, how far its changes are."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text

from inventory.tables import metadata

_TIME = String(40)  # ISO 8601 with offset, UTC
_CODE = String(63)

network_plans = Table(
    "network_plans",
    metadata,
    Column("code", _CODE, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),  # JSON of the NetworkPlan; its digest is checked
    Column("title", Text, nullable=False),
    Column("author", String(200), nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("state", String(20), nullable=False),
    Column("wanted", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("started_by", String(200), nullable=False),
    Column("started_at", _TIME),
    Column("ended_at", _TIME),
    CheckConstraint("state in ('filed', 'running', 'done', 'failed', 'rolled_back')", name="state"),
    CheckConstraint("wanted in ('forward', 'rollback')", name="wanted"),
    CheckConstraint("state <> 'running' OR started_at IS NOT NULL", name="running_was_started"),
)

network_decisions = Table(
    "network_decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan", _CODE, ForeignKey("network_plans.code"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("decision", String(20), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("kind", String(60), nullable=False),  # of a paper
    Column("reference", Text, nullable=False),  # a paper's number
    Column("content", String(64), nullable=False),  # SHA-256 of its file
    CheckConstraint(
        "decision in ('approve', 'reject', 'withdraw', 'evidence', 'no-evidence')",
        name="decision",
    ),
    Index("ix_network_decisions_plan", "plan", "digest"),
)

network_steps = Table(
    "network_steps",
    metadata,
    Column("plan", _CODE, ForeignKey("network_plans.code"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),  # of the change
    Column("step", String(20), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("message", Text, nullable=False),
    Column("started_at", _TIME),
    Column("ended_at", _TIME),
)
