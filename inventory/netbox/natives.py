"""What the fields of the estate are called in NetBox."""

from collections.abc import Mapping

# (collection or "", field) → what it is called in NetBox; a custom field has no other name
NATIVE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("", "name"): ("name",),
    ("lines", "name"): ("qianyun_name",),
    ("links", "name"): ("qianyun_name",),
    ("", "organisation"): ("tenant",),
    ("", "site"): ("site", "scope_id"),
    ("sites", "region"): ("region",),
    ("sites", "address"): ("physical_address",),
    ("rooms", "running_cost_per_year"): ("qianyun_cost_per_year",),
    ("lines", "provider"): ("provider",),
    ("lines", "type"): ("type",),
    ("lines", "bandwidth_kbps"): ("commit_rate",),
    ("lines", "contract_end"): ("termination_date",),
    ("", "place"): ("location", "cluster", "qianyun_place"),
    ("", "rack"): ("rack", "qianyun_rack"),
    ("", "asset_tag"): ("asset_tag", "qianyun_asset_tag"),
    ("", "os"): ("platform",),
    ("", "system"): ("system_code",),
    ("", "zone"): ("zone",),
    ("", "ipv4"): ("primary_ip4", "address"),
    ("", "ipv6"): ("primary_ip6", "address"),
    ("services", "host"): ("parent_object_id",),
    ("services", "port"): ("port_mappings",),
    ("services", "protocol"): ("port_mappings", "qianyun_protocol"),
    ("lines", "a_end"): ("termination_id", "qianyun_place"),
    ("lines", "z_end"): ("termination_id", "qianyun_place"),
}


def native(kind: str, field: str) -> tuple[str, ...]:
    """The names that a field of a collection may have there, the usual one first."""
    return NATIVE.get((kind, field)) or NATIVE.get(("", field)) or (f"qianyun_{field}",)
