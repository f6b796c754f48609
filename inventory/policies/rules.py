"""Which objects break a rule, and of how many it can't be said."""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date
from typing import Any, Literal

from inventory.policies.asking import answers_of
from inventory.policies.assessment import Unjudged, Violation
from inventory.policies.facts import Facts
from inventory.policies.fields import own_fields
from inventory.policies.index import Index
from inventory.policies.pack import Pack, Rule
from inventory.secrecy import shown_name

type Finding = Violation | Literal["unknown"] | None


def broken(pack: Pack, rule: Rule, facts: Facts, index: Index) -> Iterator[Violation | Unjudged]:
    """Every object against the rule, by code, then how many facts are missing."""
    return told(rule, found(pack, rule, facts, index).items())


def told(rule: Rule, every: Iterable[tuple[str, Finding]]) -> Iterator[Violation | Unjudged]:
    """What was found of each code, as an assessment has it."""
    unknown: list[str] = []
    for code, one in every:
        if one == "unknown":
            unknown.append(code)
        elif one is not None:
            yield one
    if unknown:
        yield Unjudged(entry=rule.id, count=len(unknown), codes=tuple(unknown))


def binds(pack: Pack, rule: Rule, day: date) -> bool:
    """Whether a rule holds on a day."""
    return day >= _since(pack, rule) and pack.in_force(day, rule.clause)


def found(
    pack: Pack,
    rule: Rule,
    facts: Facts,
    index: Index,
    codes: Collection[str] | None = None,
) -> dict[str, Finding]:
    """What a rule says of each object of its set, or of those of `codes`; nothing while it does not
    bind."""
    if not binds(pack, rule, facts.day):
        return {}
    members = facts.members(rule.set)
    applies = answers_of(rule.where, rule.set, facts)
    breaches = answers_of(rule.breach, rule.set, facts)
    if codes is not None:
        at = facts.positions(rule.set)
        places = [at[code] for code in codes]
        members = tuple(members[n] for n in places)
        applies, breaches = [applies[n] for n in places], [breaches[n] for n in places]
    make = _maker(pack, rule, index)
    return {
        thing.code: None
        if answer is False or breach is False
        else make(thing)
        if answer and breach
        else "unknown"
        for thing, answer, breach in zip(members, applies, breaches, strict=True)
    }


def _since(pack: Pack, rule: Rule) -> date:
    return max(rule.since or pack.validity.effective_from, pack.validity.effective_from)


def _maker(pack: Pack, rule: Rule, index: Index) -> Callable[[Any], Violation]:
    """Makes violations of one rule: what they have in common is checked once."""
    common = Violation(
        policy=pack.id,
        entry=rule.id,
        of=rule.of,
        title=rule.title,
        title_en=rule.title_en,
        clause=rule.clause,
        quote=rule.quote,
        severity=rule.severity,
        set=rule.set,
        code="",
        name="",
        since=_since(pack, rule),
        consequences=rule.consequences,
    )
    some = index.has_exempt(rule.id)

    def make(thing: Any) -> Violation:
        own = {
            "code": thing.code,
            "name": shown_name(thing),
            "organisation": owner_of(rule.set, thing),
        }
        recorded = index.exempt(rule.id, thing.code) if some else None
        if recorded is not None:
            holds = index.holds(recorded)
            how = "idle" if not rule.exceptable else "exception" if holds else "lapsed"
            own[how] = recorded
        return common.unchecked(own)

    return make


def owner_of(of: str, thing: Any) -> str | None:
    """The organisation that answers for an object: itself where it is one."""
    if of == "organisations":
        return str(thing.code)
    return thing.organisation if "organisation" in own_fields(of) else None
