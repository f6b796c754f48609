"""The judge of a timetable: nights, their hours, freezes and holidays."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from inventory.errors import CalendarUnknown
from inventory.model import System
from inventory.policies.calendar import is_working_day
from migrator.planning.means import Allowed, CityMeans, Freeze
from migrator.planning.timetable import Appointment, Timetable

DAY = timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def nights(
    at: dict[str, Appointment], systems: dict[str, System], city: CityMeans
) -> Iterator[str]:
    for code, one in at.items():
        night, owner, room = one.night, systems[code].organisation, systems[code].place
        if night < city.plan.from_:
            yield both(code, f"{night} 早于首夜", f"{night} is before the first night")
        if NAMES[night.weekday()] not in city.crews.nights and not (
            city.crews.worked_weekends and night.weekday() > 4 and _at_work(night)
        ):
            yield both(code, f"{night} 非割接日", f"nobody works on {night}")
        for freeze in city.freezes:
            if meant(freeze, code, owner, room):
                yield from _frozen(code, one, freeze)
        if any(_outside(rule, code, owner, night) for rule in city.allowed):
            yield both(code, f"{night} 不在允许的夜晚内", f"{night} is none of its allowed nights")
        yield from _hours(one, systems[code].window or city.nights.window, city)


def _at_work(day: date) -> bool:
    try:
        return is_working_day(day)
    except CalendarUnknown:
        return False


def _frozen(code: str, one: Appointment, freeze: Freeze) -> Iterator[str]:
    """No day on which it may begin is one of the freeze's."""
    first, ends = datetime.fromisoformat(one.begins), datetime.fromisoformat(one.ends)
    last = max(first.date(), (ends - timedelta(minutes=1)).date())
    days = (first.date() + n * DAY for n in range((last - first.date()).days + 1))
    if any(within(day, freeze.from_, freeze.to) for day in days):
        at, until = one.begins.replace("T", " "), one.ends.replace("T", " ")
        yield both(
            code,
            f"割接 {at} 至 {until} 在封网 {freeze.name} 内",
            f"its cutover {at} to {until} is in the freeze {freeze.name}",
        )


def _hours(one: Appointment, wanted: str | None, city: CityMeans) -> Iterator[str]:
    """A cutover begins within its window of its own night, and no later than it says."""
    code, night = one.system, one.night
    begins, ends = (datetime.fromisoformat(told) for told in (one.begins, one.ends))
    at, until = one.begins.replace("T", " "), one.ends.replace("T", " ")
    if not night <= begins.date() <= night + DAY:
        yield both(code, f"割接开始 {at} 不在 {night} 夜", f"begins {at}, not in the night {night}")
        return
    if ends < begins:
        yield both(code, f"割接 {at} 开始，晚于 {until}", f"begins {at}, later than {until}")
        return
    dark = _span(city.nights.hours)
    own = _span(wanted) if wanted else dark
    if own is None or dark is None:  # no window: that is told as a fact that is another one
        return
    opens, long = dark if own[1] == DAY else own
    # what opens before the night does is of the next day
    first = datetime.combine(night, datetime.min.time()) + opens
    first += DAY if opens < dark[0] else timedelta()
    if not first <= begins <= ends <= first + long:
        hours = wanted if wanted and own[1] < DAY else city.nights.hours
        yield both(
            code,
            f"割接 {at} 至 {until} 不在窗口 {hours} 内",
            f"its cutover {at} to {until} is outside its window {hours}",
        )


def _span(hours: str) -> tuple[timedelta, timedelta] | None:
    """After midnight, and how long; the same time twice is a whole day."""
    try:
        first, last = (
            datetime.strptime(t.replace("24:", "00:"), "%H:%M") for t in hours.split("-")
        )
    except ValueError:
        return None
    return first - datetime.combine(first, datetime.min.time()), (last - first) % DAY or DAY


def both(of: str, zh: str, en: str) -> str:
    """A fault of both languages, each with whose it is."""
    return f"{of}: {zh} / {of}: {en}"


def one_night(
    at: dict[str, Appointment], systems: dict[str, System], table: Timetable, city: CityMeans
) -> Iterator[str]:
    """A group's windows: every one reaches into the night, or all meet in one minute of the day."""
    night = _minutes(city.nights.hours)
    for group in table.groups:
        windows = [
            _minutes(systems[code].window or city.nights.window or city.nights.hours)
            for code in group.systems
            if code in at
        ]
        if windows and not all(night & one for one in windows) and not set.intersection(*windows):
            names = "、".join(group.systems)
            yield f"{names}: 窗口不在同一晚 / their windows are not of one night"


def _minutes(hours: str) -> set[int]:
    first, last = (60 * int(t[:2]) + int(t[3:]) for t in hours.split("-"))
    return {minute % 1440 for minute in range(first, last if last > first else last + 1440)}


def meant(freeze: Freeze, code: str, owner: str | None, room: str | None) -> bool:
    if not (freeze.organisations or freeze.rooms or freeze.systems):
        return True
    return owner in freeze.organisations or room in freeze.rooms or code in freeze.systems


def _outside(rule: Allowed, code: str, owner: str | None, night: date) -> bool:
    named = rule.organisations or rule.systems
    if named and owner not in rule.organisations and code not in rule.systems:
        return False
    early = rule.from_ is not None and night < rule.from_
    late = rule.to is not None and night > rule.to
    return early or late or NAMES[night.weekday()] not in rule.nights


def holidays(at: dict[str, Appointment], city: CityMeans) -> Iterator[str]:
    """Neither the evening nor the morning after is of an official holiday; what is worked is not."""
    if city.nights.holidays == "open":
        return
    for code, one in at.items():
        for day in (one.night, one.night + DAY):
            try:
                near = [day + n * DAY for n in (-2, -1, 0, 1, 2)]
                off = [near_ for near_ in near if not is_working_day(near_)]
            except CalendarUnknown:
                continue
            if day in off and any(other.weekday() < 5 for other in off):
                yield both(
                    code,
                    f"{one.night} 为节假日或其前夜",
                    f"{one.night} is a holiday, or the night before one",
                )
                break


def within(day: date, first: date | str, last: date | str) -> bool:
    if isinstance(first, date) and isinstance(last, date):
        return first <= day <= last
    inside, at = False, day  # walk back to the last beginning: a year has it once
    for _ in range(367):
        if at.strftime("%m-%d") == first:
            span = at
            while True:
                if span == day:
                    inside = True
                if span.strftime("%m-%d") == last or span > day:
                    return inside
                span += DAY
        at -= DAY
    return False
