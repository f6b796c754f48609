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
    "page.old": ("旧主机", "Old host"),
    "page.old.paper": ("下线与专线注销表", "form of its end"),
    "page.old.trial": ("试运行", "trial"),
    "page.old.in_trial": ("试运行未满", "in its trial"),
    "page.old.archived": ("归档", "archive"),
    "page.old.wiped": ("清除", "wipe"),
    "page.old.entries": ("{n} 个条目，清单摘要", "{n} entries; digest of the manifest"),
    "page.old.files": ("{n} 个文件", "{n} files"),
    "page.old.no_devices": (
        "没有须清退或核实的设备",
        "no device is to go or to be found out about",
    ),
    "page.old.lines": ("机房的专线", "Lines of the room"),
    "page.old.no_lines": ("此机房没有登记的专线", "no line of this room is on record"),
    "page.old.archive": ("归档旧主机 {host}", "Archive the old host {host}"),
    "page.old.archive.verb": ("归档", "Archive"),
    "page.old.archive.what": (
        "把旧主机上属于此系统的目录与数据库打包成归档并算出清单摘要；原有内容不动。时间依数据量而定。",
        "Folders and databases of the system on its old host are packed into an archive with a manifest; "
        "what is there stays. It takes as long as its data do.",
    ),
    "page.old.archive.going": ("正在归档", "archiving"),
    "page.old.archive.done": ("已归档", "archived"),
    "page.old.archive.failed": ("归档没有做完", "the archive did not come to its end"),
    "page.old.wipe": ("清除旧主机 {host}", "Wipe the old host {host}"),
    "page.old.wipe.verb": ("清除", "Wipe"),
    "page.old.wipe.what": (
        "覆写并删除旧主机上已归档的数据，不可撤销。请先核对带走的归档，把其中 manifest.json 的 SHA-256 填在"
        "下面。",
        "What was archived is overwritten and removed from the old host: no way back. Look at the archive "
        "that was carried off first, and give the SHA-256 of its manifest.json below.",
    ),
    "page.old.wipe.going": ("正在清除", "wiping"),
    "page.old.wipe.done": ("已清除", "wiped"),
    "page.old.wipe.failed": ("清除没有做完", "the wipe did not come to its end"),
    "page.old.digest": ("带走的归档清单的 SHA-256", "SHA-256 of the manifest that was carried off"),
    "page.old.other": (
        "摘要不符：请核对带走的归档",
        "another digest: look at the archive that was carried off",
    ),
}
