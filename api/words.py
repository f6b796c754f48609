"""Every text of the screens, Chinese and English, in one place; `say(key)` in the chosen language.

Messages of errors are not here: they come bilingual from where the fault was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from api.words_census import CENSUS
from api.words_plan import PLAN_TEXTS
from api.words_policy import POLICY_TEXTS
from api.words_records import RECORD_TEXTS
from api.words_report import REPORT_TEXTS

Lang = Literal["zh", "en"]

TEXTS: Mapping[str, tuple[str, str]] = {
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
    "reads_back": ("重新读入结果相同，摘要 {digest}", "reads back the same, digest {digest}"),
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
    # plans
    "plan": ("方案", "plan"),
    "plans": ("方案", "plans"),
    "author": ("编制人", "author"),
    "made_at": ("编制时间", "made at"),
    "state": ("状态", "state"),
    "items": ("迁移项", "items"),
    "wave": ("批次", "wave"),
    "wave_n": ("第 {n} 批", "wave {n}"),
    "system": ("系统", "system"),
    "from": ("从", "from"),
    "to": ("到", "to"),
    "line": ("线路", "line"),
    "window": ("窗口", "window"),
    "why": ("理由", "why"),
    "disposition": ("去向", "disposition"),
    "not_moving": ("不在批次中", "in no wave"),
    "approvals": ("审批", "approvals"),
    "decision": ("决定", "decision"),
    "actor": ("操作人", "who"),
    "at": ("时间", "at"),
    "draft": ("草稿", "draft"),
    "approved": ("已批准", "approved"),
    "rejected": ("已否决", "rejected"),
    "approve": ("批准", "approve"),
    "reject": ("否决", "reject"),
    "move": ("迁移", "move"),
    "stay": ("不动", "stay"),
    "stub": ("涉密登记", "stub"),
    "blocked": ("受阻", "blocked"),
    "windows_ignored": ("不等窗口（仅限演练）", "windows are ignored (rehearsals only)"),
    "means": (
        "同时至多 {moves} 项；切换后观察 {soak} 秒；割接保持至多 {hold} 秒；时区 {zone}",
        "at most {moves} items at once; soak {soak} s; hold at most {hold} s; time zone {zone}",
    ),
    "approve_with": (
        "核对后由他人审批：qianyun plan approve {code} --digest {digest}",
        "another person approves it: qianyun plan approve {code} --digest {digest}",
    ),
    "digest_needed": (
        "审批须给出所看方案的完整摘要：先 qianyun plan show {code}，再以 --digest 原样给出",
        "a decision needs the whole digest of the plan that was looked at: qianyun plan show "
        "{code}, then give it exactly with --digest",
    ),
    "no_drift": ("事实未变，方案仍然成立", "the facts are the plan's: it holds"),
    "drift": ("事实已变", "the facts changed"),
    "drifted": (
        "方案依据的事实已变，没有预演：请重新编制方案",
        "the facts changed since the plan was made, nothing was rehearsed: make a new plan",
    ),
    "difference": ("差异（方案 → 现在）", "difference (plan → now)"),
    "no_plans": ("还没有方案：qianyun plan make", "no plan yet: qianyun plan make"),
    "rehearsal": ("预演", "dry run"),
    "rehearsed_good": ("预演通过，未改动任何主机", "the dry run passed; no host was changed"),
    "rehearsed_bad": (
        "预演未通过：{n} 步失败，未改动任何主机",
        "the dry run failed in {n} steps; no host was changed",
    ),
    "step": ("步骤", "step"),
    "result": ("结果", "result"),
    "would_change": ("将改动", "would change"),
    "ok": ("通过", "ok"),
    "bad": ("未通过", "failed"),
    "message": ("说明", "message"),
    # runs
    "run": ("执行", "run"),
    "no_runs": (
        "还没有执行：qianyun run start PLAN",
        "nothing was run yet: qianyun run start PLAN",
    ),
    "started": (
        "已开始，查看：qianyun run status {run} --watch",
        "started; look: qianyun run status {run} --watch",
    ),
    "started_by": ("发起人", "started by"),
    "started_at": ("开始", "started"),
    "ended_at": ("结束", "ended"),
    "seconds": ("用时", "took"),
    "run_of": (
        "执行 {run}，方案 {plan}，{state}；{by} 于 {at} 发起",
        "run {run} of plan {plan}, {state}; started by {by} at {at}",
    ),
    "run_ended": ("，{at} 结束", ", ended at {at}"),
    "notes": ("说明", "notes"),
    "recorded": ("已记录：{what}", "recorded: {what}"),
    "late": (
        "命令已记录，引擎恢复后自行照办",
        "the command is recorded; the engine acts on it at its return",
    ),
    "waits": ("等待操作人：{systems}", "an operator is waited for: {systems}"),
    "self_paused": ("执行已暂停：{note}", "the run is paused: {note}"),
    "timed_out": ("{seconds} 秒内未结束", "did not end within {seconds} s"),
    # NetBox
    "actions": ("动作", "actions"),
    "object_types": ("对象类型", "object types"),
    "constraint": ("条件", "only where"),
    "netbox_holder": ("用户 {user}，用户组 {group}", "user {user}, group {group}"),
    "netbox_missing": ("缺少 {n} 项", "{n} are missing"),
    "netbox_made": ("已备好 NetBox：{n} 项", "NetBox is ready: {n} made"),
    "netbox_ready": ("NetBox 已备好，无需改动", "NetBox is ready, nothing to do"),
    "netbox_token_written": ("服务令牌已写入 {path}", "the service token is in {path}"),
    "netbox_token_kept": ("{path} 中的令牌可用，保留", "the token in {path} works and is kept"),
    "run.running": ("执行中", "running"),
    "run.paused": ("已暂停", "paused"),
    "run.done": ("已完成", "done"),
    "run.ended": ("已结束，未全部完成", "ended, not all done"),
    "item.waiting": ("等待", "waiting"),
    "item.running": ("执行中", "running"),
    "item.paused": ("暂停", "paused"),
    "item.failed": ("失败", "failed"),
    "item.held": ("挂起", "held"),
    "item.rolling_back": ("回退中", "rolling back"),
    "item.rolled_back": ("已回退", "rolled back"),
    "item.done": ("完成", "done"),
    "item.aborted": ("已中止", "aborted"),
    "step.pending": ("-", "-"),
    "step.running": ("进行中", "runs"),
    "step.done": ("完成", "done"),
    "step.failed": ("失败", "failed"),
    "step.held": ("挂起", "held"),
    "step.skipped": ("跳过", "skip"),
    "preflight": ("预检", "preflight"),
    "backup": ("备份", "backup"),
    "presync": ("预同步", "presync"),
    "gate": ("关口", "gate"),
    "quiesce": ("静默", "quiesce"),
    "final_sync": ("终同步", "final sync"),
    "start": ("启动", "start"),
    "verify": ("核验", "verify"),
    "switch": ("切换", "switch"),
    "soak": ("观察", "soak"),
    "commit": ("提交", "commit"),
    "rollback": ("回退", "rollback"),
    "head.preflight": ("预检", "pre-\nflight"),
    "head.presync": ("预同步", "pre-\nsync"),
    "head.final_sync": ("终同步", "final\nsync"),
    "prepare": ("准备", "prepare"),
    "reverse": ("反向复制", "reverse"),
    "log.begun": ("开始", "begins"),
    "log.done": ("完成，用时 {took}", "done in {took}"),
    "log.failed": ("失败，用时 {took}", "failed after {took}"),
    "log.unended": ("没有结束", "did not end"),
    "log.held": ("请求保持 {seconds} 秒", "requests held for {seconds} s"),
    "log.looks": (
        "探测 {looks} 次，失败 {failed} 次，最慢 {slowest_ms} 毫秒",
        "{looks} looks, {failed} failed, slowest {slowest_ms} ms",
    ),
    "log.red": ("失败 {n} 次", "failed {n} times"),
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
    **POLICY_TEXTS,
    **REPORT_TEXTS,
    **CENSUS,
    **RECORD_TEXTS,
    **PLAN_TEXTS,
}


@dataclass(frozen=True)
class Words:
    """Texts in one language."""

    lang: Lang

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of `key`; KeyError for an unknown key is a bug."""
        text = TEXTS[key][0 if self.lang == "zh" else 1]
        return text.format(**values) if values else text

    def half(self, told: str) -> str:
        """This language's half of a reason that has both, "中文 / English"; the whole of another.

        What either half quotes stands in both, so the " / " between them is the middle one.
        """
        parts = told.split(" / ")
        middle, odd = divmod(len(parts), 2)
        zh, en = " / ".join(parts[:middle]), " / ".join(parts[middle:])
        if odd or not any("\u4e00" <= sign <= "\u9fff" for sign in zh):
            return told
        return zh if self.lang == "zh" else en

    def known(self, key: str) -> str:
        """The text of `key` where there is one, else `key` itself (data may hold new words)."""
        return self(key) if key in TEXTS else key
