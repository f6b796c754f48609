"""All objects as one immutable snapshot with a digest."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import Any, Self

from pydantic import field_validator

from inventory.canonical import plain_json
from inventory.errors import EstateError
from inventory.frozen import Frozen
from inventory.model.network import Host, Line, Link, Node, Service
from inventory.model.places import Cloud, Organisation, Room, Site
from inventory.model.projects import Project, Resource
from inventory.model.systems import Dependency, System

_LATER = ("projects", "resources")
"""Collections that came later: where they are empty, the digest is that of before."""


class Estate(Frozen):
    """All objects, each collection sorted by code."""

    organisations: tuple[Organisation, ...] = ()
    sites: tuple[Site, ...] = ()
    rooms: tuple[Room, ...] = ()
    clouds: tuple[Cloud, ...] = ()
    lines: tuple[Line, ...] = ()
    links: tuple[Link, ...] = ()
    nodes: tuple[Node, ...] = ()
    hosts: tuple[Host, ...] = ()
    services: tuple[Service, ...] = ()
    systems: tuple[System, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    projects: tuple[Project, ...] = ()
    resources: tuple[Resource, ...] = ()

    @field_validator("*")
    @classmethod
    def _in_order(cls, objects: tuple[Any, ...]) -> tuple[Any, ...]:
        """Sorted by code, whatever the order given, so that equal facts have equal digests."""
        ordered = tuple(sorted(objects, key=lambda o: o.code))
        for one, other in pairwise(ordered):
            if one.code == other.code:
                raise EstateError(
                    f"编号 {one.code} 出现两次，请合并或更正 / code {one.code} is told twice: "
                    "merge the two or correct one"
                )
        return ordered

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything but provenance: equal facts, equal digest."""
        plain = {kind: [content(o) for o in objects] for kind, objects in self.digested()}
        return hashlib.sha256(plain_json(plain)).hexdigest()

    @cached_property
    def columns(self) -> dict[tuple[str, str], list[Any]]:
        """Fields of whole collections, (collection, field) → values in order, as they were asked
        for: what is read of the same estate for many ends is read once."""
        return {}

    def digested(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The collections that the digest is of."""
        for kind, objects in self.collections():
            if objects or kind not in _LATER:
                yield kind, objects

    def with_systems(self, new: Mapping[str, System]) -> Self:
        """The estate with other facts of some of its systems, by code; it holds these codes
        already, so that nothing of the rest has to be looked at. Raises KeyError where not."""
        systems = list(self.systems)
        for code, system in new.items():
            systems[self._place_of(code)] = system
        made = self.unchecked({"systems": tuple(systems)})
        made.__dict__.pop("digest", None)
        made.__dict__["columns"] = {k: v for k, v in self.columns.items() if k[0] != "systems"}
        return made

    def system(self, code: str) -> System:
        """Raises KeyError."""
        return self.systems[self._place_of(code)]

    def _place_of(self, code: str) -> int:
        at = bisect_left(self.systems, code, key=attrgetter("code"))
        if at == len(self.systems) or self.systems[at].code != code:
            raise KeyError(code)
        return at

    def collections(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for kind in type(self).model_fields:
            yield kind, getattr(self, kind)


def content(obj: Frozen) -> dict[str, Any]:
    """An object's facts as plain JSON, without provenance."""
    return obj.model_dump(mode="json", exclude={"provenance"}, exclude_none=True)
