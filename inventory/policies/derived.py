"""Fields that no ledger has and that policies speak of, each told from the facts; None: not known.

They are the whole of what a pack can use beyond the model's own fields. Each says which words of
the documents it stands for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from inventory.choices import CloudStatus, ZombieDecision
from inventory.model import Line, Node, Organisation, Project, Resource, Room, System
from inventory.policies.facts import County, Facts

type Read = Callable[[Any, Facts], Any]


@dataclass(frozen=True)
class Derived:
    """`type`: bool or number; `label`: what people call it in Chinese; `reads`: the sets whose other
    objects it is told from."""

    type: str
    read: Read
    label: str
    reads: tuple[str, ...] = ()


def _on_cloud(system: System, facts: Facts) -> bool | None:
    """上云: our own record of a move first, then what was declared."""
    if system.placement:
        return facts.find("clouds", system.placement.place) is not None
    if system.cloud_status in (CloudStatus.MIGRATED, CloudStatus.VERIFIED):
        return True
    if system.room is not None:
        return facts.find("clouds", system.room) is not None
    return None if system.cloud_status is None else False


def _live(system: System, facts: Facts) -> bool:
    """Not merged into another and not retired with evidence, in the inventory or on record."""
    retired = system.zombie_decision is ZombieDecision.RETIRE and bool(system.zombie_evidence)
    return not (system.merged_into or retired or facts.fate("systems", system.code))


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
        return system.merged_into is not None
    return system.zombie_decision is not ZombieDecision.MERGE or system.merged_into is not None


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
    return line.keep_review_on is not None and line.keep_review_on >= facts.day


def _new(of: str) -> Read:
    """Not there on the day of the baseline; not known without one."""

    def read(thing: Any, facts: Facts) -> bool | None:
        return None if facts.earlier is None else facts.earlier.find(of, thing.code) is None

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


def _own_platform(node: Node, facts: Facts) -> bool | None:
    owner = facts.find("organisations", node.organisation)
    return None if owner is None or owner.level is None else owner.level == "county"


DERIVED: Mapping[str, Mapping[str, Derived]] = {
    "systems": {
        "on_cloud": Derived("bool", _on_cloud, "已上云", ("clouds",)),
        "live": Derived("bool", _live, "在册"),
        "top_level": Derived("bool", _top_level, "独立系统"),
        "integrated": Derived("bool", _integrated, "已整合", ("systems",)),
        "zombie": Derived("bool", _zombie, "符合僵尸标准"),
        "cleaned": Derived("bool", _cleaned, "已清理"),
        "new": Derived("bool", _new("systems"), "基线后新建"),
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
        "new": Derived("bool", _new("rooms"), "基线后新建"),
    },
    "nodes": {
        "new": Derived("bool", _new("nodes"), "基线后新建"),
        "of_county": Derived("bool", _own_platform, "属县级", ("organisations",)),
    },
    "organisations": {"covered": Derived("bool", _covered, "外网已覆盖", ("lines",))},
    "projects": {
        "budget": Derived("number", _budget, "预算（元）"),
        "budget_change": Derived("number", _budget_change, "预算调整幅度"),
        "new": Derived("bool", _new("projects"), "基线后新建"),
    },
    "resources": {
        "collectors": Derived("number", _collectors, "采集单位数", ("resources",)),
        "shared": Derived("bool", _shared, "已共享"),
        "gathered": Derived("bool", _gathered, "已汇聚"),
        "new": Derived("bool", _new("resources"), "基线后新建"),
    },
    "counties": {"platforms": Derived("number", _platforms, "逻辑平台数", ("nodes",))},
}
"""Set → name → what it is."""
