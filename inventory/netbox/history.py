"""Who changed what in NetBox, and when: its change log, asked for one field of one object."""

from collections.abc import Iterator, Mapping
from typing import Any

from inventory.netbox import endpoints as nb
from inventory.netbox.client import Client
from inventory.netbox.differences import Index
from inventory.netbox.endpoints import CODE, SYSTEM, ZONE, Endpoint, Json
from inventory.netbox.natives import native
from inventory.netbox.reading import LINK, NODE
from inventory.store import Touch

LOG = "core/object-changes/"
FIELDS = (
    "id,time,user_name,message,action,changed_object_type,changed_object_id,prechange_data,"
    "postchange_data"
)
FIELD = Endpoint("extras/custom-fields/", "extras.customfield", {})
DEEP = 200  # entries of one object that are looked through

# collection → the endpoints its objects are in, and what is before their codes
WHERE: Mapping[str, tuple[tuple[Endpoint, ...], str]] = {
    "organisations": ((nb.TENANTS,), ""),
    "sites": ((nb.SITES,), ""),
    "rooms": ((nb.LOCATIONS,), ""),
    "clouds": ((nb.CLUSTERS,), ""),
    "lines": ((nb.CIRCUITS,), ""),
    "links": ((nb.CIRCUITS,), LINK),
    "nodes": ((nb.DEVICES,), NODE),
    "hosts": ((nb.DEVICES, nb.MACHINES), ""),
    "services": ((nb.SERVICES,), ""),
}


def last_change(client: Client, there: Index, kind: str, code: str, field: str) -> Touch | None:
    """The newest entry that changed `field` of an object, or deleted the custom field that it is;
    with `field` "" the one that made or deleted it, gave it its code or took it away. None where
    the log tells none. Raises StoreError."""
    if kind not in WHERE:
        return None
    if not field:
        return _existence(client, kind, code)
    if field == "contacts":
        return _contacts(client, there, kind, code)
    names = native(kind, field)
    for endpoint, part in _parts(kind, code, field):
        row = there.get((endpoint, part))
        if row is None:
            continue
        for entry in _entries(client, endpoint, {"changed_object_id": row.id}):
            before, after = _flat(entry["prechange_data"]), _flat(entry["postchange_data"])
            for name in names:
                if before.get(name) == after.get(name):
                    continue
                if after.get(name) is not None and row.facts.get(name) is None and _own(name):
                    return _field_gone(client, name, after.get(name))
                return _touch(entry, before.get(name), after.get(name))
    return None


def _own(name: str) -> bool:
    return name.startswith(nb.PREFIX) or name in (SYSTEM, ZONE)


def _field_gone(client: Client, name: str, value: Any) -> Touch | None:
    """Who deleted the custom field: its values went with it, which no object's entries tell."""
    for entry in _entries(client, FIELD, {"action": "delete"}):
        if _flat(entry["prechange_data"]).get("name") == name:
            return _touch(entry, value, None)
    return None


def _existence(client: Client, kind: str, code: str) -> Touch | None:
    endpoints, prefix = WHERE[kind]
    found: list[Json] = []
    for endpoint in endpoints:
        for action in ("delete", "create", "update"):
            found += _coming_or_going(client, endpoint, {"action": action}, prefix + code)[:1]
    # an update is looked for far back too, where it is known of which object
    if found:
        newest = max(found, key=lambda entry: int(entry["id"]))
        of = {"changed_object_id": newest["changed_object_id"]}
        where = next(e for e in endpoints if e.type == newest["changed_object_type"])
        found += _coming_or_going(client, where, of, prefix + code)[:1]
    return _newest(found)


def _coming_or_going(client: Client, endpoint: Endpoint, filters: Json, code: str) -> list[Json]:
    """The entries by which an object of that code came to be, or ceased to; the newest first."""

    def was(entry: Json, when: str) -> bool:
        return bool(_flat(entry[when]).get(CODE) == code)

    entries = _entries(client, endpoint, filters)
    return [e for e in entries if was(e, "prechange_data") != was(e, "postchange_data")]


def _contacts(client: Client, there: Index, kind: str, code: str) -> Touch | None:
    """Who was assigned, or what is known of who is."""
    (endpoint,), prefix = WHERE[kind]
    whose = f"{endpoint.type}:{prefix}{code}:"
    entries = _entries(client, nb.ASSIGNMENTS, {})
    found = next(([e] for e in entries if str(_told(e).get(CODE)).startswith(whose)), [])
    for (part, assigned), row in there.items():
        if part is nb.ASSIGNMENTS and assigned.startswith(whose):
            person = {"changed_object_id": row.facts.get("contact")}
            found += _entries(client, nb.CONTACTS, person)[:1]
    return _newest(found)


def _newest(entries: list[Json]) -> Touch | None:
    newest = max(entries, key=lambda entry: int(entry["id"]), default=None)
    return _touch(newest, None, None) if newest else None


def _told(entry: Json) -> Json:
    return _flat(entry["prechange_data"]) | _flat(entry["postchange_data"])


def _parts(kind: str, code: str, field: str) -> Iterator[tuple[Endpoint, str]]:
    """The rows of the object in which the field may be."""
    endpoints, prefix = WHERE[kind]
    if field in ("ipv4", "ipv6"):
        yield nb.ADDRESSES, f"{prefix}{code}:{field[-1]}"
    if field in ("a_end", "z_end"):
        yield nb.TERMINATIONS, f"{prefix}{code}:{field[0].upper()}"
    for endpoint in endpoints:
        yield endpoint, prefix + code


def _entries(client: Client, endpoint: Endpoint, filters: Json) -> list[Json]:
    """The newest first."""
    asked = {"changed_object_type": endpoint.type, "ordering": "-id", "limit": DEEP}
    found: list[Json] = client.page(LOG, {**asked, **filters, "fields": FIELDS})["results"]
    return found


def _flat(data: Any) -> Json:
    if not isinstance(data, dict):
        return {}
    return {**data, **(data.get("custom_fields") or {})}


def _touch(entry: Json, old: Any, new: Any) -> Touch:
    return Touch(
        at=entry["time"],
        by=entry["user_name"],
        message=entry.get("message") or "",
        old=old,
        new=new,
    )
