"""The estate as Prometheus target groups (HTTP service discovery). Pure: an Estate in.

One group per object and family, since v4 and v6 are looked at apart. A list in a label has commas
around it, as Prometheus's own discoveries write them: `,80,443,`. Labels without a value are left
out, which is the same to Prometheus. Classified systems, what is theirs, and nodes that stand on
their hosts are not in it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inventory.addresses import address_text
from inventory.model import Estate, Host, Line, Node, Service
from inventory.secrecy import Hidden, hidden

PREFIX = "__meta_qianyun_"
_FAMILY, _ADDRESS = f"{PREFIX}family", f"{PREFIX}address"


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """`targets`: `address`, `address:port` or `[v6]:port`; `labels` hold for all of them."""

    targets: tuple[str, ...]
    labels: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        return {"targets": self.targets, "labels": self.labels}


def nodes_of(estate: Estate) -> tuple[TargetGroup, ...]:
    """Exchange nodes: a target for each declared port, or the bare address where there is none."""
    names = _Names.of(estate)
    systems: dict[str, list[str]] = defaultdict(list)
    for system in estate.systems:
        if system.entrance and system.code not in names.hidden.systems:
            systems[system.entrance.node].append(system.code)
    return tuple(
        TargetGroup(
            tuple(_with_port(address, family, port) for port in node.ports) or (address,),
            {**labels, _FAMILY: family, _ADDRESS: address},
        )
        for node in estate.nodes
        if node.host not in names.hidden.hosts and not names.hidden.hides_at(node.ipv4, node.ipv6)
        for labels in (_node_labels(node, names, systems.get(node.code, ())),)
        for family, address in _addresses(node)
    )


def services_of(estate: Estate) -> tuple[TargetGroup, ...]:
    """Services: `address:port` of their host. One without an address has no target."""
    names = _Names.of(estate)
    hosts = {host.code: host for host in estate.hosts}
    return tuple(
        TargetGroup(
            (_with_port(address, family, service.port),),
            {**labels, _FAMILY: family, _ADDRESS: address},
        )
        for service in estate.services
        if service.host in hosts and not names.hidden.hides(service)
        for host in (hosts[service.host],)
        for labels in (_service_labels(service, host, names),)
        for family, address in _addresses(host)
    )


def lines_of(estate: Estate) -> tuple[TargetGroup, ...]:
    """Private lines. A line has no address of its own: its target is its code, for an exporter
    that looks lines up by code; the labels say ends, rate (kbit/s), provider and contract end."""
    names = _Names.of(estate)
    return tuple(TargetGroup((line.code,), _line_labels(line, names)) for line in estate.lines)


VIEWS: Mapping[str, Callable[[Estate], tuple[TargetGroup, ...]]] = {
    "nodes": nodes_of,
    "lines": lines_of,
    "services": services_of,
}
"""What can be discovered, by the name that it has in addresses and commands."""


@dataclass(frozen=True)
class _Names:
    """Names and owners, looked up once for the whole estate."""

    hidden: Hidden
    organisations: dict[str, str]
    places: dict[str, str]
    systems: dict[str, str]
    owners: dict[str, str]  # system → its organisation

    @classmethod
    def of(cls, estate: Estate) -> "_Names":
        return cls(
            hidden=hidden(estate),
            organisations={o.code: o.name for o in estate.organisations},
            places={p.code: p.name for p in (*estate.rooms, *estate.clouds)},
            systems={s.code: s.name for s in estate.systems},
            owners={s.code: s.organisation for s in estate.systems if s.organisation},
        )

    def organisation(self, code: str | None) -> dict[str, str | None]:
        return {"organisation": code, "organisation_name": self.organisations.get(code or "")}

    def place(self, code: str | None, kind: str = "place") -> dict[str, str | None]:
        return {kind: code, f"{kind}_name": self.places.get(code or "")}


def _node_labels(node: Node, names: _Names, systems: Iterable[str]) -> dict[str, str]:
    return _labels(
        code=node.code,
        name=node.name,
        kind=node.kind,
        zone=node.zone,
        host=node.host,
        ports=_list(node.ports),
        systems=_list(systems),
        **names.organisation(node.organisation),
        **names.place(node.place),
    )


def _service_labels(service: Service, host: Host, names: _Names) -> dict[str, str]:
    system = service.system or host.system
    return _labels(
        code=service.code,
        name=service.name,
        kind=service.protocol,
        zone=host.zone,
        host=host.code,
        port=service.port,
        system=system,
        system_name=names.systems.get(system or ""),
        **names.organisation(names.owners.get(system or "")),
        **names.place(host.place),
    )


def _line_labels(line: Line, names: _Names) -> dict[str, str]:
    return _labels(
        code=line.code,
        name=line.name,
        kind=line.type,
        provider=line.provider,
        bandwidth_kbps=line.bandwidth_kbps,
        contract_end=line.contract_end,
        **names.organisation(line.organisation),
        **names.place(line.a_end, "a_end"),
        **names.place(line.z_end, "z_end"),
    )


def _labels(**values: object) -> dict[str, str]:
    """Their names with the prefix, their values as texts; without those that say nothing."""
    return {PREFIX + name: str(v) for name, v in values.items() if v is not None and v != ""}


def _list(values: Iterable[object]) -> str | None:
    told = ",".join(str(value) for value in values)
    return f",{told}," if told else None


def _addresses(thing: Node | Host) -> Iterator[tuple[str, str]]:
    if thing.ipv4:
        yield "v4", address_text(thing.ipv4)
    if thing.ipv6:
        yield "v6", address_text(thing.ipv6)


def _with_port(address: str, family: str, port: int) -> str:
    return f"[{address}]:{port}" if family == "v6" else f"{address}:{port}"
