"""Texts of pages on which something is done or taken away, Chinese and English."""

from collections.abc import Mapping

PAGE_DEED_TEXTS: Mapping[str, tuple[str, str]] = {
    "page.dossier": ("卷宗", "Dossier"),
    "page.dossier.file": ("下载卷宗", "Take it away"),
    "page.dossier.note": (
        "每次生成记入审计；下载的文件可用 qianyun run verify 离线核验。",
        "Each making stands in the audit; `qianyun run verify` verifies the file elsewhere.",
    ),
    "page.dossier.bad": ("卷宗核验不通过", "the dossier does not hold"),
    "page.dossier.head": ("审计链末条", "end of the audit chain"),
    "page.dossier.decisions": ("审批与依据", "Decisions"),
    "page.dossier.audit": ("相关审计条目", "Audit entries about it"),
    "page.silences": ("生效的静默", "Silences in force"),
    "page.silences.note": ("静默期间不告警", "nobody is alerted of these meanwhile"),
    "page.silences.unset": ("未设 Alertmanager", "no Alertmanager is set"),
    "page.silences.unset.how": (
        "设置 QIANYUN_ALERTMANAGER_URL 后在此列出。",
        "Set QIANYUN_ALERTMANAGER_URL to have them here.",
    ),
    "page.silences.unknown": (
        "Alertmanager 未应答，不知有无静默",
        "Alertmanager does not answer: whether any is in force is not known",
    ),
    "page.history": ("可用率", "Availability"),
    "page.history.none": ("此月没有观测记录", "nothing was observed in this month"),
    "page.history.none.how": (
        "探测运行后逐日记录：qianyun probe serve",
        "It is recorded day by day while probes run: qianyun probe serve",
    ),
    "page.month": ("月份", "month"),
    "page.availability": ("可用率", "availability"),
    "page.unmeasured": ("未测", "not measured"),
    "page.down_for": ("中断合计", "down in all"),
    "page.longest": ("最长一次", "longest"),
    "page.outage.cause": ("确认的原因", "cause as acknowledged"),
    "page.outage.acknowledge": ("确认中断", "Take note of an outage"),
    "page.outage.acknowledge.verb": ("确认", "Take note"),
    "page.outage.acknowledge.what": (
        "原因写入中断记录与审计，不会使目标恢复。",
        "The cause goes into the record and the audit; it brings nothing back up.",
    ),
    "page.dry_run": ("预演", "Dry run"),
    "page.dry_run.what": (
        "对 {n} 个迁移项逐一预检，并以检查模式运行每个剧本，不改动任何主机。可离开此页。",
        "Preflight and every playbook in check mode for {n} items; no host is changed. You may leave "
        "this page.",
    ),
    "page.dry_run.begin": ("开始预演", "Begin the dry run"),
    "page.dry_run.again": ("再次预演", "Once more"),
    "page.dry_run.going": ("正在预演", "under way"),
    "page.dry_run.first": ("正在预检第一项…", "looking at the first item…"),
    "page.dry_run.good": ("全部通过", "all is well"),
    "page.dry_run.bad": ("{n} 步未通过", "steps that failed: {n}"),
    "page.dry_run.cut": ("预演没有做完", "the dry run came to no end"),
    "page.dry_run.changes": ("将改动", "would change"),
    "page.report.files": ("文件", "files"),
    "page.report.send": ("登记报送", "Put down that it was handed in"),
    "page.report.send.verb": ("登记", "Put it down"),
    "page.report.send.what": (
        "迁云不代为发送：请经办公室以公文、平台或邮件送出后在此登记，记入审计。",
        "Nothing is sent by Qianyun: an office does that, by mail, platform or paper; here it is put "
        "down, and stands in the audit.",
    ),
    "page.report.on": ("报送日期", "day"),
    "page.report.channel": ("渠道（公文、平台、邮箱…）", "channel (paper, platform, mail…)"),
    "page.report.to": ("收件单位", "to"),
    "page.report.evidence": ("凭证（回执、文号）", "evidence (receipt, number)"),
    "page.report.say_channel": ("请填写渠道", "Say by which channel it went"),
    "page.report.say_day": ("日期应为 YYYY-MM-DD", "The day should be YYYY-MM-DD"),
    "page.conflicts": ("待裁定的冲突", "Conflicts"),
    "page.conflicts.none.how": (
        "导入台账后，NetBox 与台账不一致而规则不能决定的，在此由人裁定。",
        "Where NetBox and a ledger disagree and no rule decides, a person does so here.",
    ),
    "page.conflicts.whole": ("整个对象", "the whole object"),
    "page.conflicts.untold": ("未填", "not told"),
    "page.conflicts.absent": ("没有", "not there"),
    "page.conflicts.there": ("有", "there"),
    "page.conflicts.settle": ("裁定冲突", "Decide a conflict"),
    "page.conflicts.taken": ("采用", "taken:"),
    "page.conflicts.given_up": ("放弃", "given up:"),
    "page.conflicts.ledger.what": (
        "下次导入台账时把此值写入 NetBox。裁定不能撤回。",
        "The next apply of ledgers writes it to NetBox. A decision can't be taken back.",
    ),
    "page.conflicts.netbox.what": (
        "NetBox 不变，台账中的值不再采用。裁定不能撤回。",
        "NetBox stays as it is, the ledger's value is left out. A decision can't be taken back.",
    ),
}
