"""The estate: an immutable, typed snapshot of what a city has.

Every object has a stable `code`; objects refer to each other by code. Units: money in yuan,
rates in kbit/s, storage and memory in GiB, dates as ISO dates (requirements D1–D5).
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address
from itertools import pairwise
from operator import attrgetter
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from inventory.canonical import plain_json
from inventory.choices import (
    AccessMode,
    CloudStatus,
    DeviceRole,
    Disposition,
    FundingSource,
    Ipv6Ready,
    LineDestination,
    LineLevel,
    LineUsage,
    NodeState,
    OrganisationLevel,
    OwnerUnitLevel,
    ProjectContent,
    ProjectKind,
    ProjectState,
    ScopeBasis,
    ScopeOfUse,
    Secrecy,
    SecurityParty,
    ShareType,
    SpecialNetwork,
    ZombieDecision,
    Zone,
)
from inventory.errors import EstateError
from inventory.parts import (
    Code,
    Codes,
    Contact,
    Contacts,
    Database,
    Entrance,
    Frozen,
    HostKey,
    HostPath,
    MaybeContacts,
    Placement,
    Port,
    Provenance,
    Texts,
    Thing,
    Tree,
    UnitName,
    Workload,
)

__all__ = [
    "Cloud",
    "Code",
    "Contact",
    "Database",
    "Dependency",
    "Entrance",
    "Estate",
    "Frozen",
    "Host",
    "HostKey",
    "HostPath",
    "Line",
    "Link",
    "Node",
    "Organisation",
    "Placement",
    "Port",
    "Project",
    "Provenance",
    "Resource",
    "Room",
    "Secrecy",
    "Service",
    "Site",
    "System",
    "Thing",
    "Tree",
    "UnitName",
    "Workload",
    "Zone",
    "content",
]


class Organisation(Thing):
    """单位, with the people who answer for it (D5)."""

    aliases: tuple[str, ...] = ()
    contacts: Contacts = ()
    county: str | None = None
    level: OrganisationLevel | None = None
    it_posts: int | None = None  # 信息化业务人员编制
    catalogue_version: str | None = None
    catalogue_updated: date | None = None


class Site(Thing):
    """园区: where rooms stand; `region` is the district."""

    region: str | None = None
    address: str | None = None


class Room(Thing):
    """机房."""

    organisation: Code | None = None
    site: Code | None = None
    contacts: Contacts = ()
    building: str | None = None
    area_m2: str | None = None  # decimal text, m²
    racks: int | None = None
    running_cost_per_year: int | None = None  # yuan
    created: date | None = None
    upgraded: date | None = None
    moves_at_once: int | None = Field(default=None, ge=1)  # room crew: items under way together
    county: str | None = None
    floor: str | None = None
    shared_with: Codes = None  # organisations that use it too
    power_kw: str | None = None  # decimal text, kW
    cooling: str | None = None
    support_capability: str | None = None
    disposition: Disposition | None = None
    migration_plan: str | None = None
    migration_date: date | None = None


class Cloud(Thing):
    """政务云: a place to move to."""

    organisation: Code | None = None
    site: Code | None = None
    moves_at_once: int | None = Field(default=None, ge=1)


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


ADDRESSES = ("ipv4", "ipv6", "dns", "entrance")
"""Fields of a system by which it can be reached: a classified one has none of them."""
TOLD_ADDRESSES = frozenset(
    (*ADDRESSES, "entrance_node", "entrance_port", "backend_port", "check_path", "check_content")
)
"""The same as ledgers tell them, cell by cell."""


class System(Thing):
    """政务信息系统."""

    organisation: Code | None = None
    function: str | None = None
    secrecy: Secrecy = Secrecy.UNKNOWN
    mlps_level: int | None = Field(default=None, ge=1, le=5)
    construction_funds: int | None = None
    om_funds_per_year: int | None = None
    approval_date: date | None = None
    cpu_cores: int | None = None
    memory_gib: int | None = None
    storage_gib: int | None = None
    network_domain: Zone | None = None
    room: Code | None = None  # as declared
    citizen_facing: bool | None = None
    connected: bool | None = None
    target: Code | None = None  # cloud to move to
    window: str | None = Field(default=None, pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}$")  # local time
    workload: Workload | None = None
    entrance: Entrance | None = None
    placement: Placement | None = None  # written by the migrator, never by a ledger
    county: str | None = None
    owner_unit_level: OwnerUnitLevel | None = None
    contacts: MaybeContacts = None
    scope_of_use: ScopeOfUse | None = None
    users: int | None = None
    frequency_of_use: str | None = None  # as told: 每天, 每月 20 次
    approving_department: Code | None = None
    funding_source: FundingSource | None = None
    om_unit: str | None = None
    developer: str | None = None
    running_state: str | None = None
    staff: int | None = None  # persons
    project_state: ProjectState | None = None
    scope_basis: ScopeBasis | None = None
    parent: Code | None = None  # 大系统
    merged_into: Code | None = None
    # the five criteria of 僵尸系统 (requirements 0.3), as the department answers them
    zombie_detached: bool | None = None
    zombie_replaceable: bool | None = None
    zombie_idle: bool | None = None
    zombie_stale: bool | None = None
    zombie_rarely_used: bool | None = None
    zombie_decision: ZombieDecision | None = None
    zombie_evidence: str | None = None
    secrecy_confirmed_by: str | None = None
    secrecy_confirmed_on: date | None = None
    mlps_filing_no: str | None = None
    mlps_test_date: date | None = None
    graded_protection: str | None = None
    crypto_used: bool | None = None
    crypto_assessed_on: date | None = None
    risk_assessed_on: date | None = None
    special_network_exclusion: SpecialNetwork | None = None
    data_resources: Texts = None
    application_systems: Texts = None
    must_connect: bool | None = None
    connection_date: date | None = None
    access_mode: AccessMode | None = None
    oneststop_connected: bool | None = None
    oneststop_connected_on: date | None = None
    sso_connected: bool | None = None
    sso_connected_on: date | None = None
    app_integrated: bool | None = None
    app_integrated_on: date | None = None
    migratable: bool | None = None
    migratable_reason: str | None = None
    cloud_status: CloudStatus | None = None
    cloud_status_on: date | None = None
    pilot: bool | None = None
    cpu_arch: str | None = None
    xinchuang: bool | None = None
    citywide_unified: bool | None = None
    satisfaction_report: str | None = None
    satisfaction_reported_on: date | None = None
    security_party: SecurityParty | None = None
    disaster_recovery: str | None = None
    backup: str | None = None
    ipv4: IPv4Address | None = None
    ipv6: IPv6Address | None = None
    dns: str | None = None
    ipv6_ready: Ipv6Ready | None = None
    bandwidth_kbps: int | None = Field(default=None, ge=1)
    os: str | None = None
    database_products: Texts = None

    @model_validator(mode="after")
    def _stub(self) -> Self:
        """A classified system has no address, whatever way it came in (G7)."""
        if self.secrecy is Secrecy.CLASSIFIED:
            for name in ADDRESSES:
                self.__dict__[name] = None
            kept = tuple(p for p in self.provenance if p.field not in TOLD_ADDRESSES)
            self.__dict__["provenance"] = kept  # which holds what the cell said
        return self

    @property
    def place(self) -> str | None:
        """Where it lives now: our own record, else what was declared."""
        return self.placement.place if self.placement else self.room


class Dependency(Frozen):
    """`system` needs `needs`. Its code is `system>needs`."""

    system: Code
    needs: Code
    kind: str = "declared"
    provenance: tuple[Provenance, ...] = Field(default=(), repr=False)

    @property
    def code(self) -> str:
        return f"{self.system}>{self.needs}"


class Project(Thing):
    """项目 (D4); amounts in yuan."""

    organisation: Code | None = None  # 建设单位
    contacts: MaybeContacts = None
    joint_applicants: Codes = None
    kind: ProjectKind | None = None
    content: ProjectContent | None = None
    project_state: ProjectState | None = None
    investment: int | None = None
    om_funds_per_year: int | None = None
    funding_source: FundingSource | None = None
    data_resources: Texts = None
    application_systems: Texts = None
    protection_filing: str | None = None
    approving_department: Code | None = None
    approval_date: date | None = None
    budget_at_requirement: int | None = None
    budget_at_technical: int | None = None
    in_annual_plan: bool | None = None
    plan_year: int | None = None
    winner: str | None = None
    winning_bid: int | None = None
    contract_signed_on: date | None = None
    contract_published_on: date | None = None
    contract_filed_on: date | None = None
    data_asset_clause: bool | None = None
    supervisor: str | None = None
    agency: str | None = None
    system_test: str | None = None
    responsible_leader: str | None = None
    trial_started_on: date | None = None
    acceptance_applied_on: date | None = None
    accepted_on: date | None = None
    audit_result: str | None = None
    final_accounts: int | None = None
    filing_no: str | None = None
    filing_date: date | None = None


class Resource(Thing):
    """信息资源 (D5): what a department collects and shares."""

    organisation: Code | None = None  # 责任采集部门
    share_type: ShareType | None = None
    share_condition: str | None = None
    legal_basis: str | None = None
    format: str | None = None
    update_cycle: str | None = None
    purpose: str | None = None
    open: bool | None = None
    shared_with: Texts = None
    system: Code | None = None
    published_on: date | None = None


_LATER = ("projects", "resources")
"""Collections that came later: where they are empty, the digest is that of before."""


class Estate(Frozen):
    """All objects, each collection sorted by code."""

    organisations: tuple[Organisation, ...] = ()
    sites: tuple[Site, ...] = ()
    rooms: tuple[Room, ...] = ()
    clouds: tuple[Cloud, ...] = ()
    lines: tuple[Line, ...] = ()
    links: tuple[Link, ...] = ()
    nodes: tuple[Node, ...] = ()
    hosts: tuple[Host, ...] = ()
    services: tuple[Service, ...] = ()
    systems: tuple[System, ...] = ()
    dependencies: tuple[Dependency, ...] = ()
    projects: tuple[Project, ...] = ()
    resources: tuple[Resource, ...] = ()

    @field_validator("*")
    @classmethod
    def _in_order(cls, objects: tuple[Any, ...]) -> tuple[Any, ...]:
        """Sorted by code, whatever the order given, so that equal facts have equal digests."""
        ordered = tuple(sorted(objects, key=lambda o: o.code))
        for one, other in pairwise(ordered):
            if one.code == other.code:
                raise EstateError(
                    f"编号 {one.code} 出现两次，请合并或更正 / code {one.code} is told twice: "
                    "merge the two or correct one"
                )
        return ordered

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything but provenance: equal facts, equal digest."""
        plain = {kind: [content(o) for o in objects] for kind, objects in self.digested()}
        return hashlib.sha256(plain_json(plain)).hexdigest()

    @cached_property
    def columns(self) -> dict[tuple[str, str], list[Any]]:
        """Fields of whole collections, (collection, field) → values in order, as they were asked
        for: what is read of the same estate for many ends is read once."""
        return {}

    def digested(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """The collections that the digest is of."""
        for kind, objects in self.collections():
            if objects or kind not in _LATER:
                yield kind, objects

    def with_systems(self, new: Mapping[str, System]) -> Self:
        """The estate with other facts of some of its systems, by code; it holds these codes
        already, so that nothing of the rest has to be looked at. Raises KeyError where not."""
        systems = list(self.systems)
        for code, system in new.items():
            systems[self._place_of(code)] = system
        made = self.unchecked({"systems": tuple(systems)})
        made.__dict__.pop("digest", None)
        made.__dict__["columns"] = {k: v for k, v in self.columns.items() if k[0] != "systems"}
        return made

    def system(self, code: str) -> System:
        """Raises KeyError."""
        return self.systems[self._place_of(code)]

    def _place_of(self, code: str) -> int:
        at = bisect_left(self.systems, code, key=attrgetter("code"))
        if at == len(self.systems) or self.systems[at].code != code:
            raise KeyError(code)
        return at

    def collections(self) -> Iterator[tuple[str, tuple[Any, ...]]]:
        for kind in type(self).model_fields:
            yield kind, getattr(self, kind)


def content(obj: Frozen) -> dict[str, Any]:
    """An object's facts as plain JSON, without provenance."""
    return obj.model_dump(mode="json", exclude={"provenance"}, exclude_none=True)
