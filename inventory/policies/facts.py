"""What an entry of a policy is judged on: the estate of a day, and the estate of the baseline."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inventory.choices import ZombieDecision
from inventory.model import Estate, System
from inventory.references import rings

if TYPE_CHECKING:
    from inventory.policies.conditions import Conditions
    from inventory.policies.records import Fate

SETS = (*(name for name in Estate.model_fields if name != "dependencies"), "counties")
"""What an entry may be about: a collection of the estate, or the counties that organisations name."""

_OF_THE_REST = {
    "counties",
    "covered",
    "platforms_of",
    "collectors_of",
    "other_devices_in",
    "counties_of",
    "offered",
    "sharing",
    "earlier",
    "_fates",
}
"""What of `Facts` is worked out without systems."""


type Pairs = Sequence[tuple[System, System]]
"""Systems that are other ones now: what each was, and what it is."""


@dataclass(frozen=True)
class County:
    """县（市、区）: a name that organisations carry; its code is the name."""

    code: str

    @property
    def name(self) -> str:
        return self.code


@dataclass(frozen=True)
class Facts:
    """`day` is today; `baseline` the estate of `baseline_on`, None where none was recorded;
    `declared` what people declare done: (entry, code of an object, or None as a whole); `fates` what
    became of objects, of this policy or of all; `by_owner` what organisations declare done of entries
    that are about organisations: (entry, organisation); `bodies` each name that a document uses → the body
    that it names by it; `since` the first day on which the document holds."""

    estate: Estate
    day: date
    baseline: Estate | None = None
    baseline_on: date | None = None
    declared: frozenset[tuple[str, str | None]] = frozenset()
    fates: tuple["Fate", ...] = ()
    by_owner: frozenset[tuple[str, str]] = frozenset()
    bodies: Mapping[str, str] = field(default_factory=dict)
    since: date | None = None
    asked: dict[tuple[str, "Conditions"], list[bool | None]] = field(
        default_factory=dict, compare=False, repr=False
    )
    values: dict[tuple[str, str], list[Any]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def members(self, of: str) -> tuple[Any, ...]:
        """The objects of a set, by code."""
        return self.counties if of == "counties" else getattr(self.estate, of)

    def find(self, of: str, code: str | None) -> Any | None:
        """The object of a set with that code."""
        return None if code is None else self._by_code(of).get(code)

    def positions(self, of: str) -> Mapping[str, int]:
        """Where each object of a set stands among its members."""
        codes = (thing.code for thing in self.members(of))
        return self.remember(f"positions {of}", lambda: {code: at for at, code in enumerate(codes)})

    def _by_code(self, of: str) -> Mapping[str, Any]:
        if of not in self._indexes:
            self._indexes[of] = {o.code: o for o in self.members(of)}
        return self._indexes[of]

    @cached_property
    def _indexes(self) -> dict[str, dict[str, Any]]:
        return {}

    @cached_property
    def counties(self) -> tuple[County, ...]:
        names = {o.county for o in self.estate.organisations if o.county}
        return tuple(County(name) for name in sorted(names))

    @cached_property
    def earlier(self) -> "Facts | None":
        """The baseline as facts of its own day."""
        if self.baseline is None or self.baseline_on is None:
            return None
        return Facts(
            self.baseline,
            self.baseline_on,
            fates=self.fates,
            bodies=self.bodies,
            since=self.since,
        )

    def is_declared(self, entry: str, thing: Any) -> bool:
        """Whether an entry is on record for an object, as a whole, or, where it is about
        organisations, for the one that the object belongs to."""
        if (entry, None) in self.declared or (entry, thing.code) in self.declared:
            return True
        return (entry, getattr(thing, "organisation", None)) in self.by_owner

    def _moved(self, pairs: Pairs) -> Counter[str]:
        """`systems_in` once systems are other ones."""
        found = Counter(self.systems_in)
        for old, new in pairs:
            found[self._lives_in(old) or ""] -= 1
            found[self._lives_in(new) or ""] += 1
        return found

    def fate(self, of: str, code: str) -> "Fate | None":
        """What became of an object by the day: merged or retired, as it was last told."""
        found = self._fates.get((of, code, None))
        return None if found and found.into and code in self.heads(of) else found

    def merged_away(self, system: System) -> bool:
        """Whether the inventory says that a system was merged into another, which still stands."""
        return bool(system.merged_into) and system.code not in self.heads("systems")

    def exclusion(self, entry: str, of: str, code: str) -> "Fate | None":
        """Who left an object out of an entry's count, and why."""
        return self._fates.get((of, code, entry))

    @cached_property
    def _fates(self) -> "dict[tuple[str, str, str | None], Fate]":
        told = (fate for fate in self.fates if fate.on <= self.day)
        ordered = sorted(told, key=lambda f: (f.on, f.became, f.into or "", f.by, f.evidence))
        return {(fate.set, fate.code, fate.entry): fate for fate in ordered}

    def merges(self, of: str) -> Mapping[str, str]:
        """What each object was merged into: by the inventory, else by what is on record."""

        def merges() -> dict[str, str]:
            heads = self.heads(of)
            return {code: into for code, into in self._merges(of).items() if code not in heads}

        return self.remember(f"merges {of}", merges)

    def heads(self, of: str) -> frozenset[str]:
        """Of each ring of objects that are said to be merged into each other the first by code: it
        counts as still there, since whatever a ring stands for can't have gone nowhere (G2)."""
        return self.remember(f"heads {of}", lambda: frozenset(map(min, rings(self._merges(of)))))

    def _merges(self, of: str) -> dict[str, str]:
        told = {c: f.into for (s, c, e), f in self._fates.items() if s == of and not e and f.into}
        if of == "systems":
            told |= {s.code: s.merged_into for s in self.estate.systems if s.merged_into}
        return told

    def retired(self, of: str) -> frozenset[str]:
        """Codes of what was retired: by the inventory, or by what is on record."""
        return self.remember(f"retired {of}", lambda: self._retired(of))

    def _retired(self, of: str) -> frozenset[str]:
        told = {c for (s, c, e), f in self._fates.items() if s == of and not e and not f.into}
        if of == "systems":
            decided = ZombieDecision.RETIRE
            told |= {s.code for s in self.estate.systems if s.zombie_decision is decided}
        return frozenset(told)

    def remember[T](self, key: str, make: Callable[[], T]) -> T:
        """Work out once what is asked often."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]  # type: ignore[no-any-return]

    @cached_property
    def _remembered(self) -> dict[str, Any]:
        return {}

    def with_systems(self, estate: Estate, pairs: Pairs) -> "Facts":
        """The facts of an estate of which only systems are other ones, of the same codes: `pairs` of
        what they were and are. What was worked out from the rest stays."""
        made = replace(self, estate=estate)
        for name in _OF_THE_REST & self.__dict__.keys():
            made.__dict__[name] = self.__dict__[name]
        places = {k: v for k, v in self._remembered.items() if k.startswith("positions ")}
        made._remembered.update(places)
        if all(old.merged_into == new.merged_into for old, new in pairs):
            made._remembered["heads systems"] = self.heads("systems")
        if "systems_in" in self.__dict__:
            made.__dict__["systems_in"] = self._moved(pairs)
        if "standing_of" in self.__dict__:
            made.__dict__["standing_of"] = made._standing_again(self, pairs)
        made._indexes.update({of: i for of, i in self._indexes.items() if of != "systems"})
        return made

    @cached_property
    def counties_of(self) -> Mapping[str, str | None]:
        """Organisation → its county."""
        return {o.code: o.county for o in self.estate.organisations}

    @cached_property
    def standing_of(self) -> Mapping[str, bool | None]:
        """Organisation → whether it is connected to the exchange platform: a system of its own is,
        and none that must be is not. None where nobody told of any of its systems."""
        return self._standing(self.estate.systems)

    def _standing_again(self, was: "Facts", pairs: Pairs) -> Mapping[str, bool | None]:
        """`standing_of` where only some systems are other ones than before."""
        owners = {system.organisation for pair in pairs for system in pair}
        theirs = self._standing(s for s in self.estate.systems if s.organisation in owners)
        rest = {o: stands for o, stands in was.standing_of.items() if o not in owners}
        return rest | theirs

    def _standing(self, systems: Iterable[System]) -> dict[str, bool | None]:
        told: dict[str, list[tuple[bool | None, bool]]] = {}
        for system in systems:
            owner = system.organisation
            if owner and not (self.merged_away(system) or self.fate("systems", system.code)):
                must = system.must_connect is True
                told.setdefault(owner, []).append((system.connected, must))
        return {owner: _stands(every) for owner, every in told.items()}

    @cached_property
    def unified_tags(self) -> Mapping[str, frozenset[str]]:
        """Function tag → codes of the systems that were built for the whole city and have it."""
        found: dict[str, set[str]] = {}
        for system in self.estate.systems:
            if system.citywide_unified:
                for tag in system.function_tags or ():
                    found.setdefault(tag, set()).add(system.code)
        return {tag: frozenset(codes) for tag, codes in found.items()}

    @cached_property
    def offered(self) -> frozenset[str] | None:
        """What the clouds of the inventory say that they can provide; None where none says it."""
        lists = [cloud.offers for cloud in self.estate.clouds if cloud.offers is not None]
        return frozenset(item for every in lists for item in every) if lists else None

    @cached_property
    def sharing(self) -> Mapping[str, bool | None]:
        """System → whether a resource of it has somebody who receives it; None where it is told of
        none who does. A system without resources is not here."""
        found: dict[str, bool | None] = {}
        for resource in self.estate.resources:
            if resource.system and not found.get(resource.system):
                found[resource.system] = bool(resource.shared_with) or None
        return found

    @cached_property
    def covered(self) -> frozenset[str]:
        """Codes of the organisations that a working line of the extranet serves."""
        lines = [
            line
            for line in self.estate.lines
            if line.type == "extranet" and not (line.cancelled_on and line.cancelled_on <= self.day)
        ]
        own = {line.organisation for line in lines if line.organisation}
        return frozenset(own.union(*(line.coverage or () for line in lines)))

    @cached_property
    def systems_in(self) -> Counter[str]:
        """Place → live systems there."""
        return Counter(place for s in self.estate.systems if (place := self._lives_in(s)))

    def _lives_in(self, system: System) -> str | None:
        gone = self.merged_away(system) or self.fate("systems", system.code)
        return None if gone else system.place

    @cached_property
    def top_level_of(self) -> Counter[str]:
        """Organisation → its independent systems, those that are no part of another."""
        from inventory.policies.derived import DERIVED  # noqa: PLC0415  a circle

        top = DERIVED["systems"]["top_level"].read
        return Counter(
            s.organisation for s in self.estate.systems if s.organisation and top(s, self)
        )

    @cached_property
    def platforms_of(self) -> Counter[str]:
        """County → logical platforms (县级逻辑平台) that carry its name."""
        return Counter(
            n.county for n in self.estate.nodes if n.kind == "county_platform" and n.county
        )

    @cached_property
    def collectors_of(self) -> Mapping[str, int]:
        """Name of a resource → organisations that say they collect it."""
        told: dict[str, set[str]] = {}
        for resource in self.estate.resources:
            if resource.organisation:
                told.setdefault(resource.name, set()).add(resource.organisation)
        return {name: len(owners) for name, owners in told.items()}

    @cached_property
    def other_devices_in(self) -> Mapping[str, bool | None]:
        """Room → whether a device stands there that is not for access; None where a role is
        missing and no other device answers."""
        found: dict[str, bool | None] = {}
        for host in self.estate.hosts:
            if host.place is None:
                continue
            if host.role is not None and host.role != "access":
                found[host.place] = True
            elif host.role is None and not found.get(host.place):
                found[host.place] = None
        return found


def _stands(told: list[tuple[bool | None, bool]]) -> bool | None:
    """`standing_of` of one organisation: whether each of its systems is connected and must be."""
    if any(connected is False for connected, must in told if must):
        return False
    if any(connected is None for connected, must in told if must):
        return None
    answers = [connected for connected, _ in told]
    return True if any(answers) else None if None in answers else False
