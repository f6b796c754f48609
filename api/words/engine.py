"""Words of the engine's control: gates, limits, events, outlook, dossiers, machines."""

from collections.abc import Mapping

ENGINE_TEXTS: Mapping[str, tuple[str, str]] = {
    "wave_changed": ("第 {wave} 批：{systems}", "wave {wave}: {systems}"),
    "wave_unchanged": ("没有可改动的", "nothing was there to change"),
    "limits_now": ("现行限制：{limits}", "limits now: {limits}"),
    "limits_none": ("按方案的限制", "the plan's own limits"),
    "decided": ("已记录 {decision}：{what}", "recorded {decision}: {what}"),
    "decided_nothing": (
        "没有待记录的（已经记录过，或无就绪项）",
        "nothing to record: it stands, or none is ready",
    ),
    "event": ("事件", "event"),
    "eta": ("完成 {percent}%，预计 {ends} 结束", "{percent} % done, may end at {ends}"),
    "eta_done": ("已结束", "it has ended"),
    "eta_waits": ("须由人决定，未计入：{systems}", "left out, they wait for a person: {systems}"),
    "eta_note": (
        "未计窗口、封网与审批的等待",
        "windows, freezes and approvals are not foreseen",
    ),
    "left": ("预计剩余", "may take"),
    "dossier_made": (
        "卷宗已写入 {path}，摘要 {digest}",
        "dossier written to {path}, digest {digest}",
    ),
    "dossier_good": (
        "卷宗完好：{run}/{system}，摘要 {digest}",
        "the dossier holds: {run}/{system}, digest {digest}",
    ),
    "dossier_bad": ("卷宗有误：{n} 处", "the dossier does not hold: {n} faults"),
    "machine": ("机器", "machine"),
    "zone": ("网络域", "zone"),
    "seen_at": ("最近一次", "last seen"),
    "gone_at": ("确认关机", "seen to be off"),
    "promoted": ("已切换到版本 {build}", "build {build} takes all runs from now on"),
    "no_machines": ("还没有执行进程报到", "no worker has come yet"),
    "more_lines": ("后续：--after {id}", "more: --after {id}"),
    "no_lines": ("没有符合的日志", "no such lines"),
}
