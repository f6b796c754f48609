"""What is known of the fields of a kind: which a row can be refused for, which are days or money,
which a row can't do without."""

from collections.abc import Mapping

from inventory.ledger.cells import Parser
from inventory.ledger.choices import if_told, yes_no
from inventory.ledger.dates import day, last_day
from inventory.ledger.money import money, money_per_month, money_per_year
from inventory.ledger.parsers import PARSERS, TICKED

# what a row can be refused for; the rest of the census says what it can
_CORE: Mapping[str, frozenset[str]] = {
    "rooms": frozenset({"area_m2", "racks", "running_cost_per_year", "created", "upgraded"}),
    "lines": frozenset(
        {
            "type",
            "bandwidth_kbps",
            "rent_per_year",
            "rent_per_month",
            "contract_end",
            "self_leased",
            "jointly_leased",
        }
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
    for kind, fields in PARSERS.items()
}

DAYS: Mapping[str, frozenset[str]] = {
    kind: frozenset(f for f, p in fields.items() if p in (day, last_day))
    for kind, fields in PARSERS.items()
}
MONEY: Mapping[str, frozenset[str]] = {
    kind: frozenset(f for f, p in fields.items() if p in (money, money_per_year, money_per_month))
    for kind, fields in PARSERS.items()
}
# columns of ticks
TICKS: Mapping[str, frozenset[str]] = {
    kind: frozenset(f for f, p in fields.items() if p is yes_no or p in TICKED)
    for kind, fields in PARSERS.items()
}
# a cell left blank in one that is there says no, but where that no would stop a move that nobody
# declared against: there it is not told
_ASKED = frozenset({"adaptation_passed", "migratable"})
BLANK_IS_NO: Mapping[str, frozenset[str]] = {kind: ticks - _ASKED for kind, ticks in TICKS.items()}
# the field that a column of its own fills in another unit, or by the opposite
OTHERWISE: Mapping[str, str] = {
    "rent_per_month": "rent_per_year",
    "jointly_leased": "self_leased",
    "unused": "usage",
}

# what a line of labels or a heading above rows may say of all of them: whose they are, where, and of
# which sort, but no day, number or address
CARRIED = frozenset(
    {
        "a_end",
        "approving_department",
        "county",
        "developer",
        "host",
        "level",
        "network_domain",
        "om_unit",
        "organisation",
        "place",
        "platform",
        "provider",
        "rack",
        "room",
        "self_leased",
        "site",
        "system",
        "type",
        "zone",
    }
)

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
        "stateless",
        "entrance_node",
        "entrance_port",
        "entrance_name",
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
