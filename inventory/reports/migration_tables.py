"""Tables of a migration plan."""

from collections.abc import Sequence

from inventory.labels import value_label
from inventory.model import Host, Room, System
from inventory.reports.case import Case
from inventory.reports.model import Cell, Column, Table
from inventory.reports.parts import NO, rows_of, total_of
from inventory.reports.phrases import iso, listed, yes_no
from inventory.reports.systems import word

_SYSTEM = Column(title="系统名称", width=10)


def rooms(case: Case) -> Table:
    """Rooms in which nothing but classified systems live are counted only."""
    shown = [r for r in case.own.rooms if not case.veil.hides("rooms", r.code)]
    secret = len(case.own.rooms) - len(shown)
    return Table(
        title="数据机房情况表",
        unit="面积单位：㎡　金额单位：元/年",
        columns=(
            NO,
            Column(title="机房名称", width=9),
            Column(title="楼宇、楼层", width=8),
            Column(title="面积", width=5),
            Column(title="机柜数", kind="number", width=4),
            Column(title="系统数", kind="number", width=4),
            Column(title="年运行费", kind="money", width=6),
            Column(title="处置方式", width=5),
            Column(title="迁移时间", kind="date", width=7),
        ),
        rows=rows_of([_room(case, r) for r in shown]),
        notes=(f"涉密机房{secret}个计入总数，按保密要求不列明细。",) if secret else (),
    )


def _room(case: Case, one: Room) -> tuple[Cell, ...]:
    return (
        one.name,
        "".join(part for part in (one.building, one.floor) if part),
        one.area_m2,
        one.racks,
        int(case.read("rooms", "systems_here", one)),
        one.running_cost_per_year,
        str(value_label("rooms", "disposition", one.disposition) or ""),
        iso(one.migration_date),
    )


def dispositions(case: Case, systems: Sequence[System]) -> Table:
    """What becomes of each."""
    rows: list[tuple[Cell, ...]] = [
        (
            s.name,
            s.function,
            _place(case, s.place),
            word("secrecy", s.secrecy),
            None if s.mlps_level is None else f"{s.mlps_level}级",
            disposition_words(case, s),
            _place(case, s.target),
        )
        for s in systems
    ]
    return Table(
        title="信息系统处置意见表",
        columns=(
            NO,
            _SYSTEM,
            Column(title="主要功能", width=10),
            Column(title="现所在", width=7),
            Column(title="涉密情况", width=5),
            Column(title="等保级别", width=4),
            Column(title="处置意见", width=9),
            Column(title="迁往", width=6),
        ),
        rows=rows_of(rows),
    )


def _place(case: Case, code: str | None) -> str:
    found = case.find("clouds", code) or case.find("rooms", code)
    return found.name if found else code or ""


def sizes(systems: Sequence[System]) -> Table:
    rows = rows_of([_size(s) for s in systems])
    number = "number"
    return Table(
        title="资源需求清单",
        unit="CPU：核　内存、存储：GiB　带宽：Mbit/s",
        columns=(
            NO,
            _SYSTEM,
            Column(title="CPU", kind=number, width=5),
            Column(title="内存", kind=number, width=5),
            Column(title="存储", kind=number, width=6),
            Column(title="带宽", kind=number, width=6),
            Column(title="操作系统", width=7),
            Column(title="数据库", width=7),
            Column(title="CPU架构", width=5),
        ),
        rows=rows,
        total=total_of(rows, "合计", 2, 3, 4, 5),
    )


def _size(one: System) -> tuple[Cell, ...]:
    products = list(one.database_products or ())
    if one.workload:
        products += [f"PostgreSQL {d.version}" for d in one.workload.databases]
    return (
        one.name,
        one.cpu_cores,
        one.memory_gib,
        one.storage_gib,
        None if one.bandwidth_kbps is None else one.bandwidth_kbps // 1000,
        one.os,
        listed(dict.fromkeys(products)),
        one.cpu_arch,
    )


def batches(case: Case, stages: Sequence[Sequence[str]]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for number, codes in enumerate(stages, start=1):
        for code in codes:
            one = case.find("systems", code)
            needs = [
                getattr(case.find("systems", d.needs), "name", d.needs)
                for d in case.own.dependencies
                if d.system == code
            ]
            assert one is not None
            rows.append((f"第{number}批", one.name, listed(needs), one.window, ""))
    return Table(
        title="迁移批次建议表",
        columns=(
            Column(title="批次", width=5),
            _SYSTEM,
            Column(title="依赖的系统", width=11),
            Column(title="割接窗口", width=7),
            Column(title="计划日期", width=7),
        ),
        rows=tuple(rows),
    )


def lines(case: Case) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (
            x.name,
            str(value_label("lines", "type", x.type) or ""),
            x.provider,
            None if x.bandwidth_kbps is None else x.bandwidth_kbps // 1000,
            x.rent_per_year,
            str(value_label("lines", "destination", x.destination) or ""),
            iso(x.cancelled_on),
        )
        for x in case.own.lines
    ]
    return Table(
        title="网络和线路情况表",
        unit="带宽单位：Mbit/s　金额单位：元/年",
        columns=(
            NO,
            Column(title="线路名称", width=10),
            Column(title="类型", width=6),
            Column(title="运营商", width=6),
            Column(title="带宽", kind="number", width=4),
            Column(title="年租费", kind="money", width=6),
            Column(title="整合去向", width=5),
            Column(title="取消日期", kind="date", width=7),
        ),
        rows=rows_of(rows),
    )


def assets(case: Case) -> Table:
    """Bought devices go with the system (G15); those of classified systems are not listed."""
    shown = [h for h in case.own.hosts if not case.veil.hides("hosts", h.code)]
    return Table(
        title="设备清单",
        columns=(
            NO,
            Column(title="设备名称", width=9),
            Column(title="资产编号", width=7),
            Column(title="类型", width=6),
            Column(title="所属系统", width=9),
            Column(title="购置时间", kind="date", width=7),
            Column(title="自主可控", kind="mark", width=4),
            Column(title="处置意见", width=7),
        ),
        rows=rows_of([_device(case, h) for h in shown]),
    )


def _device(case: Case, one: Host) -> tuple[Cell, ...]:
    system = case.find("systems", one.system)
    return (
        one.name,
        one.asset_tag,
        str(value_label("hosts", "role", one.role) or ""),
        system.name if system else "",
        iso(one.purchased),
        yes_no(one.domestic),
        "",
    )


def disposition_words(case: Case, one: System) -> str:
    """What becomes of a system, and why, by what is declared of it."""
    if case.read("systems", "on_cloud", one) is True:
        return "已上云"
    if one.zombie_decision is not None and one.zombie_decision != "keep":
        return str(value_label("systems", "zombie_decision", one.zombie_decision))
    if one.migratable is False:
        return "不具备迁移条件：" + (one.migratable_reason or "原因未填报")
    return "迁移上云" if one.migratable else "拟迁移上云（迁移条件未确认）"
