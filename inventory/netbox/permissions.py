"""What Qianyun's own token may do in NetBox, as data: no more than the product needs.

NetBox itself holds the line: writing is granted only on objects whose `qianyun_code` is filled,
and deleting only where NetBox would not delete somebody else's objects along with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from inventory.netbox.schema import CODE, INTERFACES, MANAGED, SHARED

GROUP = "qianyun"
USER = "qianyun"

_IS_OURS = {f"custom_field_data__{CODE}__regex": "."}
"""A pattern, not `__isnull`: an empty custom field is a JSON null, which is there for `isnull`."""

_NOTHING_ON_IT: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dcim.site": ("locations", "prefixes", "vlan_groups", "circuit_terminations"),
        "dcim.location": ("children", "prefixes", "vlan_groups", "circuit_terminations"),
        "virtualization.cluster": ("vlan_groups",),
        "circuits.circuit": ("terminations", "group_assignments"),
        "dcim.device": ("interfaces", "services"),
        "virtualization.virtualmachine": ("interfaces", "services", "virtualdisks"),
        INTERFACES[0]: ("ip_addresses", "child_interfaces"),
        INTERFACES[1]: ("ip_addresses", "child_interfaces"),
    }
)
"""Object type → relations that NetBox's delete would follow (CASCADE): they must be empty first."""


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
    alone = {f"{relation}__isnull": True for relation in _NOTHING_ON_IT.get(object_type, ())}
    on_it = "、".join(_NOTHING_ON_IT.get(object_type, ()))
    return Grant(
        f"迁云删除 / Qianyun delete {object_type}",
        "仅限迁云的对象" + (f"，且其上没有 / ours, with none of: {on_it}" if on_it else " / ours"),
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
        (*SHARED, "extras.journalentry"),
        ("add",),
    ),
    *(_delete(object_type) for object_type in MANAGED),
)
