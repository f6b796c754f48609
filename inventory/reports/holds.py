"""暂缓安排经费清单 (F-24): whose money is on hold, how much, by which clause, on which facts. Finance
decides; the list only tells."""

from collections.abc import Iterable

from inventory.labels import FIELDS, value_label
from inventory.policies.fields import label, owner_of
from inventory.policies.holds import Evidence, Hold, total
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, UNIT, form_report, rows_of, whose
from inventory.reports.phrases import UNTOLD, WITHHELD

_SETS = {
    "systems": "信息系统",
    "lines": "线路",
    "projects": "项目",
    "organisations": "单位",
    "rooms": "机房",
    "resources": "信息资源",
    "counties": "县（市、区）",
    "clouds": "政务云",
    "nodes": "交换节点",
}
_KINDS = {
    "hold": ("一、暂缓安排的经费", "暂缓"),
    "phase_out": ("二、逐步减少的经费", "减少"),
}
_RUN = {
    "run:started": ("起算日", "起算日未填报"),
    "run:due": ("应于此日前办结：", "期限无法推算"),
    "run:ended": ("办结日", "至今未办结"),
}
_ANSWERS = {"true": "是", "false": "否", "": UNTOLD}


def money_on_hold(case: Case) -> Report:
    """F-24, of the place, a county or an organisation."""
    title = f"{whose(case)}暂缓安排经费清单"
    tables = [_table(case, kind) for kind in _KINDS]
    return form_report(case, title, (*tables, _by_unit(case), _clauses(case)))


def _table(case: Case, kind: str) -> Table:
    """Money that is to wait, and money that is to be less each year, are two lists: only the first
    adds up to what is on hold."""
    heading, word = _KINDS[kind]
    found = [hold for hold in case.holds if hold.kind == kind]
    yuan, unknown = total(found)
    note = f"合计{yuan:,}元" + (f"，另有{unknown}项金额未填报" if unknown else "") + "。"
    return Table(
        title=heading,
        unit="金额单位：元",
        columns=(
            NO,
            UNIT,
            Column(title="类别", width=5),
            Column(title="名称（编号）", width=9),
            Column(title="涉及金额", kind="money", width=7),
            Column(title="金额口径", width=6),
            Column(title="依据条款", width=8),
            Column(title="事实和出处", width=22),
            Column(title="执行单位", width=9),
        ),
        rows=rows_of([_row(case, hold) for hold in found]),
        notes=(
            note + "同一对象同一经费涉及多个条款的，合计只计一次。",
            f"本表只列明依据和事实，是否{word}由财政部门决定。",
        )
        if found
        else (),
    )


def _row(case: Case, hold: Hold) -> tuple[Cell, ...]:
    return (
        hold.organisation_name or case.name_of(hold.organisation),
        _SETS.get(hold.set, hold.set),
        case.veil.called(hold.set, hold.code, hold.name),
        hold.amount,
        _amount(hold),
        f"{hold.clause}（{hold.entry}）",
        "；".join(_fact(case, hold, one) for one in hold.evidence),
        "、".join(hold.by),
    )


def _amount(hold: Hold) -> str:
    if hold.amount_field is None:
        return "条款未列金额"
    name = FIELDS.get(f"{hold.set}.{hold.amount_field}") or FIELDS.get(hold.amount_field, "")
    return name.removesuffix("（元）") + ("" if hold.amount is not None else f"（{UNTOLD}）")


def _fact(case: Case, hold: Hold, one: Evidence) -> str:
    secret = case.veil.hides(hold.set, hold.code)
    source = f"（{case.veil.text(one.source)}）" if one.source and not secret else ""
    if one.field.startswith("declared:"):
        on_record = {"true": "已登记", "false": "未登记"}[one.value]
        return f"{one.field.removeprefix('declared:')}{on_record}"
    if one.field.startswith("run:"):
        word, none = _RUN[one.field]
        return f"{word}{one.value}{source}" if one.value else none
    of, field = owner_of(hold.set, one.field)
    told = _ANSWERS.get(one.value)
    if told is None:
        told = str(value_label(of, field, one.value))
        told = WITHHELD if secret and told == one.value else case.veil.text(told)
    return f"{label(hold.set, one.field)}：{told}{source}"


def _clauses(case: Case) -> Table:
    """The words that each row rests on."""
    told = {h.entry: h for h in case.holds}
    rows: list[tuple[Cell, ...]] = [
        (f"{h.clause}（{h.entry}）", h.title, h.consequence_clause, "".join(h.quote))
        for _, h in sorted(told.items())
    ]
    return Table(
        title="四、依据条款和原文",
        columns=(
            NO,
            Column(title="依据条款", width=8),
            Column(title="后果", width=10),
            Column(title="后果条款", width=7),
            Column(title="政策原文", width=32),
        ),
        rows=rows_of(rows),
    )


def _by_unit(case: Case) -> Table:
    units: dict[str, list[Hold]] = {}
    for hold in case.holds:
        name = hold.organisation_name or case.name_of(hold.organisation)
        units.setdefault(name, []).append(hold)
    rows = [(name, *_sums(told)) for name, told in sorted(units.items())]
    count, money = Column(title="", kind="number", width=6), Column(title="", kind="money", width=8)
    sums = [
        column.model_copy(update={"title": title, "group": group})
        for group in ("暂缓安排", "逐步减少")
        for column, title in ((count, "对象数"), (money, "金额"), (count, "金额未填报项数"))
    ]
    return Table(
        title="三、分单位汇总表",
        unit="金额单位：元",
        columns=(NO, UNIT, *sums),
        rows=rows_of(rows),
        total=(None, "合计", *_sums(case.holds)) if rows else None,
    )


def _sums(found: Iterable[Hold]) -> tuple[Cell, ...]:
    """Objects, yuan, amounts that nobody told: of what waits, and of what is to be less."""
    told: list[Cell] = []
    for kind in _KINDS:
        own = [hold for hold in found if hold.kind == kind]
        told += [len({(h.set, h.code) for h in own}), *total(own)]
    return tuple(told)
