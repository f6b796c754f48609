"""Lines: the survey of extranet lines (F-08), and what was merged or ended, with the rent that is
saved (F-15)."""

from collections.abc import Sequence

from inventory.labels import value_label
from inventory.model import Line as NetLine
from inventory.reports.case import CITY_OFFICE, Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, UNIT, form_report, grouped, rows_of, total_of, whose
from inventory.reports.phrases import iso, listed, yes_no

SURVEYED = "extranet"
ENDED = ("internet_leased", "private_business", "internal_private")
"""Kinds of line that the clauses order to be merged or ended."""


def survey(case: Case) -> Report:
    """F-08: every extranet line and its use, of a department, or summed up for a county."""
    lines = [x for x in case.own.lines if x.type == SURVEYED]
    unsorted = [x for x in case.own.lines if x.type is None]
    tables = [_survey(case, lines)]
    if unsorted:
        tables.append(
            _survey(case, unsorted).model_copy(update={"title": "附：线路类型未填报、待核实的线路"})
        )
    if case.organisation is None:
        tables.append(_by_unit(case, lines))
    return form_report(case, f"{whose(case)}电子政务外网线路清查表", tables)


def _survey(case: Case, lines: Sequence[NetLine]) -> Table:
    rows = rows_of([_line(case, x) for x in lines])
    active = [n for n, x in enumerate(lines) if case.read("lines", "active", x)]
    total = total_of([rows[n] for n in active], "合计", 12)
    ended = len(lines) - len(active)
    notes = (f"已取消的线路{ended}条，租费不计入合计。",) if ended else ()
    return Table(
        title="",
        unit="带宽单位：Mbit/s　金额单位：元/年",
        columns=(
            NO,
            Column(title="线路编号", width=6),
            Column(title="线路名称", width=8),
            Column(title="使用单位", width=9),
            Column(title="所属区县", width=5),
            Column(title="运营商", width=5),
            Column(title="A端", width=7, group="线路起止"),
            Column(title="Z端", width=7, group="线路起止"),
            Column(title="覆盖层级", width=4),
            Column(title="带宽", kind="number", width=4),
            Column(title="使用情况", width=4),
            Column(title="自行租用", kind="mark", width=4),
            Column(title="年租费", kind="money", width=6),
            Column(title="合同到期日", kind="date", width=7),
            Column(title="覆盖单位", width=9),
        ),
        rows=rows,
        total=total,
        notes=(*notes, *_untold([lines[n] for n in active])),
    )


def _line(case: Case, one: NetLine) -> tuple[Cell, ...]:
    owner = case.find("organisations", one.organisation)
    bandwidth = one.bandwidth_kbps
    return (
        one.code,
        one.name,
        case.name_of(one.organisation),
        one.county or (owner.county if owner else None) or CITY_OFFICE,
        one.provider,
        _place(case, one.a_end),
        _place(case, one.z_end),
        str(value_label("lines", "level", one.level) or ""),
        None if bandwidth is None else bandwidth // 1000 or f"{bandwidth / 1000:g}",
        _usage(case, one),
        yes_no(one.self_leased),
        one.rent_per_year,
        iso(one.contract_end),
        listed(case.names_of(one.coverage or ()), 6),
    )


def _usage(case: Case, one: NetLine) -> str:
    if not case.read("lines", "active", one):
        return "已取消"
    return str(value_label("lines", "usage", one.usage) or "未填报")


def _place(case: Case, code: str | None) -> str:
    found = case.find("rooms", code) or case.find("clouds", code)
    return found.name if found else code or ""


def _untold(lines: Sequence[NetLine]) -> tuple[str, ...]:
    silent = [x.name for x in lines if x.usage is None]
    rent = [x.name for x in lines if x.rent_per_year is None]
    notes = []
    if silent:
        notes.append(f"使用情况未填报的线路{len(silent)}条：{listed(silent)}。")
    if rent:
        notes.append(f"年租费未填报的线路{len(rent)}条，未计入合计：{listed(rent)}。")
    return tuple(notes)


def _by_unit(case: Case, lines: Sequence[NetLine]) -> Table:
    """A county's or the city's summary."""
    rows: list[tuple[Cell, ...]] = []
    theirs = grouped(lines)
    for one in case.members:
        own = theirs.get(one.code, [])
        active = [x for x in own if case.read("lines", "active", x)]
        rows.append(
            (
                one.name,
                one.county or CITY_OFFICE,
                len(active),
                sum(x.usage == "used" for x in active),
                sum(x.usage == "idle" for x in active),
                sum(x.usage is None for x in active),
                sum(x.bandwidth_kbps or 0 for x in active) // 1000,
                sum(x.rent_per_year or 0 for x in active),
                "" if own else "未填报线路",
            )
        )
    made = rows_of(rows)
    number = "number"
    return Table(
        title="线路使用情况汇总表",
        unit="带宽单位：Mbit/s　金额单位：元/年",
        columns=(
            NO,
            UNIT,
            Column(title="所属区县", width=6),
            Column(title="现有线路", kind=number, width=5, group="线路条数"),
            Column(title="在用", kind=number, width=4, group="线路条数"),
            Column(title="闲置", kind=number, width=4, group="线路条数"),
            Column(title="未填报", kind=number, width=4, group="线路条数"),
            Column(title="带宽合计", kind=number, width=6),
            Column(title="年租费合计", kind="money", width=8),
            Column(title="备注", width=8),
        ),
        rows=made,
        total=total_of(made, "合计", 3, 4, 5, 6, 7, 8),
    )


def cancellations(case: Case) -> Report:
    """F-15: internet exits, lines and private networks: where they went, what was saved, what stays
    and by whose leave."""
    lines = [x for x in case.own.lines if x.type in ENDED]
    rows = rows_of([_ended(case, x) for x in lines])
    active = [x for x in lines if case.read("lines", "active", x)]
    saved = [x for x in lines if not case.read("lines", "active", x)]
    kept = sum(bool(case.read("lines", "kept", x)) for x in active)
    unknown = sum(x.rent_per_year is None for x in saved)
    note = (
        f"共{len(lines)}条，已取消或整合{len(saved)}条，经批准暂时保留{kept}条，"
        f"其余{len(lines) - len(saved) - kept}条；年节约租费{sum(x.rent_per_year or 0 for x in saved):,}元"
        + (f"，另有{unknown}条已取消线路未填报租费" if unknown else "")
        + "。"
    )
    table = Table(
        title="",
        unit="金额单位：元/年",
        columns=(
            NO,
            Column(title="线路（专网）名称", width=9),
            UNIT,
            Column(title="类型", width=6),
            Column(title="整合去向", width=5),
            Column(title="处理情况", width=6),
            Column(title="取消日期", kind="date", width=7, group="取消"),
            Column(title="凭证", width=8, group="取消"),
            Column(title="年租费", kind="money", width=6, group="租费"),
            Column(title="年节约", kind="money", width=6, group="租费"),
            Column(title="批准文件", width=7, group="确需保留"),
            Column(title="批准单位", width=7, group="确需保留"),
            Column(title="复核日期", kind="date", width=7, group="确需保留"),
        ),
        rows=rows,
        total=total_of(rows, "合计", 8, 9),
        notes=(note,),
    )
    return form_report(case, f"{whose(case)}互联网出口、线路和业务专网整合取消台账", (table,))


def _ended(case: Case, one: NetLine) -> tuple[Cell, ...]:
    active = bool(case.read("lines", "active", one))
    kept = bool(case.read("lines", "kept", one))
    state = "已取消" if not active else "经批准保留" if kept else "尚未整合"
    if active and one.keep_approval and not kept:
        state = "保留已到期"
    return (
        one.name,
        case.name_of(one.organisation),
        str(value_label("lines", "type", one.type)),
        str(value_label("lines", "destination", one.destination) or ""),
        state,
        iso(one.cancelled_on),
        one.cancel_evidence,
        one.rent_per_year,
        None if active else one.rent_per_year,
        one.keep_approval,
        one.keep_approved_by,
        iso(one.keep_review_on),
    )
