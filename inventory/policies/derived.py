"""Fields that no ledger has and that policies speak of, each told from the facts; None: not known.

They are the whole of what a pack can use beyond the model's own fields. Each says which words of
the documents it stands for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from inventory.choices import CloudKind, CloudStatus, ZombieDecision
from inventory.model import (
    Cloud,
    Host,
    Line,
    Node,
    Organisation,
    Project,
    Resource,
    Room,
    System,
)
from inventory.policies.facts import County, Facts

type Read = Callable[[Any, Facts], Any]


@dataclass(frozen=True)
class Derived:
    """`type`: bool, number or text; `label`: what people call it in Chinese; `reads`: the sets whose other
    objects it is told from."""

    type: str
    read: Read
    label: str
    reads: tuple[str, ...] = ()


def _on_cloud(system: System, facts: Facts) -> bool | None:
    """上云: our own record of a move first, then what was declared; not known where one column says
    a room and the other that it has moved."""
    if system.placement:
        return _city_s(system.placement.place, system, facts)
    moved = system.cloud_status in (CloudStatus.MIGRATED, CloudStatus.VERIFIED)
    if system.room is not None:
        there = _city_s(system.room, system, facts)
        return None if moved and facts.find("clouds", system.room) is None else there
    return True if moved else None if system.cloud_status is None else False


def _city_s(place: str, system: System, facts: Facts) -> bool | None:
    """Whether a place is the city's cloud: one that was told to be, or to be managed with it. A
    cloud of the department's own, or of a county, is it once somebody says so."""
    cloud: Cloud | None = facts.find("clouds", place)
    if cloud is None:
        return False
    if cloud.managed_by_city is not None:
        return cloud.managed_by_city
    if cloud.kind is not None:
        return cloud.kind is CloudKind.CITY
    if cloud.organisation is None:
        return True
    owner = facts.find("organisations", cloud.organisation)
    own = cloud.organisation == system.organisation
    return None if own or (owner is not None and owner.level == "county") else True


def _live(system: System, facts: Facts) -> bool:
    """Not merged into another and not retired with evidence, in the inventory or on record."""
    retired = system.zombie_decision is ZombieDecision.RETIRE and bool(system.zombie_evidence)
    return not (facts.merged_away(system) or retired or facts.fate("systems", system.code))


def _top_level(system: System, facts: Facts) -> bool:
    """An independent system: no part of a 大系统."""
    return _live(system, facts) and system.parent is None


def _integrated(system: System, facts: Facts) -> bool | None:
    """整合为一个“大系统”: a part of one, or the only one of its organisation."""
    if not _live(system, facts) or system.parent is not None:
        return True
    if system.organisation is None:
        return None
    return facts.top_level_of[system.organisation] <= 1


def _zombie(system: System, _: Facts) -> bool | None:
    """“僵尸”: any of the five criteria (requirements 0.3) as answered; no threshold of ours."""
    answers = (
        system.zombie_detached,
        system.zombie_replaceable,
        system.zombie_idle,
        system.zombie_stale,
        system.zombie_rarely_used,
    )
    if any(answers):
        return True
    return None if None in answers else False


def _cleaned(system: System, facts: Facts) -> bool:
    """清理: decided, with evidence; where merged, into what. What is on record has both."""
    if facts.fate("systems", system.code):
        return True
    if system.zombie_decision is None or not system.zombie_evidence:
        return facts.merged_away(system)
    return system.zombie_decision is not ZombieDecision.MERGE or facts.merged_away(system)


def _active(line: Line, facts: Facts) -> bool:
    return line.cancelled_on is None or line.cancelled_on > facts.day


def _merged(line: Line, facts: Facts) -> bool:
    """并入内网或外网: it is one of theirs now, or it has ended and what it carried went there."""
    if line.type in ("intranet", "extranet"):
        return True
    return line.destination in ("intranet", "extranet") and not _active(line, facts)


def _kept(line: Line, facts: Facts) -> bool:
    """确需保留、经批准暂时…: a document, who approved it, and a review that is not overdue (G22)."""
    if not (line.keep_approval and line.keep_approved_by and line.keep_approved_on):
        return False
    if line.keep_approved_on > facts.day:
        return False
    return line.keep_review_on is not None and line.keep_review_on >= facts.day


def _new(of: str, since: str = "") -> Read:
    """新建: not there on the day of the baseline, and not from before the document held. `since` is the
    field that tells since when there is such a thing. Not known without a baseline, and where one
    that is older than the document can't say on which side of its first day a thing was made."""

    def read(thing: Any, facts: Facts) -> bool | None:
        made = getattr(thing, since) if since else None
        if made is not None and facts.since is not None and made < facts.since:
            return False
        if facts.earlier is None:
            return None
        if facts.earlier.find(of, thing.code) is not None:
            return False
        older = facts.since is not None and facts.earlier.day < facts.since
        return None if older and made is None else True

    return read


def _owner_had_none(cloud: Any, facts: Facts) -> bool | None:
    """Whether its owner had no cloud on the day of the baseline."""
    if facts.baseline is None or cloud.organisation is None:
        return None
    return all(c.organisation != cloud.organisation for c in facts.baseline.clouds)


def _systems_here(room: Room, facts: Facts) -> int:
    return facts.systems_in[room.code]


def _other_devices(room: Room, facts: Facts) -> bool | None:
    return facts.other_devices_in.get(room.code, False)


def _covered(organisation: Organisation, facts: Facts) -> bool:
    """覆盖: a working line of the extranet is its own or lists it."""
    return organisation.code in facts.covered


def _budget_change(project: Project, _: Facts) -> Decimal | None:
    """资金预算调整幅度: as a part of the budget at the requirement proposal."""
    old, new = project.budget_at_requirement, project.budget_at_technical
    if not old or new is None:
        return None
    return abs(Decimal(new - old)) / Decimal(old)


def _budget(project: Project, _: Facts) -> int | None:
    """资金预算, yuan: of the technical proposal, else of the requirement, else the investment."""
    for amount in (
        project.budget_at_technical,
        project.budget_at_requirement,
        project.investment,
    ):
        if amount is not None:
            return amount
    return None


def _platforms(county: County, facts: Facts) -> int:
    return facts.platforms_of[county.code]


def _collectors(resource: Resource, facts: Facts) -> int:
    return facts.collectors_of.get(resource.name, 0)


def _shared(resource: Resource, _: Facts) -> bool:
    """共享: somebody receives it. What counts as one datum is an open question (G30)."""
    return bool(resource.shared_with)


def _gathered(resource: Resource, facts: Facts) -> bool:
    """汇聚: published on the platform by the day."""
    return resource.published_on is not None and resource.published_on <= facts.day


def _county_of(system: System, facts: Facts) -> str | None:
    """The county that a system is of: its own field, else its organisation's."""
    return system.county or facts.counties_of.get(system.organisation or "")


def _on_own_platform(system: System, facts: Facts) -> bool | None:
    """与自己的逻辑独立平台互联: connected, its county has a platform, and where it is told through
    which one, through that."""
    county = _county_of(system, facts)
    if system.connected is not True or county is None:
        return system.connected if system.connected is False else None
    if not facts.platforms_of[county]:
        return False
    node = facts.find("nodes", system.exchange_node)
    return True if node is None else node.kind == "county_platform" and node.county == county


def _doubles(system: System, facts: Facts) -> bool | None:
    """A function tag that it shares with a system built for the whole city; None without tags."""
    if system.function_tags is None:
        return None
    codes = (facts.unified_tags.get(tag, frozenset()) for tag in system.function_tags)
    return bool(frozenset[str]().union(*codes) - {system.code})


def _shares(system: System, facts: Facts) -> bool | None:
    """跨部门共享信息: somebody else receives a resource of it."""
    return facts.sharing.get(system.code, False)


def _left_behind(host: Host, facts: Facts) -> bool | None:
    """A device that stands in a room still, though the system it was bought for runs on the cloud."""
    system = facts.find("systems", host.system)
    if system is None or host.place is None:
        return None
    moved = _on_cloud(system, facts)
    return None if moved is None else moved and facts.find("rooms", host.place) is not None


def _connected(organisation: Organisation, facts: Facts) -> bool | None:
    """接入共享交换平台, of an organisation; one without a system has nothing that is connected."""
    return facts.standing_of.get(organisation.code)


def _body(organisation: Organisation, facts: Facts) -> str:
    """Which body of the document it is, by its name or an alias (G18); "" for none of them."""
    names = (organisation.name, *organisation.aliases)
    return next((facts.bodies[name] for name in names if name in facts.bodies), "")


def _before_this_year(project: Project, facts: Facts) -> bool | None:
    """上一年度建设完成: accepted in a year that is over (audited in the next, 次年)."""
    return None if project.accepted_on is None else project.accepted_on.year < facts.day.year


def _bought_twice(project: Project, facts: Facts) -> bool | None:
    """Something that it buys and that a cloud offers; None where one of the lists is not told."""
    if project.purchases is None or facts.offered is None:
        return None
    return not facts.offered.isdisjoint(project.purchases)


def _own_platform(node: Node, facts: Facts) -> bool | None:
    owner = facts.find("organisations", node.organisation)
    return None if owner is None or owner.level is None else owner.level == "county"


DERIVED: Mapping[str, Mapping[str, Derived]] = {
    "systems": {
        "on_cloud": Derived("bool", _on_cloud, "已上云", ("clouds", "organisations")),
        "live": Derived("bool", _live, "在册"),
        "top_level": Derived("bool", _top_level, "独立系统"),
        "integrated": Derived("bool", _integrated, "已整合", ("systems",)),
        "zombie": Derived("bool", _zombie, "符合僵尸标准"),
        "cleaned": Derived("bool", _cleaned, "已清理"),
        "new": Derived("bool", _new("systems", "approval_date"), "基线后新建"),
        "on_own_platform": Derived("bool", _on_own_platform, "接入本县逻辑平台", ("nodes",)),
        "shares": Derived("bool", _shares, "有跨部门共享", ("resources",)),
        "doubles": Derived("bool", _doubles, "与全市统筹系统功能相同", ("systems",)),
    },
    "lines": {
        "active": Derived("bool", _active, "在用"),
        "merged": Derived("bool", _merged, "已整合"),
        "kept": Derived("bool", _kept, "经批准保留"),
        "new": Derived("bool", _new("lines"), "基线后新建"),
    },
    "clouds": {
        "new": Derived("bool", _new("clouds"), "基线后新建"),
        "owner_had_none": Derived("bool", _owner_had_none, "单位原无政务云"),
    },
    "rooms": {
        "systems_here": Derived("number", _systems_here, "在此系统数", ("systems",)),
        "other_devices": Derived("bool", _other_devices, "有非接入设备", ("hosts",)),
        "new": Derived("bool", _new("rooms", "created"), "基线后新建"),
    },
    "nodes": {
        "new": Derived("bool", _new("nodes"), "基线后新建"),
        "of_county": Derived("bool", _own_platform, "属县级", ("organisations",)),
    },
    "hosts": {
        "left_behind": Derived("bool", _left_behind, "系统上云后仍在机房", ("systems", "rooms")),
    },
    "organisations": {
        "covered": Derived("bool", _covered, "外网已覆盖", ("lines",)),
        "connected": Derived("bool", _connected, "已接入共享平台", ("systems",)),
        "body": Derived("text", _body, "文件所称单位"),
    },
    "projects": {
        "budget": Derived("number", _budget, "预算（元）"),
        "budget_change": Derived("number", _budget_change, "预算调整幅度"),
        "new": Derived("bool", _new("projects", "approval_date"), "基线后新建"),
        "accepted_before_this_year": Derived("bool", _before_this_year, "上年及以前验收"),
        "bought_twice": Derived("bool", _bought_twice, "采购政务云可提供的资源", ("clouds",)),
    },
    "resources": {
        "collectors": Derived("number", _collectors, "采集单位数", ("resources",)),
        "shared": Derived("bool", _shared, "已共享"),
        "gathered": Derived("bool", _gathered, "已汇聚"),
        "new": Derived("bool", _new("resources", "published_on"), "基线后新建"),
    },
    "counties": {"platforms": Derived("number", _platforms, "逻辑平台数", ("nodes",))},
}
"""Set → name → what it is."""
