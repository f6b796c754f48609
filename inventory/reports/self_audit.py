"""自查报告 with its two lists (F-07): systems to clean up or merge, systems that join the platform."""

from collections.abc import Sequence

from inventory.model import System
from inventory.reports.case import Case
from inventory.reports.model import Blank, Block, Cell, Column, Report, Section, Table, Text
from inventory.reports.parts import NO, report, rows_of, whose
from inventory.reports.phrases import day, iso, listed, numbered, yuan
from inventory.reports.systems import (
    census_table,
    classified_note,
    cleanup_table,
    listable,
    suspects,
    word,
)

_HEADINGS = (
    "自查工作开展情况",
    "政务信息系统基本情况",
    "清理整合意见",
    "接入共享交换平台意见",
    "存在的问题和下一步打算",
)


def self_audit(case: Case) -> Report:
    """F-07, of one organisation or of a county's."""
    systems = case.own.systems
    dead = suspects(case, systems)
    gone = {s.code for s in dead}
    joining = [s for s in systems if s.must_connect is not False and s.code not in gone]
    parts: list[tuple[Block, ...]] = [
        (Text(text=_began(case)), Blank(label="组织领导、自查方法：", lines=3)),
        (
            *(Text(text=text) for text in _basics(case, systems)),
            census_table(case, systems, title="政务信息系统基本情况表"),
        ),
        (Text(text=_cleaning(case, dead)),),
        (Text(text=_joining(joining)),),
        (*([Text(text=case.remark)] if case.remark else ()), Blank(label="", lines=4)),
    ]
    told = zip(numbered(_HEADINGS), parts, strict=True)
    cleaning = cleanup_table(case, dead, title=f"{whose(case)}清理整合的信息系统清单")
    return report(
        case,
        f"{whose(case)}政务信息系统自查报告",
        layout="letter",
        sections=tuple(Section(heading=h, blocks=b) for h, b in told),
        annexes=(Section(blocks=(cleaning,)), Section(blocks=(_access_list(case, joining),))),
        seal=True,
        **({} if case.scope.key else {"issuer": case.compiler}),
    )


def _began(case: Case) -> str:
    """The whole place's is a summary: those who verify the self-audits don't hand them in."""
    if case.scope.key:
        what = f"{case.issuer}对政务信息系统建设应用情况进行了全面自查。"
    else:
        what = "各单位对政务信息系统建设应用情况进行了全面自查，现将汇总情况报告如下。"
    return f"根据{case.basis}要求，{what}本报告数据截至{day(case.day)}。"


def _basics(case: Case, systems: Sequence[System]) -> list[str]:
    live = [s for s in systems if case.read("systems", "live", s)]
    cloud = sum(case.read("systems", "on_cloud", s) is True for s in live)
    built = sum(s.construction_funds or 0 for s in live)
    kept = sum(s.om_funds_per_year or 0 for s in live)
    staff = sum(s.staff or 0 for s in live)
    first = (
        f"共有政务信息系统{len(systems)}个，其中在册{len(live)}个，部署在政务云上{cloud}个，"
        f"接入共享交换平台{sum(s.connected is True for s in live)}个。"
    )
    second = (
        f"已填报建设资金{yuan(built)}，年运维经费{yuan(kept)}，配备人员{staff}人。"
        f"未填报建设资金的系统{sum(s.construction_funds is None for s in live)}个，"
        f"未填报运维经费的系统{sum(s.om_funds_per_year is None for s in live)}个。"
    )
    return [first, second]


def _cleaning(case: Case, dead: Sequence[System]) -> str:
    if not dead:
        return "经自查，没有符合清理整合条件的信息系统。"
    done = sum(bool(case.read("systems", "cleaned", s)) for s in dead)
    names = listed([s.name for s in listable(dead)], 8)
    return f"拟清理整合信息系统{len(dead)}个（{names}），已完成{done}个，详见《清理整合的信息系统清单》。"


def _joining(joining: Sequence[System]) -> str:
    must = [s for s in joining if s.must_connect]
    done = sum(s.connected is True for s in must)
    open_ = len(joining) - len(must)
    text = (
        f"提出须接入共享交换平台的信息系统{len(must)}个，已接入{done}个，未接入{len(must) - done}个"
    )
    return (
        text
        + (f"；是否接入尚未确定的{open_}个" if open_ else "")
        + "，详见《接入共享交换平台的信息系统清单》。"
    )


def _access_list(case: Case, joining: Sequence[System]) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            s.name,
            case.name_of(s.organisation),
            {True: "须接入", None: "未确定", False: "不须接入"}[s.must_connect],
            {True: "已接入", False: "未接入", None: "未填报"}[s.connected],
            word("access_mode", s.access_mode),
            iso(s.connection_date),
            listed(s.data_resources or (), 6),
            _decided(case, s),
        )
        for s in listable(joining)
    ]
    return Table(
        title=f"{whose(case)}接入共享交换平台的信息系统清单",
        columns=(
            NO,
            Column(title="系统名称", width=11),
            Column(title="责任单位", width=9),
            Column(title="接入意见", width=5),
            Column(title="接入情况", width=5),
            Column(title="接入方式", width=6),
            Column(title="接入日期", kind="date", width=7),
            Column(title="数据资源", width=10),
            Column(title="提出、确认", width=9),
        ),
        rows=rows_of(rows),
        notes=classified_note(joining),
    )


def _decided(case: Case, system: System) -> str:
    """Who proposed that it must connect, who confirmed it and when (requirements G29)."""
    if system.must_connect is not True:
        return ""
    by, on = system.must_connect_confirmed_by, system.must_connect_confirmed_on
    parts = [
        f"{system.must_connect_proposed_by}提出" if system.must_connect_proposed_by else "",
        f"{by or ''}{f'于{on:%Y-%m-%d}' if on else ''}确认" if by or on else "确认情况未填报",
    ]
    return case.veil.text("；".join(part for part in parts if part))
