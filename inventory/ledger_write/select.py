"""A part of an estate: some kinds, what is one organisation's, what is one county's."""

from collections.abc import Collection
from typing import Any

from inventory.errors import EstateError
from inventory.ledger.words import Words, squeeze
from inventory.ledger_write.reader import finder
from inventory.model import Estate

_PLACES = ("rooms", "clouds")


def part_of(
    estate: Estate,
    words: Words,
    *,
    kinds: Collection[str] = (),
    organisation: str | None = None,
    county: str | None = None,
) -> Estate:
    """The objects of `kinds` (all where none is given) that are the organisation's and stand in
    the county (区县 of a site), of which either may be left out.

    An organisation's are those that name it, and what belongs to them: the hosts of its systems
    and rooms, their services, nodes and links, the dependencies of its systems, the sites of its
    rooms. A line is a county's when one of its ends is. Raises EstateError for an unknown name.
    """
    found = estate
    if organisation is not None:
        found = _of_organisation(found, _one_organisation(found, words, organisation))
    if county is not None:
        found = _of_county(found, county)
    kept = {kind: objects for kind, objects in found.collections() if not kinds or kind in kinds}
    return Estate.model_validate(kept)


def _one_organisation(estate: Estate, words: Words, written: str) -> str:
    codes = finder(estate, words)(("organisations",), written)
    if len(codes) != 1:
        told = "、".join(sorted(codes))
        raise EstateError(
            f"单位“{written}”{f'可指 {told}，请写编号' if told else '不在台账库中，请写全称或编号'} / "
            f"organisation {written} "
            f"{f'may be {told}: write the code' if told else 'is unknown: write its name or code'}"
        )
    return codes.pop()


def _of_organisation(estate: Estate, code: str) -> Estate:
    own = {
        kind: [o for o in objects if getattr(o, "organisation", None) == code]
        for kind, objects in estate.collections()
    }
    own["organisations"] = [o for o in estate.organisations if o.code == code]
    systems = {s.code for s in own["systems"]}
    places = {p.code for kind in _PLACES for p in own[kind]}
    named = {s.room for s in own["systems"]} | places
    own["hosts"] = [
        h for h in estate.hosts if h.system in systems or (h.system is None and h.place in places)
    ]
    sites = {p.site for kind in _PLACES for p in getattr(estate, kind) if p.code in named}
    own["sites"] = [s for s in estate.sites if s.code in sites]
    own["dependencies"] = [d for d in estate.dependencies if d.system in systems]
    return _with_what_hangs_on(estate, own, systems)


def _of_county(estate: Estate, county: str) -> Estate:
    sites = {s.code for s in estate.sites if s.region and squeeze(s.region) == squeeze(county)}
    if not sites:
        regions = "、".join(sorted({s.region for s in estate.sites if s.region}))
        raise EstateError(
            f"没有园区属于区县“{county}”，已知：{regions or '无'} / no site is in the county {county}, "
            f"known: {regions or 'none'}"
        )
    here = {p.code for kind in _PLACES for p in getattr(estate, kind) if p.site in sites}
    own: dict[str, list[Any]] = {kind: [] for kind in Estate.model_fields}
    own["sites"] = [s for s in estate.sites if s.code in sites]
    for kind in _PLACES:
        own[kind] = [p for p in getattr(estate, kind) if p.code in here]
    own["lines"] = [x for x in estate.lines if x.a_end in here or x.z_end in here]
    own["systems"] = [s for s in estate.systems if s.place in here]
    systems = {s.code for s in own["systems"]}
    own["hosts"] = [h for h in estate.hosts if h.place in here or h.system in systems]
    own["nodes"] = [n for n in estate.nodes if n.place in here]
    own["dependencies"] = [d for d in estate.dependencies if d.system in systems]
    owners = {getattr(o, "organisation", None) for objects in own.values() for o in objects}
    own["organisations"] = [o for o in estate.organisations if o.code in owners]
    return _with_what_hangs_on(estate, own, systems)


def _with_what_hangs_on(estate: Estate, own: dict[str, list[Any]], systems: set[str]) -> Estate:
    hosts = {h.code for h in own["hosts"]}
    own["services"] = [s for s in estate.services if s.host in hosts or s.system in systems]
    nodes = {n.code for n in own["nodes"]}
    own["links"] = [x for x in estate.links if x.a_node in nodes or x.z_node in nodes]
    return Estate.model_validate(own)
