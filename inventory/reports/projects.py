"""Forms about projects: yearly O&M filing (F-16), performance (F-17), acceptance (F-19); and the
register of satisfaction reports (F-20)."""

import re
from collections.abc import Iterable

from inventory.labels import value_label
from inventory.model import Project
from inventory.policies.asking import answers_of
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, form_report, rows_of, total_of, whose
from inventory.reports.phrases import iso, yes_no
from inventory.reports.systems import classified_note, listable, word

_NAME = Column(title="项目名称", width=12)
_BUILDER = Column(title="建设单位", width=10)
_ASPECTS = re.compile(r"对项目(.+?)等方面")


def om_filing(case: Case) -> Report:
    """F-16: projects in use with unit, cost, funding channel and running state; the clause's four
    are told of the systems too, where they are kept."""
    built = _in_use(case)
    rows = rows_of([_om(case, p) for p in built])
    projects = Table(
        title="一、已验收项目",
        unit="金额单位：元/年",
        columns=(
            NO,
            _NAME,
            _BUILDER,
            Column(title="验收日期", kind="date", width=7),
            Column(title="项目运维单位", width=9),
            Column(title="运维费用", kind="money", width=7),
            Column(title="经费渠道", width=6),
            Column(title="备案号", width=8),
            Column(title="项目运行情况", width=10),
        ),
        rows=rows,
        total=total_of(rows, "合计", 5),
    )
    systems = [s for s in case.own.systems if case.read("systems", "live", s)]
    lines = rows_of(
        [
            (
                s.name,
                case.name_of(s.organisation),
                s.om_unit,
                s.om_funds_per_year,
                word("funding_source", s.funding_source),
                s.running_state,
            )
            for s in listable(systems)
        ]
    )
    kept = Table(
        title="二、在册信息系统",
        unit="金额单位：元/年",
        columns=(
            NO,
            Column(title="系统名称", width=12),
            Column(title="责任单位", width=10),
            Column(title="运维单位", width=10),
            Column(title="运维费用", kind="money", width=7),
            Column(title="经费渠道", width=6),
            Column(title="运行情况", width=10),
        ),
        rows=lines,
        total=total_of(lines, "合计", 4),
        notes=classified_note(systems),
    )
    return form_report(
        case, f"{whose(case)}{case.period.words}电子政务项目运维情况备案表", (projects, kept)
    )


def _in_use(case: Case) -> list[Project]:
    """Accepted projects that the clause is about, and those of which nobody told whether it is."""
    entry = case.entry
    asked = entry is not None and entry.set == "projects"
    answers = answers_of(entry.where, "projects", case.facts) if entry and asked else ()
    codes = case.facts.positions("projects")
    out = {code for code, a in zip(codes, answers, strict=False) if a is False}
    built = (p for p in case.own.projects if p.accepted_on and p.accepted_on <= case.day)
    return [p for p in built if p.code not in out]


def _om(case: Case, one: Project) -> tuple[Cell, ...]:
    return (
        one.name,
        case.name_of(one.organisation),
        iso(one.accepted_on),
        "",  # the inventory has it of systems alone: to be written by who files it
        one.om_funds_per_year,
        str(value_label("projects", "funding_source", one.funding_source) or ""),
        one.filing_no,
        "",
    )


def scorecard(case: Case) -> Report:
    """F-17: the aspects that the clause names, to be scored by people; nothing here scores."""
    built = _in_use(case)
    aspects = _aspects(case)
    empty = ("",) * (len(aspects) + 2)
    table = Table(
        title="",
        columns=(
            NO,
            _NAME,
            _BUILDER,
            Column(title="投资额（元）", kind="money", width=7),
            *(Column(title=name, width=4, group="评估内容（评分）") for name in aspects),
            Column(title="总分", width=4),
            Column(title="评估意见", width=9),
        ),
        rows=rows_of([(p.name, case.name_of(p.organisation), p.investment, *empty) for p in built]),
        notes=("评分由评估单位填写，文件未规定分值和权重。",),
    )
    return form_report(case, f"{whose(case)}{case.period.words}项目绩效评估表", (table,))


def _aspects(case: Case) -> tuple[str, ...]:
    quote = "".join(case.entry.quote) if case.entry else ""
    found = _ASPECTS.search(quote)
    return tuple(found[1].split("、")) if found else ("评估得分",)


def acceptance(case: Case) -> Report:
    """F-19: where each project stands on the way to its acceptance."""
    table = Table(
        title="",
        unit="金额单位：元",
        columns=(
            NO,
            _NAME,
            _BUILDER,
            Column(title="投资额", kind="money", width=7),
            Column(title="合同签订", kind="date", width=7),
            Column(title="监理单位", width=7),
            Column(title="系统测评", width=7),
            Column(title="试运行", kind="date", width=7),
            Column(title="申请验收", kind="date", width=7),
            Column(title="验收", kind="date", width=7),
            Column(title="数据资产条款", kind="mark", width=5),
            Column(title="竣工决算", kind="money", width=7),
            Column(title="审计结果", width=7),
        ),
        rows=rows_of([_accepted(case, p) for p in case.own.projects]),
        notes=("功能、性能、安全和技术指标见各项目验收报告。",),
    )
    return form_report(case, f"{whose(case)}电子政务项目验收情况表", (table,))


def _accepted(case: Case, one: Project) -> tuple[Cell, ...]:
    return (
        one.name,
        case.name_of(one.organisation),
        one.investment,
        iso(one.contract_signed_on),
        one.supervisor,
        one.system_test,
        iso(one.trial_started_on),
        iso(one.acceptance_applied_on),
        iso(one.accepted_on),
        yes_no(one.data_asset_clause),
        one.final_accounts,
        one.audit_result,
    )


def satisfaction(case: Case) -> Report:
    """F-20: which systems have a report of the satisfaction with them, and which have none."""
    systems = [s for s in case.own.systems if case.read("systems", "live", s)]
    rows: Iterable[tuple[Cell, ...]] = [
        (
            s.name,
            case.name_of(s.organisation),
            word("scope_of_use", s.scope_of_use),
            s.frequency_of_use,
            s.satisfaction_report or "未提交",
            iso(s.satisfaction_reported_on),
        )
        for s in listable(systems)
    ]
    table = Table(
        title="",
        columns=(
            NO,
            Column(title="系统名称", width=12),
            Column(title="责任单位", width=10),
            Column(title="使用范围", width=6),
            Column(title="使用频度", width=7),
            Column(title="满意度报告", width=12),
            Column(title="报告日期", kind="date", width=7),
        ),
        rows=rows_of(list(rows)),
        notes=classified_note(systems),
    )
    return form_report(case, f"{whose(case)}政务信息系统使用满意度报告目录", (table,))
