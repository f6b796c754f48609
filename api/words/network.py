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
    "page.netplans": ("网络方案", "Network plans"),
    "page.netplans.none.how": (
        "设备、防火墙、域名与虚拟地址的变更先登记、审批，再在窗口内下发。",
        "Changes of devices, firewalls, names and virtual addresses are filed and approved here, then sent "
        "within their window.",
    ),
    "page.netplan.new": ("登记网络方案", "File a network plan"),
    "page.netplan.new.what": (
        "渲染并检查后待审批，不下发。清单格式见 docs/network.md。",
        "It is rendered and checked and waits for approval; nothing is sent. docs/network.md tells of the "
        "list.",
    ),
    "page.netplan.window": (
        "窗口（如 2026-11-24T22:00/2026-11-25T02:00）",
        "window (such as 2026-11-24T22:00/2026-11-25T02:00)",
    ),
    "page.netplan.changes": ("变更清单（TOML）", "list of changes (TOML)"),
    "page.netplan.listings": ("清单所引用的文件", "files that the list names"),
    "page.netplan.gates": ("此刻不能开始", "It can't begin now"),
    "page.netplan.sends": ("下发内容", "What is sent"),
    "page.netplan.steps": ("进展", "How far it is"),
    "page.netplan.steps.none": ("尚未开始", "nothing was begun"),
    "page.netplan.approve": ("批准网络方案 {code}", "Approve network plan {code}"),
    "page.netplan.approve.verb": ("批准", "Approve"),
    "page.netplan.approve.what": (
        "批准绑定下列摘要；人数齐备后，操作人可在窗口内下发下列变更，失败时自动回退。",
        "The approval binds to the digest below; once enough have approved, an operator can have these "
        "changes sent within the window. Where one fails all are undone.",
    ),
    "page.netplan.reject": ("否决网络方案 {code}", "Refuse network plan {code}"),
    "page.netplan.reject.verb": ("否决", "Refuse"),
    "page.netplan.reject.what": ("已有的批准全部作废。", "Every approval of it is void."),
    "page.netplan.withdraw": ("撤回对 {code} 的批准", "Withdraw one's approval of {code}"),
    "page.netplan.withdraw.verb": ("撤回批准", "Withdraw"),
    "page.netplan.withdraw.what": (
        "您的批准不再算数，他人的不变。",
        "Yours no longer counts, those of others stand.",
    ),
    "page.netplan.start": ("下发网络方案 {code}", "Send network plan {code}"),
    "page.netplan.start.verb": ("开始下发", "Send it"),
    "page.netplan.start.what": (
        "先以检查模式看过全部设备，再逐项下发并读回；任一项失败即全部回退。手工变更等人登记完成。",
        "All devices are looked at in check mode first, then each change is made and read back; where one "
        "fails all are undone. A change by hand waits for a person's word.",
    ),
    "page.netplan.back": ("回退网络方案 {code}", "Roll back network plan {code}"),
    "page.netplan.back.verb": ("回退", "Roll back"),
    "page.netplan.back.what": (
        "已下发的变更按相反次序撤销并读回。",
        "What was made of it is undone in the other order, and read back.",
    ),
    "page.netplan.told": ("登记 {code} 的手工变更", "Tell of a change by hand of {code}"),
    "page.netplan.told.verb": ("登记手工变更", "Tell of a change by hand"),
    "page.netplan.told.what": (
        "由您负责：此变更已在设备上完成（回退中则为已撤销），并有文件为证。",
        "You answer for it: the change is made on the device (undone, where the way is back), and a paper "
        "shows it.",
    ),
    "page.netplan.paper": ("请写明文号", "the number of the paper is needed"),
}
