"""What is read of NetBox, endpoint by endpoint, and how an object becomes a `Row`.

Only what the estate needs is asked for (`?fields=`): an object costs a fifth of its full form
(research/netbox.md, Speed). A `Row` is flat: a reference to a managed object is its id, a reference
to a shared one its name, a choice its value.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

CODE = "qianyun_code"
SYSTEM = "system_code"
ZONE = "zone"
PREFIX = "qianyun_"
BAD_CODE = "bad code"
"""A fact of a row whose qianyun_code is none of ours: such an object is not managed."""
_CODE = re.compile(r"((node|link):)?[A-Za-z0-9][A-Za-z0-9._-]{0,62}(:.+)?")  # `:` before a part


def _plain(value: Any) -> Any:
    return value


def _id(value: Any) -> Any:
    return value["id"] if value else None


def _name(value: Any) -> Any:
    return value["name"] if value else None


def _value(value: Any) -> Any:
    return value["value"] if isinstance(value, dict) else value


@dataclass(frozen=True, eq=False)
class Endpoint:
    """A list of NetBox's API.

    `fields`: name → how its value is flattened. `whole`: rows that we do not manage are kept whole
    too, since managed ones point at them. `lazy`: only needed for writing.
    """

    path: str  # below /api/
    type: str  # NetBox's object type, app.model
    fields: Mapping[str, Callable[[Any], Any]]
    whole: bool = False
    lazy: bool = False

    @property
    def asked(self) -> str:
        """What stands after `?fields=`."""
        return ",".join(("id", *self.fields, "custom_fields", "last_updated"))

    def row(self, told: Json) -> "Row":
        """Raises KeyError, TypeError when `told` is not such an object."""
        own = {k: v for k, v in told["custom_fields"].items() if v not in (None, "") and _ours(k)}
        if ZONE in own:
            own[ZONE] = _value(own[ZONE])
        code = own.pop(CODE, None)
        facts = own
        if code is not None and not _CODE.fullmatch(code):
            code, facts = None, {BAD_CODE: code}
        if code is not None or self.whole:
            for name, flat in self.fields.items():
                value = flat(told[name])
                if value is not None and value != "":
                    facts[name] = value
        else:
            facts = {k: v for k, v in facts.items() if k == BAD_CODE}
            facts["name"] = told.get("name") or told.get("cid") or told.get("address") or ""
        return Row(told["id"], code, facts, told["last_updated"])


def _ours(name: str) -> bool:
    return name.startswith(PREFIX) or name in (SYSTEM, ZONE)


@dataclass(frozen=True, slots=True)
class Row:
    """An object of NetBox: `code` is its qianyun_code, None where it is not ours; `facts` its
    fields and our custom fields, those that are told; `at` its last_updated."""

    id: int
    code: str | None
    facts: Json = field(hash=False)
    at: str


TENANTS = Endpoint("tenancy/tenants/", "tenancy.tenant", {"name": _plain})
SITES = Endpoint(
    "dcim/sites/", "dcim.site", {"name": _plain, "region": _name, "physical_address": _plain}
)
LOCATIONS = Endpoint(
    "dcim/locations/", "dcim.location", {"name": _plain, "site": _id, "tenant": _id}
)
CLUSTERS = Endpoint(
    "virtualization/clusters/",
    "virtualization.cluster",
    {"name": _plain, "tenant": _id, "scope_type": _plain, "scope_id": _plain},
)
DEVICES = Endpoint(
    "dcim/devices/",
    "dcim.device",
    {
        "name": _plain,
        "site": _id,
        "location": _id,
        "rack": _name,
        "tenant": _id,
        "platform": _name,
        "asset_tag": _plain,
        "primary_ip4": _id,
        "primary_ip6": _id,
    },
)
MACHINES = Endpoint(
    "virtualization/virtual-machines/",
    "virtualization.virtualmachine",
    {
        "name": _plain,
        "site": _id,
        "cluster": _id,
        "platform": _name,
        "primary_ip4": _id,
        "primary_ip6": _id,
    },
)
ADDRESSES = Endpoint(
    "ipam/ip-addresses/",
    "ipam.ipaddress",
    {"address": _plain, "vrf": _name, "assigned_object_type": _plain, "assigned_object_id": _plain},
    whole=True,  # a person may have made another address the primary one
)
CIRCUITS = Endpoint(
    "circuits/circuits/",
    "circuits.circuit",
    {
        "cid": _plain,
        "provider": _name,
        "type": _name,
        "tenant": _id,
        "commit_rate": _plain,
        "termination_date": _plain,
    },
)
TERMINATIONS = Endpoint(
    "circuits/circuit-terminations/",
    "circuits.circuittermination",
    {
        "circuit": _id,
        "term_side": _plain,
        "termination_type": _plain,
        "termination_id": _plain,
    },
    whole=True,  # an end that a person made belongs to our circuit
)
SERVICES = Endpoint(
    "ipam/services/",
    "ipam.service",
    {
        "name": _plain,
        "parent_object_type": _plain,
        "parent_object_id": _plain,
        "port_mappings": _plain,
    },
)
CONTACTS = Endpoint(
    "tenancy/contacts/", "tenancy.contact", {"name": _plain, "phone": _plain, "email": _plain}
)
ASSIGNMENTS = Endpoint(
    "tenancy/contact-assignments/",
    "tenancy.contactassignment",
    {"object_type": _plain, "object_id": _plain, "contact": _id, "role": _name},
    whole=True,  # a contact of ours may be assigned by others
)
INTERFACES = Endpoint(
    "dcim/interfaces/", "dcim.interface", {"name": _plain, "device": _id}, lazy=True
)
VM_INTERFACES = Endpoint(
    "virtualization/interfaces/",
    "virtualization.vminterface",
    {"name": _plain, "virtual_machine": _id},
    lazy=True,
)

# In the order of reference: what comes later points at what comes earlier.
ENDPOINTS: tuple[Endpoint, ...] = (
    TENANTS,
    SITES,
    CONTACTS,
    LOCATIONS,
    CLUSTERS,
    CIRCUITS,
    DEVICES,
    MACHINES,
    TERMINATIONS,
    ASSIGNMENTS,
    INTERFACES,
    VM_INTERFACES,
    ADDRESSES,
    SERVICES,
)
BY_TYPE: Mapping[str, Endpoint] = {endpoint.type: endpoint for endpoint in ENDPOINTS}

# A shared object's name stands in the rows of these: they are read anew when it changes.
NAMED_IN: Mapping[str, tuple[Endpoint, ...]] = {
    "dcim.region": (SITES,),
    "dcim.rack": (DEVICES,),
    "dcim.platform": (DEVICES, MACHINES),
    "circuits.provider": (CIRCUITS,),
    "circuits.circuittype": (CIRCUITS,),
    "ipam.vrf": (ADDRESSES,),
    "tenancy.contactrole": (ASSIGNMENTS,),
}
