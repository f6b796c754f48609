"""The objects that records name: whether there is such a thing, and of the kind that the entry is about. A
slip of the pen would otherwise do nothing and not be noticed."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from inventory.model import Estate
from inventory.policies.declaring import Manner, manners
from inventory.policies.measures import Per
from inventory.policies.pack import Entry, Pack, Target
from inventory.policies.records import Records

FATES = "fates"
"""Under which what became of an object stands, where it is of no entry."""


class Named(NamedTuple):
    """An object that a record names; `of`: the set that it has to be of, None for any."""

    entry: str
    code: str
    of: str | None


def named_in(policy: str, records: Records, pack: Pack | None = None) -> Iterator[Named]:
    """Every object that the records of a policy name; without its pack only what became of objects
    has a kind."""
    kinds = kinds_of(pack) if pack else {}
    for said in records.declarations:
        if said.policy == policy and said.code:
            yield Named(said.entry, said.code, kinds.get(said.entry))
    for told in (records.exceptions, records.reports, records.events):
        for one in told:
            if one.policy == policy:
                yield Named(one.entry, one.code, kinds.get(one.entry))
    for fate in records.fates:
        if fate.policy in (None, policy):
            for code in (fate.code, fate.into):
                if code:
                    yield Named(fate.entry or FATES, code, fate.set)


def kinds_of(pack: Pack) -> Mapping[str, str]:
    """Entry → the set that its records are about. What is declared as a whole is of none."""
    whole = {entry for entry, manner in manners(pack).items() if manner is Manner.WHOLE}
    told = ((e, _kind(e)) for _, _, e in pack.entries())
    return {e.id: of for e, of in told if of and e.id not in whole}


def _kind(entry: Entry) -> str | None:
    if isinstance(entry, Target) and isinstance(entry.measure, Per):
        return entry.measure.per  # an exception is for the one that has too many
    return entry.set


def strange(named: Iterable[Named], *estates: Estate | None) -> set[Named]:
    """Those of which there is none of their kind in any of the estates."""
    known = _codes(estates)
    every = frozenset[str]().union(*known.values())
    return {one for one in named if one.code not in (known[one.of] if one.of else every)}


def elsewhere(named: Iterable[Named], *estates: Estate | None) -> set[str]:
    """Codes that some object has, of whatever kind."""
    every = frozenset[str]().union(*_codes(estates).values())
    return {one.code for one in named} & every


def _codes(estates: Iterable[Estate | None]) -> Mapping[str, frozenset[str]]:
    """Set → the codes of its objects; the counties are those that organisations name."""
    there = [estate for estate in estates if estate is not None]
    found: dict[str, set[str]] = {"counties": set()}
    for estate in there:
        found["counties"] |= {o.county for o in estate.organisations if o.county}
        for kind, objects in estate.collections():
            found.setdefault(kind, set()).update(o.code for o in objects)
    made = {of: frozenset(codes) for of, codes in found.items()}
    return {of: made.get(of, frozenset()) for of in {*made, *Estate.model_fields}}
