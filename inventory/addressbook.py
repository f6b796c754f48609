"""Whose an address is: by what hosts say of themselves, else by what was declared. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from inventory.facts import Address, HostFacts, Look
from inventory.ground import Ground, Network
from inventory.model import Host

_ALL = ip_network("0.0.0.0/0"), ip_network("::/0")


@dataclass(frozen=True)
class AddressBook:
    """`owners`: the hosts that have an address; `taken`: addresses that are known to be no host of
    the inventory (nodes, hosts of classified systems); `ours`: prefixes in which an unknown address
    is of interest."""

    owners: Mapping[Address, frozenset[str]]
    taken: frozenset[Address]
    ours: tuple[Network, ...]

    @classmethod
    def of(cls, ground: Ground, within: Iterable[Network] = ()) -> "AddressBook":
        """`within`: prefixes that are ours besides those that hosts are in."""
        estate, looks, secret = ground.estate, ground.looks, ground.secret.hosts
        found: dict[Address, set[str]] = {}
        networks: set[Network] = set(within)
        for code, look in looks.items():
            for interface in look.facts.addresses or ():
                found.setdefault(interface.ip, set()).add(code)
                if interface.network.prefixlen < interface.max_prefixlen:
                    networks.add(interface.network)
        taken = {a for n in estate.nodes for a in (n.ipv4, n.ipv6) if a and not n.host}
        for host in estate.hosts:
            for address in (host.ipv4, host.ipv6):
                if address is None:
                    continue
                if host.code in secret:
                    taken.add(address)
                elif address not in found and not _read(looks, host):
                    # a host that was read says itself which addresses it has
                    found.setdefault(address, set()).add(host.code)
        for node in estate.nodes:
            for address in (node.ipv4, node.ipv6):
                if address is not None and node.host and node.host not in secret:
                    found.setdefault(address, set()).add(node.host)
        owners = {address: frozenset(codes) for address, codes in found.items()}
        return cls(owners, frozenset(taken), tuple(n for n in networks if n not in _ALL))

    def host(self, address: Address) -> str | None:
        """The one host that has it; None where there is none, or more than one."""
        codes = self.owners.get(address, frozenset())
        return next(iter(codes)) if len(codes) == 1 else None

    def known(self, address: Address) -> bool:
        return address in self.owners or address in self.taken

    def inside(self, address: Address) -> bool:
        """Whether it lies in a prefix of ours."""
        return any(address in network for network in self.ours)


def _read(looks: Mapping[str, Look], host: Host) -> bool:
    return host.code in looks and looks[host.code].facts.addresses is not None


def ports_of(facts: HostFacts, protocol: str = "tcp") -> frozenset[int] | None:
    """What others can reach on a host; None where it could not be read."""
    if facts.sockets is None:
        return None
    return frozenset(s.port for s in facts.sockets if s.protocol == protocol and not s.local)
