"""What carries and runs systems: lines, links, nodes, hosts, services."""

from datetime import date
from ipaddress import IPv4Address, IPv6Address

from pydantic import Field

from inventory.choices import DeviceRole, LineDestination, LineLevel, LineUsage, NodeState, Zone
from inventory.model.parts import Code, Codes, Contacts, HostKey, Port, Thing


class Line(Thing):
    """专线. `a_end` and `z_end` are codes of rooms or clouds."""

    provider: str | None = None
    type: str | None = None
    a_end: Code | None = None
    z_end: Code | None = None
    bandwidth_kbps: int | None = Field(default=None, ge=1)
    rent_per_year: int | None = None  # yuan
    contract_end: date | None = None
    organisation: Code | None = None
    contacts: Contacts = ()
    self_leased: bool | None = None
    county: str | None = None
    level: LineLevel | None = None
    usage: LineUsage | None = None
    cancelled_on: date | None = None
    cancel_evidence: str | None = None
    boundary: str | None = None
    nature: str | None = None
    protection_level: str | None = None
    private_class: str | None = None
    test_passed: bool | None = None
    tested_on: date | None = None
    vertical_of: str | None = None  # the ministry whose network it is
    national: bool | None = None  # 国家统一规划
    destination: LineDestination | None = None
    eligible: bool | None = None  # 符合整合条件
    eligible_reason: str | None = None
    keep_approval: str | None = None  # the document that lets it stay
    keep_approved_by: str | None = None
    keep_approved_on: date | None = None
    keep_review_on: date | None = None
    coverage: Codes = None  # organisations that it serves
    ipv4_prefix: str | None = None
    ipv6_prefix: str | None = None
    vrf: str | None = None
    monitoring: str | None = None


class Link(Thing):
    """链路 between two nodes."""

    a_node: Code
    z_node: Code
    zone: Zone | None = None


class Node(Thing):
    """交换节点. An entrance (接入节点) names the host whose gateway carries the traffic."""

    kind: str | None = None
    organisation: Code | None = None
    place: Code | None = None  # code of a room or cloud
    zone: Zone | None = None
    ipv4: IPv4Address | None = None
    ipv6: IPv6Address | None = None
    ports: tuple[Port, ...] = ()
    host: Code | None = None
    county: str | None = None
    platform: str | None = None
    probe_interval_s: int | None = Field(default=None, ge=1)  # seconds
    state: NodeState | None = None


class Host(Thing):
    """服务器. `place` is the code of the room or cloud it stands in."""

    asset_tag: str | None = None
    place: Code | None = None
    rack: str | None = None  # name of the rack in its room
    system: Code | None = None
    zone: Zone | None = None
    ipv4: IPv4Address | None = None
    ipv6: IPv6Address | None = None
    cpu_arch: str | None = None
    os: str | None = None
    purchased: date | None = None
    ssh_port: Port = 22
    ssh_host_key: HostKey | None = None
    role: DeviceRole | None = None
    domestic: bool | None = None  # 自主可控


class Service(Thing):
    """服务: host, port, protocol."""

    host: Code
    port: Port
    protocol: str = "tcp"
    system: Code | None = None
