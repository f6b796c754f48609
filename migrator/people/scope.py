"""Whose an object is, and what of the estate, of a plan or of a run a department sees: its own.

A system is its organisation's; hosts, services and dependencies are whose their system is, else
whose their place is. What belongs to nobody (sites, links, nodes without an owner) is the city's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inventory.changes import ChangeSet
from inventory.ledger.spelling import default_words
from inventory.ledger_write.select import part_of
from inventory.model import Estate
from migrator.people.rights import Person, Subject
from migrator.planning.plan import Plan

_PLACES = ("rooms", "clouds")


@dataclass(frozen=True)
class Owners:
    """Who answers for the objects of an estate."""

    estate: Estate

    @cached_property
    def _by_code(self) -> Mapping[str, Mapping[str, Any]]:
        return {kind: {o.code: o for o in objects} for kind, objects in self.estate.collections()}

    def of(self, kind: str, code: str) -> str | None:
        """The organisation's code; None for what is nobody's, or is not there."""
        thing = self._by_code[kind].get(code)
        return None if thing is None else self.of_facts(kind, vars(thing))

    def of_facts(self, kind: str, facts: Mapping[str, Any]) -> str | None:
        """The same of an object that may not be in the estate yet."""
        if kind == "organisations":
            return str(facts["code"])
        if told := facts.get("organisation"):
            return str(told)
        if (system := facts.get("system")) is not None:
            return self.of("systems", system)
        if (host := facts.get("host")) is not None and kind == "services":
            return self.of("hosts", host)
        place = facts.get("place")
        for places in _PLACES if kind == "hosts" and place else ():
            if place in self._by_code[places]:
                return self.of(places, str(place))
        return None

    def has(self, kind: str, code: str) -> bool:
        return code in self._by_code[kind]

    def of_code(self, code: str) -> Subject:
        """Of every object with that code, in whichever collection."""
        kinds = [kind for kind, objects in self._by_code.items() if code in objects]
        return Subject(frozenset(self.of(kind, code) for kind in kinds) or frozenset({None}))


def subject_of_changes(changes: ChangeSet, before: Estate) -> Subject:
    """Whose objects a ChangeSet touches: as they were before it and as they would be after."""
    after = changes.apply_to(before) if not changes.empty else before
    owners = Owners(before), Owners(after)
    touched = [
        *((c.kind, c.code) for c in changes.creates),
        *((c.kind, c.code) for c in changes.updates),
        *((c.kind, c.code) for c in changes.deletes),
    ]
    found: set[str | None] = set()
    for kind, code in touched:
        there = [o for o in owners if o.has(kind, code)]
        found |= {o.of(kind, code) for o in there}
    return Subject(frozenset(found))


def seen_estate(person: Person, estate: Estate) -> Estate:
    """What of the estate a person sees: all of it, or what is their organisations'."""
    if person.organisations is None:
        return estate
    known = {o.code for o in estate.organisations}
    words = default_words()
    parts = [
        part_of(estate, words, organisation=code) for code in sorted(person.organisations & known)
    ]
    joined: dict[str, dict[str, Any]] = {kind: {} for kind in Estate.model_fields}
    for part in parts:
        for kind, objects in part.collections():
            joined[kind] |= {o.code: o for o in objects}
    return Estate.model_validate({kind: tuple(found.values()) for kind, found in joined.items()})


def seen_systems(person: Person, plan: Plan) -> frozenset[str] | None:
    """The systems of a plan that a person sees; None for all."""
    if person.organisations is None:
        return None
    return frozenset(
        item.code for item in plan.items if item.system.organisation in person.organisations
    )


def subject_of_items(plan: Plan, system: str | None) -> Subject:
    """Whose systems a command on a run is about: one's, or everybody's in its plan."""
    return Subject(
        frozenset(item.system.organisation for item in plan.items if system in (None, item.code))
        or frozenset({None})
    )
