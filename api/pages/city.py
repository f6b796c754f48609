"""What pages share: the estate with its indexes, and how it stands against the city's policies."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inventory.model import Dependency, Estate, Host, Line, Node, System
from inventory.policies.assessment import Assessment
from inventory.policies.holds import Hold
from inventory.policies.pack import Pack
from inventory.policies.phases import Standing
from inventory.secrecy import Hidden, hidden, is_classified, shown_name
from migrator.errors import NotFound
from probes.readiness.evidence import Evidence
from probes.readiness.levels import Judge

if TYPE_CHECKING:
    pass

_MOVED = ("migrated", "verified")


@dataclass(frozen=True)
class City:
    """An estate and what is looked up in it again and again. What classified systems have to do
    with is named by code alone (G7)."""

    estate: Estate

    @cached_property
    def secret(self) -> Hidden:
        return hidden(self.estate)

    @cached_property
    def by(self) -> Mapping[str, Mapping[str, Any]]:
        """Collection → code → object."""
        return {kind: {o.code: o for o in objects} for kind, objects in self.estate.collections()}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names of organisations, rooms, clouds, nodes and sites, by code."""
        kinds = ("sites", "nodes", "organisations", "clouds", "rooms")
        return {code: o.name for kind in kinds for code, o in self.by[kind].items()}

    def name(self, code: str | None) -> str:
        """What people call it; its code where it is not there."""
        return "" if code is None else self.names.get(code, code)

    def system_name(self, code: str) -> str:
        found = self.by["systems"].get(code)
        return code if found is None else shown_name(found)

    @cached_property
    def needs(self) -> Mapping[str, list[Dependency]]:
        return _grouped(self.estate.dependencies, "system")

    @cached_property
    def needed_by(self) -> Mapping[str, list[Dependency]]:
        return _grouped(self.estate.dependencies, "needs")

    @cached_property
    def hosts_of(self) -> Mapping[str, list[Host]]:
        """By system; those of classified ones are left out."""
        shown = (h for h in self.estate.hosts if h.code not in self.secret.hosts)
        return _grouped(shown, "system")

    @cached_property
    def hosts_at(self) -> Mapping[str, list[Host]]:
        return _grouped((h for h in self.estate.hosts if h.code not in self.secret.hosts), "place")

    @cached_property
    def systems_at(self) -> Mapping[str, list[System]]:
        """By the place where they live now."""
        return _grouped(self.estate.systems, "place")

    @cached_property
    def nodes_at(self) -> Mapping[str, list[Node]]:
        return _grouped(self.nodes, "place")

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Those that may be spoken of."""
        return tuple(
            n
            for n in self.estate.nodes
            if n.host not in self.secret.hosts and not self.secret.hides_at(n.ipv4, n.ipv6)
        )

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Those that are not cancelled, by code."""
        kept = (line for line in self.estate.lines if line.cancelled_on is None)
        return tuple(sorted(kept, key=lambda line: line.code))

    @cached_property
    def moved(self) -> int:
        """Systems that live on a cloud, or are told to."""
        return sum(s.placement is not None or s.cloud_status in _MOVED for s in self.estate.systems)

    @cached_property
    def judge(self) -> Judge:
        """Of IPv6 readiness, to be told the evidence."""
        return Judge(self.estate, Evidence({}, 0))

    @cached_property
    def lines_at(self) -> Mapping[str, list[Line]]:
        """By either end."""
        found: dict[str, list[Line]] = defaultdict(list)
        for line in self.estate.lines:
            for end in {line.a_end, line.z_end} - {None}:
                found[str(end)].append(line)
        return found

    def get(self, kind: str, code: str) -> Any:
        """Raises NotFound."""
        found = self.by[kind].get(code)
        if found is None:
            raise NotFound(
                f"台账库中没有此编号 / the inventory has no such code: {code} ({kind})；请从列表进入 / open "
                "it from its list"
            )
        return found

    def classified(self, code: str) -> bool:
        found = self.by["systems"].get(code)
        return found is not None and is_classified(found)


def _grouped(things: Any, by: str) -> Mapping[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for thing in things:
        if (key := getattr(thing, by)) is not None:
            found[key].append(thing)
    return found


@dataclass(frozen=True)
class Case:
    """One policy and how the city stands against it."""

    pack: Pack
    assessed: Assessment
    holds: tuple[Hold, ...]
    standings: tuple[Standing, ...]

    @cached_property
    def of_systems(self) -> tuple[Counter[str | None], Counter[str | None]]:
        """Systems by the phase in which they stand, and those of them that are late there."""
        standings = [s for s in self.standings if s.set == "systems"]
        late = Counter(s.phase for s in standings if s.now and s.now.late)
        return Counter(s.phase for s in standings), late

    @cached_property
    def standing(self) -> Mapping[tuple[str, str], Standing]:
        """By set and code."""
        return {(s.set, s.code): s for s in self.standings}


@dataclass(frozen=True)
class Judged:
    """`own`: the city's policies are set; else every one that ships is shown, as the CLI does."""

    day: date
    made_at: datetime
    cases: tuple[Case, ...]
    own: bool
    mark: object

    def case(self, policy: str) -> Case:
        """Raises NotFound."""
        for case in self.cases:
            if case.pack.id == policy:
                return case
        raise NotFound(f"没有此政策 / no such policy: {policy}")
