"""What of an estate is looked at. Pure: an Estate in, targets out, each family apart.

Nodes (echo, and TCP on each declared port; upstream platforms are nodes too), the two ends of each
link and of each line whose transit prefix is declared, services by their protocol, portals and
other entrances by their content. What classified systems have to do with is left out, as in
`probes/discovery.py`. A family without a declared address has no target here: that it lacks one is
the readiness level's to tell.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from inventory.addresses import address_text
from inventory.model import Estate, Host, Line, Link, Node, System
from inventory.secrecy import Hidden, hidden
from probes.model import Family, Target
from probes.responsible import Parties
from probes.watch.watched import DEFAULT_INTERVAL, Watch

BY_PROTOCOL = {
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "oracle": "oracle",
    "redis": "redis",
    "ssh": "banner",
}
"""Services whose protocol we can greet; the others are asked for a connection (TCP)."""
NO_CONNECTION = frozenset({"udp", "icmp", "snmp", "ntp", "dns"})
"""Protocols that a TCP connection says nothing of."""
NO_SECRETS = Hidden(frozenset(), frozenset())
LARGEST_TRANSIT = 4  # addresses of a prefix that is a line's own


def watches_of(estate: Estate, *, everywhere: bool = False) -> tuple[Watch, ...]:
    """`everywhere`: services also where their system does not live yet, or no longer does."""
    secret, parties = hidden(estate), Parties.of(estate)
    nodes = {
        node.code: node
        for node in estate.nodes
        if node.host not in secret.hosts and not secret.hides_at(node.ipv4, node.ipv6)
    }
    return (
        *(w for node in nodes.values() for w in _of_node(node, parties)),
        *(w for link in estate.links for w in _of_link(link, nodes, parties)),
        *(w for line in estate.lines for w in _of_line(line, secret)),
        *_of_services(estate, secret, parties, everywhere=everywhere),
        *(
            w
            for system in estate.systems
            if system.code not in secret.systems
            for w in _of_portal(system, nodes, parties)
        ),
    )


def watches_of_move(
    system: System, entrance: Node, line: Line | None
) -> tuple[tuple[Watch, ...], tuple[Watch, ...]]:
    """What of the list tells whether a system that moves is well: its entrance and its content there;
    and the ends of the line that its data goes over. Keys as `watches_of` gives them."""
    nobody = Parties({}, {}, {})
    own = (*_of_node(entrance, nobody), *_of_portal(system, {entrance.code: entrance}, nobody))
    return own, tuple(_of_line(line, NO_SECRETS)) if line else ()


def _of_node(node: Node, parties: Parties) -> Iterator[Watch]:
    for family, address in _addresses(node):
        common = {
            "kind": node.kind or "node",
            "organisation": parties.of_node(node),
            "zone": node.zone or "",
            "interval": float(node.probe_interval_s or DEFAULT_INTERVAL),
        }
        yield Watch(target=_target(node.code, "icmp", family, address), **common)  # type: ignore[arg-type]
        for port in node.ports:
            yield Watch(target=_target(node.code, "tcp", family, address, port), **common)  # type: ignore[arg-type]


def _of_link(link: Link, nodes: dict[str, Node], parties: Parties) -> Iterator[Watch]:
    """Both ends, from where we stand; code `LINK@NODE`."""
    for end in (nodes.get(link.a_node), nodes.get(link.z_node)):
        if end is None:
            continue
        for family, address in _addresses(end):
            yield Watch(
                target=_target(f"{link.code}@{end.code}", "icmp", family, address),
                kind="link",
                organisation=parties.of_node(end),
                zone=link.zone or end.zone or "",
                interval=float(end.probe_interval_s or DEFAULT_INTERVAL),
                fine=True,
            )


def _of_line(line: Line, secret: Hidden) -> Iterator[Watch]:
    """The addresses of its transit prefix (/30, /31, /126, /127), the lower first; `LINE@1`."""
    for declared in (line.ipv4_prefix, line.ipv6_prefix):
        network = _transit(declared)
        if network is None:
            continue
        ends: list[IPv4Address | IPv6Address] = [*network.hosts()][:2]
        for number, address in enumerate(ends, 1):
            if secret.hides_at(address):
                continue
            yield Watch(
                target=_target(
                    f"{line.code}@{number}",
                    "icmp",
                    4 if address.version == 4 else 6,
                    address_text(address),
                ),
                kind="line",
                organisation=line.organisation or "",
                fine=True,
            )


def _transit(declared: str | None) -> IPv4Network | IPv6Network | None:
    """None for what is no prefix, or one of a whole network behind the line."""
    try:
        network = ip_network(declared or "", strict=False)
    except ValueError:
        return None
    return network if 2 <= network.num_addresses <= LARGEST_TRANSIT else None


def _of_services(
    estate: Estate, secret: Hidden, parties: Parties, *, everywhere: bool
) -> Iterator[Watch]:
    """Where their system lives now: what it has left, or will move to, does not serve."""
    hosts = {host.code: host for host in estate.hosts if host.code not in secret.hosts}
    for service in estate.services:
        host = hosts.get(service.host)
        protocol = service.protocol.lower()
        if host is None or secret.hides(service) or protocol in NO_CONNECTION:
            continue
        check = BY_PROTOCOL.get(protocol, "tcp")
        system = parties.systems.get(service.system or host.system or "")
        if system and not everywhere and not parties.lives_on(system, host):
            continue
        for family, address in _addresses(host):
            yield Watch(
                target=_target(service.code, check, family, address, service.port),
                kind="service",
                organisation=parties.of_host(host, system),
                zone=host.zone or "",
            )


def _of_portal(system: System, nodes: dict[str, Node], parties: Parties) -> Iterator[Watch]:
    """What clients see at the entrance; code `SYSTEM@NODE`."""
    entrance = system.entrance
    node = nodes.get(entrance.node) if entrance else None
    if entrance is None or node is None:
        return
    for family, address in _addresses(node):
        yield Watch(
            target=Target(
                code=f"{system.code}@{node.code}",
                check="http",
                family=family,
                address=address,
                port=entrance.port,
                path=entrance.path,
                content=entrance.content,
            ),
            kind="portal" if system.citizen_facing else "system",
            organisation=parties.of_system(system),
            zone=node.zone or "",
        )


def _target(code: str, check: str, family: Family, address: str, port: int = 0) -> Target:
    return Target(code=code, check=check, family=family, address=address, port=port)


def _addresses(thing: Node | Host) -> Iterator[tuple[Family, str]]:
    if thing.ipv4:
        yield 4, address_text(thing.ipv4)
    if thing.ipv6:
        yield 6, address_text(thing.ipv6)
