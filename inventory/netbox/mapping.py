"""Which field of the estate lies where in NetBox, as data: what docs/netbox.md shows of it.

`rows.py` and `reading.py` do it; a test holds the three together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from inventory.netbox.beside import BESIDE
from inventory.netbox.schema import (
    ADDRESS,
    ASSIGNMENT,
    CIRCUIT,
    CLUSTER,
    CONTACT,
    DEVICE,
    LOCATION,
    SERVICE,
    SITE,
    SYSTEM_CODE,
    TENANT,
    TERMINATION,
    VM,
    ZONE,
)

OURS = "迁云自己的数据库 / Qianyun's own database"


@dataclass(frozen=True)
class Mapped:
    """A field of a collection, and the fields of NetBox (object type and field) that hold it;
    none: it is kept in our own database alone."""

    collection: str
    field: str
    held: tuple[tuple[str, str], ...] = ()
    note: str = ""


def _m(collection: str, **fields: str | tuple[str, str]) -> tuple[Mapped, ...]:
    """`name="dcim.site.name region.name"`: places apart by spaces; with a note as a pair."""
    made = []
    for field, told in fields.items():
        places, note = (told, "") if isinstance(told, str) else told
        held = tuple(
            (object_type, name)
            for object_type, _, name in (place.rpartition(".") for place in places.split())
        )
        made.append(Mapped(collection, field, held, note))
    return tuple(made)


_CONTACTS = (
    f"{CONTACT}.name {CONTACT}.phone {CONTACT}.email {ASSIGNMENT}.role",
    "联系人按姓名、电话、邮箱合一；职责为 contact role / "
    "one contact per name, phone and e-mail; what they answer for is the contact role",
)
_END = (
    f"{TERMINATION}.termination_id {TERMINATION}.qianyun_place",
    "机房为 location；政务云为其园区并填所在编号 / a room is the location; a cloud is its site, and "
    "its code",
)
_PLACE = (
    f"{DEVICE}.location {DEVICE}.site {DEVICE}.qianyun_place",
    "政务云中的节点为其园区并填所在编号 / for a node in a cloud: the cloud's site, and its code",
)
_SHARED = (
    "接口 mgmt 上的地址；与网关服务器同址时由服务器持有 / on interface mgmt; where it is the address of "
    "its gateway host, the host holds it"
)
_ADDRESS = "接口 mgmt 上的地址，/32 或 /128 / on interface mgmt, as /32 or /128"

MAPPING: tuple[Mapped, ...] = (
    *_m(
        "organisations",
        name=f"{TENANT}.name",
        aliases=f"{TENANT}.qianyun_aliases",
        contacts=_CONTACTS,
    ),
    *_m(
        "sites",
        name=f"{SITE}.name",
        region=(f"{SITE}.region", "按名称 / by name"),
        address=f"{SITE}.physical_address",
    ),
    *_m(
        "rooms",
        name=f"{LOCATION}.name",
        organisation=f"{LOCATION}.tenant",
        site=(
            f"{LOCATION}.site",
            "未说明时为“迁云未说明园区” / none told: the site 迁云未说明园区",
        ),
        contacts=_CONTACTS,
        building=f"{LOCATION}.qianyun_building",
        area_m2=f"{LOCATION}.qianyun_area_m2",
        racks=f"{LOCATION}.qianyun_racks",
        running_cost_per_year=(f"{LOCATION}.qianyun_cost_per_year", "元 / yuan"),
        created=f"{LOCATION}.qianyun_created",
        upgraded=f"{LOCATION}.qianyun_upgraded",
        moves_at_once=f"{LOCATION}.qianyun_moves_at_once",
    ),
    *_m(
        "clouds",
        name=f"{CLUSTER}.name",
        organisation=f"{CLUSTER}.tenant",
        site=f"{CLUSTER}.scope_id",
        moves_at_once=f"{CLUSTER}.qianyun_moves_at_once",
    ),
    *_m(
        "lines",
        name=(f"{CIRCUIT}.qianyun_name", "cid 为编号 / the cid is the code"),
        provider=(f"{CIRCUIT}.provider", "按名称；未说明时为“未说明” / by name; none told: 未说明"),
        type=(
            f"{CIRCUIT}.type",
            "按中文名称，如 互联网专线；未说明时为“未说明” / by its Chinese name, such as 互联网专线; "
            "none told: 未说明",
        ),
        a_end=_END,
        z_end=_END,
        bandwidth_kbps=(f"{CIRCUIT}.commit_rate", "kbit/s"),
        rent_per_year=(f"{CIRCUIT}.qianyun_rent_per_year", "元 / yuan"),
        contract_end=f"{CIRCUIT}.termination_date",
        organisation=f"{CIRCUIT}.tenant",
        contacts=_CONTACTS,
        self_leased=f"{CIRCUIT}.qianyun_self_leased",
    ),
    *_m(
        "links",
        name=(f"{CIRCUIT}.qianyun_name", "类型为政务链路的线路 / a circuit of type 政务链路"),
        a_node=(f"{CIRCUIT}.qianyun_a_node", "A 端在节点所在处 / end A is where the node stands"),
        z_node=(f"{CIRCUIT}.qianyun_z_node", "Z 端在节点所在处 / end Z is where the node stands"),
        zone=f"{CIRCUIT}.{ZONE}",
    ),
    *_m(
        "nodes",
        name=(f"{DEVICE}.name", "角色为交换节点的设备 / a device of role 交换节点"),
        kind=(f"{DEVICE}.qianyun_kind", "中文，如 前置机 / in Chinese, such as 前置机"),
        organisation=f"{DEVICE}.tenant",
        place=_PLACE,
        zone=(
            f"{DEVICE}.{ZONE} {ADDRESS}.vrf {ADDRESS}.{ZONE}",
            "VRF 内网、外网、互联网、业务专网 / one VRF a zone",
        ),
        ipv4=(f"{DEVICE}.primary_ip4 {ADDRESS}.address {DEVICE}.qianyun_host_addresses", _SHARED),
        ipv6=(f"{DEVICE}.primary_ip6 {ADDRESS}.address {DEVICE}.qianyun_host_addresses", _SHARED),
        ports=f"{DEVICE}.qianyun_ports",
        host=f"{DEVICE}.qianyun_host",
    ),
    *_m(
        "hosts",
        name=(
            f"{DEVICE}.name {VM}.name",
            "机房中为设备（角色：服务器），政务云中为虚拟机 / a device (role 服务器) in a room, a virtual "
            "machine in a cloud",
        ),
        asset_tag=f"{DEVICE}.asset_tag {VM}.qianyun_asset_tag",
        place=(
            f"{DEVICE}.location {DEVICE}.site {DEVICE}.qianyun_place {VM}.cluster {VM}.site",
            "两者皆无时填所在编号 / the code alone where NetBox can hold neither",
        ),
        rack=(f"{DEVICE}.rack {DEVICE}.qianyun_rack {VM}.qianyun_rack", "按名称 / by name"),
        system=f"{DEVICE}.{SYSTEM_CODE} {VM}.{SYSTEM_CODE} {ADDRESS}.{SYSTEM_CODE}",
        zone=(
            f"{DEVICE}.{ZONE} {VM}.{ZONE} {ADDRESS}.vrf {ADDRESS}.{ZONE}",
            "VRF 内网、外网、互联网、业务专网 / one VRF a zone",
        ),
        ipv4=(f"{DEVICE}.primary_ip4 {VM}.primary_ip4 {ADDRESS}.address", _ADDRESS),
        ipv6=(f"{DEVICE}.primary_ip6 {VM}.primary_ip6 {ADDRESS}.address", _ADDRESS),
        cpu_arch=f"{DEVICE}.qianyun_cpu_arch {VM}.qianyun_cpu_arch",
        os=(f"{DEVICE}.platform {VM}.platform", "按名称 / by name"),
        purchased=f"{DEVICE}.qianyun_purchased {VM}.qianyun_purchased",
        ssh_port=(f"{DEVICE}.qianyun_ssh_port {VM}.qianyun_ssh_port", "空为 22 / empty: 22"),
        ssh_host_key=f"{DEVICE}.qianyun_ssh_host_key {VM}.qianyun_ssh_host_key",
    ),
    *_m(
        "services",
        name=f"{SERVICE}.name",
        host=f"{SERVICE}.parent_object_id",
        port=f"{SERVICE}.port_mappings",
        protocol=(
            f"{SERVICE}.port_mappings {SERVICE}.qianyun_protocol",
            "NetBox 只有 tcp、udp、sctp / NetBox knows tcp, udp and sctp alone",
        ),
        system=f"{SERVICE}.{SYSTEM_CODE}",
    ),
    *(Mapped(kind, name, note=OURS) for kind, names in BESIDE.items() for name in names),
)
KEPT: Mapping[str, str] = MappingProxyType(
    {
        "systems": f"以 {SYSTEM_CODE} 相连 / tied by {SYSTEM_CODE}",
        "dependencies": "NetBox 没有此概念 / NetBox has no such thing",
        "projects": "NetBox 没有此概念 / NetBox has no such thing",
        "resources": "NetBox 没有此概念 / NetBox has no such thing",
    }
)
"""Collections that only our own database holds, and why."""
