"""The planner: a pure function from an estate and a city's means to a plan.

Here each system is judged (an item, or the reason why there is none); `waves.py` orders the items.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.model import Estate, Host, Line, Node, Secrecy, System, Thing
from inventory.secrecy import hidden
from migrator.plan import Disposition, Item, Limit, Means, Plan, Verdict
from migrator.waves import arrange
from migrator.windows import Window


@dataclass(frozen=True)
class _Index:
    """The estate by code."""

    hosts: dict[str, Host]
    nodes: dict[str, Node]
    clouds: dict[str, Thing]
    lines: tuple[Line, ...]
    hidden: frozenset[str]  # hosts of classified systems

    @classmethod
    def of(cls, estate: Estate) -> "_Index":
        return cls(
            hosts={h.code: h for h in estate.hosts},
            nodes={n.code: n for n in estate.nodes},
            clouds={c.code: c for c in estate.clouds},
            lines=estate.lines,
            hidden=hidden(estate).hosts,
        )


def make_plan(estate: Estate, means: Means) -> Plan:
    """Waves for every system that can move, and a verdict with its reason for every system."""
    index = _Index.of(estate)
    verdicts: dict[str, Verdict] = {}
    items: dict[str, Item] = {}
    for system in estate.systems:
        outcome = _judge(system, index, means)
        if isinstance(outcome, Item):
            items[system.code] = outcome
        else:
            verdicts[system.code] = outcome
    limits = _limits(estate, means)
    waves, reasons = arrange(items, estate.dependencies, {n.resource: n.count for n in limits})
    for wave in waves:
        for item in wave.items:
            verdicts[item.code] = Verdict(
                system=item.code,
                name=item.system.name,
                disposition=Disposition.MOVE,
                wave=wave.number,
                reason=reasons[item.code],
            )
    return Plan(
        estate=estate.digest,
        means=means,
        limits=limits,
        waves=waves,
        verdicts=tuple(verdicts[code] for code in sorted(verdicts)),
    )


def _judge(system: System, index: _Index, means: Means) -> Item | Verdict:
    """An item, or the verdict that says why there is none."""
    if system.secrecy is Secrecy.CLASSIFIED:
        reason = "涉密系统只作登记 / classified: only a stub is kept"
        return _verdict(system, Disposition.STUB, reason)
    if system.target is None:
        return _verdict(system, Disposition.STAY, "未申报迁移目标 / no target is declared")
    if system.place == system.target:
        return _verdict(system, Disposition.DONE, "已在目标云 / already at its target")
    if system.target not in index.clouds:
        reason = f"迁移目标 {system.target} 不是政务云 / the target is not a cloud"
        return _verdict(system, Disposition.BLOCKED, reason)
    found = _gather(system, index)
    if isinstance(found, str):
        return _verdict(system, Disposition.BLOCKED, found)
    source, target, entrance, gateway = found
    line = _line_between(index.lines, source.place, target.place)
    rate = (line.bandwidth_kbps if line else None) or 1_000_000
    return Item(
        system=_bare(system),
        source=_bare(source),
        target=_bare(target),
        gateway=_bare(gateway),
        entrance=_bare(entrance),
        line=_bare(line) if line else None,
        rate_kbps=max(1, rate * means.line_share_percent // 100 // means.per_line),
    )


def _limits(estate: Estate, means: Means) -> tuple[Limit, ...]:
    """How many moves a room's or cloud's crew declares that it takes; else what the means say."""
    counts = {"total": means.moves_at_once}
    counts |= {f"room:{r.code}": r.moves_at_once or means.per_room for r in estate.rooms}
    counts |= {f"cloud:{c.code}": c.moves_at_once or means.per_cloud for c in estate.clouds}
    counts |= {f"line:{line.code}": means.per_line for line in estate.lines}
    return tuple(Limit(resource=name, count=count) for name, count in sorted(counts.items()))


def facts_now(estate: Estate, system: str, means: Means) -> Item | Verdict:
    """What a plan made now would hold for `system`: the other side of a drift comparison."""
    found = next((s for s in estate.systems if s.code == system), None)
    if found is None:
        gone = "台账中已无此系统 / the inventory no longer has this system"
        return Verdict(system=system, name=system, disposition=Disposition.BLOCKED, reason=gone)
    return _judge(found, _Index.of(estate), means)


def _gather(system: System, index: _Index) -> tuple[Host, Host, Node, Host] | str:
    """Source host, target host, entrance and its gateway; or what is missing."""
    if (undeclared := _undeclared(system)) or system.entrance is None:
        return undeclared or "未申报入口 / entrance is not declared"
    standing = [h for h in index.hosts.values() if h.system == system.code]
    sources = [h for h in standing if h.place == system.place]
    targets = [h for h in standing if h.place == system.target]
    for hosts, what in ((sources, "源 / source"), (targets, "目标 / target")):
        if len(hosts) != 1:
            return (
                f"需要恰好一台{what}服务器，读到 {len(hosts)} 台 / exactly one {what} host is "
                f"needed, read {[h.code for h in hosts]}"
            )
    entrance = index.nodes.get(system.entrance.node)
    gateway = index.hosts.get(entrance.host) if entrance and entrance.host else None
    if entrance is None or gateway is None:
        return f"入口节点 {system.entrance.node} 没有网关服务器 / the entrance has no gateway host"
    for host in (sources[0], targets[0], gateway):
        if host.code in index.hidden:
            return (
                f"服务器 {host.code} 属于涉密系统，不在此规划 / host belongs to a classified system and is "
                "never planned here"
            )
        if host.ipv4 is None or host.ipv6 is None or host.ssh_host_key is None:
            return (
                f"服务器 {host.code} 缺 IPv4、IPv6 或 SSH 主机公钥 / host needs IPv4, IPv6 and "
                "its SSH host key"
            )
    return sources[0], targets[0], entrance, gateway


def _undeclared(system: System) -> str | None:
    """What the department has to say before its system can be planned, or None."""
    if system.secrecy is Secrecy.UNKNOWN:
        return "是否涉密未知，请部门确认 / secrecy unknown: the department must confirm"
    if system.place is None:
        return "未申报所在机房 / its room is not declared"
    if system.workload is None or system.entrance is None:
        return "未申报程序、数据或入口 / workload or entrance is not declared"
    try:
        Window.parse(system.window or "00:00-00:00")
    except ValueError as error:
        return f"窗口无法识别 / {error}"
    return None


def _verdict(system: System, disposition: Disposition, reason: str) -> Verdict:
    return Verdict(system=system.code, name=system.name, disposition=disposition, reason=reason)


def _bare[T: Thing](thing: T) -> T:
    """Without provenance: where a fact was read is not part of what was decided."""
    return thing.model_copy(update={"provenance": ()})


def _line_between(lines: Iterable[Line], a: str | None, z: str | None) -> Line | None:
    ends = {a, z}
    fitting = [line for line in lines if {line.a_end, line.z_end} == ends]
    return max(fitting, key=lambda line: (line.bandwidth_kbps or 0, line.code), default=None)
