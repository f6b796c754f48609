"""A journal entry in NetBox on the hosts of a system that has moved: who moved it, when, where to."""

from collections.abc import Iterator

from inventory.model import Estate, System
from inventory.netbox import endpoints as nb
from inventory.netbox.client import Client
from inventory.netbox.differences import Index
from inventory.netbox.endpoints import Endpoint, Json, Row

PATH = "extras/journal-entries/"


def write_journal(client: Client, there: Index, before: Estate, after: Estate, actor: str) -> None:
    """One entry on each host, old and new, of every system whose placement changed; written once,
    however often it is called. Raises StoreError."""
    was = {system.code: system for system in before.systems}
    for system in after.systems:
        old = was.get(system.code)
        if system.placement is None or (old and old.placement == system.placement):
            continue
        text = _text(system, old, actor)
        rows = [_entry(endpoint, row, text) for endpoint, row in _hosts(system, after, there)]
        missing = [row for row in rows if not _stands(client, row)]
        if missing:
            client.create(PATH, missing)


def _text(system: System, old: System | None, actor: str) -> str:
    """Markdown of NetBox's: what people named stands in a code span, so that it stays text."""
    assert system.placement is not None
    name = system.name.replace("`", "'")
    place = old.place if old else None
    return (
        f"迁云 / Qianyun: `{system.code}` `{name}`: {place or '—'} → {system.placement.place}; "
        f"{system.placement.run}; {system.placement.since}; {actor}"
    )


def _entry(endpoint: Endpoint, row: Row, text: str) -> Json:
    return {
        "assigned_object_type": endpoint.type,
        "assigned_object_id": row.id,
        "kind": "success",
        "comments": text,
    }


def _hosts(system: System, estate: Estate, there: Index) -> Iterator[tuple[Endpoint, Row]]:
    assert system.placement is not None
    codes = {h.code for h in estate.hosts if h.system == system.code} | {*system.placement.hosts}
    for code in sorted(codes):
        for endpoint in (nb.DEVICES, nb.MACHINES):
            row = there.get((endpoint, code))
            if row is not None:
                yield endpoint, row


def _stands(client: Client, entry: Json) -> bool:
    where = {
        "assigned_object_type": entry["assigned_object_type"],
        "assigned_object_id": entry["assigned_object_id"],
    }
    for rows in client.pages(PATH, "id,comments", filters=where):
        if any(row["comments"] == entry["comments"] for row in rows):
            return True
    return False
