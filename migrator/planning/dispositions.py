"""What becomes of a system, by the facts alone, and the clauses that say so.

The facts decide and the policies give the reason: a decision never changes because a pack was added,
only its grounds do. What is not told is asked, and blocks nothing but that system.
"""

from collections.abc import Callable
from dataclasses import dataclass

from inventory.choices import SpecialNetwork, ZombieDecision
from inventory.halves import together
from inventory.model import Secrecy, System
from inventory.secrecy import shown_name
from migrator.planning.orders import Orders, Topic
from migrator.planning.plan import Disposition, Ground, Verdict, Way
from migrator.planning.windows import Window


@dataclass(frozen=True)
class Ruling:
    """`reason` in both languages; `asks`: fields of the ledger of systems."""

    disposition: Disposition
    reason: str
    topic: Topic | None = None
    way: Way | None = None
    asks: tuple[str, ...] = ()

    def verdict(self, system: System, orders: Orders) -> Verdict:
        grounds = orders.of(self.topic, system.code) if self.topic else ()
        return Verdict(
            system=system.code,
            name=shown_name(system),  # a plan is shown, exported and kept: G7
            disposition=self.disposition,
            reason=self.reason,
            way=self.way,
            grounds=grounds or None,
            asks=self.asks or None,
        )


def dispose(system: System, clouds: frozenset[str], orders: Orders) -> Ruling:
    """The first of the rulings, in their order, that the facts call for; else it moves."""
    for ruling in _RULINGS:
        if found := ruling(system, clouds, orders):
            return found
    way = way_of(system, clouds)
    reason = _MOVES[way]
    if way is Way.X86_TO_XINCHUANG:
        reason = together(reason, findings(system))
    topic = Topic.XINCHUANG if way is Way.X86_TO_XINCHUANG else Topic.CLOUD
    return Ruling(Disposition.MOVE, reason, topic, way)


def way_of(system: System, clouds: frozenset[str]) -> Way:
    """Where a system that is told to be x86 and to become Xinchuang goes, it changes its kind of
    machine on the way; between clouds it keeps it."""
    if system.xinchuang is False and _is_x86(system.cpu_arch) and system.place in clouds:
        return Way.X86_TO_XINCHUANG
    return Way.CLOUD_TO_CLOUD if system.place in clouds else Way.ROOM_TO_CLOUD


def findings(system: System) -> str:
    """What a change of machine has to be tried with, as declared: nothing is known of products here,
    so each is named and none is judged; its department says what came of it."""
    told = [system.cpu_arch, system.os, *(system.database_products or ())]
    open_ = "、".join(one for one in told if one) or "—"
    if system.adaptation_passed is None:
        return (
            f"须作适配验证，结果未报：{open_} / to be tried on the new machines, not told: {open_}"
        )
    if system.adaptation_passed:
        return f"已通过适配验证：{open_} / tried on the new machines, it runs: {open_}"
    return f"适配验证未通过：{open_} / tried on the new machines, it does not run: {open_}"


_MOVES = {
    Way.ROOM_TO_CLOUD: "由机房迁至政务云 / from its room to the cloud",
    Way.CLOUD_TO_CLOUD: "由云迁至云 / from cloud to cloud",
    Way.X86_TO_XINCHUANG: "由 X86 迁至信创 / from x86 to Xinchuang",
}


def _is_x86(arch: str | None) -> bool:
    return (arch or "").lower().replace("-", "_") in {"x86", "x86_64", "amd64"}


def _classified(system: System, _: frozenset[str], __: Orders) -> Ruling | None:
    if system.secrecy is not Secrecy.CLASSIFIED:
        return None
    reason = "涉密系统只作登记 / classified: only a stub is kept"
    return Ruling(Disposition.STUB, reason, Topic.INTRANET)


def _special(system: System, _: frozenset[str], __: Orders) -> Ruling | None:
    if system.special_network_exclusion in (None, SpecialNetwork.NONE):
        return None
    reason = "属政法网等专用网络，不在范围 / on a network that is left out, such as 政法网"
    return Ruling(Disposition.EXCLUDED, reason, Topic.EXCLUDED)


def _merged(system: System, _: frozenset[str], __: Orders) -> Ruling | None:
    if system.merged_into is not None:
        reason = f"并入 {system.merged_into} / goes into {system.merged_into}"
        return Ruling(Disposition.MERGE, reason, Topic.CLEANUP)
    if system.zombie_decision is ZombieDecision.MERGE:
        reason = "部门决定归并，未说明并入何系统 / to be merged, into which system is not told"
        return Ruling(Disposition.BLOCKED, reason, Topic.CLEANUP, asks=("merged_into",))
    return None


def _retired(system: System, _: frozenset[str], __: Orders) -> Ruling | None:
    if system.zombie_decision is not ZombieDecision.RETIRE:
        return None
    if not system.zombie_evidence:
        reason = "部门决定停用，缺处置依据 / to be retired, on which paper is not told"
        return Ruling(Disposition.BLOCKED, reason, Topic.CLEANUP, asks=("zombie_evidence",))
    reason = f"部门决定停用：{system.zombie_evidence} / retired by its department"
    return Ruling(Disposition.RETIRE, reason, Topic.CLEANUP)


def _kept(system: System, _: frozenset[str], orders: Orders) -> Ruling | None:
    if system.migratable is not False:
        return None
    if system.code in orders.kept:
        reason = f"经批准保留：{orders.kept[system.code]} / kept, with an approval on record"
        return Ruling(Disposition.KEEP, reason, Topic.CLOUD)
    if not system.migratable_reason:
        reason = "申报不宜迁移，未说明理由 / said not to be movable, without a reason"
        return Ruling(Disposition.BLOCKED, reason, Topic.CLOUD, asks=("migratable_reason",))
    reason = f"不宜迁移：{system.migratable_reason} / not movable, as its department says"
    return Ruling(Disposition.KEEP, reason, Topic.CLOUD)


def _standing(system: System, clouds: frozenset[str], _: Orders) -> Ruling | None:
    """What has no way to go."""
    if system.target is None and system.place in clouds:
        return Ruling(
            Disposition.STAY, "已在云上，无新目标 / on a cloud, bound nowhere", Topic.CLOUD
        )
    if system.target is None:
        reason = "未申报迁移目标 / no target is declared"
        return Ruling(Disposition.STAY, reason, Topic.CLOUD, asks=("target",))
    if system.place == system.target:
        return Ruling(Disposition.DONE, "已在目标云 / already at its target", Topic.CLOUD)
    if system.target not in clouds:
        reason = f"迁移目标 {system.target} 不是政务云 / the target is not a cloud"
        return Ruling(Disposition.BLOCKED, reason, Topic.CLOUD, asks=("target",))
    return None


def undecided(system: System) -> bool:
    """Whether it shows a sign of 僵尸系统 and nobody said what becomes of it."""
    signs = (
        system.zombie_detached,
        system.zombie_replaceable,
        system.zombie_idle,
        system.zombie_stale,
        system.zombie_rarely_used,
    )
    return any(signs) and system.zombie_decision is None


def _undecided(system: System, _: frozenset[str], __: Orders) -> Ruling | None:
    if not undecided(system):
        return None
    reason = "有僵尸系统特征，部门尚未决定去留 / shows a sign of 僵尸系统, its department has not decided"
    return Ruling(Disposition.BLOCKED, reason, Topic.CLEANUP, asks=("zombie_decision",))


def _undeclared(system: System, _: frozenset[str], __: Orders) -> Ruling | None:
    """What its department has to say before anything is planned."""
    if system.secrecy is Secrecy.UNKNOWN:
        reason = "是否涉密未知，请部门确认 / secrecy unknown: the department must confirm"
        return Ruling(Disposition.BLOCKED, reason, Topic.SECRECY, asks=("secrecy",))
    if system.place is None:
        reason = "未申报所在机房 / its room is not declared"
        return Ruling(Disposition.BLOCKED, reason, asks=("room",))
    try:
        Window.parse(system.window or "00:00-00:00")
    except ValueError as error:
        reason = f"窗口无法识别 / {error}"
        return Ruling(Disposition.BLOCKED, reason, Topic.WINDOW, asks=("window",))
    return None


def untried(system: System, clouds: frozenset[str]) -> bool:
    """Whether it changes its kind of machine and nobody said that it runs on the new one."""
    changes = way_of(system, clouds) is Way.X86_TO_XINCHUANG
    return changes and system.adaptation_passed is not True


def _untried(system: System, clouds: frozenset[str], _: Orders) -> Ruling | None:
    if not untried(system, clouds):
        return None
    reason = findings(system)
    return Ruling(Disposition.BLOCKED, reason, Topic.XINCHUANG, asks=("adaptation_passed",))


_RULINGS: tuple[Callable[[System, frozenset[str], Orders], Ruling | None], ...] = (
    _classified,
    _special,
    _merged,
    _retired,
    _kept,
    _standing,
    _undecided,
    _undeclared,
    _untried,
)
"""Who is asked first."""


def grounds_text(grounds: tuple[Ground, ...] | None) -> str:
    """The clauses as a line: dalian-2017-135 二(四)¶1、…"""
    return "、".join(f"{g.policy} {g.clause}" for g in grounds or ())
