"""Information systems and what they need of each other."""

from datetime import date
from ipaddress import IPv4Address, IPv6Address
from typing import Self

from pydantic import Field, model_validator

from inventory.choices import (
    AccessMode,
    CloudStatus,
    CommonSystem,
    FundingSource,
    Ipv6Ready,
    OwnerUnitLevel,
    ProjectState,
    ScopeBasis,
    ScopeOfUse,
    Secrecy,
    SecurityParty,
    SpecialNetwork,
    ZombieDecision,
    Zone,
)
from inventory.frozen import Frozen
from inventory.model.parts import (
    Code,
    Entrance,
    MaybeContacts,
    Placement,
    Provenance,
    Texts,
    Thing,
    Workload,
)

ADDRESSES = ("ipv4", "ipv6", "dns", "entrance")
"""Fields of a system by which it can be reached: a classified one has none of them."""
TOLD_ADDRESSES = frozenset(
    (
        *ADDRESSES,
        *("entrance_node", "entrance_port", "entrance_name", "backend_port"),
        *("check_path", "check_content"),
    )
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
    must_connect: bool | None = None  # who proposed it, who confirmed it and when (G29):
    must_connect_proposed_by: str | None = None
    must_connect_confirmed_by: str | None = None
    must_connect_confirmed_on: date | None = None
    connection_date: date | None = None
    exchange_node: Code | None = None  # the platform that it exchanges through
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
    adaptation_passed: bool | None = None  # 适配验证: tried on the machines that it is to run on
    citywide_unified: bool | None = None
    function_tags: Texts = None  # 功能标签: what is the same to people has the same words
    common_system: CommonSystem | None = None
    province_connected: bool | None = None  # 与省级系统对接
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
