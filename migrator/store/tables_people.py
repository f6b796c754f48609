"""The tables of who may come in: accounts, sessions, tokens, and what the HTTP API remembers of
commands. No secret stands in them: passwords as argon2id, tokens and cookies as SHA-256."""

from sqlalchemy import (
    Boolean,
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
    false,
)

from inventory.tables import metadata, unique_where

_TIME = String(40)  # ISO 8601 with offset, UTC
_NAME = String(200)

accounts = Table(
    "accounts",
    metadata,
    Column("name", _NAME, primary_key=True),
    # as `same_person` compares names: two spellings of one name are one account
    Column("folded", _NAME, nullable=False, unique=True),
    Column("shown", Text, nullable=False, default=""),
    Column("password", Text),  # argon2id; NULL: comes in by OIDC alone
    # the password is another's choice: who comes in by it chooses their own, and does nothing else
    Column("issued", Boolean, nullable=False, default=False, server_default=false()),
    Column("roles", Text, nullable=False),  # JSON list
    Column("organisations", Text),  # JSON list of codes; NULL: the whole city
    Column("disabled", Boolean, nullable=False, default=False),
    Column("issuer", Text),
    Column("subject", Text),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", _TIME),
    Column("created_at", _TIME, nullable=False),
    Column("created_by", _NAME, nullable=False),
    unique_where("ix_accounts_identity", "issuer", "subject", where="subject IS NOT NULL"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the cookie
    Column("account", _NAME, ForeignKey("accounts.name"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("via", String(20), nullable=False),
    Column("begun_at", _TIME, nullable=False),
    Column("seen_at", _TIME, nullable=False),
    Column("ends_at", _TIME, nullable=False),
    CheckConstraint("via in ('password', 'oidc')", name="via"),
    Index("ix_sessions_account", "account"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", _NAME, ForeignKey("accounts.name"), nullable=False),
    Column("label", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("roles", Text, nullable=False),  # JSON list; never more than the account's count
    Column("organisations", Text),  # JSON list; NULL: those of the account
    Column("made_at", _TIME, nullable=False),
    Column("ends_at", _TIME, nullable=False),
    Column("revoked_at", _TIME),
    Column("used_at", _TIME),
    Index("ix_tokens_account", "account"),
)

# What somebody looks for again and again: the query of a list's address under a name.
saved_filters = Table(
    "saved_filters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("account", _NAME, ForeignKey("accounts.name"), nullable=False),
    Column("page", String(20), nullable=False),
    Column("name", _NAME, nullable=False),
    Column("query", Text, nullable=False),
    Column("saved_at", _TIME, nullable=False),
    UniqueConstraint("account", "page", "name"),
)

# A command with an Idempotency-Key, and what was answered: told again when it comes again.
commands = Table(
    "commands",
    metadata,
    Column("account", _NAME, primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request", String(64), nullable=False),  # SHA-256 of method, path and body
    Column("at", _TIME, nullable=False),
    Column("status", Integer),  # NULL: under way
    Column("media", String(100), nullable=False, default=""),
    Column("body", LargeBinary),
)

# A sign-in by OIDC that has begun: what the answer must fit.
handshakes = Table(
    "handshakes",
    metadata,
    Column("state", String(64), primary_key=True),  # SHA-256 of it
    Column("nonce", String(64), nullable=False),
    Column("verifier", String(128), nullable=False),
    Column("next", Text, nullable=False),
    Column("at", _TIME, nullable=False),
)

# How far each receiver of our events has been told of the audit.
receivers = Table(
    "receivers",
    metadata,
    Column("name", String(63), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("at", _TIME, nullable=False),
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Text, nullable=False, default=""),
)
