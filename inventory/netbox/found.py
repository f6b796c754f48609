"""What bootstrap finds in a NetBox: the few kinds of objects that it may have to make."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inventory.errors import NetBoxUnknown
from inventory.netbox.client import Client, etag
from inventory.netbox.schema import BESIDE, OBJECTS, UNSPECIFIED_SITE, Needed, slug

Json = dict[str, Any]

_FIELDS: Mapping[str, str] = {
    "extras/custom-field-choice-sets/": "id,name,extra_choices,last_updated",
    "extras/custom-fields/": "id,name,type,object_types,unique,choice_set,last_updated",
    "extras/tags/": "id,name,slug,object_types,last_updated",
    "dcim/device-types/": "id,model,slug,last_updated",
    "ipam/vrfs/": "id,name,last_updated",
    "users/groups/": "id,name",
    "users/permissions/": "id,name,description,enabled,object_types,actions,constraints,groups",
    "users/users/": "id,username,groups",
    "extras/webhooks/": "id,name,payload_url,http_method,secret,last_updated",
    "extras/event-rules/": "id,name,enabled,object_types,event_types,action_type,"
    "action_object_type,action_object_id,last_updated",
}
_NAME: Mapping[str, str] = {"dcim/device-types/": "model", "users/users/": "username"}


@dataclass(frozen=True)
class Found:
    """The rows of each path, as NetBox tells them."""

    rows: Mapping[str, tuple[Json, ...]]

    @classmethod
    def read(cls, client: Client) -> "Found":
        """About twenty requests, each of a few rows; users first, so that a token which may not
        see them is refused before anything else is asked. Raises NetBoxDenied, …"""
        paths = ["users/users/", *_FIELDS, *(needed.path for needed in OBJECTS)]
        found: dict[str, tuple[Json, ...]] = {}
        for path in paths:
            if path not in found:
                found[path] = (
                    _sites(client) if path == UNSPECIFIED_SITE.path else _all(client, path)
                )
        return cls(found)

    def all_named(self, path: str, name: str) -> list[Json]:
        key = _NAME.get(path, "name")
        return [row for row in self.rows[path] if row[key] == name]

    def named(self, path: str, name: str) -> Json | None:
        """The one of that name, where NetBox itself sees to it that there is but one."""
        return next(iter(self.all_named(path, name)), None)

    def fitting(self, needed: Needed) -> list[Json]:
        """Those that serve: of its slug, or of its name where that is what it is found by."""
        if needed.by_name or needed.slug is None:
            return self.all_named(needed.path, needed.name)
        return [row for row in self.rows[needed.path] if row["slug"] == needed.slug]

    def one(self, needed: Needed) -> Json | None:
        return next(iter(self.fitting(needed)), None)

    def creating(self, needed: Needed) -> Json:
        """What creates it beside whoever has taken its name, or its slug, for something else."""
        row = needed.row
        if not needed.by_name and self.all_named(needed.path, needed.name):
            row[needed.called] = f"{needed.name}{BESIDE}"
        if needed.by_name and any(r.get("slug") == needed.slug for r in self.rows[needed.path]):
            row["slug"] = slug(needed.name)
        if needed.slug is None:
            row.pop("slug", None)
        return row

    @staticmethod
    def etag(row: Json) -> str:
        """By which a change is refused when somebody was quicker; `*` where NetBox keeps none."""
        return etag(row["last_updated"]) if row.get("last_updated") else "*"

    @staticmethod
    def one_named(client: Client, path: str, name: str) -> int:
        """The id of the object of that name. Raises NetBoxUnknown when it is gone."""
        key = _NAME.get(path, "name")
        for row in _all(client, path):
            if row[key] == name:
                return int(row["id"])
        raise NetBoxUnknown(
            f"{path} 中的 {name} 刚被删除，请重新运行 / {name} of {path} was deleted just now: run "
            "bootstrap again"
        )


def _all(client: Client, path: str) -> tuple[Json, ...]:
    fields = _FIELDS.get(path, "id,name,slug,last_updated")
    return tuple(row for rows in client.pages(path, fields) for row in rows)


def _sites(client: Client) -> tuple[Json, ...]:
    """Those that may be the shared one: a city's NetBox may have thousands."""
    needed = UNSPECIFIED_SITE
    fields = "id,name,slug,last_updated"
    found = {
        row["id"]: row
        for name, value in (("slug", needed.slug), ("name", needed.name))
        for row in client.by_value(needed.path, fields, name, [value or ""])
        if row["slug"] == needed.slug or row["name"] == needed.name
    }
    return tuple(found.values())
