"""What hangs on an object in NetBox and would be deleted, or cut loose, along with it.

Our own parts of an object are deleted before it; what is left then is somebody else's, so that the
object stays and a person is told. NetBox itself holds the same line for Qianyun's own token
(`permissions.ON_IT`); an administrator's may do anything, and what a token may not see is skipped.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from inventory.errors import NetBoxDenied, RowsRefused
from inventory.netbox import endpoints as nb
from inventory.netbox.client import Client
from inventory.netbox.endpoints import Endpoint, Json

type Asked = Callable[[Sequence[int]], Json]


def _by(name: str, **more: str) -> Asked:
    return lambda ids: {name: list(ids), **more}


_PORT = (
    ("ipam/ip-addresses/", "{}_id"),
    ("dcim/mac-addresses/", "{}_id"),
    ("vpn/tunnel-terminations/", "{}_id"),
    ("vpn/l2vpn-terminations/", "{}_id"),
)
_COMPONENTS = (
    "interfaces",
    "console-ports",
    "console-server-ports",
    "power-ports",
    "power-outlets",
    "front-ports",
    "rear-ports",
    "module-bays",
    "device-bays",
    "inventory-items",
    "modules",
)


def _place(name: str) -> tuple[tuple[str, Asked], ...]:
    return (
        ("circuits/circuit-terminations/", _by(f"{name}_id")),
        ("virtualization/clusters/", _by(f"{name}_id")),
        ("ipam/prefixes/", _by(f"{name}_id")),
        ("ipam/vlan-groups/", _by(name)),
        ("wireless/wireless-lans/", _by(f"{name}_id")),
    )


def _cabled(endpoint: Endpoint) -> tuple[str, Asked]:
    return "dcim/cable-terminations/", _by("termination_id", termination_type=endpoint.type)


def _port(endpoint: Endpoint, name: str) -> tuple[tuple[str, Asked], ...]:
    held = tuple((path, _by(asked.format(name))) for path, asked in _PORT)
    groups = _by("interface_id", interface_type=endpoint.type)
    return (*held, ("ipam/fhrp-group-assignments/", groups))


ON: Mapping[Endpoint, tuple[tuple[str, Asked], ...]] = {
    nb.SITES: (("dcim/locations/", _by("site_id")), *_place("site")),
    nb.LOCATIONS: (
        ("dcim/locations/", _by("parent_id")),
        ("dcim/racks/", _by("location_id")),
        *_place("location"),
    ),
    nb.CLUSTERS: (
        ("ipam/vlan-groups/", _by("cluster")),
        ("dcim/devices/", _by("cluster_id")),
    ),
    nb.CIRCUITS: (
        ("circuits/circuit-terminations/", _by("circuit_id")),
        ("circuits/circuit-group-assignments/", _by("circuit_id")),
    ),
    nb.TERMINATIONS: (_cabled(nb.TERMINATIONS),),
    nb.DEVICES: (
        *((f"dcim/{part}/", _by("device_id")) for part in _COMPONENTS),
        ("dcim/device-bays/", _by("installed_device_id")),
        ("ipam/services/", _by("device_id")),
    ),
    nb.MACHINES: (
        ("virtualization/interfaces/", _by("virtual_machine_id")),
        ("virtualization/virtual-disks/", _by("virtual_machine_id")),
        ("ipam/services/", _by("virtual_machine_id")),
    ),
    nb.INTERFACES: (
        *_port(nb.INTERFACES, "interface"),
        ("dcim/interfaces/", _by("bridge_id")),
        ("dcim/interfaces/", _by("lag_id")),
        ("circuits/virtual-circuit-terminations/", _by("interface_id")),
        _cabled(nb.INTERFACES),
    ),
    nb.VM_INTERFACES: (
        *_port(nb.VM_INTERFACES, "vminterface"),
        ("virtualization/interfaces/", _by("bridge_id")),
    ),
    nb.ADDRESSES: (("ipam/ip-addresses/", _by("nat_inside_id")),),
}
_ASSIGNMENTS = "tenancy/contact-assignments/"
_ASSIGNED = frozenset(ON) - {nb.TERMINATIONS, nb.INTERFACES, nb.VM_INTERFACES} | {
    nb.TENANTS,
    nb.SERVICES,
}


class Hanging:
    """Asks what hangs on objects: of many at once, since mostly nothing does."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._unseen: set[str] = set()

    def on(self, endpoint: Endpoint, ids: Sequence[int]) -> dict[int, str]:
        """Id → something that hangs on it, path and id; only those on which something does."""
        found: dict[int, str] = {}
        for at in range(0, len(ids), 100):
            part = ids[at : at + 100]
            for path, asked in _asked(endpoint):
                if self._one(path, asked(part)):
                    each = ((id, self._one(path, asked([id]))) for id in part)
                    found |= {id: f"{path}{on}/" for id, on in each if on}
        return found

    def _one(self, path: str, filters: Json) -> int | None:
        """The id of one of the objects at `path` that the filters let through."""
        if path in self._unseen:
            return None
        try:
            for rows in self._client.pages(path, "id", filters=filters):
                if rows:
                    return int(rows[0]["id"])
        except NetBoxDenied:
            self._unseen.add(path)
        except RowsRefused:  # NetBox knows no object of one of these ids: somebody deleted it
            ids = next(value for value in filters.values() if isinstance(value, list))
            rest = {name: value for name, value in filters.items() if value is not ids}
            name = next(name for name, value in filters.items() if value is ids)
            each = (self._one(path, {**rest, name: [id]}) for id in ids if len(ids) > 1)
            return next((on for on in each if on), None)
        return None


def _asked(endpoint: Endpoint) -> Iterator[tuple[str, Asked]]:
    yield from ON.get(endpoint, ())
    if endpoint in _ASSIGNED:
        yield _ASSIGNMENTS, _by("object_id", object_type=endpoint.type)
    if endpoint is nb.CONTACTS:
        yield _ASSIGNMENTS, _by("contact_id")
