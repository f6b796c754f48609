"""Words of probes, the audit, the database and the running services."""

from collections.abc import Mapping

SERVICE_TEXTS: Mapping[str, tuple[str, str]] = {
    # probes
    "target": ("目标", "target"),
    "check": ("检查", "check"),
    "family": ("协议族", "family"),
    "address": ("地址", "address"),
    "ms": ("毫秒", "ms"),
    "green": ("全部通过：{n} 项", "all green: {n} looks"),
    "red": ("未通过 {bad} / {n} 项", "{bad} of {n} looks failed"),
    "rules_made": ("已生成 {n} 条告警规则：{folder}", "{n} alert rules made: {folder}"),
    "level": ("等级", "level"),
    "level_is": ("{code}：IPv6 就绪 L{level}", "{code}: IPv6 readiness L{level}"),
    "level_blocked": ("未到 L{n}，卡在 #{number}：{why}", "not L{n}: #{number} blocks: {why}"),
    "verdict.passed": ("通过", "passed"),
    "verdict.failed": ("未通过", "failed"),
    "verdict.unknown": ("无证据", "no evidence"),
    "parity": (
        "{check}：时延劣化比 {delay}，成功率 IPv4 {v4}，IPv6 {v6}",
        "{check}: delay degradation {delay}, success IPv4 {v4}, IPv6 {v6}",
    ),
    "began": ("开始", "began"),
    "ended": ("结束", "ended"),
    "lasts": ("仍在中断", "not over"),
    "no_outages": ("没有中断记录", "no outages on record"),
    "probe_ready": (
        "探测已就绪，指标 http://{listen}/metrics；Ctrl-C 停止",
        "probing; metrics at http://{listen}/metrics; Ctrl-C ends it",
    ),
    "probe_trouble": (
        "读不到台账，目标清单保持不变：{error}",
        "the inventory cannot be read, the list of targets stays as it is: {error}",
    ),
    # audit, database, services
    "seq": ("序号", "no."),
    "action": ("动作", "action"),
    "object": ("对象", "object"),
    "chain_good": (
        "审计链完整：{n} 条，末条哈希 {head}",
        "the audit chain holds: {n} entries, last hash {head}",
    ),
    "chain_bad": ("审计链有误：{fault}", "the audit chain is broken: {fault}"),
    "upgraded": ("数据库已是最新", "the database is at the newest schema"),
    "ready": (
        "已就绪：引擎 {temporal}，接口 http://{api}，状态文件夹 {state}；Ctrl-C 停止",
        "ready: engine {temporal}, API http://{api}, state in {state}; Ctrl-C ends it",
    ),
    "key_made": (
        "已生成 SSH 密钥，请把公钥授权给各主机：{path}",
        "an SSH key was made; authorise its public half on the hosts: {path}",
    ),
    "child_died": (
        "{name} 退出（{code}），{pause:.1f} 秒后重启，日志 {log}",
        "{name} ended ({code}), starts again in {pause:.1f} s, log {log}",
    ),
    "stopping": ("正在停止", "stopping"),
    "stopped": ("已停止", "stopped"),
}
