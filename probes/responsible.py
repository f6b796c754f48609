"""Who answers for what, as the estate says now: the label `organisation` of every look, by which
alerts find their party. Pure.

A department answers for its system in its own room; once the system lives in a cloud, whoever runs
the cloud does. The engine writes where a system lives when its move is done, so that is when alerts
begin to reach the new party.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from inventory.model import Estate, Host, Node, System


@dataclass(frozen=True)
class Parties:
    """`clouds`, `places`: code → organisation, where one is on record."""

    clouds: Mapping[str, str]
    places: Mapping[str, str]
    systems: Mapping[str, System]

    @classmethod
    def of(cls, estate: Estate) -> "Parties":
        clouds = {c.code: c.organisation for c in estate.clouds if c.organisation}
        rooms = {r.code: r.organisation for r in estate.rooms if r.organisation}
        return cls(clouds, {**rooms, **clouds}, {s.code: s for s in estate.systems})

    def of_system(self, system: System) -> str:
        return self.clouds.get(system.place or "") or system.organisation or ""

    def of_node(self, node: Node) -> str:
        return node.organisation or self.places.get(node.place or "", "")

    def of_host(self, host: Host, system: System | None) -> str:
        """Of a service on it."""
        return self.of_system(system) if system else self.places.get(host.place or "", "")

    def lives_on(self, system: System, host: Host) -> bool:
        """Whether a system's services on a host are those that serve: not yet where it will move to,
        no longer where it has left."""
        if system.placement:
            return host.code in system.placement.hosts
        return system.place is None or host.place is None or host.place == system.place
