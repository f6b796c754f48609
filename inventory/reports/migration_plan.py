"""迁移方案 of one department (F-13): what it has, what moves where, what it needs, in which order, what
moves with it, what stays and why. The document that is handed in; the plan that drives playbooks is
`qianyun plan`."""

from collections.abc import Sequence

from inventory.errors import ReportError
from inventory.model import Secrecy, System
from inventory.policies.pack import Target
from inventory.reports import migration_tables as tables
from inventory.reports.case import Case
from inventory.reports.migration_order import stages
from inventory.reports.model import Blank, Block, Report, Section, Text
from inventory.reports.parts import contact_table, report, whose
from inventory.reports.phrases import day, listed, numbered
from inventory.reports.systems import listable

_HEADINGS = (
    "总体要求",
    "现状",
    "迁移范围和处置意见",
    "资源需求",
    "迁移批次和时间安排",
    "网络和线路",
    "设备和资产处置",
    "安全保密",
    "业务连续性和回退措施",
    "组织分工",
)


def migration_plan(case: Case) -> Report:
    """F-13. Raises ReportError for more than one department."""
    if case.organisation is None:
        raise ReportError(
            "迁移方案按单位编制，请用 --organisation / a migration plan is one department's: read none, "
            "expected --organisation CODE"
        )
    live = [s for s in case.own.systems if case.read("systems", "live", s)]
    moving = [s for s in listable(live) if _moves(case, s)]
    parts: list[tuple[Block, ...]] = [
        _aims(case),
        _now(case, live),
        _scope(case, live, moving),
        _needs(moving),
        _order(case, moving),
        _network(case),
        (tables.assets(case), Blank(label="资产处置办法：", lines=2)),
        _security(moving),
        _continuity(moving),
        (contact_table(case), Blank(label="职责分工：", lines=3)),
    ]
    if case.remark:
        parts[0] = (*parts[0], Text(text=case.remark))
    told = zip(numbered(_HEADINGS), parts, strict=True)
    return report(
        case,
        f"{whose(case)}数据机房向{_cloud(case, moving)}迁移方案",
        layout="letter",
        addressee="",  # a plan is enclosed, not addressed
        sections=tuple(Section(heading=heading, blocks=blocks) for heading, blocks in told),
        seal=True,
    )


def _moves(case: Case, one: System) -> bool:
    """Not there yet, and nobody said that it can't go."""
    return case.read("systems", "on_cloud", one) is not True and one.migratable is not False


def _cloud(case: Case, moving: Sequence[System]) -> str:
    named = {case.find("clouds", s.target) for s in moving if s.target}
    clouds = {c.name for c in named if c} or {c.name for c in case.estate.clouds}
    return clouds.pop() if len(clouds) == 1 else "政务云"


def _aims(case: Case) -> tuple[Block, ...]:
    due = [
        t
        for t in case.pack.targets
        if isinstance(t, Target) and t.deadline and t.set in ("systems", "rooms")
    ]
    ours = sorted(
        (t for t in due if "云" in t.title or "迁移" in t.title), key=lambda t: str(t.deadline)
    )
    orders = "；".join(
        f"{day(t.deadline)}前，{t.title}" + (f"（{t.threshold.words}）" if t.threshold else "")
        for t in ours
    )
    text = f"为落实{case.basis}要求，结合本单位实际，制定本方案。"
    return (Text(text=text + (f"目标任务：{orders}。" if orders else "")),)


def _now(case: Case, live: Sequence[System]) -> tuple[Block, ...]:
    cloud = sum(case.read("systems", "on_cloud", s) is True for s in live)
    text = (
        f"截至{day(case.day)}，本单位有数据机房{len(case.own.rooms)}个，在册信息系统{len(live)}个，"
        f"其中已上云{cloud}个；登记设备{len(case.own.hosts)}台，线路{len(case.own.lines)}条。"
    )
    return (Text(text=text), tables.rooms(case))


def _scope(case: Case, live: Sequence[System], moving: Sequence[System]) -> tuple[Block, ...]:
    secret = sum(s.secrecy is Secrecy.CLASSIFIED for s in live)
    going = {s.code for s in moving}
    stay = [s for s in listable(live) if s.code not in going]
    text = f"列入迁移范围的信息系统{len(moving)}个，其余{len(stay)}个不迁移或已上云。"
    if secret:
        text += f"另有涉密系统{secret}个，按保密要求不进入政务云，不列入本方案。"
    return (Text(text=text), tables.dispositions(case, [*moving, *stay]))


def _needs(moving: Sequence[System]) -> tuple[Block, ...]:
    untold = [s.name for s in moving if None in (s.cpu_cores, s.memory_gib, s.storage_gib)]
    note = f"资源需求未填报齐全的系统：{listed(untold)}，应在迁移前补齐。" if untold else ""
    cores, memory, storage = (
        sum(getattr(s, field) or 0 for s in moving)
        for field in ("cpu_cores", "memory_gib", "storage_gib")
    )
    text = f"已填报资源需求合计：CPU {cores}核，内存{memory}GiB，存储{storage}GiB。{note}"
    return (Text(text=text), tables.sizes(moving))


def _order(case: Case, moving: Sequence[System]) -> tuple[Block, ...]:
    told = stages([s.code for s in moving], case.own.dependencies)
    away = {d.needs for d in case.own.dependencies} - {s.code for s in case.own.systems}
    text = "批次按台账所列依赖关系排定：被依赖的系统先迁或同批迁移，互相依赖的系统同批迁移。"
    if away:
        names = [getattr(case.find("systems", code), "name", code) for code in sorted(away)]
        text += f"依赖外单位系统{len(away)}个（{listed(names)}），迁移前与其责任单位商定。"
    return (Text(text=text), tables.batches(case, told), Blank(label="具体时间安排：", lines=2))


def _network(case: Case) -> tuple[Block, ...]:
    kinds = [x.type for x in case.own.lines if case.read("lines", "active", x)]
    text = (
        f"现有线路{len(kinds)}条，其中自租互联网专线{kinds.count('internet_leased')}条、"
        f"业务专网{kinds.count('private_business')}条、内部专网{kinds.count('internal_private')}条，整合去向如下表。"
    )
    return (Text(text=text), tables.lines(case))


def _security(moving: Sequence[System]) -> tuple[Block, ...]:
    unsure = [s.name for s in moving if s.secrecy is Secrecy.UNKNOWN]
    ungraded = [s.name for s in moving if s.mlps_level is None]
    texts = [
        "列入迁移范围的系统均已确认不涉密。"
        if not unsure
        else f"涉密情况尚未确认的系统{len(unsure)}个：{listed(unsure)}，确认前不得迁移。",
        "列入迁移范围的系统均已定级。"
        if not ungraded
        else f"网络安全等级保护未定级的系统{len(ungraded)}个：{listed(ungraded)}，应在迁移前完成定级备案。",
    ]
    return tuple(Text(text=text) for text in texts)


def _continuity(moving: Sequence[System]) -> tuple[Block, ...]:
    facing = [s for s in moving if s.citizen_facing]
    windows = [f"{s.name}（{s.window or '未定'}）" for s in facing]
    text = (
        "每个系统迁移前做预检和备份，在约定窗口内割接，割接后核对服务和数据，核对不一致即回退；"
        "提交前原系统和数据保留，可随时切回。"
    )
    blocks: list[Block] = [Text(text=text)]
    if windows:
        blocks.append(Text(text=f"面向公众的系统割接窗口：{listed(windows)}。"))
    silent = [s.name for s in moving if not s.backup]
    if silent:
        blocks.append(Text(text=f"备份方式未填报的系统：{listed(silent)}。"))
    return tuple(blocks)
