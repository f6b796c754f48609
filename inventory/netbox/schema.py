"""What Qianyun needs in a NetBox, as data: `bootstrap` makes it so, reading and writing rely on it.

Object types are NetBox's own names (`dcim.site`); paths are those below `/api/`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from inventory.model import Zone

CODE = "qianyun_code"
"""The field that makes an object ours: filled, it holds the object's code in the estate."""
SYSTEM_CODE = "system_code"
ZONE = "zone"
TAG = "qianyun"
GROUP = "迁云"
UNSPECIFIED = "qy-unspecified"
"""Slug of what stands where NetBox demands a value and nobody told one."""
SERVER_ROLE, NODE_ROLE = "server", "exchange-node"
CLOUD_TYPE, LINK_TYPE, LINK_PROVIDER = "gov-cloud", "egov-link", "egov-network"
TENANT_GROUP = "qianyun"
INTERFACE = "mgmt"

TENANT, CONTACT, ASSIGNMENT = "tenancy.tenant", "tenancy.contact", "tenancy.contactassignment"
SITE, LOCATION, CLUSTER = "dcim.site", "dcim.location", "virtualization.cluster"
CIRCUIT, TERMINATION = "circuits.circuit", "circuits.circuittermination"
DEVICE, VM = "dcim.device", "virtualization.virtualmachine"
INTERFACES = ("dcim.interface", "virtualization.vminterface")
ADDRESS, SERVICE = "ipam.ipaddress", "ipam.service"

MANAGED: Mapping[str, str] = MappingProxyType(
    {
        TENANT: "tenancy/tenants/",
        SITE: "dcim/sites/",
        LOCATION: "dcim/locations/",
        CLUSTER: "virtualization/clusters/",
        CIRCUIT: "circuits/circuits/",
        TERMINATION: "circuits/circuit-terminations/",
        DEVICE: "dcim/devices/",
        VM: "virtualization/virtual-machines/",
        INTERFACES[0]: "dcim/interfaces/",
        INTERFACES[1]: "virtualization/interfaces/",
        ADDRESS: "ipam/ip-addresses/",
        SERVICE: "ipam/services/",
        CONTACT: "tenancy/contacts/",
        ASSIGNMENT: "tenancy/contact-assignments/",
    }
)
"""Object type → path: what carries `qianyun_code`, and so what is ours to change."""
SHARED: Mapping[str, str] = MappingProxyType(
    {
        "dcim.region": "dcim/regions/",
        "dcim.manufacturer": "dcim/manufacturers/",
        "dcim.devicetype": "dcim/device-types/",
        "dcim.devicerole": "dcim/device-roles/",
        "dcim.platform": "dcim/platforms/",
        "dcim.rack": "dcim/racks/",
        "circuits.provider": "circuits/providers/",
        "circuits.circuittype": "circuits/circuit-types/",
        "virtualization.clustertype": "virtualization/cluster-types/",
        "tenancy.tenantgroup": "tenancy/tenant-groups/",
        "tenancy.contactrole": "tenancy/contact-roles/",
        "ipam.vrf": "ipam/vrfs/",
    }
)
"""Object type → path: found or created because NetBox demands them; never changed or deleted."""
MADE_ON_DEMAND = (
    "dcim.region",
    "dcim.platform",
    "dcim.rack",
    "circuits.provider",
    "circuits.circuittype",
    "tenancy.contactrole",
)
"""The shared types of which an apply may make one; the others are bootstrap's to make."""


def slug(text: str) -> str:
    """A slug that NetBox takes, the same for the same text: the text itself where it can be one."""
    if re.fullmatch(r"[-A-Za-z0-9_]{1,100}", text):
        return text
    return f"qy-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class CustomField:
    """A custom field; `label` is Chinese, `description` English. `unique` within a type."""

    name: str
    label: str
    description: str
    object_types: tuple[str, ...]
    type: str = "text"
    unique: bool = False
    choice_set: str | None = None

    @property
    def searched(self) -> bool:
        """Whether NetBox's search finds its values."""
        return self.name in {CODE, SYSTEM_CODE, "qianyun_name"}


@dataclass(frozen=True)
class Needed:
    """An object that has to be there, found by its slug, else (`by_name`) by its name; `more` are
    its other fields, `called` the field that holds its name."""

    path: str
    name: str
    slug: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    by_name: bool = False
    called: str = "name"

    @property
    def row(self) -> dict[str, Any]:
        """What creates it. References are by slug or name, which NetBox resolves."""
        own = {} if self.slug is None else {"slug": self.slug}
        return {self.called: self.name, **own, **self.more}


ZONES: Mapping[Zone, str] = MappingProxyType(
    {
        Zone.INTRANET: "内网",
        Zone.EXTRANET: "外网",
        Zone.INTERNET: "互联网",
        Zone.PRIVATE: "业务专网",
    }
)
"""Zone → the name of its VRF and the label of its choice."""
ZONE_CHOICES = "迁云网络域"

_ENGLISH = "Qianyun"
_EVERYWHERE = tuple(MANAGED)
_MACHINES = (DEVICE, VM)


def _f(name: str, label: str, english: str, *types: str, kind: str = "text") -> CustomField:
    return CustomField(name, label, english, types, kind)


FIELDS: tuple[CustomField, ...] = (
    CustomField(
        CODE,
        "迁云编号",
        "Code in Qianyun; filling it makes the object Qianyun's to change and delete",
        _EVERYWHERE,
        unique=True,
    ),
    _f(SYSTEM_CODE, "信息系统编号", "Code of the system it serves", *_MACHINES, ADDRESS, SERVICE),
    CustomField(
        ZONE,
        "网络域",
        "Network zone",
        (*_MACHINES, CIRCUIT, ADDRESS),
        type="select",
        choice_set=ZONE_CHOICES,
    ),
    _f("qianyun_name", "名称", "Name of the line or link; NetBox's own is the number", CIRCUIT),
    _f("qianyun_aliases", "别名", "Other names, a list of texts", TENANT, kind="json"),
    _f("qianyun_building", "楼宇", "Building", LOCATION),
    _f("qianyun_area_m2", "面积（平方米）", "Area in square metres, decimal text", LOCATION),
    _f("qianyun_racks", "机柜数", "Racks as declared", LOCATION, kind="integer"),
    _f("qianyun_cost_per_year", "年运行费（元）", "Yuan a year", LOCATION, kind="integer"),
    _f("qianyun_created", "建成日期", "Built on", LOCATION, kind="date"),
    _f("qianyun_upgraded", "改造日期", "Last rebuilt on", LOCATION, kind="date"),
    _f(
        "qianyun_moves_at_once",
        "同时迁移上限",
        "Items under way together",
        LOCATION,
        CLUSTER,
        kind="integer",
    ),
    _f("qianyun_rent_per_year", "年租费（元）", "Yuan a year", CIRCUIT, kind="integer"),
    _f("qianyun_self_leased", "自行租用", "Leased by the organisation", CIRCUIT, kind="boolean"),
    _f("qianyun_place", "所在编号", "Code of the cloud or room that it is in", TERMINATION, DEVICE),
    _f("qianyun_rack", "机柜", "Rack, where NetBox can't hold it", *_MACHINES),
    _f("qianyun_a_node", "A 端节点", "Code of the node at end A", CIRCUIT),
    _f("qianyun_z_node", "Z 端节点", "Code of the node at end Z", CIRCUIT),
    _f("qianyun_kind", "节点类别", "Kind of the node", DEVICE),
    _f("qianyun_ports", "端口", "Ports that must answer, a list of numbers", DEVICE, kind="json"),
    _f(
        "qianyun_host_addresses",
        "与网关服务器同址",
        "Families (4, 6) whose address is that of the host, which holds it",
        DEVICE,
        kind="json",
    ),
    _f("qianyun_host", "网关服务器", "Code of the host whose gateway carries traffic", DEVICE),
    _f("qianyun_asset_tag", "资产编号", "Asset tag", VM),
    _f("qianyun_cpu_arch", "处理器架构", "CPU architecture", *_MACHINES),
    _f("qianyun_purchased", "购置日期", "Bought on", *_MACHINES, kind="date"),
    _f("qianyun_ssh_port", "SSH 端口", "SSH port", *_MACHINES, kind="integer"),
    _f("qianyun_ssh_host_key", "SSH 主机公钥", "SSH host key, public", *_MACHINES),
    _f("qianyun_protocol", "协议", "Protocol that NetBox has no word for", SERVICE),
)

CHOICE_SETS: tuple[Needed, ...] = (
    Needed(
        "extras/custom-field-choice-sets/",
        ZONE_CHOICES,
        by_name=True,
        more={
            "description": f"{_ENGLISH}: network zones",
            "extra_choices": [[zone.value, label] for zone, label in ZONES.items()],
        },
    ),
)

BESIDE = "（迁云）"
"""Behind the name of what bootstrap makes where others have taken that name."""

UNSPECIFIED_SITE = Needed(
    MANAGED[SITE],
    "迁云未说明园区",
    UNSPECIFIED,
    {"status": "active", "description": f"{_ENGLISH}: site of rooms whose site nobody told"},
)
"""Shared: it has no code, so it is not in the estate and nobody's program deletes it."""

OBJECTS: tuple[Needed, ...] = (
    Needed(
        "extras/tags/",
        GROUP,
        TAG,
        {"color": "2196f3", "description": f"{_ENGLISH} keeps this object"},
    ),
    Needed(SHARED["dcim.devicerole"], "服务器", SERVER_ROLE, {"color": "9e9e9e"}),
    Needed(SHARED["dcim.devicerole"], "交换节点", NODE_ROLE, {"color": "2196f3", "vm_role": False}),
    Needed(SHARED["dcim.manufacturer"], "未说明", UNSPECIFIED),
    Needed(
        SHARED["dcim.devicetype"],
        "未说明",
        UNSPECIFIED,
        # no height: how many units it takes is not told, so a rack can't be full of it
        {"manufacturer": {"slug": UNSPECIFIED}, "u_height": 0},
        called="model",
    ),
    Needed(SHARED["virtualization.clustertype"], "政务云", CLOUD_TYPE),
    Needed(SHARED["circuits.circuittype"], "政务链路", LINK_TYPE, by_name=True),
    Needed(SHARED["circuits.circuittype"], "未说明", UNSPECIFIED, by_name=True),
    Needed(SHARED["circuits.provider"], "政务网络", LINK_PROVIDER, by_name=True),
    Needed(SHARED["circuits.provider"], "未说明", UNSPECIFIED, by_name=True),
    Needed(SHARED["tenancy.tenantgroup"], "迁云单位", TENANT_GROUP),
    UNSPECIFIED_SITE,
    *(
        Needed(SHARED["ipam.vrf"], label, by_name=True, more={"enforce_unique": True})
        for label in ZONES.values()
    ),
)
"""In the order in which they can be created."""
