"""The tables of reports that were made final: they are added to, and never changed."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from inventory.tables import metadata

_TIME = String(40)  # ISO 8601 with offset, UTC
_DAY = String(10)  # ISO

# A final report as a value. A correction is a row of its own with the next revision and its reason.
reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("form", String(30), nullable=False),
    Column("policy", String(63), nullable=False),
    Column("entry", String(32), nullable=False),  # "": nothing of the policy asks for it
    Column("period", String(10), nullable=False),
    Column("scope", String(200), nullable=False),  # "", organisation:CODE, county:NAME
    Column("revision", Integer, nullable=False),
    Column("reason", Text, nullable=False),  # of a correction
    Column("cut_off", _DAY, nullable=False),
    Column("format", Integer, nullable=False),  # version of the JSON below
    Column("body", Text, nullable=False),  # canonical JSON of the Report; digest is its SHA-256
    Column("digest", String(64), nullable=False),
    Column("made_at", _TIME, nullable=False),
    Column("made_by", String(200), nullable=False),
    CheckConstraint("revision > 0", name="revision_positive"),
    UniqueConstraint("form", "policy", "period", "scope", "revision", name="uq_reports_form"),
)

# Each file as it was first written, so that whoever asks again gets the same bytes whatever
# program writes by then.
report_files = Table(
    "report_files",
    metadata,
    Column("report", Integer, ForeignKey("reports.id"), primary_key=True),
    Column("kind", String(10), primary_key=True),  # xlsx, docx, html, pdf
    Column("digest", String(64), nullable=False),  # SHA-256 of the content
    Column("content", LargeBinary, nullable=False),
    Index("ix_report_files_digest", "digest"),
)

# What was handed in: one of our reports, or what another organisation handed in by itself.
report_sendings = Table(
    "report_sendings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("report", Integer, ForeignKey("reports.id")),
    Column("policy", String(63), nullable=False),
    Column("entry", String(32), nullable=False),
    Column("code", String(63), nullable=False),  # whose duty it was; "": nobody's of the inventory
    Column("period", String(10), nullable=False),
    Column("on", _DAY, nullable=False),
    Column("channel", String(60), nullable=False),
    Column("receiver", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("by", String(200), nullable=False),
    Index("ix_report_sendings_entry", "policy", "entry", "period"),
)


def _fixed(table: str) -> dict[str, tuple[str, ...]]:
    told = f"{table} is append-only"
    return {
        "sqlite": tuple(
            f"CREATE TRIGGER {table}_no_{word} BEFORE {word.upper()} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{told}'); END"
            for word in ("update", "delete")
        ),
        "postgresql": (
            f"CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{told}'; END $$",
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {table}_only_grows()",
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_grows()",
        ),
    }


TRIGGERS = {
    dialect: tuple(
        statement
        for table in ("reports", "report_files", "report_sendings")
        for statement in _fixed(table)[dialect]
    )
    for dialect in ("sqlite", "postgresql")
}
"""Made by the migration."""
