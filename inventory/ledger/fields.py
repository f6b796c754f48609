"""Which parser reads which field of which kind; the headers for them are in spellings/."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from inventory.ledger.cells import Parser
from inventory.ledger.dates import day, last_day
from inventory.ledger.numbers import (
    area,
    money,
    money_per_month,
    money_per_year,
    power,
    rate,
    seconds,
    size,
    whole_number,
)
from inventory.ledger.values import (
    check_path,
    choice,
    databases,
    folders,
    if_told,
    ipv4,
    ipv6,
    known_or_text,
    mlps,
    name,
    optional_text,
    port_list,
    products,
    secrecy,
    strict,
    strict_list,
    text,
    text_list,
    window,
    yes_no,
    yes_no_or,
)
from inventory.ledger.words import squeeze
from inventory.model import HostKey, UnitName

_PORT = whole_number(1, 65535)
_UNITS = strict_list(
    UnitName,
    "服务名，只含字母、数字和 @ . _ - / service names of A-Z a-z 0-9 @ . _ -",
    "、,，;；/\\s",
)
_HOST_KEY = strict(HostKey, "OpenSSH 主机公钥，不带注释 / an OpenSSH public host key, no comment")
_ZONE = choice("network_domain")
# without "-": the code of a service is made from host, protocol and port, and must tell them apart
_PROTOCOL = strict(
    Annotated[str, BeforeValidator(squeeze), StringConstraints(pattern=r"^[a-z][a-z0-9+.]{0,30}$")],
    "一个协议，如 TCP / one protocol such as TCP",
)

_COUNT = whole_number(0)
_SELF, _PUBLIC, _JOINED = (yes_no_or(n) for n in ("self_leased", "citizen_facing", "connected"))
_TICKED = (_SELF, _PUBLIC, _JOINED)

_ALL: Mapping[str, Mapping[str, Parser]] = {
    "organisations": {
        "code": name,
        "name": name,
        "aliases": text_list,
        "county": name,
        "level": choice("organisation_level"),
        "it_posts": _COUNT,
        "catalogue_version": optional_text,
        "catalogue_updated": day,
    },
    "sites": {"code": name, "name": name, "region": optional_text, "address": optional_text},
    "rooms": {
        "code": name,
        "name": name,
        "organisation": name,
        "county": name,
        "site": name,
        "building": optional_text,
        "floor": optional_text,
        "shared_with": text_list,
        "area_m2": area,
        "racks": _COUNT,
        "power_kw": power,
        "cooling": optional_text,
        "running_cost_per_year": money_per_year,
        "support_capability": optional_text,
        "created": day,
        "upgraded": day,
        "disposition": choice("disposition"),
        "migration_plan": optional_text,
        "migration_date": day,
        "moves_at_once": whole_number(1, 1000),
    },
    "clouds": {
        "code": name,
        "name": name,
        "organisation": name,
        "site": name,
        "moves_at_once": whole_number(1, 1000),
        "kind": choice("cloud_kind"),
        "managed_by_city": yes_no,
        "offers": text_list,
    },
    "lines": {
        "code": name,
        "name": name,
        "provider": known_or_text("provider"),
        "type": choice("line_type"),
        "organisation": name,
        "county": name,
        "level": choice("line_level"),
        "a_end": name,
        "z_end": name,
        "bandwidth_kbps": rate,
        "rent_per_year": money_per_year,
        "rent_per_month": money_per_month,
        "contract_end": last_day,
        "self_leased": _SELF,
        "usage": choice("line_usage"),
        "cancelled_on": day,
        "cancel_evidence": optional_text,
        "boundary": optional_text,
        "nature": optional_text,
        "protection_level": optional_text,
        "private_class": optional_text,
        "test_passed": yes_no,
        "tested_on": day,
        "vertical_of": optional_text,
        "national": yes_no,
        "destination": choice("line_destination"),
        "eligible": yes_no,
        "eligible_reason": optional_text,
        "keep_approval": optional_text,
        "keep_approved_by": optional_text,
        "keep_approved_on": day,
        "keep_review_on": day,
        "coverage": text_list,
        "ipv4_prefix": optional_text,
        "ipv6_prefix": optional_text,
        "vrf": optional_text,
        "monitoring": optional_text,
    },
    "links": {"code": name, "name": name, "a_node": name, "z_node": name, "zone": _ZONE},
    "hosts": {
        "code": name,
        "name": name,
        "asset_tag": optional_text,
        "place": name,
        "rack": optional_text,
        "zone": _ZONE,
        "system": name,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "cpu_arch": choice("cpu_arch"),
        "os": optional_text,
        "purchased": day,
        "role": choice("host_role"),
        "domestic": yes_no,
        "ssh_port": _PORT,
        "ssh_host_key": _HOST_KEY,
    },
    "nodes": {
        "code": name,
        "name": name,
        "kind": choice("node_kind"),
        "organisation": name,
        "county": name,
        "place": name,
        "zone": _ZONE,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "ports": port_list,
        "host": name,
        "platform": optional_text,
        "probe_interval_s": seconds,
        "state": choice("node_state"),
    },
    "services": {
        "code": name,
        "name": name,
        "host": name,
        "port": _PORT,
        "protocol": _PROTOCOL,
        "system": name,
    },
    "systems": {
        "code": name,
        "name": name,
        "organisation": name,
        "county": name,
        "owner_unit_level": choice("owner_unit_level"),
        "function": optional_text,
        "scope_of_use": choice("scope_of_use"),
        "users": _COUNT,
        "frequency_of_use": optional_text,
        "approving_department": name,
        "approval_date": day,
        "funding_source": choice("funding_source"),
        "construction_funds": money,
        "om_funds_per_year": money_per_year,
        "om_unit": optional_text,
        "developer": optional_text,
        "running_state": optional_text,
        "staff": _COUNT,
        "project_state": choice("project_state"),
        "scope_basis": choice("scope_basis"),
        "parent": name,
        "merged_into": name,
        "zombie_detached": yes_no,
        "zombie_replaceable": yes_no,
        "zombie_idle": yes_no,
        "zombie_stale": yes_no,
        "zombie_rarely_used": yes_no,
        "zombie_decision": choice("zombie_decision"),
        "zombie_evidence": optional_text,
        "secrecy": secrecy,
        "secrecy_confirmed_by": optional_text,
        "secrecy_confirmed_on": day,
        "mlps_level": mlps,
        "mlps_filing_no": optional_text,
        "mlps_test_date": day,
        "graded_protection": optional_text,
        "crypto_used": yes_no,
        "crypto_assessed_on": day,
        "risk_assessed_on": day,
        "network_domain": _ZONE,
        "special_network_exclusion": choice("special_network"),
        "data_resources": text_list,
        "application_systems": text_list,
        "must_connect": yes_no,
        "must_connect_proposed_by": optional_text,
        "must_connect_confirmed_by": optional_text,
        "must_connect_confirmed_on": day,
        "connected": _JOINED,
        "connection_date": day,
        "exchange_node": name,
        "access_mode": choice("access_mode"),
        "oneststop_connected": yes_no,
        "oneststop_connected_on": day,
        "sso_connected": yes_no,
        "sso_connected_on": day,
        "app_integrated": yes_no,
        "app_integrated_on": day,
        "migratable": yes_no,
        "migratable_reason": optional_text,
        "cloud_status": choice("cloud_status"),
        "cloud_status_on": day,
        "pilot": yes_no,
        "cpu_arch": choice("cpu_arch"),
        "xinchuang": yes_no,
        "citizen_facing": _PUBLIC,
        "citywide_unified": yes_no,
        "function_tags": text_list,
        "common_system": choice("common_system"),
        "province_connected": yes_no,
        "satisfaction_report": optional_text,
        "satisfaction_reported_on": day,
        "security_party": choice("security_party"),
        "disaster_recovery": optional_text,
        "backup": optional_text,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "dns": optional_text,
        "ipv6_ready": choice("ipv6_ready"),
        "cpu_cores": _COUNT,
        "memory_gib": size,
        "storage_gib": size,
        "bandwidth_kbps": rate,
        "os": optional_text,
        "database_products": products,
        "room": name,
        "target": name,
        "window": window,
        "program_trees": folders,
        "data_trees": folders,
        "databases": databases,
        "services": _UNITS,
        "entrance_node": name,
        "entrance_port": _PORT,
        "backend_port": _PORT,
        "check_path": check_path,
        "check_content": text,
        "depends_on": text_list,
    },
    "dependencies": {"system": name, "needs": name, "kind": optional_text},
    "projects": {
        "code": name,
        "name": name,
        "organisation": name,
        "joint_applicants": text_list,
        "kind": choice("project_kind"),
        "content": choice("project_content"),
        "project_state": choice("project_state"),
        "investment": money,
        "om_funds_per_year": money_per_year,
        "funding_source": choice("funding_source"),
        "data_resources": text_list,
        "application_systems": text_list,
        "protection_filing": optional_text,
        "approving_department": name,
        "approval_date": day,
        "budget_at_requirement": money,
        "budget_at_technical": money,
        "purchases": text_list,
        "in_annual_plan": yes_no,
        "plan_year": whole_number(1990, 2100),
        "winner": optional_text,
        "winning_bid": money,
        "contract_signed_on": day,
        "contract_published_on": day,
        "contract_filed_on": day,
        "data_asset_clause": yes_no,
        "supervisor": optional_text,
        "agency": optional_text,
        "system_test": optional_text,
        "responsible_leader": optional_text,
        "trial_started_on": day,
        "acceptance_applied_on": day,
        "accepted_on": day,
        "audit_result": optional_text,
        "final_accounts": money,
        "filing_no": optional_text,
        "filing_date": day,
    },
    "resources": {
        "code": name,
        "name": name,
        "organisation": name,
        "share_type": choice("share_type"),
        "first_batch": yes_no,
        "share_condition": optional_text,
        "legal_basis": optional_text,
        "format": optional_text,
        "update_cycle": optional_text,
        "purpose": optional_text,
        "open": yes_no,
        "shared_with": text_list,
        "system": name,
        "published_on": day,
    },
}

# what a row can be refused for; the rest of the census says what it can
_CORE: Mapping[str, frozenset[str]] = {
    "rooms": frozenset({"area_m2", "racks", "running_cost_per_year", "created", "upgraded"}),
    "lines": frozenset(
        {"type", "bandwidth_kbps", "rent_per_year", "rent_per_month", "contract_end", "self_leased"}
    ),
    "nodes": frozenset({"kind", "zone", "ports"}),
    "hosts": frozenset({"zone", "cpu_arch", "purchased"}),
    "links": frozenset({"zone"}),
    "systems": frozenset(
        {
            "approval_date",
            "citizen_facing",
            "connected",
            "construction_funds",
            "cpu_cores",
            "memory_gib",
            "mlps_level",
            "network_domain",
            "om_funds_per_year",
            "secrecy",
            "storage_gib",
        }
    ),
}
FIELDS: Mapping[str, Mapping[str, Parser]] = {
    kind: {
        field: parser if field in _CORE.get(kind, ()) else if_told(parser)
        for field, parser in fields.items()
    }
    for kind, fields in _ALL.items()
}

DAYS: Mapping[str, frozenset[str]] = {
    kind: frozenset(f for f, p in fields.items() if p in (day, last_day))
    for kind, fields in _ALL.items()
}
MONEY: Mapping[str, frozenset[str]] = {
    kind: frozenset(f for f, p in fields.items() if p in (money, money_per_year, money_per_month))
    for kind, fields in _ALL.items()
}
# columns of ticks: a cell left blank in a column that is there says no
TICKS: Mapping[str, frozenset[str]] = {
    kind: frozenset(f for f, p in fields.items() if p is yes_no or p in _TICKED)
    for kind, fields in _ALL.items()
}
# the field that a column of its own fills in another unit
OTHERWISE: Mapping[str, str] = {"rent_per_month": "rent_per_year"}

# the field that several columns tell together (contacts.py), and which kinds have it
CONTACTS = "contacts"
WITH_CONTACTS = ("organisations", "rooms", "lines", "systems", "projects")

# what a migration asks for of a system, in columns of our own template
PARTS_OF_SYSTEMS = frozenset(
    {
        "program_trees",
        "data_trees",
        "databases",
        "services",
        "entrance_node",
        "entrance_port",
        "backend_port",
        "check_path",
        "check_content",
        "depends_on",
    }
)

# fields that a row can't do without; "name" may be stood in for by the code of those in CODE_NAMES
REQUIRED: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(FIELDS, ("name",)),
    "links": ("name", "a_node", "z_node"),
    "services": ("name", "host", "port"),
    "dependencies": ("system", "needs"),
}
CODE_NAMES = ("lines", "links", "hosts", "services")
# an entrance is told whole or not at all
ENTRANCE = ("entrance_node", "entrance_port", "backend_port")
