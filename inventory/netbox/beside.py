"""Facts of NetBox's objects for which NetBox has no place: they are kept in our own database, in the
snapshot, and laid over what NetBox tells. Pure.

They are what the census asks of a department (requirements D2, D3, D5): money and papers, not the
network. An object that nobody has accepted yet has none.
"""

from collections.abc import Mapping
from typing import Any

from inventory.model import Estate

BESIDE: Mapping[str, tuple[str, ...]] = {
    "organisations": ("county", "level", "it_posts", "catalogue_version", "catalogue_updated"),
    "rooms": (
        "county",
        "floor",
        "shared_with",
        "power_kw",
        "cooling",
        "support_capability",
        "disposition",
        "migration_plan",
        "migration_date",
    ),
    "clouds": ("kind", "managed_by_city", "offers"),
    "lines": (
        "county",
        "level",
        "usage",
        "cancelled_on",
        "cancel_evidence",
        "boundary",
        "nature",
        "protection_level",
        "private_class",
        "test_passed",
        "tested_on",
        "vertical_of",
        "national",
        "destination",
        "eligible",
        "eligible_reason",
        "keep_approval",
        "keep_approved_by",
        "keep_approved_on",
        "keep_review_on",
        "coverage",
        "ipv4_prefix",
        "ipv6_prefix",
        "vrf",
        "monitoring",
    ),
    "nodes": ("county", "platform", "probe_interval_s", "state"),
    "hosts": ("role", "domestic"),
}
"""Collection → its fields that only our own database holds."""


def with_beside(kind: str, objects: tuple[Any, ...], ours: Estate) -> tuple[Any, ...]:
    """Objects as NetBox tells them, with what `ours` knows besides of those of the same code."""
    names = BESIDE.get(kind, ())
    known = {
        obj.code: told
        for obj in getattr(ours, kind)
        if (told := {n: v for n in names if (v := getattr(obj, n)) is not None})
    }
    if not known:
        return objects
    return tuple(
        obj.model_copy(update=known[obj.code]) if obj.code in known else obj for obj in objects
    )
