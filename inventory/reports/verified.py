"""核查结果表 (F-10): what departments reported beside what was found on the machines."""

from pydantic import JsonValue

from inventory.difference import Difference, How
from inventory.errors import ReportError
from inventory.labels import field_label, value_label
from inventory.references import REFERENCES
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Line, Report, Table
from inventory.reports.parts import NO, UNIT, form_report, rows_of, whose
from inventory.reports.phrases import UNTOLD, listed

_HOW = {
    How.DIFFERS: "不一致",
    How.UNDECLARED: "未申报",
    How.ABSENT: "未发现",
    How.UNCLEAR: "无法比较",
}


def verified(case: Case) -> Report:
    """F-10. Raises ReportError where no host was ever looked at."""
    found = case.verification
    if found is None:
        raise ReportError(
            "还没有核查记录，请先运行 qianyun inventory discover / no host was ever looked at: run "
            "`qianyun inventory discover` first"
        )
    codes = {o.code for o in case.members}
    told = [d for d in (*found.differences, *found.unclear) if _is_own(case, d, codes)]
    own = {h.code for h in case.own.hosts if not case.veil.hides("hosts", h.code)}
    unread = sorted(code for code in found.unread if code in own)
    notes = [f"核查依据：{case.looks or '主机查看记录'}。差异由申报单位核对更正，本表不改动台账。"]
    if unread:
        hosts = (case.find("hosts", code) for code in unread)
        names = [case.veil.called("hosts", h.code, h.name) for h in hosts if h]
        notes.append(f"未能查看的服务器{len(unread)}台：{listed(names)}。")
    table = Table(
        title="",
        columns=(
            NO,
            UNIT,
            Column(title="类别", width=5),
            Column(title="对象（编号）", width=11),
            Column(title="核查项目", width=7),
            Column(title="自报情况", width=9),
            Column(title="核查情况", width=9),
            Column(title="结论", width=5),
            Column(title="证据（查看编号）", width=8),
            Column(title="申报单位说明", width=11),
        ),
        rows=rows_of([_row(case, d) for d in told]),
        notes=tuple(notes),
        empty="核查未发现差异",
    )
    signs = ("市审计局（盖章）", "市政务办（盖章）", "市财政局（盖章）") if _three(case) else ()
    foot = tuple(Line(label=label) for label in (*signs, "核查人", "核查日期"))
    return form_report(
        case, f"{whose(case)}政务信息系统核查结果表", (table,), **({"foot": foot} if signs else {})
    )


def _three(case: Case) -> bool:
    """Whether the policy names the three that verify (Xianning 方案 二(一)2)."""
    named = {name for b in case.pack.organisations for name in (b.name, *b.also)}
    return {"市审计局", "市政务办", "市财政局"} <= named


def _is_own(case: Case, one: Difference, codes: set[str]) -> bool:
    if case.veil.hides(one.kind, one.code):
        return False
    return not case.scope.key or one.organisation in codes


def _row(case: Case, one: Difference) -> tuple[Cell, ...]:
    return (
        case.name_of(one.organisation),
        {"hosts": "服务器", "systems": "信息系统"}.get(one.kind, one.kind),
        case.veil.called(one.kind, one.code, one.name),
        field_label(one.kind, one.field),
        _value(case, one, one.declared, UNTOLD),
        _value(case, one, one.found, _HOW[How.ABSENT]),
        _HOW[one.how],
        listed([f"#{e.look}" for e in one.evidence], 4),
        "",
    )


def _value(case: Case, one: Difference, value: JsonValue, nothing: str) -> str:
    """As people read it: what a code refers to by its name."""
    if value is None:
        return nothing
    if isinstance(value, list):
        return case.veil.text(listed([str(v) for v in value], 6))
    for of in REFERENCES.get(one.kind, {}).get(one.field, ()):
        if found := case.find(of, str(value)):
            return case.veil.called(of, found.code, found.name)
    return case.veil.text(str(value_label(one.kind, one.field, value)))
