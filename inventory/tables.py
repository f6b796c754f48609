"""The tables of the inventory, on the one MetaData that the whole product shares."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

# names of constraints are fixed so that alembic finds them again on SQLite and PostgreSQL alike
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def unique_where(name: str, *columns: str, where: str) -> Index:
    """A unique index over some of the rows. The migrations make it, for PostgreSQL too: to name
    that here would load its drivers into every command, an eighth of its time."""
    return Index(name, *columns, unique=True, sqlite_where=text(where))


# One row per state of the estate, never changed. `id` is the previous row's plus one and not a
# sequence: two writers that start from the same state collide on it, so history stays one line.
estate_snapshots = Table(
    "estate_snapshots",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("format", Integer, nullable=False),  # version of the JSON below
    Column("digest", String(64), nullable=False),
    Column("estate", Text, nullable=False),  # JSON of an Estate, with provenance
    Column("changes", Text, nullable=False),  # JSON of the ChangeSet that led here
    Column("changes_digest", String(64), nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),  # UTC
    Column("made_by", String(200), nullable=False),
    CheckConstraint("id > 0", name="id_positive"),
    Index("ix_estate_snapshots_digest", "digest"),
)

_KIND = String(20)  # a collection of the estate
_CODE = String(127)  # a dependency's holds two codes
_TIME = String(40)  # ISO 8601 with offset, UTC

# What a person must decide where NetBox and a ledger disagree. One open task per field of an
# object, whatever is found again; a settled one is kept as it was decided.
tasks = Table(
    "tasks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", _KIND, nullable=False),
    Column("code", _CODE, nullable=False),
    Column("field", String(60), nullable=False),  # "": the object as a whole
    Column("netbox", Text, nullable=False),  # canonical JSON, as are the next two
    Column("ledger", Text, nullable=False),
    Column("snapshot", Text, nullable=False),
    Column("advice", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("opened_at", _TIME, nullable=False),
    Column("opened_by", String(200), nullable=False),
    Column("settled_at", _TIME),
    Column("settled_by", String(200)),
    Column("decision", String(10)),  # "gone": the two agree again, nobody had to decide
    Column("reason", Text, nullable=False),
    Column("done_at", _TIME),  # an apply followed the decision: it decides nothing more
    CheckConstraint("state in ('open', 'settled')", name="state"),
    CheckConstraint("decision in ('netbox', 'ledger', 'gone')", name="decision"),
    CheckConstraint(
        "(state = 'settled') = (decision IS NOT NULL AND settled_at IS NOT NULL "
        "AND settled_by IS NOT NULL)",
        name="settled_by_someone",
    ),
    unique_where("ix_tasks_open", "kind", "code", "field", where="state = 'open'"),
)

# What the ledgers said of an object when they were last taken: from there "the ledger changed it"
# is measured, so that an old ledger given again doesn't undo what NetBox has newer.
ledger_facts = Table(
    "ledger_facts",
    metadata,
    Column("kind", _KIND, primary_key=True),
    Column("code", _CODE, primary_key=True),
    Column("facts", Text, nullable=False),  # canonical JSON of the object, without provenance
    Column("told_at", _TIME, nullable=False),
    Column("told_by", String(200), nullable=False),
)

# What an apply to a store that others write too is about to write, and what the ledgers said for it:
# a row stays when it is killed, and what came through of it is known by comparing.
ledger_intents = Table(
    "ledger_intents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("intents", Text, nullable=False),  # JSON, see inventory/told.py
    Column("begun_at", _TIME, nullable=False),
    Column("begun_by", String(200), nullable=False),
)

# Deliveries of NetBox's webhooks that were taken, so that one sent again is refused.
netbox_deliveries = Table(
    "netbox_deliveries",
    metadata,
    Column("digest", String(128), primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),  # UTC
    Index("ix_netbox_deliveries_received_at", "received_at"),
)

# A write to NetBox from its beginning to its end: NetBox has no transaction over many requests, so
# a ChangeSet that was cut off is known by this row and may be taken up again from where it stopped.
netbox_writes = Table(
    "netbox_writes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("changes_digest", String(64), nullable=False),
    Column("begun_at", DateTime(timezone=True), nullable=False),  # UTC
    Column("begun_by", String(200), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)

# The NetBoxes whose content was accepted once as the estate's: before that, our snapshot says
# nothing about them, and what it holds is not what somebody deleted there.
netbox_accepted = Table(
    "netbox_accepted",
    metadata,
    Column("url", String(500), primary_key=True),
    Column("accepted_at", DateTime(timezone=True), nullable=False),  # UTC
    Column("accepted_by", String(200), nullable=False),
)

# A round over the hosts of the estate: in it each host is read once, whoever begins it how often.
sweeps = Table(
    "sweeps",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("begun_at", _TIME, nullable=False),
    Column("begun_by", String(200), nullable=False),
)

# Every visit to a host: written before anything is sent to it, and again when it ended. One that
# was cut off stays "begun".
visits = Table(
    "visits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sweep", String(40), nullable=False),
    Column("code", String(63), nullable=False),
    Column("address", String(64), nullable=False),
    Column("way", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("begun_at", _TIME, nullable=False),
    Column("ended_at", _TIME),
    Column("failure", String(30)),
    Column("message", Text, nullable=False),
    Column("found_key", Text, nullable=False),
    Column("evidence", String(64), nullable=False),  # SHA-256 of the raw output; "": none
    Column("format", Integer, nullable=False),  # version of the two columns below
    Column("facts", LargeBinary),  # JSON of a HostFacts, zlib
    Column("packages", LargeBinary),  # JSON, zlib: apart, since there are thousands of them
    CheckConstraint("state in ('begun', 'read', 'failed')", name="state"),
    CheckConstraint("(state = 'read') = (facts IS NOT NULL)", name="read_has_facts"),
    CheckConstraint("(state = 'failed') = (failure IS NOT NULL)", name="failed_has_why"),
    Index("ix_visits_code", "code", "id"),
    unique_where("ix_visits_read", "sweep", "code", where="state = 'read'"),
)

# What people put on record about policies by command. Nothing is deleted: a mistake is withdrawn,
# with a reason; the same record twice is one.
policy_records = Table(
    "policy_records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", _KIND, nullable=False),
    Column("body", Text, nullable=False),  # canonical JSON of the record
    Column("digest", String(64), nullable=False),  # of the body
    Column("recorded_at", _TIME, nullable=False),
    Column("recorded_by", String(200), nullable=False),
    Column("withdrawn_at", _TIME),
    Column("withdrawn_by", String(200)),
    Column("reason", Text, nullable=False),  # of the withdrawal
    CheckConstraint(
        "kind in ('declaration', 'exception', 'report', 'event', 'fate', 'baseline')", name="kind"
    ),
    CheckConstraint("(withdrawn_at IS NULL) = (withdrawn_by IS NULL)", name="withdrawn_by_someone"),
    unique_where("ix_policy_records_standing", "kind", "digest", where="withdrawn_at IS NULL"),
)

# Estates that a baseline needs for good, whatever becomes of the snapshots.
policy_baselines = Table(
    "policy_baselines",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("format", Integer, nullable=False),  # version of the column below
    Column("estate", LargeBinary, nullable=False),  # JSON of an Estate, zlib
)
