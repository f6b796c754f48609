"""A system's values → the system, its workload and its entrance."""

from collections.abc import Mapping
from typing import Any

from inventory.ledger.fields import PARTS_OF_SYSTEMS
from inventory.ledger.record import Record
from inventory.model import Database, Entrance, System, Tree, Workload


def system_of(record: Record, values: Mapping[str, Any]) -> System:
    plain = {k: v for k, v in values.items() if k not in PARTS_OF_SYSTEMS}
    workload = _workload(values)
    entrance = None
    if "entrance_node" in values:
        entrance = Entrance(
            node=values["entrance_node"],
            port=values["entrance_port"],
            backend_port=values["backend_port"],
            path=values.get("check_path", "/"),
            content=values.get("check_content", ""),
            name=values.get("entrance_name", "").removeprefix("https://") or None,
            tls=True if values.get("entrance_name", "").startswith("https://") else None,
        )
    return System(
        **plain,
        workload=workload,
        entrance=entrance,
        provenance=record.provenance(),
    )


def _workload(values: Mapping[str, Any]) -> Workload | None:
    """What is to be moved of it; None where nothing of it is told, as of nearly all."""
    told = ("program_trees", "data_trees", "databases", "services", "stateless")
    if not any(field in values for field in told):
        return None
    return Workload(
        trees=tuple(
            Tree(path=path, writable=field == "data_trees")
            for field in ("program_trees", "data_trees")
            for path in values.get(field, ())
        ),
        databases=tuple(Database(**told) for told in values.get("databases", ())),
        services=values.get("services", ()),
        stateless=values.get("stateless"),
    )
