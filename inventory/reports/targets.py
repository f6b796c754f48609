"""Targets of a policy as rows: what is ordered, by when, how far it is, who answers for it."""

from inventory.policies.assessment import Assessment, TargetResult, Verdict
from inventory.policies.pack import Roles
from inventory.policies.wording import Severity
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Table
from inventory.reports.parts import NO, rows_of
from inventory.reports.phrases import (
    VERDICTS,
    days_words,
    iso,
    listed,
    ratio_words,
    ten_thousandths,
    threshold_words,
)

_ROLES = {"lead": "牵头", "support": "配合", "responsible": "责任", "carries_out": "落实"}


def relevant(case: Case, found: Assessment) -> list[TargetResult]:
    """What a report of this scope speaks of: all of it for the place itself; for one organisation or
    county what it has objects of, and what names it."""
    wanted = [t for t in found.targets if t.verdict is not Verdict.NOT_IN_FORCE]
    if not case.scope.key:
        return wanted
    names = {name for o in case.members for name in (o.name, *o.aliases)}
    return [
        t for t in wanted if (t.set and t.today and t.today.total) or names & set(_named(t.roles))
    ]


def progress_table(case: Case, found: Assessment, *, title: str) -> Table:
    """One row a task."""
    shown = relevant(case, found)
    return Table(
        title=title,
        columns=(
            NO,
            Column(title="工作任务", width=15),
            Column(title="条款", width=6),
            Column(title="责任分工", width=11),
            Column(title="完成时限", kind="date", width=7),
            Column(title="目标", width=5),
            Column(title="完成比例", kind="ratio", width=5),
            Column(title="进展情况", width=13),
            Column(title="状态", width=5),
            Column(title="佐证材料", width=9),
        ),
        rows=rows_of([_row(case, t) for t in shown]),
        notes=_notes(shown),
    )


def _row(case: Case, result: TargetResult) -> tuple[Cell, ...]:
    said = result.declaration
    ratio = None
    if result.today and result.kind not in ("count", "fewer"):
        ratio = ten_thousandths(result.today.value)
    late = days_words(result.days, result.verdict)
    return (
        result.title,
        result.clause,
        roles_words(result.roles),
        iso(result.deadline),
        threshold_words(result),
        ratio,
        progress_words(case, result),
        late if result.verdict is Verdict.LATE else VERDICTS[result.verdict],
        case.veil.text(said.evidence) if said else "",
    )


def progress_words(case: Case, result: TargetResult) -> str:
    """How far it is, in words; what was declared, by whom and when."""
    parts = []
    if result.today is not None:
        parts.append(ratio_words(result, result.today))
    if result.declaration is not None:
        said = result.declaration
        word = "申报完成" if said.done else "申报未完成"
        parts.append(f"{case.veil.text(said.by)}于{said.on:%Y-%m-%d}{word}")
    elif result.kind == "declared" or (
        result.kind == "share"
        and result.threshold is None
        and result.severity is Severity.DECLARED  # what is only told, nobody has to declare
    ):
        parts.append("尚未申报")
    if result.to_go:
        parts.append(f"还差{result.to_go}个")
    return "；".join(part for part in parts if part)


def roles_words(roles: Roles) -> str:
    told = ((word, getattr(roles, role)) for role, word in _ROLES.items())
    return "；".join(f"{word}：{listed(names, 6)}" for word, names in told if names)


def _named(roles: Roles) -> tuple[str, ...]:
    return tuple(name for _, _, name in roles.named())


def _notes(shown: list[TargetResult]) -> tuple[str, ...]:
    told = [t.title for t in shown if t.verdict is Verdict.DISPUTED]
    notes = []
    if told:
        notes.append(f"按今日与按基线两种口径结论不一的任务，由牵头单位确认：{listed(told)}。")
    based = {t.baseline_on for t in shown if t.baseline_on}
    if based:
        days = "、".join(f"{on:%Y-%m-%d}" for on in sorted(based))
        notes.append(f"完成比例按截止日在册对象计算；基线为{days}。")
    return tuple(notes)
