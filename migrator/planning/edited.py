"""A timetable after people changed it by hand: their nights in the place of the planner's, and
everything else that follows from a night told again, so that the checker can judge it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from migrator.planning.means import CityMeans
from migrator.planning.timetable import Appointment, Timetable


@dataclass(frozen=True)
class Edit:
    """What a row says of one system; None for what it does not say."""

    system: str
    night: date | None = None
    copy_from: date | None = None
    copy_nights: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None


@dataclass(frozen=True)
class Edited:
    """`missing`, `unknown`: systems that the rows leave out, and those that no plan has placed;
    `broken`: what the edits alone do, in both languages; `changed`: of how
    many systems something is another than the plan's, `moved`: of how many the night."""

    timetable: Timetable
    broken: tuple[str, ...]
    changed: int
    moved: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def edited(
    table: Timetable,
    edits: Iterable[Edit],
    city: CityMeans,
    needs: Iterable[tuple[str, str]] = (),
) -> Edited:
    """A later row for the same system counts. Where a night is moved and its copy is not told, the
    copy goes along with it. `needs`: who needs whom."""
    told = {one.system: one for one in edits}
    known = {one.system for one in table.appointments}
    moved = [
        _moved(one, told[one.system], city) for one in table.appointments if one.system in told
    ]
    before = {one.system: one for one in table.appointments}
    waves = {night: n for n, night in enumerate(sorted({one.night for one in moved}), start=1)}
    return Edited(
        table.model_copy(
            update={
                "appointments": tuple(
                    one.model_copy(update={"wave": waves[one.night]}) for one in moved
                ),
                "stages": (),
                "duties": (),
            }
        ),
        broken=(*_beyond(table, moved, city), *_turned(before, moved, needs)),
        changed=sum(one != before[one.system] for one in moved),
        moved=sum(one.night != before[one.system].night for one in moved),
        missing=tuple(sorted(known - told.keys())),
        unknown=tuple(sorted(told.keys() - known)),
    )


def _beyond(table: Timetable, moved: Iterable[Appointment], city: CityMeans) -> Iterator[str]:
    """The planner goes on after the plan's nights where it must; nobody else's hand does."""
    count, over = city.plan.nights, city.plan.night(city.plan.nights)
    last = max([over - timedelta(days=1), *(one.night for one in table.appointments)])
    for one in moved:
        if one.night > last:
            yield (
                f"{one.system}: {one.night} 在方案的 {count} 夜之后，末夜 {last} / {one.system}: "
                f"{one.night} is after the plan's {count} nights, of which {last} is the last"
            )


def _turned(
    before: Mapping[str, Appointment],
    moved: Iterable[Appointment],
    needs: Iterable[tuple[str, str]],
) -> Iterator[str]:
    """Who now begins earlier in a night than what it needs, and did not in the plan."""
    now = {one.system: one for one in moved}
    for system, needed in needs:
        if system not in now or needed not in now:
            continue
        then, first = now[system], now[needed]
        early = then.begins < first.begins and before[system].begins >= before[needed].begins
        if then.night == first.night and early:
            yield (
                f"{system} 依赖 {needed}，割接却先于其开始 / {system} needs {needed} and begins before it"
            )


def _moved(one: Appointment, edit: Edit, city: CityMeans) -> Appointment:
    night = edit.night or one.night
    by = night - one.night
    done = night + timedelta(days=1 + city.trial)
    copy_from = edit.copy_from or one.copy_from
    if edit.copy_from in (None, one.copy_from) and edit.copy_nights in (None, one.copy_nights):
        copy_from = one.copy_from + by
    copied = (copy_from, edit.copy_nights or one.copy_nights)
    return one.model_copy(
        update={
            "night": night,
            "copy_from": copy_from,
            "copy_nights": copied[1],
            # where it rests is of its own nights; the check counts it anew
            "rests": one.rests if copied == (one.copy_from, one.copy_nights) else None,
            "begins": _hour(one.begins, edit.begins, by),
            "ends": _hour(one.ends, edit.ends, by),
            "late": max(0, (done - one.due).days) if one.due else 0,
        }
    )


def _hour(planned: str, told: datetime | None, by: timedelta) -> str:
    """What was left as it was goes along with its night."""
    moment = datetime.fromisoformat(planned)
    moment = moment + by if told in (None, moment) else told or moment
    return moment.isoformat(timespec="minutes")
