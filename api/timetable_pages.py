"""Sheets of a timetable's workbook that speak of money and things: 费用, 资产清单, 资源需求."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from api.words import Lang, Words
from inventory.ledger_write.book import Head, Page
from inventory.model import Estate
from migrator.costs import costs_of
from migrator.dispositions import grounds_text
from migrator.means import CityMeans
from migrator.plan import Disposition, Plan
from migrator.timetable import Timetable

DAY = "yyyy-mm-dd"

type Takes = Mapping[str, Sequence[tuple[str, int]]]
"""System → what it takes of each capacity of its cloud."""


def costs_page(
    table: Timetable, code: str, names: Mapping[str, str], estate: Estate, city: CityMeans
) -> Page:
    """A row a system and year, sums of the year above them; prices are the means' `costs`."""
    heads = [Head("年度"), Head("编号", "@"), Head("信息系统", "@"), Head("单位", "@")]
    heads += [
        Head("迁移费用（元）"),
        Head("云资源费用（元）"),
        Head("原址运维（元）"),
        Head("节省运维（元）"),
    ]
    years = defaultdict(list)
    for one in costs_of(table, estate, city):
        years[one.year].append(one)
    owners = {s.code: s.organisation or "" for s in estate.systems}
    rows: list[list[str | int | None]] = []
    for year, several in sorted(years.items()):
        sums = [
            sum(getattr(one, field) or 0 for one in several)
            for field in ("moving", "cloud", "old", "freed")
        ]
        rows.append([year, "", "合计", "", *sums])
        rows += [
            [
                year,
                c.system,
                names.get(c.system, ""),
                owners[c.system],
                c.moving,
                c.cloud,
                c.old,
                c.freed,
            ]
            for c in several
        ]
    return Page("费用", f"方案 {code} 分年度、分项费用", heads, rows)


def verdicts_page(plan: Plan, code: str, lang: Lang) -> Page:
    """去向: every system, what becomes of it, why and by which clause."""
    say = Words(lang)
    heads = [Head("编号", "@"), Head("信息系统", "@"), Head("去向", "@"), Head("方式", "@")]
    heads += [Head("批次"), Head("理由", "@"), Head("依据", "@")]
    rows = [
        [
            v.system,
            v.name,
            say("item.done") if v.disposition is Disposition.DONE else say(v.disposition.value),
            say.known(v.way.value) if v.way else "",
            v.wave,
            say.half(v.reason),
            grounds_text(v.grounds),
        ]
        for v in plan.verdicts
    ]
    return Page("去向", f"方案 {code} 各系统去向", heads, rows)


def assets_page(table: Timetable, code: str, names: Mapping[str, str], estate: Estate) -> Page:
    """Every host of a system that moves: what was bought goes along with its system, or is written
    off (大政办发〔2017〕135号 二(三))."""
    heads = [
        Head("编号", "@"),
        Head("信息系统", "@"),
        Head("割接日（夜）", DAY),
        Head("服务器", "@"),
    ]
    heads += [Head("资产编号", "@"), Head("现址", "@"), Head("机柜", "@"), Head("架构", "@")]
    heads += [Head("操作系统", "@"), Head("购置日期", DAY), Head("自主可控", "@")]
    nights = {one.system: one.night for one in table.appointments}
    targets = {s.code: s.target for s in estate.systems}
    rows = [
        [
            *(host.system, names.get(host.system, ""), nights[host.system], host.code),
            *(host.asset_tag or "", host.place or "", host.rack or "", host.cpu_arch or ""),
            *(host.os or "", host.purchased, {True: "是", False: "否", None: ""}[host.domestic]),
        ]
        for host in sorted(estate.hosts, key=lambda one: (one.system or "", one.code))
        if host.system is not None and host.system in nights and host.place != targets[host.system]
    ]
    return Page("资产清单", f"方案 {code} 各系统资产清单", heads, rows)


def requests_page(table: Timetable, code: str, takes: Takes) -> Page:
    """What clouds must have, by month; then what is missing for those that found no night."""
    asked = [Head("月份", "@"), Head("资源", "@"), Head("本月新增"), Head("累计")]
    rows = list(_requests(table, takes))
    return Page("资源需求", f"方案 {code} 资源需求清单", asked, rows)


def _requests(table: Timetable, takes: Takes) -> Iterator[list[str | int]]:
    """Machines are taken when a copy begins; what former plans took counts from the start."""
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for one in table.appointments:
        months[one.copy_from.strftime("%Y-%m")].update(dict(takes.get(one.system, ())))
    whole = Counter({one.what: one.amount for one in table.used})
    for month, counts in sorted(months.items()):
        whole.update(counts)
        for what, amount in sorted(counts.items()):
            yield [month, what.removeprefix("cloud:"), amount, whole[what]]
    for short in table.short or ():
        what = short.what.removeprefix("cloud:")
        yield [f"尚缺（共交付 {short.there}）", what, short.missing, short.wanted]
