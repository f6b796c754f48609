"""What must not leave the estate: classified systems and the hosts that are theirs (design.md:
they can be neither planned, probed nor addressed)."""

from dataclasses import dataclass

from inventory.model import Estate, Secrecy, Service


@dataclass(frozen=True)
class Hidden:
    """Codes of classified systems, and of every host that has to do with one."""

    systems: frozenset[str]
    hosts: frozenset[str]

    def hides(self, service: Service) -> bool:
        return service.host in self.hosts or service.system in self.systems


def hidden(estate: Estate) -> Hidden:
    """A host is hidden when it is declared for a classified system, when one lives on it by our
    own record, or when a service of one listens on it: doubt hides."""
    classified = [s for s in estate.systems if s.secrecy is Secrecy.CLASSIFIED]
    systems = frozenset(s.code for s in classified)
    hosts = {h.code for h in estate.hosts if h.system in systems}
    hosts |= {code for s in classified if s.placement for code in s.placement.hosts}
    hosts |= {s.host for s in estate.services if s.system in systems}
    return Hidden(systems, frozenset(hosts))
