"""A timetable after people changed it by hand: their nights in the place of the planner's, and
everything else that follows from a night told again, so that the checker can judge it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from migrator.means import CityMeans
from migrator.timetable import Appointment, Timetable


@dataclass(frozen=True)
class Edit:
    """What a row says of one system; None for what it does not say."""

    system: str
    night: date | None = None
    copy_from: date | None = None
    copy_nights: int | None = None


@dataclass(frozen=True)
class Edited:
    """`missing`, `unknown`: systems that the rows leave out, and those that no plan has placed."""

    timetable: Timetable
    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def edited(table: Timetable, edits: Iterable[Edit], city: CityMeans) -> Edited:
    """A later row for the same system counts. Where a night is moved and its copy is not told, the
    copy goes along with it."""
    told = {one.system: one for one in edits}
    known = {one.system for one in table.appointments}
    moved = [
        _moved(one, told[one.system], city) for one in table.appointments if one.system in told
    ]
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
        missing=tuple(sorted(known - told.keys())),
        unknown=tuple(sorted(told.keys() - known)),
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
            "begins": _later(one.begins, by),
            "ends": _later(one.ends, by),
            "late": max(0, (done - one.due).days) if one.due else 0,
        }
    )


def _later(moment: str, by: timedelta) -> str:
    return (datetime.fromisoformat(moment) + by).isoformat(timespec="minutes")
