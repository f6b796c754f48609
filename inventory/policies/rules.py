"""Which objects break a rule, and of how many it can't be said."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

from inventory.policies.assessment import Unjudged, Violation
from inventory.policies.conditions import all_of
from inventory.policies.facts import Facts
from inventory.policies.fields import own_fields
from inventory.policies.index import Index
from inventory.policies.pack import Pack, Rule

type Finding = Violation | Literal["unknown"] | None


def broken(pack: Pack, rule: Rule, facts: Facts, index: Index) -> Iterator[Violation | Unjudged]:
    """Every object against the rule, by code, then how many facts are missing."""
    find = finder(pack, rule, facts, index)
    if find is not None:
        yield from told(rule, ((thing.code, find(thing)) for thing in facts.members(rule.set)))


def told(rule: Rule, found: Iterable[tuple[str, Finding]]) -> Iterator[Violation | Unjudged]:
    """What was found of each code, as an assessment has it."""
    unknown: list[str] = []
    for code, one in found:
        if one == "unknown":
            unknown.append(code)
        elif one is not None:
            yield one
    if unknown:
        yield Unjudged(entry=rule.id, count=len(unknown), codes=tuple(unknown))


def finder(pack: Pack, rule: Rule, facts: Facts, index: Index) -> Callable[[Any], Finding] | None:
    """What a rule says of one object; None while it doesn't bind."""
    since = max(rule.since or pack.validity.effective_from, pack.validity.effective_from)
    if facts.day < since or not pack.in_force(facts.day, rule.clause):
        return None
    applies = all_of(rule.where, rule.set, facts)
    breaches = all_of(rule.breach, rule.set, facts)

    def find(thing: Any) -> Finding:
        answer = applies(thing)
        if answer is False:
            return None
        breach = breaches(thing)
        if answer and breach:
            return _violation(pack, rule, thing, index, since)
        return None if breach is False else "unknown"

    return find


def _violation(pack: Pack, rule: Rule, thing: Any, index: Index, since: Any) -> Violation:
    recorded = index.exempt(rule.id, thing.code)
    counts = recorded is not None and rule.exceptable
    holds = recorded is not None and index.holds(recorded)
    return Violation(
        policy=pack.id,
        entry=rule.id,
        of=rule.of,
        title=rule.title,
        title_en=rule.title_en,
        clause=rule.clause,
        quote=rule.quote,
        severity=rule.severity,
        set=rule.set,
        code=thing.code,
        name=thing.name,
        organisation=owner_of(rule.set, thing),
        since=since,
        exception=recorded if counts and holds else None,
        lapsed=recorded if counts and not holds else None,
        idle=recorded if not counts else None,
        consequences=rule.consequences,
    )


def owner_of(of: str, thing: Any) -> str | None:
    """The organisation that answers for an object: itself where it is one."""
    if of == "organisations":
        return str(thing.code)
    return thing.organisation if "organisation" in own_fields(of) else None
