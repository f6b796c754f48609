"""Objects of the estate → the rows that NetBox shall hold for them. Pure.

One object needs several rows: a host its device or machine, an interface, an address per family.
Rows point at each other by endpoint and code, so that they can be told before NetBox gave them
ids. `reading.py` is the other direction; docs/netbox.md has the mapping as a table.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from inventory.labels import value_label
from inventory.model import (
    Cloud,
    Contact,
    Estate,
    Host,
    Line,
    Link,
    Node,
    Organisation,
    Room,
    Service,
    Site,
    Thing,
    Zone,
)
from inventory.netbox import endpoints as nb
from inventory.netbox import names, schema
from inventory.netbox.endpoints import SYSTEM, ZONE, Endpoint, Json
from inventory.netbox.reading import LINK, NODE, UNSPECIFIED
from inventory.netbox.schema import slug

EGOV_LINK, EGOV_NETWORK = "政务链路", "政务网络"  # names of what bootstrap makes
CONTACT = "contact:"  # before the code of a person's row
PROTOCOLS = ("tcp", "udp", "sctp")  # what a service's port mapping may begin with in NetBox


@dataclass(frozen=True)
class Ref:
    """A managed object: its row, by endpoint and code."""

    endpoint: Endpoint
    code: str


@dataclass(frozen=True)
class Shared:
    """A shared object by its kind (`shared.py`) and its name, or the slug of one that bootstrap
    makes; a rack stands `within` a room."""

    kind: str
    name: str
    within: Ref | None = None


@dataclass(frozen=True)
class Wanted:
    """A row as it shall be. `facts` are compared; `once` are told when it is created; `later`
    can only be told when other rows stand (a primary address). None: not told."""

    endpoint: Endpoint
    code: str
    facts: Json = field(hash=False)
    once: Json = field(default_factory=dict, hash=False)
    later: Json = field(default_factory=dict, hash=False)

    @property
    def key(self) -> tuple[Endpoint, str]:
        return self.endpoint, self.code


NO_SITE = Shared("site", schema.UNSPECIFIED)


@dataclass(frozen=True)
class Places:
    """Where rooms and clouds of an estate stand."""

    rooms: Mapping[str, Room]
    clouds: Mapping[str, Cloud]
    machines: frozenset[str] = frozenset()  # codes of NetBox's virtual machines

    @classmethod
    def of(cls, estate: Estate, machines: frozenset[str] = frozenset()) -> "Places":
        rooms = {r.code: r for r in estate.rooms}
        return cls(rooms, {c.code: c for c in estate.clouds}, machines)

    def site(self, place: str | None) -> Ref | Shared:
        known = self.rooms.get(place or "") or self.clouds.get(place or "")
        return Ref(nb.SITES, known.site) if known and known.site else NO_SITE

    def room(self, place: str | None) -> Ref | None:
        return Ref(nb.LOCATIONS, place) if place in self.rooms and place else None

    def machine(self, host: Host | None) -> Endpoint:
        """What a host is: a virtual machine in a cloud, a device in a room; of one whose place is
        not told, what it is already, else a device."""
        if host is None or host.place in self.rooms:
            return nb.DEVICES
        known = host.place is None and host.code in self.machines
        return nb.MACHINES if known or host.place in self.clouds else nb.DEVICES


@dataclass(frozen=True)
class Context:
    """What the rows of one object need of the rest."""

    places: Places
    hosts: Mapping[str, Host]
    nodes: Mapping[str, Node]
    twice: frozenset[tuple[str, str]] = frozenset()  # (collection, code) of names told twice

    def name(self, collection: str, thing: Thing) -> str:
        """What it is called in NetBox."""
        told = (collection, thing.code) in self.twice
        return names.shown(thing.name, thing.code) if told else thing.name

    @classmethod
    def of(cls, estate: Estate, machines: frozenset[str] = frozenset()) -> "Context":
        hosts = {h.code: h for h in estate.hosts}
        nodes = {n.code: n for n in estate.nodes}
        return cls(Places.of(estate, machines), hosts, nodes, names.told_twice(estate))


def wanted(collection: str, obj: Any, context: Context) -> tuple[Wanted, ...]:
    """The rows of one object."""
    return tuple(_ROWS[collection](obj, context))


def _organisation(o: Organisation, context: Context) -> Iterator[Wanted]:
    facts = {"name": context.name("organisations", o), "qianyun_aliases": list(o.aliases) or None}
    once = {"slug": slug(o.code), "group": Shared("tenant_group", schema.TENANT_GROUP)}
    yield Wanted(nb.TENANTS, o.code, facts, once)
    yield from _contacts(Ref(nb.TENANTS, o.code), o.contacts)


def _site(s: Site, context: Context) -> Iterator[Wanted]:
    region = Shared("region", s.region) if s.region else None
    name = context.name("sites", s)
    facts = {"name": name, "region": region, "physical_address": s.address}
    yield Wanted(nb.SITES, s.code, facts, {"slug": slug(s.code), "status": "active"})


def _room(r: Room, context: Context) -> Iterator[Wanted]:
    facts = {
        "name": context.name("rooms", r),
        "site": context.places.site(r.code),
        "tenant": _tenant(r.organisation),
        "qianyun_building": r.building,
        "qianyun_area_m2": r.area_m2,
        "qianyun_racks": r.racks,
        "qianyun_cost_per_year": r.running_cost_per_year,
        "qianyun_created": _date(r.created),
        "qianyun_upgraded": _date(r.upgraded),
        "qianyun_moves_at_once": r.moves_at_once,
    }
    yield Wanted(nb.LOCATIONS, r.code, facts, {"slug": slug(r.code), "status": "active"})
    yield from _contacts(Ref(nb.LOCATIONS, r.code), r.contacts)


def _cloud(c: Cloud, context: Context) -> Iterator[Wanted]:
    facts = {
        "name": context.name("clouds", c),
        "tenant": _tenant(c.organisation),
        "scope_type": nb.SITES.type if c.site else None,
        "scope_id": Ref(nb.SITES, c.site) if c.site else None,
        "qianyun_moves_at_once": c.moves_at_once,
    }
    once = {"type": Shared("cluster_type", schema.CLOUD_TYPE), "status": "active"}
    yield Wanted(nb.CLUSTERS, c.code, facts, once)


def _line(line: Line, context: Context) -> Iterator[Wanted]:
    facts = {
        "provider": Shared("provider", line.provider or UNSPECIFIED),
        "type": Shared("circuit_type", value_label("lines", "type", line.type or UNSPECIFIED)),
        "tenant": _tenant(line.organisation),
        "commit_rate": line.bandwidth_kbps,
        "termination_date": _date(line.contract_end),
        "qianyun_name": line.name,
        "qianyun_rent_per_year": line.rent_per_year,
        "qianyun_self_leased": line.self_leased,
    }
    once = {"cid": line.code, "status": "active"}  # an adopted one keeps its provider's number
    yield Wanted(nb.CIRCUITS, line.code, facts, once)
    for side, place in (("A", line.a_end), ("Z", line.z_end)):
        if place is not None:
            yield _end(line.code, side, place, context)
    yield from _contacts(Ref(nb.CIRCUITS, line.code), line.contacts)


def _link(link: Link, context: Context) -> Iterator[Wanted]:
    code = LINK + link.code
    facts = {
        "provider": Shared("provider", EGOV_NETWORK),
        "type": Shared("circuit_type", EGOV_LINK),
        "qianyun_name": link.name,
        "qianyun_a_node": link.a_node,
        "qianyun_z_node": link.z_node,
        ZONE: link.zone and link.zone.value,
    }
    yield Wanted(nb.CIRCUITS, code, facts, {"cid": link.code, "status": "active"})
    for side, node in (("A", link.a_node), ("Z", link.z_node)):
        known = context.nodes.get(node)
        yield _end(code, side, known.place if known else None, context)


def _end(circuit: str, side: str, place: str | None, context: Context) -> Wanted:
    room = context.places.room(place)
    facts = {
        "circuit": Ref(nb.CIRCUITS, circuit),
        "term_side": side,
        "termination_type": nb.LOCATIONS.type if room else nb.SITES.type,
        "termination_id": room or context.places.site(place),
        "qianyun_place": None if room else place,
    }
    return Wanted(nb.TERMINATIONS, f"{circuit}:{side}", facts)


def _node(n: Node, context: Context) -> Iterator[Wanted]:
    code = NODE + n.code
    room = context.places.room(n.place)
    shared = _of_host(n, context.hosts.get(n.host or ""))
    v4 = None if 4 in shared else n.ipv4
    v6 = None if 6 in shared else n.ipv6
    facts = {
        "name": context.name("nodes", n),
        "site": context.places.site(n.place),
        "location": room,
        "tenant": _tenant(n.organisation),
        "qianyun_place": None if room else n.place,
        "qianyun_kind": value_label("nodes", "kind", n.kind),
        "qianyun_ports": list(n.ports) or None,
        "qianyun_host": n.host,
        "qianyun_host_addresses": shared or None,
        ZONE: n.zone and n.zone.value,
    }
    once = {
        "role": Shared("device_role", schema.NODE_ROLE),
        "device_type": Shared("device_type", schema.UNSPECIFIED),
        "status": "active",
    }
    yield Wanted(nb.DEVICES, code, facts, once, _primary(code, v4, v6))
    yield from _addresses(nb.DEVICES, code, v4, v6, zone=n.zone)


def _of_host(node: Node, host: Host | None) -> list[int]:
    """The families in which a node answers at its host's address: NetBox has an address once, and
    a primary one only on the machine that holds it."""
    if host is None:
        return []
    told = ((4, node.ipv4, host.ipv4), (6, node.ipv6, host.ipv6))
    return [family for family, own, its in told if own is not None and own == its]


def _host(h: Host, context: Context) -> Iterator[Wanted]:
    machine = context.places.machine(h)
    room = context.places.room(h.place)
    facts: Json = {
        "name": context.name("hosts", h),
        "platform": Shared("platform", h.os) if h.os else None,
        SYSTEM: h.system,
        ZONE: h.zone and h.zone.value,
        "qianyun_rack": None if room else h.rack,
        "qianyun_cpu_arch": h.cpu_arch,
        "qianyun_purchased": _date(h.purchased),
        "qianyun_ssh_port": None if h.ssh_port == 22 else h.ssh_port,
        "qianyun_ssh_host_key": h.ssh_host_key,
    }
    once: Json = {"status": "active"}
    if machine is nb.MACHINES:
        site = context.places.site(h.place)  # NetBox keeps it when the cluster gets another
        facts |= {
            "cluster": Ref(nb.CLUSTERS, h.place) if h.place else None,
            "site": site if isinstance(site, Ref) or h.place is None else None,
            "qianyun_asset_tag": h.asset_tag,
        }
    else:
        facts |= {
            "asset_tag": h.asset_tag,
            "site": context.places.site(h.place),
            "location": room,
            "rack": Shared("rack", h.rack, room) if h.rack and room else None,
            "qianyun_place": None if room else h.place,
        }
        once["role"] = Shared("device_role", schema.SERVER_ROLE)
        once["device_type"] = Shared("device_type", schema.UNSPECIFIED)
    yield Wanted(machine, h.code, facts, once, _primary(h.code, h.ipv4, h.ipv6))
    yield from _addresses(machine, h.code, h.ipv4, h.ipv6, zone=h.zone, system=h.system)


def _primary(code: str, v4: IPv4Address | None, v6: IPv6Address | None) -> Json:
    return {
        "primary_ip4": Ref(nb.ADDRESSES, f"{code}:4") if v4 else None,
        "primary_ip6": Ref(nb.ADDRESSES, f"{code}:6") if v6 else None,
    }


def _addresses(
    machine: Endpoint,
    code: str,
    v4: IPv4Address | None,
    v6: IPv6Address | None,
    *,
    zone: Zone | None,
    system: str | None = None,
) -> Iterator[Wanted]:
    """The interface and an address per family; the network zone is the VRF."""
    if v4 is None and v6 is None:
        return
    on_device = machine is nb.DEVICES
    interface = Ref(nb.INTERFACES if on_device else nb.VM_INTERFACES, f"{code}:mgmt")
    owner = {("device" if on_device else "virtual_machine"): Ref(machine, code)}
    once = {"name": schema.INTERFACE, **({"type": "other"} if on_device else {})}
    yield Wanted(interface.endpoint, interface.code, owner, once)
    for family, address, bits in ((4, v4, 32), (6, v6, 128)):
        if address is not None:
            facts = {
                "address": f"{address}/{bits}",
                "vrf": Shared("vrf", schema.ZONES[zone]) if zone else None,
                "assigned_object_type": interface.endpoint.type,
                "assigned_object_id": interface,
                SYSTEM: system,
                ZONE: zone and zone.value,
            }
            yield Wanted(nb.ADDRESSES, f"{code}:{family}", facts, {"status": "active"})


def _service(s: Service, context: Context) -> Iterator[Wanted]:
    machine = context.places.machine(context.hosts.get(s.host))
    mapped = s.protocol in PROTOCOLS
    facts = {
        "name": s.name,
        "parent_object_type": machine.type,
        "parent_object_id": Ref(machine, s.host),
        "port_mappings": [f"{s.protocol if mapped else 'tcp'}/{s.port}"],
        "qianyun_protocol": None if mapped else s.protocol,
        SYSTEM: s.system,
    }
    yield Wanted(nb.SERVICES, s.code, facts)


def contact_code(c: Contact) -> str:
    """One person, told in several places, is one contact."""
    known = "\0".join((c.name, c.phone, c.email))
    return f"{CONTACT}{hashlib.sha256(known.encode()).hexdigest()[:16]}"


def _contacts(owner: Ref, contacts: Iterable[Contact]) -> Iterator[Wanted]:
    for contact in contacts:
        code = contact_code(contact)
        known = {"name": contact.name, "phone": contact.phone, "email": contact.email}
        yield Wanted(nb.CONTACTS, code, {name: told or None for name, told in known.items()})
        role = hashlib.sha256(contact.role.encode()).hexdigest()[:8]
        facts = {
            "object_type": owner.endpoint.type,
            "object_id": owner,
            "contact": Ref(nb.CONTACTS, code),
            "role": Shared("contact_role", contact.role),
        }
        assigned = f"{owner.endpoint.type}:{owner.code}:{code}:{role}"
        yield Wanted(nb.ASSIGNMENTS, assigned, facts, {"priority": "primary"})


def _tenant(organisation: str | None) -> Ref | None:
    return Ref(nb.TENANTS, organisation) if organisation else None


def _date(value: Any) -> str | None:
    return value.isoformat() if value else None


_ROWS: Mapping[str, Callable[[Any, Context], Iterator[Wanted]]] = {
    "organisations": _organisation,
    "sites": _site,
    "rooms": _room,
    "clouds": _cloud,
    "lines": _line,
    "links": _link,
    "nodes": _node,
    "hosts": _host,
    "services": _service,
}
