"""What of an estate is looked at. Pure: an Estate in, targets out, each family apart.

Nodes (echo, and TCP on each declared port; upstream platforms are nodes too), the two ends of each
link and of each line whose transit prefix is declared, services by their protocol, portals and
other entrances by their content. What classified systems have to do with is left out, as in
`probes/discovery.py`. A family without a declared address has no target here: that it lacks one is
the readiness level's to tell.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
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
RARELY = {"interval": 600.0}
"""A path's MTU changes when somebody changes a device: large packets need not be sent each second."""
OVER_TLS = frozenset({"https", "ldaps", "imaps", "smtps", "tls", "ssl"})
ASKED = frozenset({"dns", "domain"})
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
    and the ends of the line that its data goes over. Keys as `watches_of` gives them. Not the MTU of
    their paths: it is looked at too rarely to say how the last minutes were."""
    nobody = Parties({}, {}, {})
    own = (*_of_node(entrance, nobody), *_of_portal(system, {entrance.code: entrance}, nobody))
    ends = tuple(_of_line(line, NO_SECRETS)) if line else ()
    return _often(own), _often(ends)


def _often(watches: Sequence[Watch]) -> tuple[Watch, ...]:
    return tuple(watch for watch in watches if watch.target.check != "pmtu")


def _of_node(node: Node, parties: Parties) -> Iterator[Watch]:
    for family, address in _addresses(node):
        common = {
            "kind": node.kind or "node",
            "organisation": parties.of_node(node),
            "zone": node.zone or "",
            "interval": float(node.probe_interval_s or DEFAULT_INTERVAL),
        }
        yield Watch(target=_target(node.code, "icmp", family, address), **common)  # type: ignore[arg-type]
        yield Watch(target=_target(node.code, "pmtu", family, address), **common | RARELY)  # type: ignore[arg-type]
        for port in node.ports:
            yield Watch(target=_target(node.code, "tcp", family, address, port), **common)  # type: ignore[arg-type]


def _of_link(link: Link, nodes: dict[str, Node], parties: Parties) -> Iterator[Watch]:
    """Both ends, from where we stand; code `LINK@NODE`."""
    for end in (nodes.get(link.a_node), nodes.get(link.z_node)):
        if end is None:
            continue
        for family, address in _addresses(end):
            code = f"{link.code}@{end.code}"
            common = {
                "kind": "link",
                "organisation": parties.of_node(end),
                "zone": link.zone or end.zone or "",
                "interval": float(end.probe_interval_s or DEFAULT_INTERVAL),
                "fine": True,
            }
            yield Watch(target=_target(code, "icmp", family, address), **common)  # type: ignore[arg-type]
            yield Watch(target=_target(code, "pmtu", family, address), **common | RARELY)  # type: ignore[arg-type]


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
            where = (
                f"{line.code}@{number}",
                4 if address.version == 4 else 6,
                address_text(address),
            )
            for check, interval in (("icmp", DEFAULT_INTERVAL), ("pmtu", RARELY["interval"])):
                yield Watch(
                    target=_target(where[0], check, *where[1:]),  # type: ignore[arg-type]
                    kind="line",
                    organisation=line.organisation or "",
                    fine=True,
                    interval=interval,
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
    names = {s.code: s.entrance.name for s in estate.systems if s.entrance and s.entrance.name}
    shown = sorted(names[code] for code in names if code not in secret.systems)
    for service in estate.services:
        host = hosts.get(service.host)
        protocol = service.protocol.lower()
        if host is None or secret.hides(service):
            continue
        code = service.system or host.system or ""
        check, name = _asking(protocol, names.get(code, ""), shown)
        system = parties.systems.get(code)
        if not check or (system and not everywhere and not parties.lives_on(system, host)):
            continue
        for family, address in _addresses(host):
            target = _target(service.code, check, family, address, service.port)
            yield Watch(
                target=replace(target, name=name) if name else target,
                kind="service",
                organisation=parties.of_host(host, system),
                zone=host.zone or "",
            )


def _asking(protocol: str, name: str, shown: Sequence[str]) -> tuple[str, str]:
    """The check for a service, and whom it is asked for. A certificate is judged where a name is on
    record that it must hold, a name server asked where there is one to ask for."""
    if protocol in ASKED:
        return ("dns", shown[0]) if shown else ("", "")
    if protocol in OVER_TLS:
        return ("tls", name) if name else ("tcp", "")
    return ("", "") if protocol in NO_CONNECTION else (BY_PROTOCOL.get(protocol, "tcp"), "")


def _of_portal(system: System, nodes: dict[str, Node], parties: Parties) -> Iterator[Watch]:
    """What clients see at the entrance; code `SYSTEM@NODE` at the address on record, `SYSTEM` by the
    name that clients ask for, where that is known: its addresses are looked up in time."""
    entrance = system.entrance
    node = nodes.get(entrance.node) if entrance else None
    if entrance is None or node is None:
        return
    asked = Target(
        code=f"{system.code}@{node.code}",
        check="http",
        family=4,
        address="",
        port=entrance.port,
        path=entrance.path,
        content=entrance.content,
        name=entrance.name or "",
        tls=bool(entrance.tls),
    )
    targets = [
        replace(asked, family=family, address=address) for family, address in _addresses(node)
    ]
    if entrance.name:
        targets += [
            replace(asked, code=system.code, family=family, host=entrance.name)
            for family, _ in _addresses(node)
        ]
    for target in targets:
        yield Watch(
            target=target,
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
