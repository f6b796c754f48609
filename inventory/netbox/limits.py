"""What NetBox 4.7 would not take: texts longer than its columns, told before anything is written. Pure."""

from collections.abc import Iterator, Mapping

from inventory.changes import ChangeSet
from inventory.model import Estate
from inventory.netbox import endpoints as nb
from inventory.netbox.differences import rows_of, touched
from inventory.netbox.endpoints import Endpoint
from inventory.netbox.rows import Shared, Wanted
from inventory.store import Objection

LONGEST: Mapping[Endpoint, Mapping[str, int]] = {
    nb.TENANTS: {"name": 100},
    nb.SITES: {"name": 100, "physical_address": 200},
    nb.LOCATIONS: {"name": 100},
    nb.CLUSTERS: {"name": 100},
    nb.CIRCUITS: {"cid": 100},
    nb.DEVICES: {"name": 64, "asset_tag": 50},
    nb.MACHINES: {"name": 64},
    nb.SERVICES: {"name": 100},
    nb.CONTACTS: {"name": 100, "phone": 50, "email": 254},
}
"""Letters a field of an endpoint holds, as its OPTIONS tell."""
SHARED_LONGEST = 100  # the name of any object that several share (provider, rack, platform …)


def objections(
    after: Estate, changes: ChangeSet, machines: frozenset[str]
) -> tuple[Objection, ...]:
    """The rows of what `changes` make or change that NetBox would refuse for their length.

    `after`: the estate with the changes; `machines`: codes of NetBox's virtual machines.
    """
    return tuple(
        Objection(whose=origin.whose, reason=reason)
        for origin, row in rows_of(after, touched(changes), machines)
        for reason in _too_long(row)
    )


def _too_long(row: Wanted) -> Iterator[str]:
    limits = LONGEST.get(row.endpoint, {})
    for name, value in {**row.once, **row.facts}.items():
        text = value.name if isinstance(value, Shared) else value
        most = SHARED_LONGEST if isinstance(value, Shared) else limits.get(name)
        if most is not None and isinstance(text, str) and len(text) > most:
            yield (
                f"{name}: 有 {len(text)} 字，NetBox 最多 {most} 字，请缩短 / has {len(text)} characters, "
                f"NetBox takes {most}: shorten it"
            )
