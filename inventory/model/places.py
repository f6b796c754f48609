"""Who answers and where things stand: organisations, sites, rooms, clouds."""

from datetime import date

from pydantic import Field

from inventory.choices import CloudKind, Disposition, OrganisationLevel
from inventory.model.parts import Code, Codes, Contacts, Texts, Thing


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
    kind: CloudKind | None = None
    managed_by_city: bool | None = None  # 纳入全市统一管理
    offers: Texts = None  # 服务目录: what it can provide
