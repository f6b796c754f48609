"""僵尸信息系统清理台账 (F-14), 审计情况表 (F-11) and a sample of the clean-up (F-12)."""

import hashlib

from inventory.choices import ZombieDecision
from inventory.errors import ReportError
from inventory.model import System
from inventory.reports.case import Case, Sampling
from inventory.reports.model import Cell, Column, Report, Table
from inventory.reports.parts import (
    NO,
    UNIT,
    county_of,
    form_report,
    grouped,
    rows_of,
    total_of,
    whose,
)
from inventory.reports.systems import census_table, cleanup_table, listable, suspects


def account(case: Case) -> Report:
    """F-14."""
    found = suspects(case, case.own.systems)
    open_ = [s for s in listable(case.own.systems) if case.read("systems", "zombie", s) is None]
    table = cleanup_table(case, found)
    there = {s.code for s in found}
    unanswered = [s for s in open_ if s.code not in there]
    if unanswered:
        note = f"五项标准未答全、暂不能判断的系统{len(unanswered)}个，未列入本表。"
        table = table.model_copy(update={"notes": (*table.notes, note)})
    tables = [table]
    if case.organisation is None:
        tables.append(_by_unit(case, found))
    return form_report(case, f"{whose(case)}“僵尸”信息系统清理台账", tables)


def _by_unit(case: Case, found: list[System]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    theirs = grouped(found)
    for one in case.members:
        own = theirs.get(one.code, [])
        decided = [s.zombie_decision for s in own]
        rows.append(
            (
                one.name,
                county_of(one),
                len(case.owned("systems", one.code)),
                len(own),
                decided.count(ZombieDecision.RETIRE),
                sum(s.merged_into is not None or s.zombie_decision == "merge" for s in own),
                decided.count(ZombieDecision.KEEP),
                sum(s.zombie_decision is None and s.merged_into is None for s in own),
                sum(bool(case.read("systems", "cleaned", s)) for s in own),
            )
        )
    made = rows_of(rows)
    number = "number"
    return Table(
        title="分单位汇总表",
        columns=(
            NO,
            UNIT,
            Column(title="所属区县", width=6),
            Column(title="系统总数", kind=number, width=5),
            Column(title="列入清理", kind=number, width=5),
            Column(title="清理", kind=number, width=4, group="处置意见"),
            Column(title="整合", kind=number, width=4, group="处置意见"),
            Column(title="保留", kind=number, width=4, group="处置意见"),
            Column(title="未定", kind=number, width=4, group="处置意见"),
            Column(title="已完成", kind=number, width=5),
        ),
        rows=made,
        total=total_of(made, "合计", 3, 4, 5, 6, 7, 8, 9),
    )


def audit(case: Case) -> Report:
    """F-11: what an audit of systems asks of each, as it was on the cut-off day."""
    return form_report(
        case,
        f"{whose(case)}政务信息系统审计情况表",
        (census_table(case, case.own.systems),),
    )


def sample(case: Case) -> Report:
    """F-12: departments drawn by a seed that anybody can draw again, with what they cleaned up.
    Raises ReportError where no seed and size were given."""
    if case.sampling is None:
        raise ReportError(
            "抽检须给出 --seed 和 --size / a sample: read no seed, expected --seed TEXT --size N"
        )
    seed, size = case.sampling.seed, case.sampling.size
    pool = [o for o in case.members if case.owned("systems", o.code)]
    drawn = sorted(pool, key=lambda o: (lot(seed, o.code), o.code))[:size]
    rows: list[tuple[Cell, ...]] = []
    for one in drawn:
        own = suspects(case, case.owned("systems", one.code))
        done = sum(bool(case.read("systems", "cleaned", s)) for s in own)
        place = county_of(one)
        rows.append((one.name, place, len(case.owned("systems", one.code)), len(own), done, "", ""))
    table = Table(
        title="一、抽检单位",
        columns=(
            NO,
            UNIT,
            Column(title="所属区县", width=6),
            Column(title="系统总数", kind="number", width=5),
            Column(title="列入清理", kind="number", width=5),
            Column(title="自报完成", kind="number", width=5),
            Column(title="抽检发现", width=16),
            Column(title="结论", width=7),
        ),
        rows=rows_of(rows),
        notes=(
            f"抽样办法：有信息系统的单位{len(pool)}个，按{drawn_by(case.sampling)}，"
            "任何人可据此复核。抽检发现和结论由审计人员填写。",
        ),
    )
    every = [s for o in drawn for s in suspects(case, case.owned("systems", o.code))]
    return form_report(
        case,
        f"{whose(case)}“僵尸”信息系统清理情况抽检表",
        (table, cleanup_table(case, every, title="二、抽检单位清理台账")),
    )


def drawn_by(sampling: Sampling) -> str:
    """How a sample was drawn, in words; equal only for equal samples."""
    return f" SHA-256（种子“{sampling.seed}”、换行、单位编号）从小到大取前{sampling.size}个"


def lot(seed: str, code: str) -> str:
    """The number that a code draws: it depends on nothing but the two words."""
    return hashlib.sha256(f"{seed}\n{code}".encode()).hexdigest()
