"""Working days of mainland China, with the weekends that are worked to make up (调休).

The yearly notices of the State Council come as data of the library `chinesecalendar`, which has no
rule for a year whose notice is not out: such a year is refused, never guessed.
"""

from datetime import MAXYEAR, date, timedelta

from chinese_calendar import is_workday
from chinese_calendar.constants import holidays

from inventory.errors import CalendarUnknown

KNOWN_YEARS = range(min(holidays).year, max(holidays).year + 1)
"""The years whose working days are known."""


def is_working_day(day: date) -> bool:
    """Whether offices work on `day`. Raises CalendarUnknown."""
    if day.year not in KNOWN_YEARS:
        raise CalendarUnknown(
            f"工作日历只含 {KNOWN_YEARS[0]} 至 {KNOWN_YEARS[-1]} 年，读到 {day}；请升级 chinesecalendar"
            f" / the working-day calendar knows {KNOWN_YEARS[0]} to {KNOWN_YEARS[-1]}, read {day}; "
            "upgrade chinesecalendar once the year's notice is out"
        )
    return bool(is_workday(day))


def working_days_after(start: date, count: int) -> date:
    """The last day of `count` working days that run from `start`; the first of them is after
    `start` (requirements R0-6). Raises CalendarUnknown."""
    day = start
    for _ in range(count):
        day += timedelta(days=1)
        while not is_working_day(day):
            day += timedelta(days=1)
    return day


def working_days_between(start: date, end: date) -> int:
    """Working days after `start` up to and with `end`; 0 where `end` is not after it. Raises
    CalendarUnknown."""
    days = (end - start).days
    return sum(is_working_day(start + timedelta(days=n)) for n in range(1, days + 1))


def months_after(start: date, count: int) -> date:
    """The same day `count` months on; the month's last day where it has no such day."""
    month = start.month - 1 + count
    year, month = start.year + month // 12, month % 12 + 1
    return date(year, month, min(start.day, month_end(year, month).day))


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    if (year, month) == (MAXYEAR, 12):
        return date.max
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - timedelta(days=1)
