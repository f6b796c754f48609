"""Rows of NetBox → objects of the estate. Pure; what can't be understood is left out and told.

The mapping, field by field, is in docs/netbox.md; `rows.py` is its other direction.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from inventory.labels import value_word
from inventory.model import (
    Cloud,
    Estate,
    Host,
    Line,
    Link,
    Node,
    Organisation,
    Provenance,
    Room,
    Service,
    Site,
    Thing,
)
from inventory.netbox import endpoints as nb
from inventory.netbox.endpoints import SYSTEM, ZONE, Endpoint, Json, Row
from inventory.netbox.held import UNCLEAR, Held, left_out, unread_field
from inventory.netbox.names import plain
from inventory.store import LeftOut
from inventory.text import shorten

NODE, LINK = "node:", "link:"  # before the code of a node or link, whose rows are devices, circuits
UNSPECIFIED = "未说明"  # the shared provider and circuit type of a line that tells none

MACHINES = (nb.DEVICES, nb.MACHINES)  # what a host is

type Tables = Mapping[Endpoint, Mapping[int, Row]]
type Provenances = Mapping[tuple[str, str], tuple[Provenance, ...]]


NOT_OURS = "未填 qianyun_code，不归迁云管理；填写编号即纳入 / not managed: fill in qianyun_code"


@dataclass
class Lookup:
    """What objects need of each other, by NetBox's ids."""

    tables: Tables
    _hosts: dict[str, Row] | None = None
    ends: dict[int, dict[str, Row]] = field(default_factory=dict)
    contacts: dict[tuple[str, int], list[Json]] = field(default_factory=dict)

    @classmethod
    def of(cls, tables: Tables) -> "Lookup":
        found = cls(tables)
        for end in tables[nb.TERMINATIONS].values():
            sides = found.ends.setdefault(end.facts.get("circuit", 0), {})
            sides[end.facts.get("term_side", "")] = end
        people = tables[nb.CONTACTS]
        for assigned in tables[nb.ASSIGNMENTS].values():
            person = people.get(assigned.facts.get("contact", 0))
            if assigned.code is not None and person is not None:
                owner = assigned.facts["object_type"], assigned.facts["object_id"]
                known = {n: person.facts.get(n, "") for n in ("name", "phone", "email")}
                known["role"] = assigned.facts.get("role", "")
                found.contacts.setdefault(owner, []).append(known)
        return found

    def code(self, endpoint: Endpoint, id: int | None) -> str | None:
        """The code of the managed object with this id."""
        row = self.tables[endpoint].get(id or 0)
        return row.code if row else None

    def address(self, id: int | None) -> str | None:
        row = self.tables[nb.ADDRESSES].get(id or 0)
        return row.facts["address"].partition("/")[0] if row else None

    def address_of(self, row: Row, family: int) -> str | None:
        """A node's address: its own, or its host's where it is told to have that."""
        facts = row.facts
        lent = facts.get("qianyun_host_addresses")
        if isinstance(lent, list) and family in lent:
            facts = self._host(facts.get("qianyun_host", ""))
        return self.address(facts.get(f"primary_ip{family}"))

    def _host(self, code: str) -> Json:
        if self._hosts is None:
            rows = (*self.tables[nb.DEVICES].values(), *self.tables[nb.MACHINES].values())
            self._hosts = {row.code: row for row in rows if row.code is not None}
        found = self._hosts.get(code)
        return found.facts if found else {}

    def end(self, circuit: int, side: str) -> str | None:
        """The room or cloud at a side of a circuit."""
        row = self.ends.get(circuit, {}).get(side)
        if row is None:
            return None
        if row.facts.get("termination_type") == nb.LOCATIONS.type:
            return self.code(nb.LOCATIONS, row.facts.get("termination_id"))
        place: str | None = row.facts.get("qianyun_place")
        return place

    def people(self, endpoint: Endpoint, id: int) -> list[Json]:
        return self.contacts.get((endpoint.type, id), [])


def _organisation(row: Row, look: Lookup) -> Json:
    return {
        "name": row.facts.get("name", ""),
        "aliases": row.facts.get("qianyun_aliases", ()),
        "contacts": look.people(nb.TENANTS, row.id),
    }


def _site(row: Row, _: Lookup) -> Json:
    f = row.facts
    return {
        "name": f.get("name", ""),
        "region": f.get("region"),
        "address": f.get("physical_address"),
    }


def _room(row: Row, look: Lookup) -> Json:
    f = row.facts
    return {
        "name": f.get("name", ""),
        "organisation": look.code(nb.TENANTS, f.get("tenant")),
        "site": look.code(nb.SITES, f.get("site")),
        "contacts": look.people(nb.LOCATIONS, row.id),
        "building": f.get("qianyun_building"),
        "area_m2": f.get("qianyun_area_m2"),
        "racks": f.get("qianyun_racks"),
        "running_cost_per_year": f.get("qianyun_cost_per_year"),
        "created": f.get("qianyun_created"),
        "upgraded": f.get("qianyun_upgraded"),
        "moves_at_once": f.get("qianyun_moves_at_once"),
    }


def _cloud(row: Row, look: Lookup) -> Json:
    f = row.facts
    at_site = f.get("scope_type") == nb.SITES.type
    return {
        "name": f.get("name", ""),
        "organisation": look.code(nb.TENANTS, f.get("tenant")),
        "site": look.code(nb.SITES, f.get("scope_id")) if at_site else None,
        "moves_at_once": f.get("qianyun_moves_at_once"),
    }


def _line(row: Row, look: Lookup) -> Json:
    f = row.facts
    return {
        "name": f.get("qianyun_name", "" if f.get("cid") == row.code else f.get("cid", "")),
        "provider": _told(f.get("provider")),
        "type": _word("lines", "type", _told(f.get("type"))),
        "a_end": look.end(row.id, "A"),
        "z_end": look.end(row.id, "Z"),
        "bandwidth_kbps": f.get("commit_rate"),
        "rent_per_year": f.get("qianyun_rent_per_year"),
        "contract_end": f.get("termination_date"),
        "organisation": look.code(nb.TENANTS, f.get("tenant")),
        "contacts": look.people(nb.CIRCUITS, row.id),
        "self_leased": f.get("qianyun_self_leased"),
    }


def _link(row: Row, _: Lookup) -> Json:
    f = row.facts
    return {
        "name": f.get("qianyun_name", ""),
        "a_node": f.get("qianyun_a_node", ""),
        "z_node": f.get("qianyun_z_node", ""),
        "zone": f.get(ZONE),
    }


def _node(row: Row, look: Lookup) -> Json:
    f = row.facts
    return {
        "name": f.get("name", ""),
        "kind": _word("nodes", "kind", f.get("qianyun_kind")),
        "organisation": look.code(nb.TENANTS, f.get("tenant")),
        "place": look.code(nb.LOCATIONS, f.get("location")) or f.get("qianyun_place"),
        "zone": f.get(ZONE),
        "ipv4": look.address_of(row, 4),
        "ipv6": look.address_of(row, 6),
        "ports": f.get("qianyun_ports", ()),
        "host": f.get("qianyun_host"),
    }


def _host(row: Row, look: Lookup) -> Json:
    """A device, or a virtual machine: what one of them has not is None in its row."""
    f = row.facts
    place = (
        look.code(nb.LOCATIONS, f.get("location"))
        or look.code(nb.CLUSTERS, f.get("cluster"))
        or f.get("qianyun_place")
    )
    return {
        "name": f.get("name", ""),
        "asset_tag": f.get("asset_tag") or f.get("qianyun_asset_tag"),
        "place": place,
        "rack": f.get("rack") or f.get("qianyun_rack"),
        "system": f.get(SYSTEM),
        "zone": f.get(ZONE),
        "ipv4": look.address(f.get("primary_ip4")),
        "ipv6": look.address(f.get("primary_ip6")),
        "cpu_arch": f.get("qianyun_cpu_arch"),
        "os": f.get("platform"),
        "purchased": f.get("qianyun_purchased"),
        "ssh_port": f.get("qianyun_ssh_port", 22),
        "ssh_host_key": f.get("qianyun_ssh_host_key"),
    }


def _service(row: Row, look: Lookup) -> Json:
    f = row.facts
    parent = next((e for e in MACHINES if e.type == f.get("parent_object_type")), None)
    protocol, _, port = str(next(iter(f.get("port_mappings", ())), "/")).partition("/")
    return {
        "name": f.get("name", ""),
        "host": (look.code(parent, f.get("parent_object_id")) if parent else None) or "",
        "port": port,
        "protocol": f.get("qianyun_protocol") or protocol,
        "system": f.get(SYSTEM),
    }


def _told(name: str | None) -> str | None:
    return None if name == UNSPECIFIED else name


def _word(kind: str, field: str, label: str | None) -> str | None:
    return label and value_word(kind, field, label)


@dataclass(frozen=True)
class Kind:
    """How the rows of an endpoint whose codes begin with `prefix` become a collection."""

    collection: str
    model: type[Thing]
    facts: Callable[[Row, Lookup], Json]
    prefix: str = ""


# endpoint → the kinds that live in it; of two, the one with a prefix comes first
KINDS: Mapping[Endpoint, tuple[Kind, ...]] = {
    nb.TENANTS: (Kind("organisations", Organisation, _organisation),),
    nb.SITES: (Kind("sites", Site, _site),),
    nb.LOCATIONS: (Kind("rooms", Room, _room),),
    nb.CLUSTERS: (Kind("clouds", Cloud, _cloud),),
    nb.CIRCUITS: (Kind("links", Link, _link, LINK), Kind("lines", Line, _line)),
    nb.DEVICES: (Kind("nodes", Node, _node, NODE), Kind("hosts", Host, _host)),
    nb.MACHINES: (Kind("hosts", Host, _host),),
    nb.SERVICES: (Kind("services", Service, _service),),
}
HELD = ("organisations", "sites", "rooms", "clouds", "lines", "links", "nodes", "hosts", "services")
"""The collections that NetBox holds."""
OURS = tuple(kind for kind in Estate.model_fields if kind not in HELD)
"""The others: systems, dependencies, projects and resources are ours alone."""


def read(endpoint: Endpoint, row: Row, look: Lookup, told: Provenances) -> Held | LeftOut:
    """The object of a row of one of KINDS, or why it is left out."""
    if row.code is None:
        reason = NOT_OURS
        if nb.BAD_CODE in row.facts:
            held = f"qianyun_code={shorten(repr(row.facts[nb.BAD_CODE]))}"
            reason = (
                f"{held} 不是编号（1 至 63 个 A-Z a-z 0-9 . _ -），不归迁云管理 / {held} is no code (1 to 63 "
                "of A-Z a-z 0-9 . _ -): not managed"
            )
        return left_out(endpoint, row, str(row.facts.get("name", "")), reason)
    kind = next(k for k in KINDS[endpoint] if row.code.startswith(k.prefix))
    code = row.code.removeprefix(kind.prefix)
    facts = kind.facts(row, look)
    facts["name"] = plain(facts["name"], code)
    facts |= {"code": code, "provenance": told.get((kind.collection, code), ())}
    try:
        return Held(kind.collection, kind.model(**facts))
    except ValidationError as error:
        return _without(error, kind, facts, endpoint, row)


def _without(
    error: ValidationError, kind: Kind, facts: Json, endpoint: Endpoint, row: Row
) -> Held | LeftOut:
    """The object without the fields that can't be understood, where it can do without them."""
    name = str(row.facts.get("name") or row.facts.get("cid") or facts["code"])
    wrong = {str(fault["loc"][0]) for fault in error.errors() if fault["loc"]}
    try:
        rest = {field: value for field, value in facts.items() if field not in wrong}
        thing = kind.model(**rest)
    except ValidationError:
        return left_out(endpoint, row, name, _why(error))
    if "contacts" in wrong or not wrong:  # objects of their own
        return left_out(endpoint, row, name, _why(error))
    unread = tuple(
        unread_field(endpoint, row.id, name, (kind.collection, field, facts[field]), UNCLEAR)
        for field in sorted(wrong)
    )
    return Held(kind.collection, thing, unread)


def _why(error: ValidationError) -> str:
    faults = error.errors(include_url=False)
    said = "; ".join(f"{'.'.join(map(str, e['loc']))}={e['input']!r}: {e['msg']}" for e in faults)
    return f"无法理解：{shorten(said, 300)} / cannot be understood: {shorten(said, 300)}"


def provenances(objects: Iterable[tuple[str, Any]]) -> Provenances:
    return {(kind, o.code): o.provenance for kind, o in objects if o.provenance}
