"""Words of old hosts after the trial."""

from collections.abc import Mapping

DECOMMISSION_TEXTS: Mapping[str, tuple[str, str]] = {
    "old_trial": ("{at} 提交，试运行至 {day}", "committed at {at}, trial until {day}"),
    "old_not_archived": ("尚未归档", "not archived"),
    "old_archived": (
        "{who} 已归档 {n} 个条目，摘要 {digest}",
        "archived by {who}: {n} entries, digest {digest}",
    ),
    "old_not_wiped": ("尚未清除", "not wiped"),
    "old_wiped": ("{who} 已清除 {n} 个文件", "wiped by {who}: {n} files"),
    "old_medium": (
        "（覆写未必到达介质：磁盘须消磁或销毁）",
        "(overwriting may not reach the medium: purge or destroy the disk)",
    ),
    "old_room": ("机房", "room"),
    "old_room.in_use": ("仍有信息系统", "systems live there still"),
    "old_room.devices_left": ("系统已迁出，仍有非接入设备", "no system left, devices are to go"),
    "old_room.unknown": (
        "系统已迁出，部分设备用途未申报",
        "no system left, some devices' use is not told",
    ),
    "old_room.emptied": ("仅保留接入设备", "access devices alone"),
    "old_host": ("设备", "device"),
    "old_name": ("名称", "name"),
    "old_do": ("处置", "what to do"),
    "old_device": ("清退", "take away"),
    "old_untold": ("核实用途", "find out what it is for"),
    "old_rent": ("年租金（元）", "rent a year (yuan)"),
    "old_contract": ("合同截止", "contract ends"),
    "old_lines_kept": ("机房仍在用，线路暂不注销", "the room is in use: its lines stay"),
    "old_lines_go": ("机房已无系统：线路应注销", "no system left: these lines are to be cancelled"),
    "old_paper": ("已写入 {path}", "written to {path}"),
}
