"""A difference between what was declared and what was found: values."""

from enum import StrEnum

from pydantic import JsonValue

from inventory.facts import Evidence, Look
from inventory.model import Frozen, Provenance
from inventory.sameness import Sameness


class How(StrEnum):
    """In which way the two differ."""

    DIFFERS = "differs"
    UNDECLARED = "undeclared"  # found, and nothing was declared
    ABSENT = "absent"  # declared, and not found
    UNCLEAR = "unclear"  # what was declared can't be compared: no difference


class Difference(Frozen):
    """One field of one object. Values are plain JSON in the model's units."""

    kind: str  # hosts, systems
    code: str
    name: str
    organisation: str | None
    field: str
    how: How
    declared: JsonValue = None
    found: JsonValue = None
    evidence: tuple[Evidence, ...] = ()
    source: Provenance | None = None


class Aside(Frozen):
    """A found difference before it is known whose it is."""

    field: str
    how: How
    declared: JsonValue = None
    found: JsonValue = None
    evidence: tuple[Evidence, ...] = ()


def judged(
    field: str, sameness: Sameness, declared: JsonValue, found: JsonValue, *evidence: Evidence
) -> tuple[Aside, ...]:
    """Nothing where the two are the same."""
    if sameness is Sameness.SAME:
        return ()
    how = How.DIFFERS if sameness is Sameness.OTHER else How.UNCLEAR
    return (Aside(field=field, how=how, declared=declared, found=found, evidence=evidence),)


def evidence(look: Look, fact: str) -> Evidence:
    """Where a fact of a look can be looked up again."""
    return Evidence(look=look.id, code=look.code, fact=fact, at=look.visit.begun)
