"""年度情况报告: of an organisation or a county (F-04), and the whole place's (F-05). The three parts
are those that the clause names: catalogue, access to the sharing platform, joining and support."""

from collections import Counter

from inventory.policies.pack import Report as ReportEntry
from inventory.reports import catalogue
from inventory.reports.case import Case
from inventory.reports.model import Blank, Block, Cell, Column, Report, Section, Table, Text
from inventory.reports.parts import (
    AWAITED,
    CAME_LATE,
    IN_TIME,
    MISSING,
    NO,
    UNIT,
    county_of,
    report,
    rows_of,
    standing,
    total_of,
    whose,
)
from inventory.reports.phrases import day, iso, listed, numbered, share
from inventory.reports.summary import Figures, by_organisation, of_estate
from inventory.reports.systems import classified_note, listable
from inventory.reports.targets import progress_table

_HEADINGS = (
    "政务信息资源目录工作情况",
    "政务信息系统接入共享平台进展情况",
    "数据对接和支撑协同应用情况",
    "目标任务完成情况",
)


def annual(case: Case) -> Report:
    """F-04 of one organisation or county, F-05 of the place."""
    whole = not case.scope.key
    found = of_estate(case, case.own)
    parts: list[tuple[Block, ...]] = [
        _catalogue(case, found),
        _access(case, found),
        _support(case, found),
        _targets(case),
    ]
    headings = list(_HEADINGS)
    if whole:
        headings.append("各单位报送情况")
        parts.append(_reporters(case))
    headings.append("存在的问题和下一步打算")
    parts.append((*([Text(text=case.remark)] if case.remark else ()), Blank(label="", lines=4)))
    opening = Section(blocks=(Text(text=_opening(case)),))
    told = zip(numbered(headings), parts, strict=True)
    title = f"{case.period.words}政务信息资源共享情况"
    return report(
        case,
        f"{case.pack.place}{title}年度报告" if whole else f"{whose(case)}{title}报告",
        layout="letter",
        sections=(opening, *(Section(heading=h, blocks=b) for h, b in told)),
        seal=True,
        **({"addressee": "市政府"} if whole else {}),
    )


def _opening(case: Case) -> str:
    who = f"全{case.pack.place[-1]}" if not case.scope.key else case.issuer
    return (
        f"根据{case.basis}要求，现将{who}{case.period.words}政务信息资源共享情况报告如下。"
        f"本报告数据截至{day(case.day)}。"
    )


def _catalogue(case: Case, found: Figures) -> tuple[Block, ...]:
    text = (
        f"截至{day(case.day)}，共编制政务信息资源目录{found.resources}条，其中无条件共享{found.unconditional}条、"
        f"有条件共享{found.conditional}条、不予共享{found.withheld}条"
        + (f"、共享类型未填报{found.untold}条" if found.untold else "")
        + f"；已发布到共享平台{found.published}条，向社会开放{found.opened}条。"
    )
    updated = [
        f"{o.name}（{o.catalogue_version or '版本未填报'}，{day(o.catalogue_updated)}更新）"
        for o in case.members
        if o.catalogue_updated
    ]
    blocks: list[Block] = [Text(text=text)]
    if updated:
        blocks.append(Text(text=f"目录更新情况：{listed(updated)}。"))
    if not case.scope.key or case.scope.county:
        blocks.append(_summary(case))
    return tuple(blocks)


def _summary(case: Case) -> Table:
    rows = []
    for one, found in by_organisation(case):
        rows.append(
            (
                one.name,
                county_of(one),
                found.resources,
                found.published,
                found.shared,
                found.systems,
                found.wanted,
                found.joined,
                share(found.joined, found.wanted),
            )
        )
    numbered_rows = rows_of(rows)
    total = total_of(numbered_rows, "合计", 3, 4, 5, 6, 7, 8)
    if total is not None:
        joined, wanted = total[8], total[7]
        assert isinstance(joined, int)
        assert isinstance(wanted, int)
        total = (*total[:9], share(joined, wanted))
    number = "number"
    return Table(
        title="各单位政务信息资源目录和系统接入情况表",
        columns=(
            NO,
            UNIT,
            Column(title="所属区县", width=6),
            Column(title="目录条数", kind=number, width=4, group="信息资源"),
            Column(title="已发布", kind=number, width=4, group="信息资源"),
            Column(title="已共享", kind=number, width=4, group="信息资源"),
            Column(title="在册", kind=number, width=4, group="信息系统"),
            Column(title="须接入", kind=number, width=4, group="信息系统"),
            Column(title="已接入", kind=number, width=4, group="信息系统"),
            Column(title="接入率", kind="ratio", width=5, group="信息系统"),
        ),
        rows=numbered_rows,
        total=total,
    )


def _access(case: Case, found: Figures) -> tuple[Block, ...]:
    text = (
        f"在册政务信息系统{found.systems}个，已接入共享平台{found.connected}个。"
        f"确定须接入的系统{found.wanted}个，已接入{found.joined}个，未接入{found.wanted - found.joined}个；"
        f"累计整合{found.merged}个、清理{found.retired}个，部署在政务云上{found.on_cloud}个。"
    )
    live = [s for s in case.own.systems if case.read("systems", "live", s)]
    classified = classified_note(live)
    live = listable(live)
    stay = [s for s in live if s.connected is not True and s.must_connect is not False]
    rows: list[tuple[Cell, ...]] = [
        (
            s.name,
            case.name_of(s.organisation),
            {True: "须接入", False: "不须接入", None: "未确定"}[s.must_connect],
            "未接入" if s.connected is False else "未填报",
            iso(s.connection_date),
        )
        for s in stay
    ]
    table = Table(
        title="尚未接入共享平台的系统",
        columns=(
            NO,
            Column(title="系统名称", width=14),
            UNIT,
            Column(title="是否须接入", width=6),
            Column(title="接入情况", width=5),
            Column(title="计划或接入日期", kind="date", width=9),
        ),
        rows=rows_of(rows),
        notes=classified,
    )
    return (Text(text=text), table)


def _support(case: Case, found: Figures) -> tuple[Block, ...]:
    receivers = sorted({name for r in case.own.resources for name in r.shared_with or ()})
    online = [s for s in listable(case.own.systems) if s.oneststop_connected]
    text = (
        f"已向其他部门共享信息资源{found.shared}条"
        + (f"，接收单位{len(receivers)}个：{listed(receivers)}" if receivers else "")
        + f"。对接一体化在线政务服务平台的系统{len(online)}个"
        + (f"：{listed([s.name for s in online])}" if online else "")
        + "。"
    )
    shared = [r for r in case.own.resources if r.shared_with]
    return (
        Text(text=text),
        catalogue.table(case, shared, title="已对接共享的信息资源", short=True),
    )


def _targets(case: Case) -> tuple[Block, ...]:
    table = progress_table(case, case.own_assessed, title="目标任务完成情况表")
    return (Text(text="对照目标任务，截至截止日的完成情况如下表。"), table)


def _reporters(case: Case) -> tuple[Block, ...]:
    """Who has not reported, and who was late (F-05); before the due day nobody is late."""
    entry = case.entry
    runs = case.reported(entry) if isinstance(entry, ReportEntry) else []
    told = [(t, standing(t, case.made_on)) for t in runs]
    count = Counter(state for _, state in told)
    due = {t.due for t in runs if t.due}
    text = f"应报送单位{len(runs)}个" + (f"，报送时限{day(max(due))}" if due else "")
    text += f"；按时报送{count[IN_TIME]}个，逾期报送{count[CAME_LATE]}个，未报送{count[MISSING]}个"
    text += f"，尚在时限内未报送{count[AWAITED]}个。" if count[AWAITED] else "。"
    rows: list[tuple[Cell, ...]] = [
        (case.name_in(t), state, iso(t.due), iso(t.done)) for t, state in told if state != IN_TIME
    ]
    table = Table(
        title="尚未报送单位" if count[AWAITED] else "未按时报送单位",
        columns=(
            NO,
            UNIT,
            Column(title="情况", width=6),
            Column(title="应报送日期", kind="date", width=7),
            Column(title="实际报送日期", kind="date", width=7),
        ),
        rows=rows_of(rows),
    )
    return (Text(text=text), table)
