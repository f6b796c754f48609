"""What must not leave the estate: classified systems and the hosts that are theirs (design.md:
they can be neither planned, probed nor addressed). Doubt hides."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from inventory.choices import Secrecy
from inventory.model import Estate, Host, Service

type Address = IPv4Address | IPv6Address

CLASSIFIED_NAME = "涉密系统"
"""What stands for the name of a classified system wherever something is shown or leaves."""


def is_classified(thing: object) -> bool:
    """Whether an object is a classified system."""
    return getattr(thing, "secrecy", None) == Secrecy.CLASSIFIED


def shown_name(thing: Any) -> str:
    """What an object is called on screens, in answers and in documents: its name, but for a
    classified system, which is counted and never told by name (G7)."""
    return CLASSIFIED_NAME if is_classified(thing) else str(thing.name)


@dataclass(frozen=True)
class Hidden:
    """Codes of classified systems, of every host that has to do with one, and their addresses;
    `doubtful`: the hosts of it that were declared for a system that the estate does not know."""

    systems: frozenset[str]
    hosts: frozenset[str]
    addresses: frozenset[Address] = field(default=frozenset())
    doubtful: frozenset[str] = field(default=frozenset())

    def hides(self, service: Service) -> bool:
        return service.host in self.hosts or service.system in self.systems

    def hides_at(self, *addresses: Address | None) -> bool:
        """Whether one of these is an address of theirs, whoever else is said to have it."""
        return any(address in self.addresses for address in addresses)

    def why(self, code: str) -> str:
        """Why a host is never spoken to."""
        if code in self.doubtful:
            return (
                f"{code}: 台账所填信息系统尚未确认，可能涉密，不予访问；请补全该系统的台账 / it is declared "
                "for a system that the inventory does not know and that may be classified: it is "
                "not visited; bring in that system's row"
            )
        return (
            f"{code} 属于涉密系统或与其同址，从不访问 / belongs to a classified system or has an address of "
            "one, and is never visited"
        )


def hidden(estate: Estate) -> Hidden:
    """A host is hidden when it is declared for a classified system or for one that is not known,
    when one lives on it by our own record, when a service of one listens on it, and when it has the
    address of such a host."""
    classified = [s for s in estate.systems if is_classified(s)]
    systems = frozenset(s.code for s in classified)
    doubtful = frozenset(h.code for h in estate.hosts if _of_an_unknown_system(h))
    hosts = doubtful | {h.code for h in estate.hosts if h.system in systems}
    hosts |= {code for s in classified if s.placement for code in s.placement.hosts}
    hosts |= {s.host for s in estate.services if s.system in systems}
    theirs = (h for h in estate.hosts if h.code in hosts)
    addresses = frozenset(_addresses((*theirs, *classified)))
    hosts |= {h.code for h in estate.hosts if h.ipv4 in addresses or h.ipv6 in addresses}
    return Hidden(systems, frozenset(hosts), addresses, doubtful)


def _addresses(things: Iterable[object]) -> Iterable[Address]:
    for thing in things:
        for name in ("ipv4", "ipv6"):
            if (address := getattr(thing, name)) is not None:
                yield address


def _of_an_unknown_system(host: Host) -> bool:
    """Whether its ledger named a system whose row was refused, or that nobody told."""
    if host.system is not None:
        return False
    return any(p.field == "system" and p.raw and _names(p.raw) for p in host.provenance)


def _names(raw: str) -> bool:
    """Whether a cell names something: 无 and 待定 don't."""
    # the reader is imported where such a host is: an Ansible inventory should be quick
    from inventory.ledger.cells import is_blank  # noqa: PLC0415
    from inventory.ledger.spelling import default_words  # noqa: PLC0415

    return not is_blank(raw, default_words())
