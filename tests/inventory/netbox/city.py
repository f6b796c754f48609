"""An estate with every collection and every field, and its changes; looks at a NetBox from outside."""

import json
from collections import Counter
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from inventory.model import (
    Cloud,
    Contact,
    Dependency,
    Estate,
    Host,
    Line,
    Link,
    Node,
    Organisation,
    Project,
    Provenance,
    Resource,
    Room,
    Service,
    Site,
    System,
    Zone,
)
from inventory.netbox.client import Client
from inventory.netbox.reading import HELD
from inventory.netbox.schema import MANAGED, SHARED
from tests.inventory.netbox.census import OTHERWISE, TOLD
from tests.netbox.server import NetBox

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHkK"
ZHANG = Contact(role="负责人", name="张三", phone="0871-1", email="zhang@example.org")
LI = Contact(role="值班", name="李四", phone="", email="")


def told(row: int) -> tuple[Provenance, ...]:
    return (Provenance(field="name", source="台账.xlsx", sheet="机房", row=row, raw="甲"),)


def rich() -> Estate:
    """Every collection, every field filled."""
    v4, v6 = IPv4Address, IPv6Address
    estate = Estate(
        organisations=(
            Organisation(
                code="O-1",
                name="澜江市交通运输局",
                aliases=("交通局", "交运局"),
                contacts=(ZHANG, LI),
            ),
            Organisation(code="O-2", name="澜江市水务局", provenance=told(4)),
        ),
        sites=(
            Site(code="SITE-1", name="行政中心", region="江北区", address="滨江路 1 号"),
            Site(code="SITE-2", name="云基地", region="江南区"),
        ),
        rooms=(
            Room(
                code="R-1",
                name="一号机房",
                organisation="O-1",
                site="SITE-1",
                contacts=(LI,),
                building="A 座",
                area_m2="120.5",
                racks=8,
                running_cost_per_year=90000,
                created=date(2009, 5, 1),
                upgraded=date(2018, 9, 9),
                moves_at_once=2,
                provenance=told(3),
            ),
            Room(code="R-2", name="二号机房"),
        ),
        clouds=(
            Cloud(code="CL-1", name="政务云", organisation="O-2", site="SITE-2", moves_at_once=5),
        ),
        lines=(
            Line(
                code="L-1",
                name="交通局至云",
                provider="中国电信",
                type="数字电路",
                a_end="R-1",
                z_end="CL-1",
                bandwidth_kbps=100000,
                rent_per_year=36000,
                contract_end=date(2027, 12, 31),
                organisation="O-1",
                contacts=(ZHANG,),
                self_leased=True,
            ),
            Line(code="L-2", name="未接", type="internet_leased", a_end="R-2"),
        ),
        links=(
            Link(code="K-1", name="接入至汇聚", a_node="N-1", z_node="N-2", zone=Zone.EXTRANET),
        ),
        nodes=(
            Node(
                code="N-1",
                name="接入节点",
                kind="access_point",
                organisation="O-1",
                place="R-1",
                zone=Zone.EXTRANET,
                ipv4=v4("10.9.0.1"),
                ipv6=v6("fd00:9::1"),
                ports=(443, 8443),
                host="H-2",
            ),
            Node(code="N-2", name="汇聚节点", place="CL-1"),
        ),
        hosts=(
            Host(
                code="H-1",
                name="数据库服务器",
                asset_tag="ZC-001",
                place="R-1",
                rack="A01",
                system="S-1",
                zone=Zone.INTRANET,
                ipv4=v4("10.21.0.1"),
                ipv6=v6("fd00:21::1"),
                cpu_arch="x86_64",
                os="麒麟 V10",
                purchased=date(2015, 3, 4),
                ssh_port=2222,
                ssh_host_key=KEY,
            ),
            Host(
                code="H-2",
                name="云主机",
                asset_tag="ZC-002",
                place="CL-1",
                rack="虚拟",
                system="S-1",
                zone=Zone.EXTRANET,
                ipv4=v4("10.21.0.1"),  # the address of H-1, in another network
                ipv6=v6("fd00:21::1"),
                cpu_arch="aarch64",
                os="Debian 12",
                purchased=date(2024, 1, 1),
                ssh_port=22,
                ssh_host_key=KEY,
            ),
            Host(code="H-3", name="无处"),
        ),
        services=(
            Service(code="SV-1", name="门户", host="H-1", port=443, protocol="tcp", system="S-1"),
            Service(code="SV-2", name="时钟", host="H-2", port=123, protocol="udp"),
            Service(code="SV-3", name="隧道", host="H-2", port=4500, protocol="esp"),
        ),
        systems=(
            System(code="S-1", name="交通门户", organisation="O-1", room="R-1"),
            System(code="S-2", name="水务平台", organisation="O-2"),
        ),
        dependencies=(Dependency(system="S-1", needs="S-2", provenance=told(9)),),
        projects=(Project(code="P-1", name="门户升级", organisation="O-1", investment=500000),),
        resources=(Resource(code="RS-1", name="车辆信息", organisation="O-1", system="S-1"),),
    )
    return _with(estate, dict(TOLD))


def altered() -> Estate:
    """`rich` with every field of NetBox's part at another value."""
    estate = rich()
    wang = Contact(role="负责人", name="王五", phone="0871-2", email="")
    v4, v6 = IPv4Address, IPv6Address
    changes: dict[str, dict[str, Any]] = {
        "O-1": {"name": "市交通局", "aliases": ("交委",), "contacts": (wang,)},
        "SITE-1": {"name": "老行政中心", "region": "江东区", "address": "滨江路 2 号"},
        "R-1": {
            "name": "甲机房",
            "organisation": "O-2",
            "site": "SITE-2",
            "contacts": (ZHANG, wang),
            "building": "B 座",
            "area_m2": "99",
            "racks": 9,
            "running_cost_per_year": 1,
            "created": date(2010, 5, 1),
            "upgraded": date(2019, 9, 9),
            "moves_at_once": 3,
        },
        "CL-1": {"name": "新云", "organisation": "O-1", "site": "SITE-1", "moves_at_once": 6},
        "L-1": {
            "name": "云至二号",
            "provider": "中国移动",
            "type": "裸光纤",
            "a_end": "CL-1",
            "z_end": "R-2",
            "bandwidth_kbps": 1000000,
            "rent_per_year": 1,
            "contract_end": date(2030, 1, 1),
            "organisation": "O-2",
            "contacts": (),
            "self_leased": False,
        },
        "K-1": {"name": "反向", "a_node": "N-2", "z_node": "N-1", "zone": Zone.PRIVATE},
        "N-1": {
            "name": "一号节点",
            "kind": "汇聚节点",
            "organisation": "O-2",
            "place": "CL-1",
            "zone": Zone.INTERNET,
            "ipv4": v4("10.9.0.2"),
            "ipv6": v6("fd00:9::2"),
            "ports": (8080,),
            "host": "H-1",
        },
        "H-1": {
            "name": "库一",
            "asset_tag": "ZC-101",
            "place": "R-2",
            "rack": "B02",
            "system": "S-2",
            "zone": Zone.PRIVATE,
            "ipv4": v4("10.22.0.1"),
            "ipv6": v6("fd00:22::1"),
            "cpu_arch": "loongarch64",
            "os": "统信 20",
            "purchased": date(2016, 3, 4),
            "ssh_port": 2022,
            "ssh_host_key": KEY + "A",
        },
        "H-2": {"name": "云主机二", "asset_tag": "ZC-102", "rack": "虚二", "ssh_port": 2200},
        "SV-1": {"name": "接口", "host": "H-2", "port": 8443, "protocol": "udp", "system": "S-2"},
    }
    both = {code: {**facts, **OTHERWISE.get(code, {})} for code, facts in changes.items()}
    return _with(estate, both)


def emptied() -> Estate:
    """`rich` with nothing told but names and what has to be told."""
    keep = {"code", "name", "provenance", "host", "port", "a_node", "z_node"}

    def bare(thing: Any) -> Any:
        told = {n: getattr(thing, n) for n in type(thing).model_fields if n in keep}
        told.pop("host", None) if isinstance(thing, Node) else None
        return type(thing)(**told)

    estate = rich()
    held = {
        kind: tuple(map(bare, objects)) for kind, objects in estate.collections() if kind in HELD
    }
    return estate.model_copy(update=held)


def changed(estate: Estate, code: str, **fields: Any) -> Estate:
    """`estate` with fields of one object changed."""
    return _with(estate, {code: fields})


def without(estate: Estate, *codes: str) -> Estate:
    held = {
        kind: tuple(o for o in objects if o.code not in codes)
        for kind, objects in estate.collections()
    }
    return Estate(**held)


def _with(estate: Estate, changes: dict[str, dict[str, Any]]) -> Estate:
    held = {
        kind: tuple(
            o.model_copy(update=changes[o.code]) if o.code in changes else o for o in objects
        )
        for kind, objects in estate.collections()
    }
    return Estate(**held)


# ── a NetBox from outside ───────────────────────────────────────────────────────────────────────


def codes(netbox: NetBox) -> dict[str, list[str]]:
    """Path → the codes of what we manage there, with the number of shared objects at the end."""
    client = Client(netbox.url, netbox.token)
    found: dict[str, list[str]] = {}
    for path in MANAGED.values():
        rows = [r for page in client.pages(path, "id,custom_fields") for r in page]
        named = (row["custom_fields"]["qianyun_code"] for row in rows)
        found[path] = sorted(code for code in named if code)
    for path in SHARED.values():
        found[path] = [str(client.count(path))]
    return found


def twice(found: dict[str, list[str]]) -> list[str]:
    """Codes that stand more than once at one path."""
    return [code for held in found.values() for code, n in Counter(held).items() if n > 1]


_HASH = """
import hashlib, json
from django.apps import apps
found = {}
skipped = {'extras.cachedvalue', 'core.objectchange', 'extras.taggeditem', 'core.objecttype'}
for model in apps.get_models():
    label = model._meta.label_lower
    if label.split('.')[0] not in (
        'dcim', 'ipam', 'circuits', 'virtualization', 'tenancy', 'extras', 'wireless', 'vpn'
    ) or label in skipped:
        continue
    for row in model.objects.order_by('pk').values():
        if (row.get('custom_field_data') or {}).get('qianyun_code'):
            continue
        pk = row.get('id')
        row = {k: v for k, v in row.items() if not k.endswith('_count')}  # NetBox's own sums
        text = json.dumps(row, default=str, sort_keys=True)
        found[f'{label} {pk}'] = hashlib.sha256(text.encode()).hexdigest()
print(json.dumps(found))
"""


def unmanaged(netbox: NetBox) -> dict[str, str]:
    """Type and id of all that is not ours → the hash of all its fields."""
    found: dict[str, str] = json.loads(netbox.shell(_HASH))
    return found


def log_length(netbox: NetBox) -> int:
    asked = "from core.models import ObjectChange; print(ObjectChange.objects.count())"
    return int(netbox.shell(asked))
