"""Texts of readiness, history and surveys."""

from collections.abc import Mapping

READINESS_TEXTS: Mapping[str, tuple[str, str]] = {
    "verdict.none": ("不适用", "not applicable"),
    "kind.node": ("节点", "node"),
    "kind.link": ("链路", "link"),
    "kind.system": ("信息系统", "system"),
    "blocks": ("卡点", "blocks"),
    "city_level": ("全市 L{level}（取最低者）", "the city: L{level}, the least of all"),
    "signs": (
        "√ 通过  × 未通过  ? 无证据或无阈值  - 不适用；检查项见 docs/probes.md",
        "√ passed  × failed  ? no evidence or no threshold  - not applicable; checks: docs/probes.md",
    ),
    "skylight": ("天窗（仅 IPv4 的外部资源）：{told}", "things of others with IPv4 alone: {told}"),
    "report_written": ("已写入 {path}", "written: {path}"),
    "phases": ("阶段", "phases"),
    "phase.connect": ("连接", "connect"),
    "phase.tls": ("TLS 握手", "TLS handshake"),
    "phase.handshake": ("握手", "handshake"),
    "phase.first_byte": ("首字节", "first byte"),
    "phase.answer": ("应答", "answer"),
    "phase.body": ("正文", "body"),
    "phase.mtu": ("路径 MTU", "path MTU"),
    "availability": ("可用率", "available"),
    "stretch": ("期间", "period"),
    "down_time": ("中断时长", "down"),
    "outages_n": ("中断次数", "outages"),
    "success_of": ("IPv{family} 成功率", "IPv{family} success"),
    "delay_of": ("IPv{family} 时延 ms", "IPv{family} ms"),
    "no_history": ("所选期间没有探测记录", "no looks on record in that time"),
    "acknowledged": ("已确认 {n} 条中断", "{n} outages acknowledged"),
    "acknowledged_by": ("确认人", "acknowledged by"),
    "cause": ("原因", "cause"),
    "surveyed": ("已调查 {n} 个：{codes}", "{n} surveyed: {codes}"),
    "surveyed_alone": (
        "本机只有 IPv6，结果计入第 11 项",
        "this machine has IPv6 alone: it counts for check 11",
    ),
    "dashboards_made": ("已生成 {n} 个看板：{folder}", "{n} dashboards made: {folder}"),
}
