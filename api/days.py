"""Days of the command line: the city's today, and dates as people give them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from api.desk import Desk
from api.errors import BadUsage


def today_of(desk: Desk) -> date:
    """The day of the settings, else the city's own today."""
    return desk.settings.today or datetime.now(ZoneInfo(desk.settings.timezone)).date()


def day_of(desk: Desk, told: str | None, option: str) -> date:
    """The day that an option gives, else today. Raises BadUsage."""
    if told is None:
        return today_of(desk)
    try:
        return date.fromisoformat(told)
    except ValueError as error:
        raise BadUsage(
            f"应为日期 YYYY-MM-DD / {option}: read {told!r}, expected a date YYYY-MM-DD"
        ) from error
