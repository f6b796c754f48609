"""What people should know of a timetable that breaks no constraint: hours by day, days of which no
holidays are known, lines that are better not counted on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from inventory.errors import CalendarUnknown
from inventory.model import Line
from inventory.policies.calendar import is_working_day
from migrator.planning.means import CityMeans
from migrator.planning.roads import is_internet
from migrator.planning.timetable import Appointment, Note, Timetable
from migrator.planning.windows import Window
from migrator.timing.jobs import Job, Measures


def notes_of(table: Timetable, jobs: Mapping[str, Job], known: Measures) -> tuple[Note, ...] | None:
    """None where there is nothing to say, so that such plans have the digest that they always had."""
    found = (
        *_holidays(table, known.city),
        *_hours(table, jobs, known.city),
        *_lines(table, known),
    )
    return found or None


def _holidays(table: Timetable, city: CityMeans) -> Iterator[Note]:
    """Years whose notice is not out: their holidays are closed to nobody."""
    if city.nights.holidays == "open":
        return
    years = dict[int, list[str]]()
    for one in table.appointments:
        for day in (one.night, one.night + timedelta(days=1)):
            if not _is_known(day) and one.system not in years.setdefault(day.year, []):
                years[day.year].append(one.system)
    for year, systems in sorted(years.items()):
        yield Note(
            systems=tuple(systems),
            text=f"{year} 年放假安排尚未公布，该年节假日未避开：请列入 freezes / the holidays of {year} "
            "are not announced yet, and none of them is kept free: put them into freezes",
        )


def _is_known(day: date) -> bool:
    try:
        is_working_day(day)
    except CalendarUnknown:
        return False
    return True


def _hours(table: Timetable, jobs: Mapping[str, Job], city: CityMeans) -> Iterator[Note]:
    """Windows that are not wholly within the night, each once."""
    hours = city.nights.hours
    dark, outside = Window.parse(hours).minutes(), defaultdict[str, list[Appointment]](list)
    for one in table.appointments:
        window = Window.parse(jobs[one.system].window)
        whole = window.end - window.start == 24 * 60
        if not whole and not window.minutes() <= dark:
            outside[jobs[one.system].window].append(one)
    for window_told, several in sorted(outside.items()):
        first = several[0].begins.replace("T", " ")
        yield Note(
            systems=tuple(one.system for one in several),
            text=f"窗口 {window_told} 不全在夜 {hours} 内，割接可能在白天（如 {first} 起） / the window "
            f"{window_told} is not within the night, {hours}: cutovers may be by day (such as from {first})",
        )


def _lines(table: Timetable, known: Measures) -> Iterator[Note]:
    over = defaultdict[str, list[Appointment]](list)
    for one in table.appointments:
        over[one.by].append(one)
    lines = {f"line:{line.code}": line for line in known.estate.lines}
    for road, several in sorted(over.items()):
        if road not in lines:
            continue
        last = max(one.night for one in several)
        for zh, en in _doubts(lines[road], last):
            code = lines[road].code
            yield Note(
                systems=tuple(one.system for one in several),
                text=f"线路 {code} {zh}，用于复制前请核实 / line {code} {en}: make sure of it before copying",
            )


def _doubts(line: Line, last: date) -> Iterator[tuple[str, str]]:
    if line.cancelled_on is not None:
        yield f"已于 {line.cancelled_on} 注销", f"was cancelled on {line.cancelled_on}"
    if line.contract_end is not None and line.contract_end < last:
        day = line.contract_end
        yield (
            f"合同 {day} 到期，早于最后一次复制所至 {last}",
            f"has a contract until {day}, and is used until {last}",
        )
    if is_internet(line):
        yield "为互联网线路", "is an internet line"
    if line.self_leased:
        yield "为部门自行租用", "is leased by the department itself"
