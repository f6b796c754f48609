"""暂缓安排经费清单 (F-24): whose money is on hold, how much, by which clause, on which facts. Finance
decides; the list only tells."""

from inventory.labels import FIELDS, value_label
from inventory.model import Secrecy, System
from inventory.policies.fields import label, owner_of
from inventory.policies.holds import Evidence, Hold, total
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, UNIT, form_report, rows_of, whose
from inventory.reports.phrases import UNTOLD

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
_ANSWERS = {"true": "是", "false": "否", "": UNTOLD}


def money_on_hold(case: Case) -> Report:
    """F-24, of the place, a county or an organisation."""
    title = f"{whose(case)}暂缓安排经费清单"
    yuan, unknown = total(case.holds)
    note = f"合计{yuan:,}元" + (f"，另有{unknown}项金额未填报" if unknown else "") + "。"
    table = Table(
        title="",
        unit="金额单位：元",
        columns=(
            NO,
            UNIT,
            Column(title="类别", width=5),
            Column(title="名称（编号）", width=9),
            Column(title="涉及金额", kind="money", width=7),
            Column(title="金额口径", width=6),
            Column(title="处理", width=5),
            Column(title="依据条款", width=8),
            Column(title="事实和出处", width=20),
            Column(title="执行单位", width=8),
        ),
        rows=rows_of([_row(case, hold) for hold in case.holds]),
        notes=(
            note + "同一对象同一经费涉及多个条款的，合计只计一次。",
            "本表只列明依据和事实，是否暂缓由财政部门决定。",
        ),
    )
    return form_report(case, title, (table, _by_unit(case), _clauses(case)))


def _row(case: Case, hold: Hold) -> tuple[Cell, ...]:
    return (
        hold.organisation_name or case.name_of(hold.organisation),
        _SETS.get(hold.set, hold.set),
        _name(case, hold),
        hold.amount,
        _amount(hold),
        "暂缓安排" if hold.kind == "hold" else "逐步减少",
        f"{hold.clause}（{hold.entry}）",
        "；".join(_fact(hold, one) for one in hold.evidence),
        "、".join(hold.by),
    )


def _name(case: Case, hold: Hold) -> str:
    thing = case.facts.find(hold.set, hold.code)
    secret = isinstance(thing, System) and thing.secrecy is Secrecy.CLASSIFIED
    return f"{'涉密系统' if secret else hold.name}（{hold.code}）"


def _amount(hold: Hold) -> str:
    if hold.amount_field is None:
        return "条款未列金额"
    name = FIELDS.get(f"{hold.set}.{hold.amount_field}") or FIELDS.get(hold.amount_field, "")
    return name.removesuffix("（元）") + ("" if hold.amount is not None else f"（{UNTOLD}）")


def _fact(hold: Hold, one: Evidence) -> str:
    source = f"（{one.source}）" if one.source else ""
    if one.field.startswith("declared:"):
        on_record = {"true": "已登记", "false": "未登记"}[one.value]
        return f"{one.field.removeprefix('declared:')}{on_record}"
    of, field = owner_of(hold.set, one.field)
    told = _ANSWERS.get(one.value) or str(value_label(of, field, one.value))
    return f"{label(hold.set, one.field)}：{told}{source}"


def _clauses(case: Case) -> Table:
    """The words that each row rests on."""
    told = {h.entry: h for h in case.holds}
    rows: list[tuple[Cell, ...]] = [
        (f"{h.clause}（{h.entry}）", h.title, h.consequence_clause, "".join(h.quote))
        for _, h in sorted(told.items())
    ]
    return Table(
        title="依据条款和原文",
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
    rows: list[tuple[Cell, ...]] = []
    for name, told in sorted(units.items()):
        yuan, unknown = total(told)
        rows.append((name, len({(h.set, h.code) for h in told}), yuan, unknown))
    yuan, unknown = total(case.holds)
    objects = len({(h.set, h.code) for h in case.holds})
    return Table(
        title="分单位汇总表",
        unit="金额单位：元",
        columns=(
            NO,
            UNIT,
            Column(title="涉及对象数", kind="number", width=7),
            Column(title="涉及金额", kind="money", width=9),
            Column(title="金额未填报项数", kind="number", width=8),
        ),
        rows=rows_of(rows),
        total=(None, "合计", objects, yuan, unknown) if rows else None,
    )
