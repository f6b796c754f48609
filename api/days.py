"""Days of the command line: the city's today, and dates as people give them."""

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from api.errors import BadUsage

if TYPE_CHECKING:
    from api.cli.desk import Desk
    from api.settings import Settings

SEEN_DAYS = 30
"""Days of looks at the hosts that are taken together, where nobody says otherwise."""

YEARS = range(1949, 2101)
"""Years of which a judgement makes sense: no document here is older, none looks further."""


def today_of(desk: "Desk") -> date:
    """The day of the settings, else the city's own today. Raises BadUsage."""
    return city_today(desk.settings)


def city_today(settings: "Settings") -> date:
    """The same for any way in. Raises BadUsage."""
    if settings.today is not None:
        return _sane(settings.today, "QIANYUN_TODAY")
    return datetime.now(ZoneInfo(settings.timezone)).date()


def day_or_today(settings: "Settings", told: date | None) -> date:
    """A day that was given, else today. Raises BadUsage."""
    return city_today(settings) if told is None else _sane(told, "today")


def day_of(desk: "Desk", told: str | None, option: str) -> date:
    """The day that an option gives, else today. Raises BadUsage."""
    if told is None:
        return today_of(desk)
    try:
        day = date.fromisoformat(told)
    except ValueError as error:
        raise BadUsage(
            f"应为日期 YYYY-MM-DD / {option}: read {told!r}, expected a date YYYY-MM-DD"
        ) from error
    return _sane(day, option)


def _sane(day: date, option: str) -> date:
    """Raises BadUsage."""
    if day.year in YEARS:
        return day
    raise BadUsage(
        f"年份应在 {YEARS[0]} 至 {YEARS[-1]} 之间 / {option}: read {day}, expected a year from "
        f"{YEARS[0]} to {YEARS[-1]}"
    )
