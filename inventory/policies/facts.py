"""What an entry of a policy is judged on: the estate of a day, and the estate of the baseline."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from inventory.model import Estate

SETS = (*(name for name in Estate.model_fields if name != "dependencies"), "counties")
"""What an entry may be about: a collection of the estate, or the counties that organisations name."""


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
    `declared` what people declare done: (entry, code of an object, or None as a whole)."""

    estate: Estate
    day: date
    baseline: Estate | None = None
    baseline_on: date | None = None
    declared: frozenset[tuple[str, str | None]] = frozenset()

    def members(self, of: str) -> tuple[Any, ...]:
        """The objects of a set, by code."""
        return self.counties if of == "counties" else getattr(self.estate, of)

    def find(self, of: str, code: str | None) -> Any | None:
        """The object of a set with that code."""
        return None if code is None else self._by_code(of).get(code)

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
        return Facts(self.baseline, self.baseline_on)

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
        return Counter(s.place for s in self.estate.systems if s.place and not s.merged_into)

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
