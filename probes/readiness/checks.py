"""Checks 1 to 11 (docs/probes.md), each from evidence to a Finding. Pure."""

from collections.abc import Iterable, Iterator

from inventory.model import Node, System
from probes.readiness.evidence import (
    Evidence,
    Finding,
    Parity,
    Seen,
    Thresholds,
    Verdict,
    both,
    joined,
    worst,
)

PMTU = "pmtu"
NO_ENTRANCE = "没有入口 / no entrance"
NOT_SURVEYED = "未调查 / not surveyed"
NO_THRESHOLD = "无阈值 / no threshold"


def address(node: Node, entrances: Iterable[System], evidence: Evidence) -> Finding:
    """1. An address of its own on record, and an AAAA record where it has a name."""
    at = node.ipv6
    if at is None:
        return Finding(
            1,
            Verdict.FAILED,
            both(f"{node.code} 未登记 IPv6 地址", f"{node.code}: no IPv6 address declared"),
        )
    if at.ipv4_mapped or at.is_link_local or at.is_unspecified or at.is_multicast:
        return Finding(1, Verdict.FAILED, both("IPv6 地址不可用: ", "not usable: ", str(at)))
    named = [evidence.latest(portal(s), 1) for s in entrances]
    for seen in named:
        if seen is not None and seen.verdict is not Verdict.PASSED:
            return Finding(1, seen.verdict, seen.told)
    return Finding(1, Verdict.PASSED, both("IPv6 地址 ", "address ", str(at)))


def portal(system: System) -> str:
    """The code under which an entrance is looked at."""
    return f"{system.code}@{system.entrance.node}" if system.entrance else system.code


def either(echo: Finding, ports: Finding) -> Finding:
    """Layer 3 is often blocked on purpose: a service that answers proves it as well."""
    return ports if echo.verdict is not Verdict.PASSED is ports.verdict else echo


def ports(node: Node, evidence: Evidence) -> Finding:
    """4. Every declared port over IPv6."""
    if not node.ports:
        return Finding(4, Verdict.UNKNOWN, "没有登记端口 / no port is declared")
    found = {port: evidence.up(node.code, f"tcp/{port}", 6) for port in node.ports}
    for verdict in (Verdict.FAILED, Verdict.UNKNOWN):
        if those := [str(port) for port, what in found.items() if what is verdict]:
            return Finding(4, verdict, both("IPv6 端口: ", "ports over IPv6: ", ", ".join(those)))
    return Finding(4, Verdict.PASSED, "登记端口均通 / all declared ports answer over IPv6")


def port_parity(node: Node, evidence: Evidence) -> tuple[Finding, tuple[str, ...]]:
    """5. The same ports over both, both ways; what is open over IPv6 alone is a security finding."""
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
                open6.append(
                    both(
                        f"{node.code}: {port} 仅 IPv6 开放",
                        f"{node.code}: {port} open on IPv6 only",
                    )
                )
    if differ:
        finding = Finding(5, Verdict.FAILED, both("两族不一致: ", "differs: ", ", ".join(differ)))
    elif unknown:
        finding = Finding(
            5, Verdict.UNKNOWN, both("证据不足: ", "no evidence: ", ", ".join(unknown))
        )
    else:
        finding = Finding(5, Verdict.PASSED, "两族端口一致 / ports are the same")
    return finding, tuple(open6)


def pages(node: Node, entrances: Iterable[System], evidence: Evidence) -> Finding:
    """6. Entrances by status and content over both, from the prober; how like they are from surveys."""
    families = (4, 6) if node.ipv4 else (6,)
    at = {portal(s): f"http/{s.entrance.port}" for s in entrances if s.entrance}
    found = {
        f"{code} IPv{family}": evidence.up(code, check, family)
        for code, check in at.items()
        for family in families
    }
    told = "两族状态与内容 / status and content over both families"
    if not found:
        return Finding(6, Verdict.NONE, joined(told, ": ", NO_ENTRANCE))
    least = evidence.thresholds.similar
    for code in sorted(at):
        seen = evidence.latest(code, 6)
        if seen is None or seen.similar is None:
            found[both(f"{code} 相似度 ?", f"likeness of {code} ?")] = (
                Verdict.UNKNOWN if least is not None else Verdict.PASSED
            )
        elif least is not None:
            good = seen.similar >= least
            name = both(
                f"{code} 相似度 ", f"likeness of {code} ", f"{seen.similar:.0%} (≥ {least:.0%})"
            )
            found[name] = Verdict.PASSED if good else Verdict.FAILED
        if seen is not None and seen.verdict is Verdict.FAILED:
            found[joined(f"{code} ", seen.told)] = Verdict.FAILED
    verdict = worst(found.values())
    those = [name for name, what in found.items() if what is verdict]
    if verdict is not Verdict.PASSED:
        told = joined(told, *(part for name in those for part in ("; ", name)))
    return Finding(6, verdict, told)


def links(entrances: Iterable[System], evidence: Evidence) -> tuple[Finding, tuple[str, ...]]:
    """7. Internal links of the second and third level over IPv6, and things on the pages that have
    IPv4 alone (天窗)."""
    told = "二级、三级内链 / second- and third-level internal links"
    surveys = [(portal(s), evidence.latest(portal(s), 7)) for s in entrances]
    if not surveys:
        return Finding(7, Verdict.NONE, joined(told, ": ", NO_ENTRANCE)), ()
    missing = [code for code, seen in surveys if seen is None]
    if missing:
        what = joined(told, ": ", NOT_SURVEYED, ": ", ", ".join(missing))
        return Finding(7, Verdict.UNKNOWN, what), ()
    seen = [one for _, one in surveys if one is not None]
    broken = [one for one in seen if one.verdict is Verdict.FAILED]
    skylights = tuple(sorted({text for one in seen for text in one.skylights}))
    if broken:
        what = joined(told, f": {broken[0].code} ", broken[0].told)
        return Finding(7, Verdict.FAILED, what), skylights
    finding = _linked(told, seen, evidence.thresholds.links)
    if skylights and finding.verdict is Verdict.PASSED:
        finding = Finding(
            7, Verdict.FAILED, both("天窗: ", "with IPv4 alone: ", ", ".join(skylights[:3]))
        )
    return finding, skylights


def _linked(told: str, seen: Iterable[Seen], least: float | None) -> Finding:
    shares = [s for one in seen for s in (one.second, one.third) if s is not None]
    shown = "/".join(
        "-" if s is None else f"{s:.0%}" for one in seen for s in (one.second, one.third)
    )
    if not shares:
        return Finding(
            7, Verdict.PASSED, joined(told, both(": 页面没有内链", ": its pages have none"))
        )
    if least is None:
        return Finding(7, Verdict.UNKNOWN, joined(told, f" {shown}, ", NO_THRESHOLD))
    verdict = Verdict.PASSED if min(shares) >= least else Verdict.FAILED
    return Finding(7, verdict, joined(told, f" {shown} (≥ {least:.0%})"))


def success(code: str, checks: Iterable[str], evidence: Evidence) -> Finding:
    """8. The share of looks that were answered over IPv6, the least of the checks that have any."""
    shares = [
        share
        for check in checks
        if (period := evidence.period(code, check, 6)) and (share := period.share) is not None
    ]
    least = evidence.thresholds.success
    shown = f"{min(shares):.2%}" if shares else "?"
    if not shares or least is None:
        return Finding(8, Verdict.UNKNOWN, joined("成功率 / success", f" {shown}, ", NO_THRESHOLD))
    verdict = Verdict.PASSED if min(shares) >= least else Verdict.FAILED
    return Finding(8, verdict, joined("成功率 / success", f" {shown} (≥ {least:.2%})"))


def compared(code: str, checks: Iterable[str], evidence: Evidence) -> Iterator[Parity]:
    for check in checks:
        v4, v6 = (evidence.period(code, check, family) for family in (4, 6))
        if v4 is None or v6 is None or v4.share is None or v6.share is None:
            continue
        yield Parity(
            check=check,
            delay=worse(v4.mean, v6.mean),
            loss=worse(1 - v4.share, 1 - v6.share),
            success=worse(v4.share, v6.share),
            delay_v4=v4.mean,
            delay_v6=v6.mean,
            success_v4=v4.share,
            success_v6=v6.share,
        )


def worse(v4: float | None, v6: float | None) -> float | None:
    """劣化比 (v6 - v4) / v4; None where it is not defined."""
    return (v6 - v4) / v4 if v4 and v6 is not None else None


def degradation(pairs: Iterable[Parity], thresholds: Thresholds, *, v4: bool = True) -> Finding:
    """9. The worst degradation ratio of the delay; what is quick over both is not held against it."""
    if not v4:
        return Finding(9, Verdict.NONE, "只有 IPv6，无可比 / IPv6 alone, nothing to compare")
    floor = thresholds.floor_s
    delays = [
        0.0 if floor is not None and max(p.delay_v4 or 0, p.delay_v6 or 0) <= floor else p.delay
        for p in pairs
        if p.delay is not None
    ]
    most = thresholds.degradation
    shown = f"{max(delays):+.0%}" if delays else "?"
    if not delays or most is None:
        return Finding(
            9, Verdict.UNKNOWN, joined("劣化比 / degradation", f" {shown}, ", NO_THRESHOLD)
        )
    verdict = Verdict.PASSED if max(delays) <= most else Verdict.FAILED
    return Finding(9, verdict, joined("劣化比 / degradation", f" {shown} (≤ {most:.0%})"))


def name_servers(entrances: Iterable[System], evidence: Evidence) -> Finding:
    """2. Two name servers with AAAA that answer over IPv6, day after day."""
    told = "域名服务器 / name servers"
    codes = [portal(s) for s in entrances]
    if not codes:
        return Finding(2, Verdict.NONE, joined(told, ": ", NO_ENTRANCE))
    for code in codes:
        seen = evidence.latest(code, 2)
        if seen is None:
            return Finding(2, Verdict.UNKNOWN, joined(told, ": ", NOT_SURVEYED, ": ", code))
        if seen.verdict is Verdict.NONE:
            continue
        if seen.verdict is not Verdict.PASSED:
            return Finding(2, seen.verdict, joined(told, ": ", seen.told))
        verdict, why = evidence.lasting(evidence.surveyed_days(code, 2))
        if verdict is not Verdict.PASSED:
            return Finding(2, verdict, joined(told, f": {code} ", why))
    return Finding(2, Verdict.PASSED, joined(told, both(": 均经 IPv6 应答", ": answer over IPv6")))


def path_mtu(codes: Iterable[str], evidence: Evidence) -> Finding:
    """10. No black hole on the path, day after day. "Packet too big" is no fault."""
    told = "路径 MTU / path MTU"
    for code in codes:
        now = evidence.up(code, PMTU, 6)
        if now is not Verdict.PASSED:
            return Finding(10, now, joined(told, f": {code}"))
        verdict, why = evidence.lasting(evidence.days.get((code, PMTU, 6), {}))
        if verdict is not Verdict.PASSED:
            return Finding(10, verdict, joined(told, f": {code} ", why))
    return Finding(10, Verdict.PASSED, joined(told, both(": 无黑洞", ": no black hole")))


def single_stack(codes: Iterable[str], evidence: Evidence) -> Finding:
    """11. All of it from a network that has IPv6 alone."""
    told = "纯 IPv6 网络 / from an IPv6-only network"
    for code in codes:
        seen = evidence.latest(code, 11)
        if seen is None:
            return Finding(
                11, Verdict.UNKNOWN, joined(told, both(": 未试过: ", ": not tried: ", code))
            )
        if seen.verdict is not Verdict.PASSED:
            return Finding(11, seen.verdict, joined(told, f": {code} ", seen.told))
    return Finding(11, Verdict.PASSED, told)
