"""What Qianyun's own token may do in NetBox, as data: no more than the product needs.

NetBox itself holds the line: writing is granted only on objects whose `qianyun_code` is filled,
and deleting only where NetBox would not delete somebody else's objects along with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from inventory.netbox.schema import CODE, INTERFACES, MADE_ON_DEMAND, MANAGED, SHARED

GROUP = "qianyun"
USER = "qianyun"

_IS_OURS = {f"custom_field_data__{CODE}__regex": "."}
"""A pattern, not `__isnull`: an empty custom field is a JSON null, which is there for `isnull`."""

_PLACE = (
    "circuit_terminations",
    "cabletermination",
    "cluster",
    "prefix",
    "prefixes",
    "vlan_groups",
    "wirelesslan",
    "contacts",
)
_PORT = (
    "ip_addresses",
    "mac_addresses",
    "fhrp_group_assignments",
    "tunnel_terminations",
    "l2vpn_terminations",
)
_COMPONENTS = (
    "interfaces",
    "consoleports",
    "consoleserverports",
    "powerports",
    "poweroutlets",
    "coolingintakes",
    "coolingoutflows",
    "port_mappings",
    "frontports",
    "rearports",
    "modulebays",
    "devicebays",
    "inventoryitems",
    "modules",
    "cabletermination",
)
ON_IT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tenancy.tenant": ("contacts",),
        "dcim.site": ("locations", *_PLACE),
        "dcim.location": ("children", *_PLACE),
        "virtualization.cluster": ("vlan_groups", "contacts"),
        "circuits.circuit": ("terminations", "group_assignments", "contacts"),
        "circuits.circuittermination": ("cable_terminations",),
        "dcim.device": (*_COMPONENTS, "services", "contacts"),
        "virtualization.virtualmachine": ("interfaces", "virtualdisks", "services", "contacts"),
        INTERFACES[0]: (
            *_PORT,
            "virtual_circuit_termination",
            "inventory_items",
            "cable_terminations",
        ),
        INTERFACES[1]: _PORT,
        "ipam.ipaddress": ("contacts",),
        "ipam.service": ("contacts",),
    }
)
"""Object type → relations along which NetBox deletes what hangs on an object, whoever wrote it:
they must be empty, so that what is ours goes first and what is others' stays, and holds ours."""
HANGING = ("dcim.inventoryitem", "dcim.module", "virtualization.virtualdisk")
"""Types that are none of ours, looked at so that a person is told what hangs on an object."""
PARTS = frozenset({"images", "journal_entries", "bookmarks", "subscriptions", "tagged_items"})
"""Relations that say something of the object and go with it."""


@dataclass(frozen=True)
class Grant:
    """One ObjectPermission: its actions on its object types, where `constraint` holds."""

    name: str
    description: str
    object_types: tuple[str, ...]
    actions: tuple[str, ...]
    constraint: Mapping[str, Any] = field(default_factory=dict)

    @property
    def row(self) -> dict[str, Any]:
        """As NetBox's API tells it, but for who holds it."""
        return {
            "name": self.name,
            "description": self.description,
            "enabled": True,
            "object_types": sorted(self.object_types),
            "actions": sorted(self.actions),
            "constraints": dict(self.constraint) or None,
        }


def _delete(object_type: str) -> Grant:
    alone = {f"{relation}__isnull": True for relation in ON_IT.get(object_type, ())}
    return Grant(
        f"迁云删除 / Qianyun delete {object_type}",
        "仅限迁云的、其上再无其他对象的 / ours, with nothing left that hangs on it",
        (object_type,),
        ("delete",),
        {**_IS_OURS, **alone},
    )


GRANTS: tuple[Grant, ...] = (
    Grant(
        "迁云查看 / Qianyun view",
        "读取映射到的全部类型与变更日志 / reads every mapped type and the change log",
        (
            *MANAGED,
            *SHARED,
            *HANGING,
            "core.objectchange",
            "extras.customfield",
            "extras.customfieldchoiceset",
            "extras.journalentry",
            "extras.tag",
        ),
        ("view",),
    ),
    Grant(
        "迁云写入 / Qianyun write",
        "新增、修改填有迁云编号的对象 / adds and changes objects with a Qianyun code",
        tuple(MANAGED),
        ("add", "change"),
        _IS_OURS,
    ),
    Grant(
        "迁云共用 / Qianyun shared",
        "新增 NetBox 要求的共用对象与日记 / adds what NetBox demands, and journal entries",
        (*MADE_ON_DEMAND, "extras.journalentry"),
        ("add",),
    ),
    *(_delete(object_type) for object_type in MANAGED),
)
