"""Lists of systems that several forms share. A classified system is a stub (G7): it is counted, and
nothing of it is listed."""

from collections.abc import Iterable, Sequence

from inventory.labels import value_label
from inventory.model import Secrecy, System
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Table
from inventory.reports.parts import NO, rows_of, total_of
from inventory.reports.phrases import iso, mark

CRITERIA = (
    ("zombie_detached", "与业务流程长期脱节"),
    ("zombie_replaceable", "功能可被替代"),
    ("zombie_idle", "资源长期空闲"),
    ("zombie_stale", "停止更新服务"),
    ("zombie_rarely_used", "范围小频度低"),
)
"""The five of the clause, in its order."""


def listable(systems: Iterable[System]) -> list[System]:
    """Without the classified ones."""
    return [s for s in systems if s.secrecy is not Secrecy.CLASSIFIED]


def classified_note(systems: Iterable[System]) -> tuple[str, ...]:
    """How many there are that are not listed."""
    count = sum(s.secrecy is Secrecy.CLASSIFIED for s in systems)
    return (f"涉密系统{count}个计入总数，按保密要求不列明细。",) if count else ()


def word(field: str, value: object) -> str:
    """A field of a system in Chinese; "" where it is not told."""
    return "" if value is None else str(value_label("systems", field, value))


def census_table(case: Case, systems: Sequence[System], *, title: str = "") -> Table:
    """What the self-audit and the audit ask of each system (D1)."""
    listed = listable(systems)
    rows = rows_of([_census(case, s) for s in listed])
    return Table(
        title=title,
        unit="金额单位：元",
        columns=(
            NO,
            Column(title="系统名称", width=11),
            Column(title="责任单位", width=9),
            Column(title="主要功能", width=13),
            Column(title="使用范围", width=5),
            Column(title="使用频度", width=6),
            Column(title="人员配备", kind="number", width=4),
            Column(title="部门", width=8, group="审批"),
            Column(title="时间", kind="date", width=7, group="审批"),
            Column(title="经费来源", width=5, group="经费"),
            Column(title="建设资金", kind="money", width=7, group="经费"),
            Column(title="年运维费", kind="money", width=6, group="经费"),
            Column(title="建设状态", width=4),
            Column(title="网络", width=4),
            Column(title="等保级别", kind="mark", width=4),
        ),
        rows=rows,
        total=total_of(rows, "合计", 6, 10, 11),
        notes=(*classified_note(systems), *_untold(listed)),
    )


_ASKED = (
    ("function", "功能"),
    ("scope_of_use", "使用范围"),
    ("frequency_of_use", "使用频度"),
    ("approving_department", "审批部门"),
    ("approval_date", "审批时间"),
    ("funding_source", "经费来源"),
)


def _untold(systems: Sequence[System]) -> tuple[str, ...]:
    counts = [(name, sum(getattr(s, field) is None for s in systems)) for field, name in _ASKED]
    told = "、".join(f"{name}{count}个" for name, count in counts if count)
    return (f"未填报：{told}。",) if told else ()


def _census(case: Case, one: System) -> tuple[Cell, ...]:
    return (
        one.name,
        case.name_of(one.organisation),
        one.function,
        word("scope_of_use", one.scope_of_use),
        one.frequency_of_use,
        one.staff,
        case.name_of(one.approving_department) if one.approving_department else "",
        iso(one.approval_date),
        word("funding_source", one.funding_source),
        one.construction_funds,
        one.om_funds_per_year,
        word("project_state", one.project_state),
        word("network_domain", one.network_domain),
        {1: "一", 2: "二", 3: "三", 4: "四", 5: "五"}.get(one.mlps_level or 0, ""),
    )


def cleanup_table(case: Case, systems: Sequence[System], *, title: str = "") -> Table:
    """The five criteria as answered, the decision and what shows it."""
    listed = listable(systems)
    rows = rows_of([_cleanup(case, s) for s in listed])
    group = "“僵尸”信息系统认定标准"
    return Table(
        title=title,
        unit="金额单位：元/年",
        columns=(
            NO,
            Column(title="系统名称", width=10),
            Column(title="责任单位", width=8),
            *(Column(title=name, kind="mark", width=4, group=group) for _, name in CRITERIA),
            Column(title="使用频度", width=6),
            Column(title="年运维费", kind="money", width=6),
            Column(title="清理意见", width=4, group="处置"),
            Column(title="并入系统", width=8, group="处置"),
            Column(title="佐证材料", width=8, group="处置"),
            Column(title="是否完成", kind="mark", width=4, group="处置"),
            Column(title="备注", width=7),
        ),
        rows=rows,
        total=total_of(rows, "合计", 9),
        notes=(
            "√ 符合，× 不符合，？ 未填报。是否清理由责任单位决定，本表不设阈值。",
            *classified_note(systems),
        ),
    )


def _cleanup(case: Case, one: System) -> tuple[Cell, ...]:
    into = case.find("systems", one.merged_into)
    return (
        one.name,
        case.name_of(one.organisation),
        *(mark(getattr(one, field)) for field, _ in CRITERIA),
        one.frequency_of_use,
        one.om_funds_per_year,
        word("zombie_decision", one.zombie_decision),
        into.name if into else one.merged_into or "",
        one.zombie_evidence,
        "√" if case.read("systems", "cleaned", one) else "×",
        "全市统筹系统" if one.citywide_unified else "",
    )


def suspects(case: Case, systems: Iterable[System]) -> list[System]:
    """Systems that an account of the clean-up speaks of: any criterion was answered with yes, or
    somebody has decided, or it went into another."""
    return [
        s
        for s in systems
        if case.read("systems", "zombie", s) or s.zombie_decision or s.merged_into
    ]
