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
}
