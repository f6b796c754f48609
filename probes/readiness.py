"""IPv6 readiness L0 to L6, from stored looks. Pure: an estate and what is known of its targets.

The levels are ours; each names the checks it rests on (numbers as in docs/probes.md). A level holds
when all below it hold. What is unknown or stale never passes. Where no text gives a threshold there
is none: the figure is shown and nothing passes by it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from inventory.model import Estate, Link, Node, System
from probes.errors import Misuse

HIGHEST = 6


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the prober knows of one target. `last`: ns since 1970; `mean` in seconds."""

    up: bool
    last: int
    answered: int
    failed: int
    mean: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Empty where no text gives one. `success`: least share of looks; `degradation`: largest 劣化比."""

    success: float | None = None
    degradation: float | None = None
    fresh_s: float = 300.0  # older evidence is none


@dataclass(frozen=True, slots=True)
class Evidence:
    """`by`: (code, check, family) → standing; `now`: ns since 1970."""

    by: Mapping[tuple[str, str, int], Standing]
    now: int
    thresholds: Thresholds = Thresholds()

    def fresh(self, code: str, check: str, family: int) -> Standing | None:
        found = self.by.get((code, check, family))
        if found is None or (self.now - found.last) / 1e9 > self.thresholds.fresh_s:
            return None
        return found

    def up(self, code: str, check: str, family: int) -> Verdict:
        found = self.fresh(code, check, family)
        if found is None:
            return Verdict.UNKNOWN
        return Verdict.PASSED if found.up else Verdict.FAILED


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its number, what it found, and about what."""

    number: int
    verdict: Verdict
    told: str


@dataclass(frozen=True, slots=True)
class Parity:
    """v6 beside v4 of one check. 劣化比 = (v6 - v4) / v4; None where v4 is 0 or one is unknown."""

    check: str
    delay: float | None
    success_v4: float
    success_v6: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """`blocks`: the first finding that keeps it from the next level. `security`: ports that are
    open on IPv6 and closed on IPv4, which is rarely meant."""

    code: str
    kind: str
    level: int
    findings: tuple[Finding, ...]
    blocks: Finding | None
    parity: tuple[Parity, ...] = ()
    security: tuple[str, ...] = ()


def of_node(node: Node, estate: Estate, evidence: Evidence) -> Readiness:
    entrances = [s for s in estate.systems if s.entrance and s.entrance.node == node.code]
    address = _address(node)
    echo = Finding(3, evidence.up(node.code, "icmp", 6), "IPv6 回显 / echo over IPv6")
    ports = _ports(node, evidence)
    parity, security = _port_parity(node, evidence)
    pages = _pages(node, entrances, evidence)
    compared = tuple(_compared(node, evidence))
    rest = (
        pages,
        Finding(7, Verdict.UNKNOWN, "二级、三级内链未探测 / internal links are not looked at"),
        _success(node, evidence),
        _degradation(compared, evidence.thresholds),
    )
    later = (
        Finding(2, Verdict.UNKNOWN, "域名服务器未探测 / name servers are not looked at"),
        Finding(10, Verdict.UNKNOWN, "路径 MTU 未定期探测 / path MTU is not looked at regularly"),
        Finding(11, Verdict.UNKNOWN, "未在纯 IPv6 环境试过 / not tried from an IPv6-only network"),
    )
    steps: tuple[tuple[Finding, ...], ...] = (
        (address,),
        (_either(echo, ports),),
        (ports, parity),
        rest,
        later[:2],
        later[2:],
    )
    level, blocks = climbed(steps)
    findings = (address, echo, ports, parity, *rest, *later)
    return Readiness(node.code, "node", level, findings, blocks, compared, security)


def of_link(link: Link, estate: Estate, evidence: Evidence) -> Readiness:
    """An end each; from where we stand, which is one direction of two."""
    ends = [node for node in estate.nodes if node.code in (link.a_node, link.z_node)]
    addresses = tuple(_address(node) for node in ends)
    echoes = tuple(
        Finding(3, evidence.up(f"{link.code}@{n.code}", "icmp", 6), f"{n.code} 回显 / echo of")
        for n in ends
    )
    back = Finding(9, Verdict.UNKNOWN, "只测了一个方向 / one direction alone is measured")
    level, blocks = climbed((addresses or (_missing(link.code),), echoes, (back,)))
    return Readiness(link.code, "link", level, (*addresses, *echoes, back), blocks)


def of_system(system: System, estate: Estate, evidence: Evidence) -> Readiness:
    """The lowest of its nodes and of what it needs, and which of them that is."""
    nodes = {node.code: node for node in estate.nodes}
    needs: dict[str, list[str]] = {}
    for dependency in estate.dependencies:
        needs.setdefault(dependency.system, []).append(dependency.needs)
    systems = {s.code: s for s in estate.systems}
    reached, todo = set[str](), [system.code]
    while todo:
        code = todo.pop()
        if code not in reached and code in systems:
            reached.add(code)
            todo += needs.get(code, ())
    codes = {
        code
        for s in (systems[code] for code in sorted(reached))
        for code in (s.entrance.node if s.entrance else None, s.exchange_node)
        if code
    }
    parts = [of_node(nodes[code], estate, evidence) for code in sorted(codes) if code in nodes]
    if not parts:
        nothing = Finding(1, Verdict.UNKNOWN, "没有登记接入节点 / no node of it is declared")
        return Readiness(system.code, "system", 0, (nothing,), nothing)
    lowest = min(parts, key=lambda part: part.level)
    blocks = lowest.blocks
    told = blocks and Finding(blocks.number, blocks.verdict, f"{lowest.code}: {blocks.told}")
    security = tuple(text for part in parts for text in part.security)
    return Readiness(system.code, "system", lowest.level, lowest.findings, told, (), security)


def level_of(code: str, estate: Estate, evidence: Evidence) -> Readiness:
    """Raises Misuse for a code that is no node, link or system."""
    kinds: tuple[tuple[Iterable[Node | Link | System], Callable[..., Readiness]], ...] = (
        (estate.nodes, of_node),
        (estate.links, of_link),
        (estate.systems, of_system),
    )
    for things, judge in kinds:
        for thing in things:
            if thing.code == code:
                return judge(thing, estate, evidence)
    raise Misuse(
        f"读到 / read {code!r}; 应为节点、链路或信息系统的编号 / expected a node, link or system"
    )


def climbed(steps: Iterable[Iterable[Finding]]) -> tuple[int, Finding | None]:
    """The level, and what keeps from the next one."""
    level = 0
    for step in steps:
        for finding in step:
            if finding.verdict is not Verdict.PASSED:
                return level, finding
        level += 1
    return level, None


def _address(node: Node) -> Finding:
    at = node.ipv6
    if at is None:
        return Finding(
            1, Verdict.FAILED, f"{node.code} 未登记 IPv6 地址 / no IPv6 address declared"
        )
    unusable = at.ipv4_mapped or at.is_link_local or at.is_unspecified or at.is_multicast
    told = f"IPv6 地址 / address {at}"
    return Finding(1, Verdict.FAILED if unusable else Verdict.PASSED, told)


def _missing(code: str) -> Finding:
    return Finding(1, Verdict.UNKNOWN, f"{code} 两端未登记 / its ends are not declared")


def _either(echo: Finding, ports: Finding) -> Finding:
    """Layer 3 is often blocked on purpose: a service that answers proves it as well."""
    return ports if echo.verdict is not Verdict.PASSED is ports.verdict else echo


def _ports(node: Node, evidence: Evidence) -> Finding:
    if not node.ports:
        return Finding(4, Verdict.UNKNOWN, "没有登记端口 / no port is declared")
    found = {port: evidence.up(node.code, f"tcp/{port}", 6) for port in node.ports}
    for verdict in (Verdict.FAILED, Verdict.UNKNOWN):
        if those := [str(port) for port, what in found.items() if what is verdict]:
            return Finding(4, verdict, f"IPv6 端口 / ports over IPv6: {', '.join(those)}")
    return Finding(4, Verdict.PASSED, "登记端口均通 / all declared ports answer over IPv6")


def _port_parity(node: Node, evidence: Evidence) -> tuple[Finding, tuple[str, ...]]:
    if node.ipv4 is None or not node.ports:
        told = "只有 IPv6 或无端口，无可比 / nothing to compare"
        return Finding(5, Verdict.PASSED if node.ports else Verdict.UNKNOWN, told), ()
    differ, unknown, open6 = [], [], []
    for port in node.ports:
        v4, v6 = (evidence.up(node.code, f"tcp/{port}", family) for family in (4, 6))
        if Verdict.UNKNOWN in (v4, v6):
            unknown.append(str(port))
        elif v4 is not v6:
            differ.append(str(port))
            if v6 is Verdict.PASSED:
                open6.append(f"{node.code}: {port} 仅 IPv6 开放 / open on IPv6 only")
    if differ:
        finding = Finding(5, Verdict.FAILED, f"两族不一致 / differs: {', '.join(differ)}")
    elif unknown:
        finding = Finding(5, Verdict.UNKNOWN, f"证据不足 / no evidence: {', '.join(unknown)}")
    else:
        finding = Finding(5, Verdict.PASSED, "两族端口一致 / ports are the same")
    return finding, tuple(open6)


def _pages(node: Node, entrances: Iterable[System], evidence: Evidence) -> Finding:
    found = [
        evidence.up(f"{s.code}@{node.code}", f"http/{s.entrance.port}", family)
        for s in entrances
        if s.entrance
        for family in ((4, 6) if node.ipv4 else (6,))
    ]
    told = "两族状态与内容 / status and content over both families"
    if not found:
        return Finding(6, Verdict.UNKNOWN, f"{told}: 没有入口 / no entrance")
    worst = min(found, key=(Verdict.FAILED, Verdict.UNKNOWN, Verdict.PASSED).index)
    return Finding(6, worst, told)


def _success(node: Node, evidence: Evidence) -> Finding:
    share = _share(evidence.fresh(node.code, "icmp", 6))
    least = evidence.thresholds.success
    shown = "?" if share is None else f"{share:.2%}"
    if share is None or least is None:
        return Finding(8, Verdict.UNKNOWN, f"成功率 / success {shown}, 无阈值 / no threshold")
    verdict = Verdict.PASSED if share >= least else Verdict.FAILED
    return Finding(8, verdict, f"成功率 / success {shown} (≥ {least:.2%})")


def _compared(node: Node, evidence: Evidence) -> Iterator[Parity]:
    for check in ("icmp", *(f"tcp/{port}" for port in node.ports)):
        v4, v6 = (evidence.fresh(node.code, check, family) for family in (4, 6))
        share4, share6 = _share(v4), _share(v6)
        if v4 is None or v6 is None or share4 is None or share6 is None:
            continue
        delay = (v6.mean - v4.mean) / v4.mean if v4.mean and v6.mean else None
        yield Parity(check, delay, share4, share6)


def _degradation(compared: Iterable[Parity], thresholds: Thresholds) -> Finding:
    delays = [one.delay for one in compared if one.delay is not None]
    most = thresholds.degradation
    shown = f"{max(delays):+.0%}" if delays else "?"
    if not delays or most is None:
        return Finding(9, Verdict.UNKNOWN, f"劣化比 / degradation {shown}, 无阈值 / no threshold")
    verdict = Verdict.PASSED if max(delays) <= most else Verdict.FAILED
    return Finding(9, verdict, f"劣化比 / degradation {shown} (≤ {most:.0%})")


def _share(standing: Standing | None) -> float | None:
    if standing is None or not standing.answered + standing.failed:
        return None
    return standing.answered / (standing.answered + standing.failed)
