"""政务信息资源目录 (F-09): what a department collects, and with whom it is shared."""

from collections.abc import Iterable

from inventory.labels import value_label
from inventory.model import Resource
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import NO, UNIT, form_report, rows_of, whose
from inventory.reports.phrases import iso, listed, yes_no

_NAME = Column(title="信息资源名称", width=12)
_TYPE = Column(title="共享类型", width=6)
_WITH = Column(title="共享范围", width=12)
_ON = Column(title="发布日期", kind="date", width=7)


def catalogue(case: Case) -> Report:
    """F-09, of one organisation, a county or the place."""
    made = table(case, case.own.resources, title="")
    silent = [o.name for o in case.members if not case.owned("resources", o.code)]
    if silent:
        made = made.model_copy(update={"notes": (f"未编报目录的单位：{listed(silent)}。",)})
    return form_report(case, f"{whose(case)}政务信息资源目录", (made,))


def table(case: Case, resources: Iterable[Resource], *, title: str, short: bool = False) -> Table:
    """`short`: what a report's text needs."""
    if short:
        columns = (NO, _NAME, UNIT, _TYPE, _WITH, _ON)
        return Table(
            title=title, columns=columns, rows=rows_of([_short(case, r) for r in resources])
        )
    return Table(
        title=title,
        columns=(
            NO,
            _NAME,
            Column(title="责任采集部门", width=9),
            _TYPE,
            Column(title="共享条件", width=8),
            Column(title="依据", width=8),
            Column(title="格式", width=5),
            Column(title="更新周期", width=5),
            Column(title="用途", width=8),
            Column(title="是否开放", kind="mark", width=4),
            _WITH,
            _ON,
        ),
        rows=rows_of([_long(case, r) for r in resources]),
    )


def _type(resource: Resource) -> str:
    return str(value_label("resources", "share_type", resource.share_type) or "")


def _short(case: Case, one: Resource) -> tuple[Cell, ...]:
    owner, given = case.name_of(one.organisation), listed(one.shared_with or ())
    return one.name, owner, _type(one), given, iso(one.published_on)


def _long(case: Case, one: Resource) -> tuple[Cell, ...]:
    return (
        one.name,
        case.name_of(one.organisation),
        _type(one),
        one.share_condition,
        one.legal_basis,
        one.format,
        one.update_cycle,
        one.purpose,
        yes_no(one.open),
        listed(one.shared_with or ()),
        iso(one.published_on),
    )
