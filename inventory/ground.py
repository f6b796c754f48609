"""The estate and the newest looks, indexed for comparing them: one pass, however many hosts. Pure."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address

from inventory.facts import Look
from inventory.model import Estate, Host, Node, Service, System
from inventory.secrecy import Hidden, hidden

Network = IPv4Network | IPv6Network


@dataclass
class Ground:
    """`looks`: the newest that read each host, without those of classified systems. `entrances`:
    ports by node. `near`: where the hosts that were met in a network
    are declared to stand."""

    estate: Estate
    looks: Mapping[str, Look]
    secret: Hidden = field(init=False)
    hosts_of: dict[str, tuple[Host, ...]] = field(init=False)
    systems_of: dict[str, list[System]] = field(init=False)
    services_of: dict[str, list[Service]] = field(init=False)
    nodes_of: dict[str, list[Node]] = field(init=False)
    entrances: dict[str, list[int]] = field(init=False)
    near: dict[Network, Counter[str]] = field(init=False)

    def __post_init__(self) -> None:
        self.secret = hidden(self.estate)
        self.looks = {c: look for c, look in self.looks.items() if c not in self.secret.hosts}
        self._residents()
        self.services_of, self.nodes_of = defaultdict(list), defaultdict(list)
        for service in self.estate.services:
            self.services_of[service.host].append(service)
        for node in self.estate.nodes:
            if node.host:
                self.nodes_of[node.host].append(node)
        self.entrances = defaultdict(list)
        for system in self.estate.systems:
            if system.entrance:
                self.entrances[system.entrance.node].append(system.entrance.port)
        self.near = defaultdict(Counter)
        for host in self.estate.hosts:
            network = self.network(host.code)
            if network is not None and host.place:
                self.near[network][host.place] += 1

    def _residents(self) -> None:
        """The hosts on which each system lives now: our own record, else what was declared."""
        by_code = {host.code: host for host in self.estate.hosts}
        declared: dict[str, list[Host]] = defaultdict(list)
        for host in self.estate.hosts:
            if host.system:
                declared[host.system].append(host)
        self.hosts_of, self.systems_of = {}, defaultdict(list)
        for system in self.estate.systems:
            if system.placement:
                codes = system.placement.hosts
                hosts = tuple(by_code[code] for code in codes if code in by_code)
            else:
                own = declared[system.code]
                hosts = tuple(h for h in own if h.place == system.place) or tuple(own)
            self.hosts_of[system.code] = hosts
            for host in hosts:
                self.systems_of[host.code].append(system)

    def network(self, code: str) -> Network | None:
        """The network of the address at which a host was visited."""
        look = self.looks.get(code)
        if look is None:
            return None
        at = ip_address(look.visit.address)
        found = (one.network for one in look.facts.addresses or () if one.ip == at)
        network = next(found, None)
        return network if network and network.prefixlen < network.max_prefixlen - 1 else None
