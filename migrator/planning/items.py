"""One system's way as an item: its hosts, entrance and line gathered, or what is missing."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.model import Estate, Host, Line, Node, System, Thing
from inventory.secrecy import hidden
from migrator.planning.dispositions import Ruling, dispose
from migrator.planning.orders import NO_ORDERS, Orders
from migrator.planning.plan import Disposition, Item, Means, Verdict
from migrator.planning.roads import preference


@dataclass(frozen=True)
class Index:
    """The estate by code."""

    hosts: dict[str, Host]
    standing: dict[str, list[Host]]  # by the system that they carry
    nodes: dict[str, Node]
    places: frozenset[str]  # codes of the clouds
    lines: dict[frozenset[str | None], Line]  # by both ends, of several the preferred
    hidden: frozenset[str]  # hosts of classified systems

    @classmethod
    def of(cls, estate: Estate) -> "Index":
        standing: dict[str, list[Host]] = {}
        for one in estate.hosts:
            standing.setdefault(one.system or "", []).append(one)
        return cls(
            hosts={h.code: h for h in estate.hosts},
            standing=standing,
            nodes={n.code: n for n in estate.nodes},
            places=frozenset(c.code for c in estate.clouds),
            lines=_lines_by_ends(estate.lines),
            hidden=hidden(estate).hosts,
        )


def judge(system: System, index: Index, means: Means, orders: Orders) -> Item | Ruling:
    """An item, or the ruling that says why there is none."""
    ruling = dispose(system, index.places, orders)
    return gather(system, index, means) if ruling.disposition is Disposition.MOVE else ruling


def gather(system: System, index: Index, means: Means) -> Item | Ruling:
    """The item of a system that moves, or what a playbook would miss."""
    found = _found(system, index)
    if isinstance(found, Ruling):
        return found
    source, target, entrance, gateway = found
    line = index.lines.get(frozenset((source.place, target.place)))
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


@dataclass(frozen=True)
class Today:
    """The estate of today, looked up once for all the items of a plan."""

    systems: dict[str, System]
    index: Index

    @classmethod
    def of(cls, estate: Estate) -> "Today":
        return cls({one.code: one for one in estate.systems}, Index.of(estate))

    def facts(self, system: str, means: Means) -> Item | Verdict:
        """What a plan made now would hold for `system`: the other side of a drift comparison."""
        found = self.systems.get(system)
        if found is None:
            gone = "台账中已无此系统 / the inventory no longer has this system"
            return Verdict(system=system, name=system, disposition=Disposition.BLOCKED, reason=gone)
        outcome = judge(found, self.index, means, NO_ORDERS)
        return outcome if isinstance(outcome, Item) else outcome.verdict(found, NO_ORDERS)


_last: list[tuple[Estate, Today]] = []


def _today_of(estate: Estate) -> Today:
    """That of the estate which was asked about last is kept: items of a run ask one by one."""
    for known, today in _last:
        if known is estate:
            return today
    today = Today.of(estate)
    _last[:] = [(estate, today)]
    return today


def facts_now(estate: Estate, system: str, means: Means) -> Item | Verdict:
    """Of one system alone; who asks for many keeps a `Today`."""
    return _today_of(estate).facts(system, means)


def _found(system: System, index: Index) -> tuple[Host, Host, Node, Host] | Ruling:
    """Source host, target host, entrance and its gateway; or what is missing."""
    if system.workload is None or system.entrance is None:
        reason = "未申报程序、数据或入口 / workload or entrance is not declared"
        return Ruling(Disposition.BLOCKED, reason, asks=_undeclared(system))
    standing = index.standing.get(system.code, [])
    sources = [h for h in standing if h.place == system.place]
    targets = [h for h in standing if h.place == system.target]
    for hosts, what in ((sources, "源 / source"), (targets, "目标 / target")):
        if len(hosts) != 1:
            return _missing(
                f"需要恰好一台{what}服务器，读到 {len(hosts)} 台 / exactly one {what} host is "
                f"needed, read {[h.code for h in hosts]}"
            )
    entrance = index.nodes.get(system.entrance.node)
    gateway = index.hosts.get(entrance.host) if entrance and entrance.host else None
    if entrance is None or gateway is None:
        return _missing(
            f"入口节点 {system.entrance.node} 没有网关服务器 / the entrance has no gateway host"
        )
    for host in (sources[0], targets[0], gateway):
        if host.code in index.hidden:
            return _missing(
                f"服务器 {host.code} 属于涉密系统，不在此规划 / host belongs to a classified system and is "
                "never planned here"
            )
        if host.ipv4 is None or host.ipv6 is None or host.ssh_host_key is None:
            return _missing(
                f"服务器 {host.code} 缺 IPv4、IPv6 或 SSH 主机公钥 / host needs IPv4, IPv6 and "
                "its SSH host key"
            )
    return sources[0], targets[0], entrance, gateway


def _missing(reason: str) -> Ruling:
    return Ruling(Disposition.BLOCKED, reason)


def _undeclared(system: System) -> tuple[str, ...]:
    """The ledger's fields of what has to move and of where people reach it."""
    work = () if system.workload else ("program_trees", "data_trees", "services")
    return work if system.entrance else (*work, "entrance_node", "entrance_port", "backend_port")


def _bare[T: Thing](thing: T) -> T:
    """Without provenance: where a fact was read is not part of what was decided."""
    return thing.model_copy(update={"provenance": ()})


def _lines_by_ends(lines: Iterable[Line]) -> dict[frozenset[str | None], Line]:
    """A city has thousands of lines: nobody looks through all of them for each system."""
    found: dict[frozenset[str | None], Line] = {}
    for line in sorted(lines, key=lambda line: preference(line, line.bandwidth_kbps)):
        found[frozenset((line.a_end, line.z_end))] = line
    return found
