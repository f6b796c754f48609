"""Objects that NetBox demands and that many of ours share: found by name, or made once.

They are never changed and never deleted: they may be other people's. What `bootstrap` makes is
found by its slug and not made here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from inventory.errors import NetBoxUnknown, RowsRefused
from inventory.netbox.client import Client
from inventory.netbox.endpoints import Json
from inventory.netbox.rows import Shared
from inventory.netbox.schema import slug


@dataclass(frozen=True)
class Kind:
    """Where a kind of shared object is; `by`: what it is found by; `made`: whether we make it."""

    path: str
    by: str = "name"
    made: bool = True
    slugged: bool = True


KINDS: Mapping[str, Kind] = {
    "region": Kind("dcim/regions/"),
    "provider": Kind("circuits/providers/"),
    "circuit_type": Kind("circuits/circuit-types/"),
    "platform": Kind("dcim/platforms/"),
    "contact_role": Kind("tenancy/contact-roles/"),
    "rack": Kind("dcim/racks/", slugged=False),
    "vrf": Kind("ipam/vrfs/", made=False),
    "site": Kind("dcim/sites/", by="slug", made=False),
    "device_role": Kind("dcim/device-roles/", by="slug", made=False),
    "device_type": Kind("dcim/device-types/", by="slug", made=False),
    "cluster_type": Kind("virtualization/cluster-types/", by="slug", made=False),
    "tenant_group": Kind("tenancy/tenant-groups/", by="slug", made=False),
}


class SharedObjects:
    """The ids of shared objects, asked for once each."""

    def __init__(self, client: Client, message: str) -> None:
        self._client = client
        self._message = message
        self._ids: dict[tuple[str, str, int | None], int] = {}
        self.refused: dict[str, str] = {}  # name → why NetBox did not take it
        self.made = 0

    def id(self, shared: Shared, room: int | None = None) -> int | None:
        return self._ids.get((shared.kind, shared.name, room))

    def provide(self, kind: str, names: Iterable[str]) -> None:
        """Makes sure that all of `names` are there, but those in `refused`. Raises NetBoxUnknown,
        StoreError."""
        where = KINDS[kind]
        missing = {name for name in names if (kind, name, None) not in self._ids}
        if not missing:
            return
        self._find(kind, missing)
        missing -= {name for name in missing if (kind, name, None) in self._ids}
        if missing and not where.made:
            raise NetBoxUnknown(
                f"NetBox 缺少 {where.path} {', '.join(sorted(missing))} / NetBox lacks these; "
                "run: qianyun netbox bootstrap"
            )
        for name in sorted(missing):
            own = {"slug": slug(name)} if where.slugged else {}
            try:
                self._make(kind, name, {"name": name, **own})
            except RowsRefused as refused:
                self.refused[name] = str(refused)

    def provide_rack(self, rack: Shared, room: int, site: int) -> None:
        """The rack of that name in a room."""
        if self.id(rack, room) is not None:
            return
        path = KINDS["rack"].path
        asked = {"name": rack.name, "location_id": room, "fields": "id,name", "limit": 2}
        found = [r for r in self._client.page(path, asked)["results"] if r["name"] == rack.name]
        if not found:
            row = {"name": rack.name, "location": room, "site": site, "status": "active"}
            try:
                found = self._client.create(path, [{**row, "changelog_message": self._message}])
            except RowsRefused as refused:
                self.refused[rack.name] = str(refused)
                return
            self.made += 1
        self._ids["rack", rack.name, room] = found[0]["id"]

    def _find(self, kind: str, names: Iterable[str]) -> None:
        where = KINDS[kind]
        for row in self._client.by_value(where.path, f"id,{where.by}", where.by, names):
            self._ids.setdefault((kind, row[where.by], None), row["id"])

    def _make(self, kind: str, name: str, row: Json) -> None:
        path = KINDS[kind].path
        try:
            made = self._client.create(path, [{**row, "changelog_message": self._message}])
            self.made += 1
        except RowsRefused:
            self._find(kind, [name])  # somebody made it at the same moment
            if (kind, name, None) not in self._ids:
                raise
        else:
            self._ids[kind, name, None] = made[0]["id"]
