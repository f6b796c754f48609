"""The mapping as documented is the one that is done, and NetBox has every field that it names."""

import dataclasses
import json
from datetime import date
from ipaddress import IPv4Address, IPv6Address

from inventory.changes import MODELS
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
    Zone,
)
from inventory.netbox.client import Client
from inventory.netbox.mapping import KEPT, MAPPING
from inventory.netbox.rows import Context, wanted
from inventory.netbox.schema import CODE, FIELDS, MANAGED, slug
from tests.inventory.netbox import documented
from tests.netbox.server import NetBox

PEOPLE = (Contact(role="值班", name="王", phone="1", email="w@x.example"),)
V4, V6 = IPv4Address("10.0.0.1"), IPv6Address("fd00::1")
DAY = date(2026, 1, 1)
MACHINE = {
    "asset_tag": "t",
    "rack": "A",
    "system": "s",
    "zone": Zone.INTRANET,
    "ipv4": V4,
    "ipv6": V6,
    "cpu_arch": "x86",
    "os": "kylin",
    "purchased": DAY,
    "ssh_port": 2222,
    "ssh_host_key": "ssh-ed25519 " + "A" * 40,
}
FULL = Estate(
    organisations=(Organisation(code="o", name="o", aliases=("p",), contacts=PEOPLE),),
    sites=(Site(code="s", name="s", region="r", address="a"),),
    rooms=(
        Room(
            code="r",
            name="r",
            organisation="o",
            site="s",
            contacts=PEOPLE,
            building="b",
            area_m2="1.5",
            racks=1,
            running_cost_per_year=1,
            created=DAY,
            upgraded=DAY,
            moves_at_once=1,
        ),
    ),
    clouds=(Cloud(code="c", name="c", organisation="o", site="s", moves_at_once=1),),
    lines=(
        Line(
            code="l",
            name="l",
            provider="p",
            type="t",
            a_end="r",
            z_end="c",
            bandwidth_kbps=1,
            rent_per_year=1,
            contract_end=DAY,
            organisation="o",
            contacts=PEOPLE,
            self_leased=True,
        ),
    ),
    links=(Link(code="k", name="k", a_node="n", z_node="n", zone=Zone.EXTRANET),),
    nodes=(
        Node(
            code="n",
            name="n",
            kind="k",
            organisation="o",
            place="c",
            zone=Zone.EXTRANET,
            ipv4=V4,
            ipv6=V6,
            ports=(443,),
            host="h",
        ),
    ),
    hosts=(
        Host(code="h", name="h", place="r", **MACHINE),
        Host(code="i", name="i", place="c", **MACHINE),
        Host(code="j", name="j", **MACHINE),
    ),
    services=(Service(code="v", name="v", host="h", port=443, protocol="https", system="s"),),
)
# What the rows say beyond the estate's fields: what ties rows together, and constants.
TIES = {
    ("circuits.circuittermination", "circuit"),
    ("circuits.circuittermination", "term_side"),
    ("circuits.circuittermination", "termination_type"),
    ("dcim.interface", "device"),
    ("ipam.ipaddress", "assigned_object_id"),
    ("ipam.ipaddress", "assigned_object_type"),
    ("ipam.service", "parent_object_type"),
    ("tenancy.contactassignment", "contact"),
    ("tenancy.contactassignment", "object_id"),
    ("tenancy.contactassignment", "object_type"),
    ("virtualization.cluster", "scope_type"),
    ("virtualization.vminterface", "virtual_machine"),
}


def told() -> set[tuple[str, str]]:
    context = Context.of(FULL)
    return {
        (row.endpoint.type, name)
        for kind, objects in FULL.collections()
        for obj in objects
        for row in wanted(kind, obj, context)
        for name in (*row.facts, *row.later)
    }


def test_the_table_is_what_rows_are_made_of() -> None:
    listed = {held for mapped in MAPPING for held in mapped.held}
    assert told() == listed | TIES


def test_the_table_has_every_field_of_the_estate() -> None:
    listed = {(m.collection, m.field) for m in MAPPING}
    fields = {
        (kind, name)
        for kind, model in MODELS.items()
        for name in model.model_fields
        if name not in {"code", "provenance"} and kind not in KEPT
    }
    assert listed == fields
    assert KEPT.keys() | {kind for kind, _ in listed} == set(Estate.model_fields)


def test_custom_fields_stand_on_the_types_that_use_them() -> None:
    own = {f.name: set(f.object_types) for f in FIELDS}
    used: dict[str, set[str]] = {CODE: set(MANAGED)}
    for object_type, name in told():
        if name in own:
            used.setdefault(name, set()).add(object_type)
    assert used == own


def test_netbox_has_every_field_of_the_table(ready: NetBox) -> None:
    client = Client(ready.url, ready.token)
    own = {f.name for f in FIELDS}
    for object_type, path in MANAGED.items():
        asked = client.api.http_session.options(
            f"{client.url}/api/{path}", headers={"Accept": "application/json"}
        )
        has = asked.json()["actions"]["POST"]
        named = {name for kind, name in told() if kind == object_type} - own
        assert named <= has.keys(), object_type
        assert {"custom_fields", "tags"} <= has.keys()


def test_the_document_has_the_tables_of_today() -> None:
    """Mended by: python -m tests.inventory.netbox.documented"""
    text = documented.PATH.read_text(encoding="utf-8")
    assert documented.blocks(text) == {n: make() for n, make in documented.TABLES.items()}


def test_slugs() -> None:
    assert slug("gov-cloud_1") == "gov-cloud_1"
    assert slug("电信") == slug("电信") != slug("联通")
    for text in ("电信", "", "a b", "x" * 101, "a.b", "-\n"):
        assert slug(text).startswith("qy-")
        assert slug(text).isascii()
        assert len(slug(text)) == 19


def test_fields_are_such_as_netbox_takes() -> None:
    names = [f.name for f in FIELDS]
    assert len(names) == len(set(names))
    for field in FIELDS:
        assert len(field.name) <= 50
        assert len(field.label) <= 50
        assert len(json.dumps(dataclasses.asdict(field)["description"])) <= 200
        assert set(field.object_types) <= MANAGED.keys()
