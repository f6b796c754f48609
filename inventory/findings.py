"""What a three-way comparison finds: values that people decide on."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, NamedTuple

from pydantic import JsonValue

from inventory.canonical import canonical_json
from inventory.model import Estate, Frozen, Provenance

Taken = Literal["netbox", "ledger"]
Winner = Literal["netbox", "ledger", "both", "ask"]
OBJECT = ""
"""Field of a finding that is about the whole object: whether it is there."""


class Cause(StrEnum):
    """Why the winner wins."""

    LEDGER = "ledger"  # the ledger alone changed it
    NETBOX = "netbox"  # NetBox alone changed it
    AGREED = "agreed"  # both changed it to the same
    PRECEDENCE = "precedence"  # both changed it: the table says who wins
    DECISION = "decision"  # a person has decided on these very values
    CONFLICT = "conflict"  # both changed it: a person must decide, NetBox's value stays till then
    DELETED = "deleted"  # NetBox alone deleted it, a ledger still has it: a person must decide
    LOST = "lost"  # NetBox alone emptied it, of many objects at once: a person must decide
    HELD = "held"  # the ledger's value waits: it refers to what was deleted in NetBox


class Question(NamedTuple):
    """What a person decides on; the values as canonical JSON, so that a decision holds for these
    values and no others."""

    kind: str
    code: str
    field: str
    netbox: str
    ledger: str


Decisions = Mapping[Question, Taken]


class Finding(Frozen):
    """One field of one object on which the three don't agree.

    `field` is "" for the object as a whole; its values then are its name where it is there, None
    where it is not. Values are plain JSON; None of a field is "not told". `missing` names the sides
    on which the object isn't there at all. `source` is where the ledger says it.
    """

    kind: str
    code: str
    field: str
    netbox: JsonValue = None
    ledger: JsonValue = None
    snapshot: JsonValue = None
    missing: tuple[str, ...] = ()
    cause: Cause
    winner: Winner
    source: Provenance | None = None

    @property
    def conflict(self) -> bool:
        """Whether a person must decide."""
        return self.cause in (Cause.CONFLICT, Cause.DELETED, Cause.LOST)

    @property
    def question(self) -> Question:
        netbox, ledger = (canonical_json(v).decode() for v in (self.netbox, self.ledger))
        return Question(self.kind, self.code, self.field, netbox, ledger)


class Reconciled(Frozen):
    """`wanted`: what NetBox should be. `told`: what to remember as said by the ledgers once
    `wanted` was written: without what is in conflict or held, so that it is asked again."""

    wanted: Estate
    findings: tuple[Finding, ...] = ()
    told: Estate = Estate()

    @property
    def conflicts(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.conflict)
