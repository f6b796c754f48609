"""A timetable as files: a workbook for people, iCalendar for calendars, a Gantt chart as SVG.

Names come from departments: they are typed as text in cells, escaped in calendars and drawings.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.errors import BadUsage
from api.gantt import gantt
from api.timetable_pages import (
    Takes,
    assets_page,
    costs_page,
    heads_of,
    requests_page,
    verdicts_page,
)
from api.words import Lang, Words
from inventory.ledger_write.book import Page, write_book
from inventory.ledger_write.reader import Cell
from inventory.model import Estate
from inventory.text import printable
from migrator.planning.costs import costs_of
from migrator.planning.plan import Plan
from migrator.planning.timetable import Appointment, Timetable
from migrator.runs.approvals import PlanRecord

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
    """The file of that kind, in one language; `takes` and `estate` (of the plan's own facts) for sheets
    of money and things, where they are known. Raises BadUsage for another kind; KeyError
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
    say = Words(lang)
    if suffix.lower() == ".xlsx":
        pages = [*timetable_pages(table, record, names, say), verdicts_page(plan, record.code, say)]
        if takes is not None and estate is not None and plan.means.city is not None:
            pages.append(requests_page(table, record.code, takes, estate, say))
            costs = costs_of(table, estate, plan.means.city)
            pages.append(costs_page(costs, record.code, names, estate, say))
            pages.append(assets_page(table, record.code, names, estate, say))
        return write_book(pages)
    if suffix.lower() == ".ics":
        return calendar(table, record, names, plan.means.timezone, say)
    return gantt(table, record.code, names, lang).encode()


def timetable_pages(
    table: Timetable, record: PlanRecord, names: dict[str, str], say: Words
) -> list[Page]:
    """时间表 (a row a system), 路线图 (a row a month), 期限."""
    heads = heads_of(
        say, "wave", "night:day", "code:@", "system:@", "turn", "begins:@", "ends:@",
        "copy_from:day", "copy_nights", "mib", "by:@", "after:@", "due:day", "late",
    )  # fmt: skip
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
    title = say("sheet.timetable.title", code=record.code, digest=record.digest[:12])
    pages = [Page(say("sheet.timetable"), title, heads, rows)]
    road = heads_of(say, "month:@", "systems", "nights", "gib", "systems_so_far")
    title = say("sheet.roadmap.title", code=record.code)
    pages.append(Page(say("sheet.roadmap"), title, road, list(_months(table))))
    kept = heads_of(say, "due:day", "duty:@", "grounds:@", "needed", "in_time", "kept:@", "takes:@")
    duties: list[list[Cell]] = [
        [
            d.deadline,
            say.half(d.title),
            f"{say('sheet.city') if d.of == 'means' else d.of} {d.clause}".strip(),
            d.needed,
            d.in_time,
            say("kept_day" if d.kept else "lost_day"),
            "\n".join(say.half(line) for line in d.takes or ()),
        ]
        for d in table.duties
    ]
    title = say("sheet.duties.title", code=record.code)
    pages.append(Page(say("sheet.duties"), title, kept, duties))
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


def calendar(
    table: Timetable, record: PlanRecord, names: dict[str, str], zone: str, say: Words
) -> bytes:
    """RFC 5545: an event for each night, or for each stretch of windows of it that meet; the same plan
    gives the same events again, so that a calendar takes a later file as an update."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//Qianyun//plan//{say.lang.upper()}"]
    lines.append("METHOD:PUBLISH")
    nights: dict[date, list[Appointment]] = defaultdict(list)
    for one in _ordered(table):
        nights[one.night].append(one)
    stamp = _utc(datetime.fromisoformat(record.made_at))
    events = ((n, k, s) for n, all_ in sorted(nights.items()) for k, s in enumerate(_meeting(all_)))
    for night, part, several in events:
        told = "\n".join(f"{_at(o, night)} {o.system} {names.get(o.system, '')}" for o in several)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{record.code}-{night.isoformat()}{f'-{part + 1}' if part else ''}@qianyun",
            f"DTSTAMP:{stamp}",
            f"DTSTART:{_local(min(one.begins for one in several), zone)}",
            f"DTEND:{_local(max(one.ends for one in several), zone)}",
            f"SUMMARY:{_ics(say('event.night', wave=several[0].wave, n=len(several)))}",
            f"DESCRIPTION:{_ics(told)}",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _meeting(several: Sequence[Appointment]) -> list[list[Appointment]]:
    """The night's cutovers by stretches of windows that meet, each in the order in which they begin."""
    found: list[list[Appointment]] = []
    for one in sorted(several, key=lambda o: (o.begins, o.group, o.system)):
        if found and one.begins < max(o.ends for o in found[-1]):
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _at(one: Appointment, night: date) -> str:
    """When it begins; with its day where that is the one after."""
    day, _, time = one.begins.partition("T")
    return time if day == night.isoformat() else f"{day[5:]} {time}"


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
