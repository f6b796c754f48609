"""第三方评估基础数据表 (F-21): what an evaluator from outside is given of each organisation, on
integration, migration and sharing. The evaluation is theirs: its columns are left to them."""

from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, UNIT, county_of, form_report, rows_of, total_of, whose
from inventory.reports.phrases import share
from inventory.reports.summary import Figures, by_organisation
from inventory.reports.targets import progress_table

_SYSTEMS = ("systems", "merged", "retired", "on_cloud", "wanted", "joined", "connected")
_RESOURCES = ("resources", "published", "shared", "opened")


def third_party(case: Case) -> Report:
    """F-21."""
    tables = (
        _table(case, "一、系统整合迁移情况", _SYSTEMS, ("on_cloud", "systems"), "上云率"),
        _table(case, "二、信息资源共享情况", _RESOURCES, ("shared", "resources"), "共享率"),
        progress_table(case, case.own_assessed, title="三、目标任务完成情况"),
    )
    title = f"{whose(case)}{case.period.words}政务信息系统整合共享第三方评估基础数据表"
    return form_report(case, title, tables)


_TITLES = {
    "systems": "在册系统",
    "merged": "累计整合",
    "retired": "累计清理",
    "on_cloud": "已上云",
    "wanted": "须接入",
    "joined": "其中已接入",
    "connected": "接入合计",
    "resources": "目录条数",
    "published": "已发布",
    "shared": "已共享",
    "opened": "已开放",
}


def _table(
    case: Case, title: str, names: tuple[str, ...], of: tuple[str, str], ratio: str
) -> Table:
    found = list(by_organisation(case))
    rows = rows_of([_row(one.name, county_of(one), f, names, of) for one, f in found])
    summed = sum((figures for _, figures in found), start=Figures())
    total = total_of(rows, "合计", *range(3, 3 + len(names)))
    if total is not None:
        total = (*total[:-3], _ratio(summed, of), None, None)
    number, width = "number", 5
    return Table(
        title=title,
        columns=(
            NO,
            UNIT,
            Column(title="所属区县", width=6),
            *(Column(title=_TITLES[name], kind=number, width=width) for name in names),
            Column(title=ratio, kind="ratio", width=5),
            Column(title="评估发现", width=12),
            Column(title="评估意见", width=8),
        ),
        rows=rows,
        total=total,
        notes=("数据由台账计算得出，评估发现和评估意见由第三方填写。",),
    )


def _row(
    name: str, county: str, figures: Figures, names: tuple[str, ...], of: tuple[str, str]
) -> tuple[Cell, ...]:
    told = (getattr(figures, one) for one in names)
    return (name, county, *told, _ratio(figures, of), "", "")


def _ratio(figures: Figures, of: tuple[str, str]) -> Cell:
    done, total = of
    return share(getattr(figures, done), getattr(figures, total))
