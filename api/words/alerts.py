"""Words of alerts, silences, and of what the engine asks the prober."""

ALERT_TEXTS: dict[str, tuple[str, str]] = {
    "rules_nobody": (
        "未填值班文件，不会叫醒任何人：设 QIANYUN_PAGING 或 --paging",
        "nobody is woken yet: give QIANYUN_PAGING or --paging, a file of who is",
    ),
    "silences_off": (
        "未设 Alertmanager（QIANYUN_ALERTMANAGER_URL），割接时不静默告警",
        "no Alertmanager is set (QIANYUN_ALERTMANAGER_URL): nothing is silenced during cutovers",
    ),
    "prober": ("探测机", "prober"),
    "vantage_missing": (
        "观测点 {name} 没有结果，以下不含其所见：{why}",
        "nothing from the prober {name}, what it sees is not in here: {why}",
    ),
    "no_silences": ("没有生效的静默", "no silence is in force"),
    "silence_objects": ("对象", "objects"),
    "silence_until": ("自行结束于", "ends by itself"),
    "silence_whose": ("谁的", "whose"),
    "silence_why": ("说明", "comment"),
    "no_alerts": ("没有收到告警", "no alert came in"),
    "alert_name": ("告警", "alert"),
    "alert.firing": ("未恢复", "firing"),
    "alert.unheard": ("逾一天未再收到", "not heard of for a day"),
    "alert.resolved": ("已恢复", "over"),
    "severity_of_alert": ("级别", "severity"),
    "alert_began": ("起始", "began"),
    "alert_told": ("最近收到", "last told"),
    "alert_ended": ("恢复于", "over since"),
    "summary": ("说明", "summary"),
    "page.alerts": ("收到的告警", "Alerts that came in"),
    "page.alerts.none": ("没有收到告警", "no alert came in"),
    "page.alerts.unset": (
        "未设 QIANYUN_ALERTMANAGER_TOKEN，Alertmanager 的告警收不进来",
        "QIANYUN_ALERTMANAGER_TOKEN is not set: Alertmanager's alerts are not taken",
    ),
    "page.alert.object": ("对象", "object"),
    "page.call.alerts": ("{n} 条告警未恢复：{names}", "{n} alerts fire: {names}"),
}
