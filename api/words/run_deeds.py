"""Texts of what is done with a run in flight: commands, decisions, limits; Chinese and English."""

from collections.abc import Mapping

RUN_DEED_TEXTS: Mapping[str, tuple[str, str]] = {
    "page.verb.pause": ("暂停", "Pause"),
    "page.verb.resume": ("继续", "Resume"),
    "page.verb.retry": ("重试", "Retry"),
    "page.verb.skip": ("跳过", "Skip"),
    "page.verb.rollback": ("回退", "Roll back"),
    "page.verb.abort": ("中止", "Abort"),
    "page.do.run.pause": ("暂停执行 {name}", "Pause run {name}"),
    "page.do.run.pause.what": (
        "不再开始新的步骤；进行中的步骤做完为止，系统不受影响。",
        "No further step begins; what is under way comes to its end. No system is affected.",
    ),
    "page.do.run.resume": ("继续执行 {name}", "Resume run {name}"),
    "page.do.run.resume.what": (
        "按窗口与限额继续开始后面的步骤。",
        "The next steps begin, within windows and limits.",
    ),
    "page.do.run.abort": ("中止执行 {name}", "Abort run {name}"),
    "page.do.run.abort.what": (
        "不再开始任何迁移项；已开始而未提交的全部回退到原处。不可撤销。",
        "Nothing more begins; every item under way that is not committed is rolled back "
        "to its source. This cannot be taken back.",
    ),
    "page.do.item.pause": ("暂停 {name}", "Pause {name}"),
    "page.do.item.pause.what": (
        "此系统不再开始新的步骤；进行中的步骤做完为止。",
        "No further step of this system begins; the one under way comes to its end.",
    ),
    "page.do.item.resume": ("继续 {name}", "Resume {name}"),
    "page.do.item.resume.what": (
        "此系统接着做后面的步骤。",
        "This system goes on with its next steps.",
    ),
    "page.do.item.retry": ("重试 {name}", "Retry {name}"),
    "page.do.item.retry.what": (
        "再做一次“{step}”；割接中失败的，从预同步起重做。",
        "“{step}” runs again; after a cutover that gave up, from the presync on.",
    ),
    "page.do.item.skip": ("跳过 {name} 的一步", "Skip a step of {name}"),
    "page.do.item.skip.what": (
        "不做“{step}”，直接进入下一步。理由记入审计。",
        "“{step}” is left out and the next one begins. The reason stands in the audit.",
    ),
    "page.do.item.rollback": ("回退 {name}", "Roll back {name}"),
    "page.do.item.rollback.what": (
        "停止在新处的服务，恢复原处并把流量切回。不可撤销。",
        "It is stopped at its new place, its source serves again and traffic goes back. "
        "This cannot be taken back.",
    ),
    "page.do.item.rollback.early.what": (
        "尚未割接：原处一直在服务，流量没有变动；只清理目标上已准备的内容。不可撤销。",
        "It was not cut over: its source serves as ever and no traffic moved; what was prepared at its "
        "target is cleared. This cannot be taken back.",
    ),
    "page.do.touches": ("涉及 {n} 个系统", "systems concerned: {n}"),
    "page.do.type": ("输入 {name} 以确认", "type {name} to confirm"),
    "page.do.type_it": ("请照样输入 {name}", "type exactly {name}"),
    "page.do.changed": (
        "情况已有变化，请重看会发生什么，再确认",
        "things have changed meanwhile: read again what will happen, then confirm",
    ),
    "page.do.say_why": ("请写明理由", "say why"),
    "page.do.wave.pause": ("暂停第 {name} 批", "Pause wave {name}"),
    "page.do.wave.pause.what": (
        "此批不再开始新的步骤；进行中的步骤做完为止。其他批次照旧。",
        "No further step of this wave begins; what is under way comes to its end. Other waves go on.",
    ),
    "page.do.wave.resume": ("继续第 {name} 批", "Resume wave {name}"),
    "page.do.wave.resume.what": (
        "此批中暂停的系统接着做后面的步骤。",
        "Systems of this wave that are paused go on with their next steps.",
    ),
    "page.do.wave.rollback": ("回退第 {name} 批", "Roll back wave {name}"),
    "page.do.wave.rollback.what": (
        "此批未提交的系统逐一停止在新处的服务，恢复原处并把流量切回；未开始的不再开始。不可撤销。",
        "Each system of this wave that is not committed is stopped at its new place, its source serves "
        "again and traffic goes back; what has not begun never begins. This cannot be taken back.",
    ),
    "page.decisions": ("审批与依据", "Approvals and papers"),
    "page.decisions.ready": ("已就绪，只待审批", "Ready, waiting for an approval alone"),
    "page.decisions.none": ("没有只待审批的系统", "Nothing waits for an approval alone"),
    "page.decisions.none.how": (
        "等待窗口、探测或文件的系统，原因写在执行页各系统之下。",
        "What waits for a window, probes or papers says so below its name on the run's page.",
    ),
    "page.decisions.not_yours": ("由有审批权的人决定", "somebody who may decide does so"),
    "page.decisions.waves": ("整批", "A whole wave"),
    "page.decisions.items": ("单个系统", "Single systems"),
    "page.decisions.choose": ("在 {n} 个未结束的系统中选择", "choose among {n} systems under way"),
    "page.decisions.said": ("已作决定与登记", "What was decided and put down"),
    "page.decisions.said.none": ("尚无决定", "nothing was decided yet"),
    "page.decisions.whole": ("整个方案", "the whole plan"),
    "page.decided.approve": ("批准", "approved"),
    "page.decided.reject": ("否决", "refused"),
    "page.decided.withdraw": ("撤回批准", "withdrawn"),
    "page.decided.evidence": ("登记依据", "paper on record"),
    "page.decided.no-evidence": ("撤销依据", "paper taken back"),
    "page.decide.approve": ("批准", "Approve"),
    "page.decide.approve.verb": ("批准", "Approve"),
    "page.decide.approve.what": (
        "批准绑定下列方案摘要；规则所需人数齐备后，这些系统在窗口内开始下一步。",
        "The approval binds to the digest below; once as many as the rules ask for have approved, these "
        "systems begin their next step within their windows.",
    ),
    "page.decide.reject": ("否决", "Refuse"),
    "page.decide.reject.verb": ("否决", "Refuse"),
    "page.decide.reject.what": (
        "这些系统不再开始下一步，直至重新批准；进行中的步骤做完为止。",
        "These systems begin no further step until they are approved again; what is under way comes to "
        "its end.",
    ),
    "page.decide.withdraw": ("撤回自己的批准", "Withdraw one's own approval"),
    "page.decide.withdraw.verb": ("撤回批准", "Withdraw"),
    "page.decide.withdraw.what": (
        "撤回您先前的批准，他人的批准不变；人数不足的系统不再开始下一步。",
        "Your former approval no longer counts, those of others stand; where too few are left, no further "
        "step begins.",
    ),
    "page.decide.evidence": ("登记依据", "Put a paper on record"),
    "page.decide.evidence.verb": ("登记依据", "Put on record"),
    "page.decide.evidence.what": (
        "记下文件的种类与文号；附上文件时只保存其 SHA-256 摘要。",
        "The paper's kind and number are kept; of a file only its SHA-256.",
    ),
    "page.decide.no-evidence": ("撤销依据", "Take a paper back"),
    "page.decide.no-evidence.verb": ("撤销", "Take back"),
    "page.decide.no-evidence.what": (
        "此文件不再算作依据；要求它的系统不再开始下一步。",
        "The paper no longer counts; systems whose rules ask for it begin no further step.",
    ),
    "page.decide.paper": (
        "请写明文件的种类与文号",
        "the paper's kind and its number are needed",
    ),
    "page.decide.kind": ("种类（如 sign-off、paper）", "kind (such as sign-off, paper)"),
    "page.decide.reference": ("文号", "number of the paper"),
    "page.decide.content": ("文件（只记其摘要）", "file (only its digest is kept)"),
    "page.limits": ("在途限制", "Limits in flight"),
    "page.limits.what": (
        "同时进行的项数，或一条专线全部传输合计的速率（kbit/s）。调低后，在途超出的做完为止；过快的传输中断后按新速率续传。留空为"
        "恢复方案的限制。",
        "Items at the same time, or the rate of a line for all its transfers together (kbit/s). What is "
        "under way beyond a lower limit comes to its end; a transfer that is too quick is cut off and goes "
        "on slower. Empty: the plan's again.",
    ),
    "page.limits.planned": ("方案与规则", "by plan and rules"),
    "page.limits.now": ("现行", "in force"),
    "page.limits.new": ("改为", "new"),
    "page.limits.change": ("核对更改…", "Look at the change…"),
    "page.limits.confirm": ("更改在途限制", "Change limits in flight"),
    "page.limits.verb": ("更改", "Change"),
    "page.limits.same": ("没有更改", "nothing was changed"),
    "page.limits.bad": (
        "{name}：应为不小于 1 的整数",
        "{name}: a whole number of at least 1 is expected",
    ),
    "page.limits.again": ("恢复方案的限制", "the plan's again"),
    "page.limits.total": ("总数", "in total"),
    "page.limits.room": ("机房 {code}", "room {code}"),
    "page.limits.line": ("专线 {code}", "line {code}"),
    "page.limits.cloud": ("云 {code}", "cloud {code}"),
    "page.limits.host": ("目标主机 {code}", "target host {code}"),
    "page.limits.rate": ("专线 {code} 速率", "rate of line {code}"),
}
