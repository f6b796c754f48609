"""The tables of the truth: plans, approvals, runs, items, steps, attempts, evidence, events, audit.

Invariants live here, not in callers: one open attempt per system, one outcome per attempt, an
audit that only grows.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from inventory.tables import metadata, unique_where

_TIME = String(40)  # ISO 8601 with offset, UTC
_CODE = String(63)

plans = Table(
    "plans",
    metadata,
    Column("code", _CODE, primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("body", Text, nullable=False),  # JSON of the Plan; its digest is checked at each read
    Column("author", String(200), nullable=False),
    Column("made_at", _TIME, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("plan", _CODE, ForeignKey("plans.code"), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("decision", String(20), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("at", _TIME, nullable=False),
    Column("scope", String(10), nullable=False, server_default="plan"),
    Column("subject", _CODE, nullable=False, server_default=""),  # a wave's number, a system
    Column("kind", String(40), nullable=False, server_default=""),  # of evidence
    Column("reference", Text, nullable=False, server_default=""),  # a paper's number
    Column("content", String(64), nullable=False, server_default=""),  # SHA-256 of its file
    CheckConstraint(
        "decision in ('approve', 'reject', 'withdraw', 'evidence', 'no-evidence')", name="decision"
    ),
    CheckConstraint("scope in ('plan', 'wave', 'item')", name="scope"),
)

runs = Table(
    "runs",
    metadata,
    Column("code", _CODE, primary_key=True),
    Column("plan", _CODE, ForeignKey("plans.code"), nullable=False),
    Column("state", String(20), nullable=False),
    Column("paused", Boolean, nullable=False, default=False),
    Column("note", Text, nullable=False, default=""),
    Column("started_by", String(200), nullable=False),
    Column("started_at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Column("limits", Text, nullable=False, server_default="{}"),  # JSON, over those of the plan
    # a plan runs once at a time: what is left of it is a new plan
    unique_where("ix_runs_open", "plan", where="ended_at IS NULL"),
)

items = Table(
    "items",
    metadata,
    Column("run", _CODE, ForeignKey("runs.code"), primary_key=True),
    Column("system", _CODE, primary_key=True),
    Column("wave", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("wanted", String(20), nullable=False, default="forward"),
    Column("paused", Boolean, nullable=False, default=False),
    Column("note", Text, nullable=False, default=""),
    Column("ready_at", _TIME),  # since when only limits keep it from beginning
    Column("begun_at", _TIME),
    # a system is on one way at a time, whichever run it belongs to
    unique_where(
        "ix_items_open", "system", where="state NOT IN ('done', 'rolled_back', 'aborted')"
    ),
)

steps = Table(
    "steps",
    metadata,
    Column("run", _CODE, primary_key=True),
    Column("system", _CODE, primary_key=True),
    Column("step", String(20), primary_key=True),
    Column("state", String(20), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("started_at", _TIME),
    Column("ended_at", _TIME),
    ForeignKeyConstraint(["run", "system"], ["items.run", "items.system"]),
)

attempts = Table(
    "attempts",
    metadata,
    # the fencing token: unix milliseconds, or one more than the highest before it
    Column("token", BigInteger, primary_key=True, autoincrement=False),
    Column("run", _CODE, nullable=False),
    Column("system", _CODE, nullable=False),
    Column("step", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("machine", String(200), nullable=False),
    Column("pid", Integer),
    Column("cgroup", Text, nullable=False, default=""),
    Column("folder", Text, nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("started_at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Column("rate_kbps", Integer),  # what it may take of its line
    CheckConstraint("state in ('running', 'done', 'failed', 'lost', 'cancelled')", name="state"),
    unique_where("ix_attempts_open", "system", where="state = 'running'"),
    Index("ix_attempts_step", "run", "system", "step"),
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", _CODE, nullable=False),
    Column("system", _CODE, nullable=False),
    Column("step", String(20), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON
    Column("digest", String(64), nullable=False),
    Column("at", _TIME, nullable=False),
    Index("ix_evidence_item", "run", "system"),
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),  # in the order of commits: writers are serialised
    Column("run", _CODE, nullable=False),
    Column("system", _CODE, nullable=False),
    Column("step", String(20), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("at", _TIME, nullable=False),
    Index("ix_events_run", "run", "id"),
)

log_lines = Table(
    "log_lines",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run", _CODE, nullable=False),
    Column("system", _CODE, nullable=False),
    Column("step", String(20), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),  # of the line in its attempt's file, from 0
    Column("at", _TIME, nullable=False),
    Column("event", String(60), nullable=False),
    Column("host", String(200), nullable=False),
    Column("task", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_log_lines_run", "run", "id"),
    Index("ix_log_lines_item", "run", "system", "id"),
    Index("ix_log_lines_attempt", "token", "number", unique=True),
)

notices = Table(
    "notices",
    metadata,
    Column("rule", String(200), primary_key=True),
    Column("told", Integer, nullable=False),  # the last event that was told or not of interest
    Column("failures", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("at", _TIME, nullable=False),
)

machines = Table(
    "machines",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("zone", String(200), nullable=False),
    Column("seen_at", _TIME, nullable=False),
    Column("gone_at", _TIME),  # a person saw that it is off: its attempts can be taken over
    Column("gone_by", String(200), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", _TIME, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(60), nullable=False),
    Column("object", String(200), nullable=False),
    Column("detail", Text, nullable=False),  # canonical JSON
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

AUDIT_TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
        "BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
        # OR REPLACE passes by delete triggers, so an insert must be the next in line
        "CREATE TRIGGER audit_next BEFORE INSERT ON audit "
        "WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit) "
        "BEGIN SELECT RAISE(ABORT, 'audit entries follow each other'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit is append-only'; END $$",
        "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_only_grows()",
        "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
    ),
}
"""Made by the first migration (research/cutover.md, "Audit chain")."""
