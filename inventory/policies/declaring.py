"""How the entries of a policy may be declared done: one place for a command, a file and the engine.

A declaration that could do nothing, or that would be taken for far more than was meant, is refused:
a rule about projects is declared project by project.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from inventory.policies.conditions import Conditions, declared_in
from inventory.policies.measures import Declared, Each, Items, Share
from inventory.policies.pack import Entry, Pack, Rule, Target
from inventory.policies.wording import Severity


class Manner(StrEnum):
    """What a declaration of an entry is about."""

    WHOLE = "whole"
    ITEMS = "items"  # one of the things that the clause names
    OBJECT = "object"  # one object, by its code
    NONE = "none"  # it is judged by facts: a declaration would do nothing


def manners(pack: Pack) -> Mapping[str, Manner]:
    """How each entry of a pack may be declared, by its id."""
    asked = set(_asked(pack))
    return {entry.id: _manner(entry, asked) for _, _, entry in pack.entries()}


def _manner(entry: Entry, asked: set[str]) -> Manner:
    if isinstance(entry, Target):
        measure = entry.measure
        if isinstance(measure, Items):
            return Manner.ITEMS
        if isinstance(measure, Each):
            return Manner.OBJECT
        beside = entry.threshold is None and entry.severity is Severity.DECLARED
        if isinstance(measure, Declared) or beside:
            return Manner.WHOLE
    if entry.id not in asked:
        return Manner.NONE
    return Manner.WHOLE if entry.set is None else Manner.OBJECT


def _asked(pack: Pack) -> Iterator[str]:
    """Entries of which some condition asks whether they are on record."""
    for _, _, entry in pack.entries():
        for conditions in _conditions(entry):
            yield from declared_in(conditions)
    for phase in pack.phases:
        yield from declared_in(phase.where)
        for proof in (*phase.enter, *phase.leave):
            yield from declared_in(proof.needs)


def _conditions(entry: Entry) -> Iterator[Conditions]:
    yield entry.where
    if isinstance(entry, Rule):
        yield entry.breach
    if isinstance(entry, Target) and isinstance(entry.measure, Share):
        yield entry.measure.done
