"""月度进展情况报表 (F-01 Xianning at the month's end, F-03 Xinzhou by the 5th about the month before).
One data model; where the figures stop and when it is due is the policy's."""

from inventory.labels import value_label
from inventory.model import Project
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, UNIT, contact_table, form_report, rows_of, whose
from inventory.reports.periods import is_first
from inventory.reports.phrases import iso
from inventory.reports.summary import Figures, grown, of_estate
from inventory.reports.targets import progress_table

_FIGURES = (
    ("在册政务信息系统（个）", "systems"),
    ("其中：部署在政务云上（个）", "on_cloud"),
    ("其中：接入共享平台（个）", "connected"),
    ("累计整合系统（个）", "merged"),
    ("累计清理系统（个）", "retired"),
    ("编制信息资源目录（条）", "resources"),
    ("已发布信息资源（条）", "published"),
    ("已共享信息资源（条）", "shared"),
)


def monthly(case: Case) -> Report:
    """F-01 and F-03, of one organisation, a county or the place."""
    tables = [
        progress_table(case, case.own_assessed, title="一、任务进展情况"),
        _figures(case),
        _projects(case),
    ]
    if is_first(case.entry, case.period):  # 首次报送将联系人和联系方式一并报回
        tables.append(contact_table(case).model_copy(update={"title": "四、联系人和联系方式"}))
    title = f"{whose(case)}{case.period.words}工作进展情况报表"
    return form_report(case, title, tables, subtitle=_subtitle(case))


def _subtitle(case: Case) -> str:
    return f"（{case.pack.title}）"


def _figures(case: Case) -> Table:
    now = of_estate(case, case.own)
    before: Figures | None = None
    if case.own_earlier is not None:
        before = of_estate(case, case.own_earlier)
    rows: list[tuple[Cell, ...]] = []
    for title, name in _FIGURES:
        one = getattr(now, name)
        then = None if before is None else getattr(before, name)
        rows.append((title, then, one, grown(one, then)))
    return Table(
        title="二、主要指标",
        columns=(
            NO,
            Column(title="指标", width=16),
            Column(title="上期数", kind="number", width=6),
            Column(title="本期数", kind="number", width=6),
            Column(title="增减", kind="number", width=6),
        ),
        rows=rows_of(rows),
        notes=() if before is not None else ("上期截止日没有留存台账快照，上期数和增减不填。",),
    )


def _projects(case: Case) -> Table:
    return Table(
        title="三、项目进展情况",
        unit="金额单位：元",
        columns=(
            NO,
            Column(title="项目名称", width=13),
            UNIT,
            Column(title="项目类型", width=5),
            Column(title="建设状态", width=5),
            Column(title="投资额", kind="money", width=7),
            Column(title="合同签订", kind="date", width=7),
            Column(title="试运行", kind="date", width=7),
            Column(title="验收", kind="date", width=7),
        ),
        rows=rows_of([_project(case, p) for p in case.own.projects]),
    )


def _project(case: Case, one: Project) -> tuple[Cell, ...]:
    return (
        one.name,
        case.name_of(one.organisation),
        str(value_label("projects", "kind", one.kind) or ""),
        str(value_label("projects", "project_state", one.project_state) or ""),
        one.investment,
        iso(one.contract_signed_on),
        iso(one.trial_started_on),
        iso(one.accepted_on),
    )
