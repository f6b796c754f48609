"""Appraisal: indicators (F-18), the yearly evaluation's sheet (F-06), what is not put right (F-23)."""

from collections.abc import Iterator, Sequence

from inventory.policies.asking import answers_of
from inventory.policies.assessment import Verdict, Violation
from inventory.policies.measures import Fewer, Per
from inventory.policies.pack import Target
from inventory.policies.rules import owner_of
from inventory.policies.wording import Severity
from inventory.reports.briefing import owners_of
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, UNIT, county_of, form_report, rows_of, total_of, whose
from inventory.reports.phrases import days_words, iso, listed, percent, share
from inventory.reports.summary import by_organisation
from inventory.reports.targets import progress_table

_SEVERITY = {
    Severity.ERROR: "硬性",
    Severity.WARNING: "原则上",
    Severity.INFO: "引导",
    Severity.DECLARED: "须申报",
}


def indicators(case: Case) -> Report:
    """F-18: six indicators of the clause; two of them no text defines, so people fill them in."""
    tasks = _tasks(case)
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            county_of(one),
            found.merged,
            found.shared,
            "",
            found.connected,
            share(*tasks.get(one.code, (0, 0))),
            "",
        )
        for one, found in by_organisation(case)
    ]
    made = rows_of(rows)
    number = "number"
    table = Table(
        title="",
        columns=(
            NO,
            UNIT,
            Column(title="所属区县", width=6),
            Column(title="政务信息系统整合数", kind=number, width=7),
            Column(title="共享信息数", kind=number, width=6),
            Column(title="协同应用数", width=6),
            Column(title="系统联通数", kind=number, width=6),
            Column(title="重点任务完成率", kind="ratio", width=7),
            Column(title="应用实效", width=9),
        ),
        rows=made,
        total=total_of(made, "合计", 3, 4, 6),
        notes=(
            "系统整合数：并入其他系统的系统；共享信息数：有接收单位的信息资源；系统联通数：已接入共享平台的系统；"
            "重点任务完成率：明确涉及本单位的任务中已完成的比例；是否涉及尚未填报的任务不计入。",
            "协同应用数、应用实效文件未规定口径，由考核单位填写。",
            *_declared(case, ("协同应用数", "应用实效")),
        ),
    )
    return form_report(
        case, f"{whose(case)}{case.period.words}政务信息系统整合共享考核指标表", (table,)
    )


def _declared(case: Case, items: Sequence[str]) -> Iterator[str]:
    """What somebody answers for of an indicator that no text defines: the newest word on each."""
    told = {
        d.item: d
        for d in sorted(case.records.declarations, key=lambda d: d.on)
        if d.policy == case.pack.id and d.item in items and d.done and d.on <= case.day
    }
    for item, said in told.items():
        evidence = case.veil.text(f"{said.by}于{said.on:%Y-%m-%d}申报，佐证：{said.evidence}")
        yield f"{item}：{evidence}。"


def _tasks(case: Case) -> dict[str, tuple[int, int]]:
    """Code of an organisation → (done, all) of the targets that are about it or objects of its own:
    done is one that none of these keeps open. One of which it is only known that it might be about
    it, and what only the whole place can reach, is none of its tasks."""
    found: dict[str, tuple[int, int]] = {}
    results = {result.entry: result for result in case.assessed.targets}
    for target in case.pack.targets:
        result = results[target.id]
        if result.verdict is Verdict.NOT_IN_FORCE or isinstance(target.measure, Fewer):
            continue
        for owner, done in _own(case, target, set(result.open)).items():
            met, total = found.get(owner, (0, 0))
            found[owner] = (met + done, total + 1)
    return found


def _own(case: Case, target: Target, open_: set[str]) -> dict[str, bool]:
    """Each organisation that a target is about → whether all that counts of it is done; an object
    of which it is not told whether it counts is not."""
    per = target.measure if isinstance(target.measure, Per) else None
    of, where = (per.per, per.per_where) if per else (target.set, target.where)
    if of is None:
        return {}
    done: dict[str, bool] = {}
    doubtful: set[str] = set()
    members = case.facts.members(of)
    for thing, counts in zip(members, answers_of(where, of, case.facts), strict=True):
        owner = owner_of(of, thing)
        if owner is None or counts is False:
            continue
        if counts is None:
            doubtful.add(owner)
        else:
            done[owner] = done.get(owner, True) and thing.code not in open_
    return {owner: reached and owner not in doubtful for owner, reached in done.items()}


def evaluation(case: Case) -> Report:
    """F-06: every target with its number, every rule with how often it is broken."""
    progress = progress_table(case, case.own_assessed, title="一、目标任务")
    counts: dict[str, list[Violation]] = {}
    for one in case.own_assessed.violations:
        counts.setdefault(one.entry, []).append(one)
    rows: list[tuple[Cell, ...]] = []
    for rule in case.pack.rules:
        told = counts.get(rule.id, [])
        passed = sum(v.passes for v in told)
        rows.append(
            (rule.title, rule.clause, _SEVERITY[rule.severity], len(told) - passed, passed, "")
        )
    rules = Table(
        title="二、禁止和限制性要求",
        columns=(
            NO,
            Column(title="要求", width=16),
            Column(title="条款", width=8),
            Column(title="效力", width=5),
            Column(title="不符合（处）", kind="number", width=6),
            Column(title="经批准例外（处）", kind="number", width=7),
            Column(title="改进意见", width=14),
        ),
        rows=rows_of(rows),
    )
    title = f"{whose(case)}{case.period.words}政务信息系统整合共享工作评估指标表"
    return form_report(case, title, (progress, rules))


def rectification(case: Case) -> Report:
    """F-23: what was due and is not put right: hard rules broken, targets and reports late."""
    rows: list[tuple[Cell, ...]] = []
    for violation in case.own_assessed.violations:
        if not violation.passes and violation.severity is Severity.ERROR:
            rows.append(_broken(case, violation))
    for target in case.own_assessed.targets:
        if target.overdue:
            late = days_words(target.days, target.verdict)
            rows.append(
                (
                    listed(owners_of(case, target), 8) or listed(target.roles.lead, 4),
                    "任务逾期",
                    target.title,
                    target.clause,
                    f"未完成{len(target.open)}个"
                    + (f"，当前{percent(target.today.value)}" if target.today else ""),
                    iso(target.deadline),
                    late,
                    _consequences(case, target.consequences),
                )
            )
    for timed in case.own_assessed.timed:
        if timed.verdict is Verdict.LATE and timed.done is None and timed.due:
            days = days_words((timed.due - case.day).days, Verdict.LATE)
            what = f"{timed.period} {timed.title}".strip()
            after = _consequences(case, timed.consequences)
            row = (
                case.name_in(timed),
                "逾期未办",
                what,
                timed.clause,
                "",
                iso(timed.due),
                days,
                after,
            )
            rows.append(row)
    table = Table(
        title="",
        columns=(
            NO,
            UNIT,
            Column(title="类别", width=5),
            Column(title="事项", width=13),
            Column(title="条款", width=7),
            Column(title="情况", width=11),
            Column(title="应完成日期", kind="date", width=7),
            Column(title="逾期", width=5),
            Column(title="后果", width=10),
            Column(title="整改时限和结果", width=9),
        ),
        rows=rows_of([(*row, "") for row in rows]),
        notes=("整改时限由主管部门确定；未完成整改的报市人民政府。",),
    )
    return form_report(case, f"{whose(case)}未完成整改事项清单", (table,))


def _broken(case: Case, one: Violation) -> tuple[Cell, ...]:
    return (
        case.name_of(one.organisation) if one.organisation else "",
        "不符合要求",
        one.title,
        one.clause,
        case.veil.called(one.set, one.code, one.name),
        None,
        "",
        _consequences(case, one.consequences),
    )


def _consequences(case: Case, named: tuple[str, ...]) -> str:
    return listed([case.pack.consequence(n).title for n in named], 4)
