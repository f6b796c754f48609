"""The table of alerts that Alertmanager told of: what fires now, and what did of late."""

from sqlalchemy import CheckConstraint, Column, Index, String, Table, Text

from inventory.tables import metadata

_TIME = String(40)  # ISO 8601 with offset, UTC

alerts = Table(
    "alerts",
    metadata,
    Column("mark", String(64), primary_key=True),  # SHA-256 of the labels: one alert, one row
    Column("name", String(200), nullable=False),
    Column("code", String(200), nullable=False),  # of the inventory; "": none told
    Column("severity", String(40), nullable=False),
    Column("summary", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("began_at", _TIME, nullable=False),
    Column("told_at", _TIME, nullable=False),  # by the last delivery
    Column("ended_at", _TIME),
    CheckConstraint("state in ('firing', 'resolved')", name="state"),
    CheckConstraint("(state = 'resolved') = (ended_at IS NOT NULL)", name="resolved_has_end"),
    Index("ix_alerts_told_at", "told_at"),
)
