"""A timetable as files: a workbook for people, iCalendar for calendars, a Gantt chart as SVG.

Names come from departments: they are typed as text in cells, escaped in calendars and drawings.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.errors import BadUsage
from api.gantt import gantt
from api.timetable_pages import Takes, assets_page, costs_page, requests_page, verdicts_page
from api.words import Lang, Words
from inventory.ledger_write.book import Head, Page, write_book
from inventory.model import Estate
from inventory.text import printable
from migrator.plan import Plan
from migrator.store_plans import PlanRecord
from migrator.timetable import Appointment, Timetable

KINDS = (".xlsx", ".ics", ".svg")


def written(
    plan: Plan,
    record: PlanRecord,
    suffix: str,
    *,
    takes: Takes | None = None,
    estate: Estate | None = None,
    lang: Lang = "zh",
) -> bytes:
    """The file of that kind; `takes` and `estate` (of the plan's own facts) for sheets of money and
    things, where they are known; `lang` of the drawing. Raises BadUsage for another kind; KeyError
    without a timetable."""
    table = plan.timetable
    if table is None:
        raise KeyError(record.code)
    if suffix.lower() not in KINDS:
        raise BadUsage(
            f"不支持的文件类型 / no such kind of file: read {suffix or '—'}, expected one of "
            f"{'、'.join(KINDS)}"
        )
    names = {v.system: printable(v.name) for v in plan.verdicts}
    if suffix.lower() == ".xlsx":
        pages = [
            *timetable_pages(table, record, names, lang),
            verdicts_page(plan, record.code, lang),
        ]
        if takes is not None and estate is not None and plan.means.city is not None:
            pages.append(requests_page(table, record.code, takes))
            pages.append(costs_page(table, record.code, names, estate, plan.means.city))
            pages.append(assets_page(table, record.code, names, estate))
        return write_book(pages)
    if suffix.lower() == ".ics":
        return calendar(table, record, names, plan.means.timezone)
    return gantt(table, record.code, names, lang).encode()


def timetable_pages(
    table: Timetable, record: PlanRecord, names: dict[str, str], lang: Lang = "zh"
) -> list[Page]:
    """时间表 (a row a system), 路线图 (a row a month), 期限."""
    say = Words(lang)
    day = "yyyy-mm-dd"
    heads = [Head("批次"), Head("割接日（夜）", day), Head("编号", "@"), Head("信息系统", "@")]
    heads += [
        Head("当晚次序"),
        Head("割接开始", "@"),
        Head("不晚于", "@"),
        Head("开始复制", day),
        Head("复制昼夜数"),
    ]
    heads += [Head("数据量（MiB）"), Head("经由", "@"), Head("先行系统", "@")]
    heads += [Head("期限", day), Head("迟（天）")]
    rows = [
        [
            one.wave,
            one.night,
            one.system,
            names.get(one.system, ""),
            one.turn,
            one.begins.replace("T", " "),
            one.ends.replace("T", " "),
            one.copy_from,
            one.copy_nights,
            one.copy_mib,
            one.by,
            "、".join(one.after),
            one.due,
            one.late,
        ]
        for one in _ordered(table)
    ]
    title = f"方案 {record.code} 时间表（摘要 {record.digest[:12]}）"
    pages = [Page("时间表", title, heads, rows)]
    road = [
        Head("月份", "@"),
        Head("割接系统数"),
        Head("割接夜数"),
        Head("数据量（GiB）"),
        Head("累计系统数"),
    ]
    pages.append(Page("路线图", f"方案 {record.code} 路线图", road, list(_months(table))))
    kept = [
        Head("期限", day),
        Head("事项", "@"),
        Head("依据", "@"),
        Head("应完成"),
        Head("按期"),
        Head("结论", "@"),
        Head("如何才能守住（各行各自而论）", "@"),
    ]
    duties = [
        [
            d.deadline,
            d.title,
            f"{d.of} {d.clause}",
            d.needed,
            d.in_time,
            "守住" if d.kept else "守不住",
            "\n".join(say.half(line) for line in d.takes or ()),
        ]
        for d in table.duties
    ]
    pages.append(Page("期限", f"方案 {record.code} 期限", kept, duties))
    return pages


def _ordered(table: Timetable) -> list[Appointment]:
    return sorted(table.appointments, key=lambda one: (one.night, one.group, one.system))


def _months(table: Timetable) -> Iterator[list[str | int]]:
    months: dict[str, list[Appointment]] = defaultdict(list)
    for one in table.appointments:
        months[one.night.strftime("%Y-%m")].append(one)
    whole = 0
    for month, several in sorted(months.items()):
        whole += len(several)
        nights = len({one.night for one in several})
        yield [month, len(several), nights, sum(o.copy_mib for o in several) // 1024, whole]


def calendar(table: Timetable, record: PlanRecord, names: dict[str, str], zone: str) -> bytes:
    """RFC 5545: an event for each night, from its first window to its last; the same plan gives the
    same events again, so that a calendar takes a later file as an update."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Qianyun//plan//ZH", "METHOD:PUBLISH"]
    nights: dict[date, list[Appointment]] = defaultdict(list)
    for one in _ordered(table):
        nights[one.night].append(one)
    stamp = _utc(datetime.fromisoformat(record.made_at))
    for night, several in sorted(nights.items()):
        told = "\n".join(f"{o.begins[11:]} {o.system} {names.get(o.system, '')}" for o in several)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{record.code}-{night.isoformat()}@qianyun",
            f"DTSTAMP:{stamp}",
            f"DTSTART:{_local(min(one.begins for one in several), zone)}",
            f"DTEND:{_local(max(one.ends for one in several), zone)}",
            f"SUMMARY:{_ics(f'割接 第 {several[0].wave} 批，{len(several)} 个系统')}",
            f"DESCRIPTION:{_ics(told)}",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _local(moment: str, zone: str) -> str:
    return _utc(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone)))


def _utc(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("UTC")).strftime("%Y%m%dT%H%M%SZ")


def _ics(text: str) -> str:
    """TEXT of RFC 5545, 3.3.11."""
    for sign, written_ in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        text = text.replace(sign, written_)
    return text


def _folded(line: str) -> str:
    """Lines of at most 75 octets (3.1), never cut inside of a character."""
    parts, size = [""], 0
    for sign in line:
        width = len(sign.encode())
        if size + width > (75 if len(parts) == 1 else 74):
            parts.append("")
            size = 0
        parts[-1] += sign
        size += width
    return "\r\n ".join(parts)
