"""Words of objects and fields, ledgers, and the inventories side by side."""

from collections.abc import Mapping

OBJECT_TEXTS: Mapping[str, tuple[str, str]] = {
    # objects and their fields
    "organisations": ("单位", "organisations"),
    "sites": ("园区", "sites"),
    "rooms": ("机房", "rooms"),
    "clouds": ("政务云", "clouds"),
    "lines": ("线路", "lines"),
    "links": ("链路", "links"),
    "nodes": ("交换节点", "nodes"),
    "hosts": ("服务器", "hosts"),
    "services": ("服务", "services"),
    "systems": ("信息系统", "systems"),
    "dependencies": ("依赖", "dependencies"),
    "projects": ("项目", "projects"),
    "resources": ("信息资源", "resources"),
    "kind": ("类别", "kind"),
    "count": ("数量", "count"),
    "code": ("编号", "code"),
    "name": ("名称", "name"),
    "field": ("字段", "field"),
    "value": ("值", "value"),
    "yes": ("是", "yes"),
    "no": ("否", "no"),
    "told_in": ("出处", "told in"),
    "place_now": ("现所在", "lives now"),
    "needs": ("依赖于", "needs"),
    "needed_by": ("被依赖", "needed by"),
    "estate": ("台账库", "inventory"),
    "digest": ("摘要", "digest"),
    # ledgers
    "file": ("文件", "file"),
    "sheet": ("工作表", "sheet"),
    "row": ("行", "row"),
    "column": ("列", "column"),
    "read": ("读到", "read"),
    "reason": ("原因", "reason"),
    "problems": ("问题 {n} 处", "problems: {n}"),
    "refused_rows": (
        "共读 {rows} 行，拒收 {refused} 行，问题 {problems} 处",
        "rows read: {rows}, refused: {refused}, problems: {problems}",
    ),
    "passed_over": ("略过", "passed over"),
    "ledger_good": ("台账无误", "the ledger is good"),
    "not_applied": (
        "未写入：请更正后重试，或用 --partial 只收无误的行",
        "not applied: correct the ledger and try again, or take the good rows with --partial",
    ),
    "written": ("已写入 {file}", "written: {file}"),
    "reads_back": (
        "重新读入结果相同，导出内容的摘要 {digest}（不含迁移后的位置，与变更的摘要不是一回事）",
        "reads back the same, digest of what was exported {digest} (without where moves left the "
        "systems; it is not that of a change)",
    ),
    "changed_back": ("{what}：重新读入后有变化", "{what}: is told otherwise when read back"),
    "not_told_back": (
        "{what}“{column}”：台账无法如实表示，请见 --json 导出",
        "{what}, {column}: no ledger can tell it; see the export as --json",
    ),
    "reading": ("正在读取 {what} {done}/{total}", "reading {what} {done}/{total}"),
    "applied": ("已写入台账库", "applied to the inventory"),
    "nothing_changed": ("台账库无变化", "the inventory is unchanged"),
    # NetBox, ledgers and the last snapshot side by side
    "netbox": ("NetBox", "NetBox"),
    "ledger": ("台账", "ledger"),
    "snapshot": ("上次快照", "last snapshot"),
    "changed_by": ("何人何时改", "changed by, at"),
    "winner": ("取谁", "who wins"),
    "winner.netbox": ("取 NetBox", "NetBox"),
    "winner.ledger": ("取台账", "the ledger"),
    "winner.both": ("双方一致", "both agree"),
    "winner.ask": ("待裁定", "to be decided"),
    "cause.ledger": ("仅台账改动", "the ledger alone changed it"),
    "cause.netbox": ("仅 NetBox 改动", "NetBox alone changed it"),
    "cause.agreed": ("同样改动", "both changed it alike"),
    "cause.precedence": ("双方改动，按优先级表", "both changed it: by the table"),
    "cause.decision": ("已有人裁定", "a person has decided"),
    "cause.conflict": ("双方改动且不一致", "both changed it and disagree"),
    "cause.deleted": (
        "NetBox 中已删除，台账中仍有",
        "deleted in NetBox, still in the ledger",
    ),
    "cause.lost": (
        "NetBox 中许多对象同时失去此字段（自定义字段重建？）",
        "many objects lost this field in NetBox at once (was the custom field made anew?)",
    ),
    "cause.held": (
        "所引用的对象已在 NetBox 中删除，暂缓",
        "held back: what it refers to was deleted in NetBox",
    ),
    "whole_object": ("（整个对象）", "(the object)"),
    "findings": ("差异 {n} 处", "differences: {n}"),
    "no_findings": (
        "NetBox、台账与上次快照一致",
        "NetBox, the ledgers and the last snapshot agree",
    ),
    "conflicts": (
        "冲突 {n} 处：暂保留 NetBox 的值；写入时生成任务，由人裁定",
        "conflicts: {n}. NetBox's value stays for now; applying makes tasks for a person to decide",
    ),
    "objections": (
        "NetBox 放不下，写入时将被拒绝：{n} 处",
        "more than NetBox holds, a write would be refused: {n}",
    ),
    "dry": (
        "只作演示，未写入。核对无误后执行：{command}",
        "shown only, nothing was written. If it is right, run: {command}",
    ),
    "tasks_noted": (
        "任务：新增 {opened}，更新 {changed}，仍待裁定 {same}，已自行消除 {gone}；"
        "查看：qianyun inventory tasks",
        "tasks: {opened} opened, {changed} updated, {same} still open, {gone} settled by "
        "themselves; see: qianyun inventory tasks",
    ),
    "task": ("任务", "task"),
    "no_tasks": ("没有待裁定的任务", "no task is open"),
    "open": ("待裁定", "open"),
    "settled": ("已裁定", "settled"),
    "gone": ("已消除", "gone"),
    "task_settled": (
        "任务 {id} 已裁定：{winner}。下次写入台账时照此办理",
        "task {id} is settled: {winner}. The next apply of the ledgers follows it",
    ),
    "pulled": (
        "已读取 NetBox（{how}），请求 {requests} 次，未纳入 {left} 个",
        "NetBox was read ({how}) in {requests} requests; {left} objects were left out",
    ),
    "pulled_full": ("全部", "all of it"),
    "pulled_part": ("仅变化部分", "only what changed"),
    "left_out": ("未纳入的对象", "objects that were left out"),
    "endpoint": ("NetBox 类型", "NetBox type"),
    "examples": ("例如", "for example"),
    "id": ("id {id}", "id {id}"),
    "and_others": ("{first} 等 {n} 行", "{first} and others, {n} rows"),
    "not_written_apart": (
        "台账与 NetBox 另有 {n} 处不同，写入台账也不会改动；逐字段查看：{command}",
        "the ledgers and NetBox differ in {n} more places, which an apply would leave; field by field: "
        "{command}",
    ),
    "verified": (
        "核对完毕：所存与 NetBox 一致（请求 {requests} 次）",
        "verified: what is held is what NetBox has ({requests} requests)",
    ),
    "not_verified": (
        "所存与 NetBox 不一致，请执行 qianyun inventory pull --full",
        "what is held is not what NetBox has: run qianyun inventory pull --full",
    ),
}
