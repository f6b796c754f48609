"""Which parser reads which field of which kind; the headers for them are in words.toml."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

from inventory.ledger.values import (
    Parser,
    area,
    check_path,
    choice,
    databases,
    day,
    folders,
    ipv4,
    ipv6,
    mlps,
    money,
    optional_text,
    port_list,
    rate,
    size,
    strict,
    strict_list,
    text,
    text_list,
    whole_number,
    window,
    yes_no,
)
from inventory.ledger.words import squeeze
from inventory.model import Code, HostKey, UnitName

_CODE = strict(Code, "编号，1 至 63 个字母、数字或 . _ - / a code of A-Z a-z 0-9 . _ -, at most 63")
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

FIELDS: Mapping[str, Mapping[str, Parser]] = {
    "organisations": {"code": _CODE, "name": text, "aliases": text_list},
    "sites": {"code": _CODE, "name": text, "region": optional_text, "address": optional_text},
    "rooms": {
        "code": _CODE,
        "name": text,
        "organisation": optional_text,
        "site": optional_text,
        "building": optional_text,
        "area_m2": area,
        "racks": whole_number(0),
        "running_cost_per_year": money,
        "created": day,
        "upgraded": day,
        "moves_at_once": whole_number(1, 1000),
    },
    "clouds": {
        "code": _CODE,
        "name": text,
        "organisation": optional_text,
        "site": optional_text,
        "moves_at_once": whole_number(1, 1000),
    },
    "lines": {
        "code": _CODE,
        "name": text,
        "provider": choice("provider"),
        "type": choice("line_type"),
        "organisation": optional_text,
        "a_end": optional_text,
        "z_end": optional_text,
        "bandwidth_kbps": rate,
        "rent_per_year": money,
        "contract_end": day,
        "self_leased": yes_no,
    },
    "links": {
        "code": _CODE,
        "name": text,
        "a_node": optional_text,
        "z_node": optional_text,
        "zone": _ZONE,
    },
    "hosts": {
        "code": _CODE,
        "name": text,
        "asset_tag": optional_text,
        "place": optional_text,
        "rack": optional_text,
        "zone": _ZONE,
        "system": optional_text,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "cpu_arch": choice("cpu_arch"),
        "os": optional_text,
        "purchased": day,
        "ssh_port": _PORT,
        "ssh_host_key": _HOST_KEY,
    },
    "nodes": {
        "code": _CODE,
        "name": text,
        "kind": choice("node_kind"),
        "organisation": optional_text,
        "place": optional_text,
        "zone": _ZONE,
        "ipv4": ipv4,
        "ipv6": ipv6,
        "ports": port_list,
        "host": optional_text,
    },
    "services": {
        "code": _CODE,
        "name": text,
        "host": optional_text,
        "port": _PORT,
        "protocol": _PROTOCOL,
        "system": optional_text,
    },
    "systems": {
        "code": _CODE,
        "name": text,
        "organisation": optional_text,
        "function": optional_text,
        "secrecy": choice("secrecy"),
        "mlps_level": mlps,
        "construction_funds": money,
        "om_funds_per_year": money,
        "approval_date": day,
        "cpu_cores": whole_number(0),
        "memory_gib": size,
        "storage_gib": size,
        "network_domain": _ZONE,
        "room": optional_text,
        "citizen_facing": yes_no,
        "connected": yes_no,
        "target": optional_text,
        "window": window,
        "program_trees": folders,
        "data_trees": folders,
        "databases": databases,
        "services": _UNITS,
        "entrance_node": optional_text,
        "entrance_port": _PORT,
        "backend_port": _PORT,
        "check_path": check_path,
        "check_content": text,
        "depends_on": text_list,
    },
    "dependencies": {"system": optional_text, "needs": optional_text, "kind": optional_text},
}

# the field that several columns tell together (contacts.py), and which kinds have it
CONTACTS = "contacts"
WITH_CONTACTS = ("organisations", "rooms", "lines")

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
