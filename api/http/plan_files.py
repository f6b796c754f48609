"""A timetable as a file, for the API and for pages alike."""

from fastapi import Response

from api import scheduling
from api.timetable_files import written
from api.words import Lang
from migrator.errors import Refused
from migrator.people.rights import Person
from migrator.use_cases.looking import Looking

MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ics": "text/calendar",
    "svg": "image/svg+xml",
}


def timetable_file(looking: Looking, person: Person, code: str, kind: str, lang: Lang) -> Response:
    """Of the systems that the person sees, in one language. Raises NotFound; Refused for a plan
    without a timetable."""
    record, plan = looking.plan(person, code)
    if plan.timetable is None:
        raise Refused(f"方案 {code} 没有时间表 / plan {code} has no timetable: make one with means")
    estate = looking.estate(person, export=True)
    takes = scheduling.takes_in(plan, estate) if person.whole_city else None
    body = written(plan, record, f".{kind}", lang=lang, takes=takes, estate=estate)
    headers = {
        "Content-Disposition": f'attachment; filename="{code}.{kind}"',
        "Content-Language": lang,
    }
    return Response(body, media_type=MEDIA[kind], headers=headers)
