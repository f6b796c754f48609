"""简报 (F-02, 《数据咸宁》) and 通报 (F-22): built from what was reported, for those who lead."""

import re
from fractions import Fraction

from inventory.policies.assessment import TargetResult, Verdict
from inventory.policies.pack import Entry
from inventory.policies.pack import Report as ReportEntry
from inventory.reports.case import Case
from inventory.reports.model import Block, Cell, Column, Line, Report, Section, Table, Text
from inventory.reports.parts import (
    AWAITED,
    CAME_LATE,
    MISSING,
    NO,
    UNIT,
    county_of,
    report,
    rows_of,
    standing,
    total_of,
)
from inventory.reports.periods import issue_of, period_of
from inventory.reports.phrases import day, iso, listed, numbered, percent
from inventory.reports.summary import by_organisation, of_estate, open_owners
from inventory.reports.targets import progress_words

_HEADINGS = ("总体情况", "各单位工作进展", "逾期任务", "各单位报送情况")
_NAMED = re.compile(r"《(.+?)》")


def briefing(case: Case) -> Report:
    """F-02. Its number counts from the first that the clause asks for."""
    named = _NAMED.search(case.entry.title) if case.entry else None
    to = case.addressee or "市委、市政府主要领导"
    return report(
        case,
        f"{case.period.words}政务信息系统整合共享工作进展情况",
        layout="briefing",
        masthead=named[1] if named else f"{case.pack.place}工作简报",
        issue=issue_of(case.entry, case.period),
        sections=_sections(case),
        copies=(
            Line(label="报", value=to),
            Line(label="送", value="各县（市、区）、市直各有关单位"),
        ),
    )


def notice(case: Case) -> Report:
    """F-22: progress, and who is late."""
    title = f"关于{case.pack.place}政务信息系统整合共享工作进展情况的通报"
    opening = Section(
        blocks=(Text(text=f"根据{case.basis}，现将截至{day(case.day)}的工作进展情况通报如下。"),)
    )
    return report(
        case,
        title,
        layout="letter",
        addressee=case.addressee or "各县（市、区）、市直各有关单位",
        sections=(opening, *_sections(case)),
        seal=True,
    )


def _sections(case: Case) -> tuple[Section, ...]:
    parts = [_overall(case), _units(case), _late(case), _reporters(case)]
    headings = list(_HEADINGS)
    if case.remark:
        headings.append("其他情况")
        parts.append((Text(text=case.remark),))
    told = zip(numbered(headings), parts, strict=True)
    return tuple(Section(heading=heading, blocks=blocks) for heading, blocks in told)


def _overall(case: Case) -> tuple[Block, ...]:
    found = of_estate(case, case.own)
    counties = {o.county for o in case.members if o.county}
    text = (
        f"截至{day(case.day)}，纳入统计的单位{len(case.members)}个，涉及县（市、区）{len(counties)}个，"
        f"在册政务信息系统{found.systems}个。累计整合系统{found.merged}个，清理系统{found.retired}个；"
        f"接入共享平台{found.connected}个，其中确定须接入的{found.wanted}个已接入{found.joined}个，"
        f"接入率{percent(Fraction(found.joined, found.wanted) if found.wanted else None)}。"
        f"编制信息资源目录{found.resources}条，已共享{found.shared}条。"
    )
    judged = [t for t in case.assessed.targets if t.verdict is not Verdict.NOT_IN_FORCE]
    met = sum(t.verdict is Verdict.MET for t in judged)
    late = sum(t.overdue for t in judged)
    unsure = sum(t.verdict in (Verdict.UNJUDGED, Verdict.DISPUTED) for t in judged)
    progress = (
        f"对照方案{len(judged)}项任务，已完成{met}项，逾期{late}项，"
        f"情况不明或口径不一{unsure}项，其余{len(judged) - met - late - unsure}项正在推进。"
    )
    earlier = _since(case)
    return (Text(text=text + earlier), Text(text=progress))


def _since(case: Case) -> str:
    if case.own_earlier is None:
        return ""
    now, then = of_estate(case, case.own), of_estate(case, case.own_earlier)
    pairs = (
        ("新接入系统", now.connected - then.connected),
        ("整合系统", now.merged - then.merged),
        ("新增共享资源", now.shared - then.shared),
    )
    return "与上期相比，" + "，".join(f"{word}{number}个" for word, number in pairs) + "。"


def _units(case: Case) -> tuple[Block, ...]:
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            county_of(one),
            found.systems,
            found.merged,
            found.connected,
            found.shared,
            found.late,
        )
        for one, found in by_organisation(case)
    ]
    made = rows_of(rows)
    number = "number"
    table = Table(
        title="各单位工作进展情况表",
        unit="单位：个、条",
        columns=(
            NO,
            UNIT,
            Column(title="所属区县", width=6),
            Column(title="在册系统数", kind=number, width=5),
            Column(title="系统整合数", kind=number, width=5),
            Column(title="系统联通数", kind=number, width=5),
            Column(title="共享信息数", kind=number, width=5),
            Column(title="逾期任务数", kind=number, width=5),
        ),
        rows=made,
        total=total_of(made, "合计", 3, 4, 5, 6, 7),
        notes=(
            "逾期任务数按单位计：一项任务涉及几个单位即计几次，定期报送每逾期一期计一次，"
            "因此合计不等于逾期任务的项数。",
        ),
    )
    return (Text(text="各单位系统整合、信息共享、系统联通和逾期任务情况如下表。"), table)


def _late(case: Case) -> tuple[Block, ...]:
    late = [t for t in case.assessed.targets if t.overdue]
    if not late:
        return (Text(text="没有逾期任务。"),)
    rows = [_late_row(case, t) for t in late]
    table = Table(
        title="逾期任务表",
        columns=(
            NO,
            Column(title="任务", width=13),
            Column(title="条款", width=6),
            Column(title="完成时限", kind="date", width=7),
            Column(title="逾期天数", kind="number", width=4),
            Column(title="进展情况", width=11),
            Column(title="涉及单位", width=11),
        ),
        rows=rows_of(rows),
    )
    return (Text(text=f"逾期未完成的任务{len(late)}项，如下表。"), table)


def _late_row(case: Case, target: TargetResult) -> tuple[Cell, ...]:
    return (
        target.title,
        target.clause,
        iso(target.deadline),
        None if target.days is None else -target.days,
        progress_words(case, target),
        listed(owners_of(case, target) or (*target.roles.lead, *target.roles.responsible), 6),
    )


def owners_of(case: Case, target: TargetResult) -> list[str]:
    """Whose objects keep a target open, by name."""
    if target.set == "counties":
        return sorted(target.open)
    return sorted({case.name_of(owner) for owner in open_owners(case, target)})


def _reporters(case: Case) -> tuple[Block, ...]:
    """Who has handed in the report that this one is built from."""
    asked = [e for e in case.pack.reports if e.form in ("monthly", "annual") and e.id != _id(case)]
    if not asked:
        return (Text(text="本政策未规定定期报送。"),)
    texts = [_reported(case, entry) for entry in asked]
    return tuple(Text(text=text) for text in texts)


def _reported(case: Case, entry: ReportEntry) -> str:
    runs = case.reported(entry)
    if not runs:
        return f"“{entry.title}”：尚无到期应报送的单位。"
    by: dict[str, list[str]] = {}
    for run in runs:
        by.setdefault(standing(run, case.made_on), []).append(case.name_in(run))
    late, silent, awaited = (by.get(state, []) for state in (CAME_LATE, MISSING, AWAITED))
    words = period_of(runs[0].period).words
    came = len(runs) - len(silent) - len(awaited)
    text = f"“{entry.title}”（{words}）：应报送{len(runs)}个单位，已报送{came}个"
    text += f"，其中逾期报送{len(late)}个（{listed(late, 30)}）" if late else ""
    text += f"；未报送{len(silent)}个：{listed(silent, 30)}" if silent else ""
    text += f"；尚在时限内未报送{len(awaited)}个：{listed(awaited, 30)}" if awaited else ""
    return f"{text}。"


def _id(case: Case) -> str:
    entry: Entry | None = case.entry
    return entry.id if entry else ""
