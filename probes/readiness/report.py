"""The report for the department: how far the city is ready for IPv6, and what to do where. Pure.

In Chinese, as offices hand it in. No official text grades readiness so, or gives a threshold for a
degradation ratio: it says that the levels are ours and which thresholds were set, if any.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from inventory.canonical import digest
from inventory.model import Estate
from inventory.reports.model import Cell, Column, Report, Section, Source, Table, Text
from probes.readiness.evidence import Readiness, Thresholds, Verdict
from probes.readiness.levels import HIGHEST, City

KINDS = {"node": "节点", "link": "链路", "system": "信息系统"}
CHECKS: Mapping[int, str] = {
    1: "登记 IPv6 地址及 AAAA 记录",
    2: "域名服务器经 IPv6 应答",
    3: "IPv6 回显",
    4: "登记端口 IPv6 可达",
    5: "两族端口一致",
    6: "首页两族状态与内容一致",
    7: "二级、三级内链支持 IPv6",
    8: "IPv6 访问成功率",
    9: "IPv6 劣化比",
    10: "IPv6 路径 MTU 无黑洞",
    11: "纯 IPv6 网络可用",
}
REMEDIES: Mapping[int, str] = {
    1: "分配并登记 IPv6 地址，域名补 AAAA 记录",
    2: "域名服务器启用 IPv6，至少两台",
    3: "检查 IPv6 路由与邻居发现",
    4: "服务监听 IPv6，防火墙放行登记端口",
    5: "两族防火墙规则对齐；仅 IPv6 开放的端口先行关闭",
    6: "两族入口指向同一后端",
    7: "改写 IPv4 地址链接，外部资源换用支持 IPv6 者",
    8: "排查 IPv6 丢包与超时",
    9: "排查 IPv6 绕行与带宽",
    10: "放行 ICMPv6“包过大”，或调小 MTU",
    11: "在纯 IPv6 网络复测，消除对 IPv4 的依赖",
}
SIGNS = {Verdict.PASSED: "√", Verdict.FAILED: "×", Verdict.UNKNOWN: "？", Verdict.NONE: "－"}


def department_report(
    city: City, estate: Estate, thresholds: Thresholds, today: date, *, issuer: str = ""
) -> Report:
    """Of all that may be looked at; classified systems are in none of it."""
    owners = {o.code: o.name for o in estate.organisations}
    names = {thing.code: thing.name for thing in (*estate.nodes, *estate.links, *estate.systems)}
    sections = (
        Section(heading="一、总体情况", blocks=(Text(text=_summary(city)), _counts(city))),
        Section(heading="二、主要卡点", blocks=(_blocking(city),)),
        Section(heading="三、安全发现", blocks=(_security(city.nodes, names),)),
        Section(heading="四、各单位情况", blocks=(_organisations(city, owners),)),
        Section(heading="五、两族对比", blocks=(_parity(city, names),)),
        Section(heading="六、口径", blocks=(Text(text=_measures(thresholds)),)),
    )
    return Report(
        form="ipv6-readiness",
        numbers=(),
        layout="letter",
        title="IPv6 就绪情况报告",
        place="",
        period=today.isoformat(),
        issuer=issuer,
        made_on=today,
        cut_off=today,
        sections=sections,
        annexes=(Section(heading="附件　逐项明细", blocks=(_details(city, names),)),),
        source=Source(policy="", number="无分级文件，等级为本系统自定", estate=digest(estate)),
    )


def _summary(city: City) -> str:
    total = len(city.all)
    unsafe = sum(bool(one.security) for one in city.nodes)
    at_three = sum(one.level >= 3 for one in city.all)
    return (
        f"共评估 {len(city.nodes)} 个节点、{len(city.links)} 条链路、{len(city.systems)} 个信息系统，"
        f"全市等级取最低者，为 L{city.level}。达到 L3（登记端口两族一致可达）及以上的 {at_three} 个，"
        f"占 {at_three / total:.1%}。"
        if total
        else "台账中没有可评估的节点、链路和信息系统。"
    ) + (f"有 {unsafe} 个节点存在仅 IPv6 开放的端口，需立即核查。" if unsafe else "")


def _counts(city: City) -> Table:
    columns = (
        Column(title="对象", width=8),
        *(Column(title=f"L{n}", kind="number", width=5) for n in range(HIGHEST + 1)),
        Column(title="合计", kind="number", width=6),
    )
    rows = tuple(
        (KINDS[kind], *(levels[n] for n in range(HIGHEST + 1)), levels.total())
        for kind, levels in city.levels.items()
    )
    return Table(title="就绪等级分布", columns=columns, rows=rows, unit="单位：个")


def _blocking(city: City) -> Table:
    counts: dict[int, int] = defaultdict(int)
    for (_, number), count in city.blocking.items():
        counts[number] += count
    rows = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return Table(
        title="卡住下一等级的检查项",
        columns=(
            Column(title="编号", kind="mark", width=4),
            Column(title="检查项", width=14),
            Column(title="卡住对象数", kind="number", width=6),
            Column(title="整改措施", width=20),
        ),
        rows=tuple((f"#{n}", CHECKS[n], count, REMEDIES[n]) for n, count in rows),
        empty="没有卡点",
    )


def _security(nodes: Iterable[Readiness], names: Mapping[str, str]) -> Table:
    rows = tuple(
        (one.code, names.get(one.code, ""), told.partition(" / ")[0].partition(": ")[2])
        for one in nodes
        for told in one.security
    )
    return Table(
        title="仅 IPv6 开放的端口（IPv4 防火墙规则未同步到 IPv6）",
        columns=(
            Column(title="节点编号", width=12),
            Column(title="节点", width=16),
            Column(title="发现", width=20),
        ),
        rows=rows,
        empty="未发现",
    )


def _organisations(city: City, owners: Mapping[str, str]) -> Table:
    by: dict[str, list[Readiness]] = defaultdict(list)
    for one in city.all:
        by[one.organisation].append(one)
    rows: list[tuple[Cell, ...]] = []
    for code, them in sorted(by.items()):
        least = min(them, key=lambda one: one.level)
        block = f"{least.code}：{CHECKS[least.blocks.number]}" if least.blocks else ""
        good = sum(one.level >= 3 for one in them)
        ratio = round(10000 * good / len(them))
        rows.append((owners.get(code, code) or "未登记单位", len(them), good, ratio, block))
    return Table(
        title="各单位就绪情况",
        columns=(
            Column(title="单位", width=14),
            Column(title="对象数", kind="number", width=5),
            Column(title="L3 及以上", kind="number", width=6),
            Column(title="占比", kind="ratio", width=6),
            Column(title="最低者及其卡点", width=22),
        ),
        rows=tuple(rows),
    )


def _parity(city: City, names: Mapping[str, str]) -> Table:
    pairs = [(one, pair) for one in (*city.nodes, *city.links) for pair in one.parity]
    worst = sorted(pairs, key=lambda both: -(both[1].delay or 0))[:20]
    return Table(
        title="时延劣化比最大的二十项",
        columns=(
            Column(title="对象", width=14),
            Column(title="检查", width=7),
            Column(title="IPv4 时延", width=7),
            Column(title="IPv6 时延", width=7),
            Column(title="时延劣化比", width=7),
            Column(title="IPv4 成功率", width=7),
            Column(title="IPv6 成功率", width=7),
        ),
        rows=tuple(
            (
                names.get(one.code, one.code),
                pair.check,
                _ms(pair.delay_v4),
                _ms(pair.delay_v6),
                "－" if pair.delay is None else f"{pair.delay:+.0%}",
                f"{pair.success_v4:.2%}",
                f"{pair.success_v6:.2%}",
            )
            for one, pair in worst
        ),
        notes=("劣化比＝（IPv6－IPv4）÷IPv4，取近一日均值。",),
        empty="没有两族均有证据的对象",
    )


def _ms(seconds: float | None) -> str:
    return "－" if seconds is None else f"{seconds * 1000:.2f} ms"


def _measures(thresholds: Thresholds) -> str:
    told = [
        f"{name} {value:.0%}"
        for name, value in (
            ("成功率不低于", thresholds.success),
            ("劣化比不高于", thresholds.degradation),
            ("内链支持率不低于", thresholds.links),
            ("首页相似度不低于", thresholds.similar),
        )
        if value is not None
    ]
    limits = "；".join(told) if told else "未设阈值，相应检查项只列数值、不判通过"
    return (
        "等级 L0 至 L6 为本系统自定，逐级包含；证据过期或缺失不算通过，名称后的编号见附件。L1 有地址，"
        "L2 可达，L3 登记端口两族一致，L4 页面、内链、成功率、劣化比合格，L5 域名服务器与路径 MTU "
        f"连续七天合格，L6 在纯 IPv6 网络可用。未查到成功率、劣化比、内链支持率的官方阈值；本次{limits}。"
        "涉密系统不在本报告内。"
    )


def _details(city: City, names: Mapping[str, str]) -> Table:
    columns = (
        Column(title="类别", width=4),
        Column(title="编号", width=10),
        Column(title="名称", width=12),
        Column(title="等级", kind="mark", width=3),
        *(Column(title=f"#{n}", kind="mark", width=3, group="检查项") for n in CHECKS),
        Column(title="卡点", width=18),
    )
    return Table(
        title="逐项明细",
        columns=columns,
        rows=tuple(
            (
                KINDS[one.kind],
                one.code,
                names.get(one.code, ""),
                f"L{one.level}",
                *(signs(one)[n] for n in CHECKS),
                one.blocks.told.partition(" / ")[0] if one.blocks else "",
            )
            for one in city.all
        ),
        notes=("√ 通过　× 未通过　？ 无证据或未设阈值　－ 不适用", f"检查项：{_legend()}。"),
    )


def _legend() -> str:
    return "；".join(f"#{n} {told}" for n, told in CHECKS.items())


def signs(one: Readiness) -> Mapping[int, str]:
    """Check → a sign; the worst where a check was made of several."""
    order = (Verdict.FAILED, Verdict.UNKNOWN, Verdict.PASSED, Verdict.NONE)
    found = dict.fromkeys(CHECKS, Verdict.NONE)
    for finding in one.findings:
        found[finding.number] = min(found[finding.number], finding.verdict, key=order.index)
    return {number: SIGNS[verdict] for number, verdict in found.items()}
