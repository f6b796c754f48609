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
    "network_written": (
        "已写入 {out}，未下发；厂商命令未在任何设备上执行过，使用前须由网络工程师核对",
        "written to {out}, nothing was sent; vendors' commands were never run on any device: a network "
        "engineer looks at them before they are used",
    ),
}
