"""What people made of an object that they have handed over to us: it is left as they made it.

An adopted device may stand in a location that we do not manage, hold an address on an interface of
theirs, belong to a tenant of theirs. The estate tells none of that, which does not mean that it
shall be none. Pure.
"""

from collections.abc import Mapping
from typing import Any

from inventory.netbox import endpoints as nb
from inventory.netbox.endpoints import Endpoint, Json, Row
from inventory.netbox.rows import Ref, Shared, Wanted

type Tables = Mapping[Endpoint, Mapping[int, Row]]
type Key = tuple[Endpoint, str]

POINTS_AT: Mapping[str, Endpoint] = {
    "site": nb.SITES,
    "tenant": nb.TENANTS,
    "location": nb.LOCATIONS,
    "cluster": nb.CLUSTERS,
}


def theirs(row: Wanted, stands: Json, name: str, tables: Tables) -> bool:
    """Whether a field that we don't tell holds what is not ours to change."""
    value = row.facts[name]
    if name in ("site", "termination_id") and isinstance(value, Shared):
        return _on_any_site(row, stands, name, tables)
    if name in ("rack", "qianyun_rack") and row.facts.get("location") is None:
        in_theirs = stands.get("location") is not None and theirs(row, stands, "location", tables)
        return in_theirs and row.facts["qianyun_rack"] == stands.get("rack")
    if value is not None or stands.get(name) is None:
        return False
    if name in ("scope_type", "scope_id"):
        on_site = stands.get("scope_type") == nb.SITES.type
        return not on_site or not _ours(nb.SITES, stands.get("scope_id"), tables)
    return name in POINTS_AT and not _ours(POINTS_AT[name], stands[name], tables)


def _on_any_site(row: Wanted, stands: Json, name: str, tables: Tables) -> bool:
    """Of what has no site told: any that is not ours will do, for a machine a cluster too."""
    if name == "termination_id":
        on_site = stands.get("termination_type") == nb.SITES.type
        return on_site and not _ours(nb.SITES, stands.get(name), tables)
    if stands.get("site") is None:
        return "cluster" in stands and theirs(row, stands, "cluster", tables)
    return not _ours(nb.SITES, stands["site"], tables)


def leave_addresses(wanted: dict[Key, Wanted], there: Mapping[Key, Row], tables: Tables) -> None:
    """Takes out of `wanted` the addresses that a machine has already, by an interface of theirs."""
    for key, row in list(wanted.items()):
        stands = there.get(key)
        if stands is None or not row.later:
            continue
        kept = {
            n: value for n, value in row.later.items() if not _has(n, value, stands, wanted, tables)
        }
        for name in row.later.keys() - kept.keys():
            wanted.pop(_key(row.later[name]))
        wanted[key] = Wanted(row.endpoint, row.code, row.facts, row.once, kept)
        if not any(_is_on(other, row) for other in wanted.values()):
            for endpoint in (nb.INTERFACES, nb.VM_INTERFACES):
                wanted.pop((endpoint, f"{row.code}:mgmt"), None)


def _has(
    name: str, value: Ref | None, stands: Row, wanted: Mapping[Key, Wanted], tables: Tables
) -> bool:
    """Whether the machine's primary address is one of theirs that is as it shall be."""
    held = tables[nb.ADDRESSES].get(stands.facts.get(name, 0))
    if value is None or held is None or held.code is not None:
        return False
    shall: str = wanted[_key(value)].facts["address"]
    had: str = held.facts["address"]
    return shall.partition("/")[0] == had.partition("/")[0]


def _is_on(row: Wanted, machine: Wanted) -> bool:
    return row.endpoint is nb.ADDRESSES and row.code.rpartition(":")[0] == machine.code


def _key(value: Ref) -> Key:
    return value.endpoint, value.code


def _ours(endpoint: Endpoint, id: Any, tables: Tables) -> bool:
    row = tables[endpoint].get(id)
    return row is not None and row.code is not None
