"""Texts of the screen of network devices' commands, Chinese and English."""

from collections.abc import Mapping

NETWORK_TEXTS: Mapping[str, tuple[str, str]] = {
    "network_device": ("设备", "device"),
    "network_vendor": ("命令系列", "commands of"),
    "network_changes": ("变更数", "changes"),
    "network_check": ("回读检查", "read back"),
    "network_whole": ("命令可识别，回退完整", "every line known, the rollback is whole"),
    "network_compared": ("下发时先比对现状", "compared with the device as it is sent"),
    "network_sent_by": ("下发方式", "sent by"),
    "network_hands": ("工程师手工", "an engineer's hands"),
    "network_plan": ("网络方案", "network plan"),
    "network_note": ("说明", "note"),
    "network_title": ("标题", "title"),
    "network_none": ("没有网络方案", "no network plan"),
    "network_change": ("变更", "change"),
    "network_hosts": ("主机", "hosts"),
    "network_window": (
        "窗口 {opens} – {closes}（{zone}）",
        "window {opens} – {closes} ({zone})",
    ),
    "network_touches": ("涉及系统：{systems}", "systems it is about: {systems}"),
    "network_digest": ("摘要 {digest}", "digest {digest}"),
    "network.filed": ("已登记", "filed"),
    "network.running": ("执行中", "running"),
    "network.done": ("已完成", "done"),
    "network.failed": ("失败", "failed"),
    "network.rolled_back": ("已回退", "rolled back"),
    "network_written": (
        "已写入 {out}，未下发；厂商命令未在任何设备上执行过，使用前须由网络工程师核对",
        "written to {out}, nothing was sent; vendors' commands were never run on any device: a network "
        "engineer looks at them before they are used",
    ),
}
